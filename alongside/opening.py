"""What a command begins with: the settings and the wired service, or plain words on what is wrong and exit status 2."""

from __future__ import annotations

from collections.abc import Callable

import typer

from alongside import settings as configuration
from alongside.logging import set_up


def settings_or_exit() -> configuration.Settings:
    """The settings of this process. Raises typer.Exit when one is missing or wrong."""
    try:
        return configuration.load()
    except configuration.SettingsWrong as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None


def words_or_exit(load: Callable[[], object]) -> None:
    """Stop when a text, a list of triage/ or the file of WhatsApp templates is broken: the worker would end again and again beside an open door.

    Raises typer.Exit.
    """
    from messaging.catalogue import TextsIncomplete
    from messaging.templates import TemplatesWrong
    from triage import named
    from triage.phrases import PhraseFileWrong

    try:
        load()
        named.load()
    except (TextsIncomplete, PhraseFileWrong, TemplatesWrong) as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None


def house_or_exit(program: str, *, checked: bool = True, patience: float | None = None):
    """The service (`alongside.wiring.House`), its log set up for `program`; `patience` as of `Database`. Raises typer.Exit when settings or tables are not
    right, or the database does not open."""
    # Read only now: a command that needs no service starts in a moment.
    from sqlalchemy.exc import OperationalError

    from alongside.wiring import House
    from casefile.migrate import WrongVersion

    settings = settings_or_exit()
    set_up(program, settings.log_level)
    try:
        house = House(settings, checked=checked, patience=patience)
        house.database.engine.connect().close()
        return house
    except WrongVersion as wrong:
        typer.echo(str(wrong), err=True)
    except (OperationalError, OSError):
        typer.echo(unopened(settings.database_url), err=True)
    raise typer.Exit(2)


def unopened(database_url: str) -> str:
    """What may be wrong when the database does not open. Not in the driver's words: they may hold a piece of the password."""
    from sqlalchemy.engine import make_url

    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return f"The database file {url.database} cannot be opened: its folder cannot be made, or this user may not read and write there, or another program holds it (ALONGSIDE_DATABASE_URL)."
    return (f"The database does not open: nothing answers at {f'{url.host}:{url.port or 5432}' if url.host else 'its socket'}, or it refuses the user {url.username} or the password, "
            f"or has no database {url.database} (ALONGSIDE_DATABASE_URL).")
