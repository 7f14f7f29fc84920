"""`alongside`: every command of the service. `alongside COMMAND --help` says more."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from alongside.account_cli import accounts, create_admin
from alongside.opening import house_or_exit, settings_or_exit, words_or_exit
from casefile.vocabulary import LANGUAGES

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
languages = typer.Typer(no_args_is_help=True, help="Translation packages for caseworkers; installed from files, never fetched.")
texts = typer.Typer(no_args_is_help=True, help="The vetted texts and their reviewers.")
cli.add_typer(accounts, name="account")
cli.add_typer(languages, name="languages")
cli.add_typer(texts, name="texts")


@cli.command()
def up(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Run everything on one machine: bot, app and worker, each started again when it ends."""
    from alongside.up import run_all
    from messaging.catalogue import Catalogue
    from messaging.templates import Templates
    from triage.phrases import PhraseBook
    from triage.wishes import WishBook

    settings = settings_or_exit()
    words_or_exit(lambda: (Templates.load(settings.whatsapp_templates, Catalogue.load()), PhraseBook.load(), WishBook.load()))
    raise typer.Exit(run_all(settings, host, port))


@cli.command()
def serve(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Run the web program: Twilio's door and the dashboard."""
    import uvicorn

    from alongside.app import create_app
    from webhooks.door import PATIENCE

    house = house_or_exit("app", patience=PATIENCE)
    words_or_exit(lambda: (house.templates, house.book, house.wishes))
    uvicorn.run(create_app(house), host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=3,
                proxy_headers=False, server_header=False)


@cli.command()
def work() -> None:
    """Run a worker: triage, check-ins, alerts, sending."""
    from alongside.worker import AlreadyRunning
    from alongside.worker import main as run_worker

    house = house_or_exit("worker")
    words_or_exit(lambda: (house.templates, house.book, house.wishes))
    try:
        run_worker(house)
    except AlreadyRunning as running:
        typer.echo(str(running), err=True)
        raise typer.Exit(3) from None


@cli.command()
def bot() -> None:
    """Run the bot (Rasa) in its own environment."""
    import os

    from alongside.processes import BotMissing, bot_command, bot_environment

    settings = settings_or_exit()
    try:
        command = bot_command()
    except BotMissing as missing:
        typer.echo(str(missing), err=True)
        raise typer.Exit(2) from None
    os.execve(command[0], command, {**os.environ, **bot_environment(settings)})


@cli.command()
def migrate() -> None:
    """Create or upgrade the database's tables."""
    from casefile.migrate import WrongVersion, upgrade

    house = house_or_exit("migrate", checked=False)
    try:
        upgrade(house.database)
    except WrongVersion as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None
    typer.echo("The database is at this version's tables.")


@cli.command()
def check() -> None:
    """Say precisely what is wrong with the set-up, if anything is: settings, database, bot, Twilio, texts, on-call."""
    from alongside.check import run_checks

    raise typer.Exit(run_checks())


@cli.command("new-key")
def new_key() -> None:
    """Print a new random key for SECRET_KEYS, BOT_KEY and the like."""
    typer.echo(secrets.token_urlsafe(36))


cli.command("create-admin")(create_admin)


@cli.command("import-people")
def import_people(file: Path, email: str, write: bool = False) -> None:
    """Check a CSV file of people, and with --write make records and draft plans. A colleague confirms each with the person; nothing is sent by it."""
    from alongside.people_file import FileRefused, take

    try:
        for line in take(house_or_exit("import-people").database, file, email, write):
            typer.echo(line)
    except FileRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(2) from None


@cli.command()
def simulate(host: str = "127.0.0.1", port: int = 4010) -> None:
    """Run the simulated Twilio with its phones page, on this machine only."""
    from alongside.simulation import serve_simulator

    serve_simulator(settings_or_exit(), host, port)


@cli.command("seed-demo")
def seed_demo() -> None:
    """Fill an empty database with demo staff and people (invented; Ofcom's drama numbers)."""
    from alongside.seed import NotEmpty, seed

    house = house_or_exit("seed-demo")
    try:
        typer.echo(json.dumps(seed(house), indent=1))
    except NotEmpty as not_empty:
        typer.echo(str(not_empty), err=True)
        raise typer.Exit(2) from None


@cli.command()
def demo(story_only: Annotated[bool, typer.Option("--story-only", help="End after the story; exit status 1 if an outcome was not seen")] = False,
         port: int = 8000, simulator_port: int = 4010, bot_port: int = 5005) -> None:
    """The main job on this machine: real bot, app and worker, a simulated Twilio, demo people, and a short story."""
    from alongside.demo import run_demo

    raise typer.Exit(run_demo(story_only, port, simulator_port, bot_port))


@cli.command(epilog=f"lang is one of {', '.join(LANGUAGES)}. A line with another is judged as if it had none.")
def triage(no_bot: Annotated[bool, typer.Option("--no-bot", help="Show what is left when the bot is down")] = False) -> None:
    """Judge JSON lines from standard input: {"id", "text", "lang"?} -> {"id", "urgency", "concerns", "escalates", "language", "why"}."""
    from alongside.triage_stream import run_stream

    # Whatever the machine's locale: the lines are UTF-8, and one that is not whole must not end the others.
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    raise typer.Exit(run_stream(sys.stdin, sys.stdout, sys.stderr, no_bot=no_bot))


@cli.command()
def evaluate(data: Annotated[Path | None, typer.Option(help="A folder or file of labelled JSON lines (docs/understanding.md)")] = None,
             out: Annotated[Path, typer.Option(help="Where the JSON and the HTML page are written")] = Path("var/evaluation")) -> None:
    """Measure understanding per language: held-out tests, calibration and real texts, with the bot and without."""
    from alongside.evaluation import run_evaluation

    raise typer.Exit(run_evaluation(data, out))


@cli.command()
def alerts(as_json: Annotated[bool, typer.Option("--json", help="JSON lines")] = False) -> None:
    """Open alerts, most urgent and oldest first; people by reference only."""
    from sqlalchemy import select

    from casefile.models import Alert, Person
    from casefile.vocabulary import AlertState

    house = house_or_exit("alerts")
    with house.database.read() as session:
        rows = session.execute(select(Alert, Person.ref).outerjoin(Person, Person.id == Alert.person_id)
                               .where(Alert.state != AlertState.RESOLVED)).all()
    for alert, ref in sorted(rows, key=lambda r: (-r[0].urgency.rank, r[0].opened_at)):
        shown = {"id": alert.id, "person": ref, "kind": str(alert.kind), "urgency": str(alert.urgency), "concerns": alert.concerns,
                 "state": str(alert.state), "opened_at": alert.opened_at.isoformat(),
                 "acknowledged_at": alert.acknowledged_at.isoformat() if alert.acknowledged_at else None}
        typer.echo(json.dumps(shown) if as_json else
                   f"{shown['id']:>6}  {shown['urgency']:<9} {shown['state']:<12} {ref or '-':<8} {', '.join(alert.concerns)}  {shown['opened_at']}")


@languages.command("add")
def languages_add(file: Path, sha256: Annotated[str, typer.Option(help="The checksum the package must have")]) -> None:
    """Install a translation package (.argosmodel) from a file."""
    from translation import commands

    _say(lambda: commands.add(file, sha256, settings_or_exit().packages_dir))


@languages.command("list")
def languages_list() -> None:
    """The installed translation packages."""
    from translation import commands

    _say(lambda: commands.list_installed(settings_or_exit().packages_dir))


@languages.command("remove")
def languages_remove(source: str, target: str) -> None:
    """Remove a translation package."""
    from translation import commands

    _say(lambda: commands.remove(source, target, settings_or_exit().packages_dir))


def _say(work) -> None:
    from translation.errors import TranslationError

    try:
        said = work()
        typer.echo(said if isinstance(said, str) else "\n".join(said))
    except (TranslationError, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


@texts.command("awaiting")
def texts_awaiting() -> None:
    """Texts without a reviewer's sign-off and phrase files that need native review, by language."""
    from messaging.catalogue import Catalogue

    catalogue = Catalogue.load()
    if catalogue.damaged:
        typer.echo(catalogue.damaged, err=True)
    for language in catalogue.languages:
        waiting = catalogue.awaiting(language)
        phrases = _phrases_awaiting(language)
        typer.echo(f"{language}: {len(waiting)} of {len(catalogue.keys())} texts await review" + (f"; phrases: {', '.join(phrases)}" if phrases else ""))


def _phrases_awaiting(language: str, root: Path = Path(__file__).resolve().parents[1]) -> list[str]:
    """A language's phrase files whose first line is no reviewer's sign-off; of the training phrases' folder, how many."""
    from nlu_data.heads import head_of, reviewed

    def waits(path: Path) -> bool:
        return not reviewed(head_of(path))

    lists = [name for name in (f"triage/{kind}/{language}.txt" for kind in ("phrases", "wishes", "named")) if waits(root / name)]
    training = [waits(path) for path in (root / "nlu_data/train" / language).glob("*.txt")]
    return lists + ([f"nlu_data/train/{language}/ ({sum(training)} of {len(training)} files)"] if any(training) else [])


@texts.command("export")
def texts_export(language: str, file: Path) -> None:
    """Write a language's texts to a CSV or XLSX file for a reviewer."""
    from messaging.review import export

    _say(lambda: export(language, file))


@texts.command("sign-off")
def texts_sign_off(file: Path, reviewer: str, on: Annotated[str | None, typer.Option(help="Date of the review, YYYY-MM-DD")] = None) -> None:
    """Take a reviewer's sign-off from the file; texts that the reviewer changed are listed, not taken over silently."""
    from messaging.review import sign_off

    _say(lambda: sign_off(file, reviewer, date.fromisoformat(on) if on else date.today()))


def main() -> None:
    """Entry of the `alongside` command."""
    cli()


if __name__ == "__main__":
    main()
