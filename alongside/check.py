"""`alongside check`: say precisely what is wrong, one line each, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from alongside import settings as configuration
from alongside.opening import unopened
from alongside.wiring import House
from casefile.database import Database, utc_now
from casefile.encryption import Unreadable
from casefile.migrate import WrongVersion, require_current
from casefile.models import Address, Inbound, OnCallShift, Outbox, Person, Staff
from casefile.vocabulary import LANGUAGES
from messaging.catalogue import Catalogue, TextsIncomplete
from messaging.recordings import available
from messaging.templates import Templates, TemplatesWrong
from triage import named
from triage.phrases import PhraseBook, PhraseFileWrong
from triage.reserve import Reserve
from triage.wishes import WishBook


def run_checks() -> int:
    """Check everything and print a line each; returns 1 when anything must be mended before people rely on it."""
    try:
        settings = configuration.load()
    except configuration.SettingsWrong as wrong:
        typer.echo(str(wrong))
        return 1
    failed = 0
    try:
        checks = _checks(settings)
    except OSError:  # the folder of SQLite's file cannot be made
        typer.echo(f"WRONG database\n        {unopened(settings.database_url)}")
        return 1
    for name, work in checks:
        try:
            problems = work()
        except OperationalError:  # what is wrong there stands at its own check
            problems = ["could not be checked without the database"]
        except Exception as error:  # a check that cannot be made has failed
            problems = [f"could not be checked: {type(error).__name__}"]
        serious = [p for p in problems if not p.startswith("note: ")]
        failed += bool(serious)
        typer.echo(f"{'WRONG' if serious else 'ok   '} {name}")
        for problem in problems:
            typer.echo(f"        {problem}")
    return 1 if failed else 0


def _checks(settings: configuration.Settings) -> list[tuple[str, Callable[[], list[str]]]]:
    house = House(settings, checked=False)
    return [
        ("settings", lambda: []),
        ("database", lambda: _database(house.database, settings.database_url)),
        ("keys open the record", lambda: _keys(house.database)),
        ("vetted texts in every language", lambda: _texts()),
        ("phrase lists", lambda: _phrases()),
        ("reserve (understanding without the bot)", lambda: _reserve(settings.reserve_model)),
        ("bot", lambda: [] if house.bot.healthy() else ["no bot answers us at BOT_URL: start it with `alongside bot`, or again if its BOT_KEY was another"]),
        ("Twilio account, numbers and webhooks", lambda: house.gateway.check([n for n in {settings.sms_sender, settings.voice_sender} if n])),  # type: ignore[attr-defined]
        ("WhatsApp templates", lambda: _templates(settings)),
        ("recorded voice prompts", lambda: _recordings(settings)),
        ("people on call", lambda: _on_call(house.database)),
    ]


def _database(database: Database, url: str) -> list[str]:
    try:
        require_current(database)
    except WrongVersion as wrong:
        return [str(wrong)]
    except OperationalError:
        return [unopened(url)]
    return []


def _keys(database: Database) -> list[str]:
    """Which oldest and newest rows cannot be read: of an older copy of `.env` the newest key is missing, of one that was tidied up the oldest."""
    shut = []
    with database.read() as session:
        for model in (Person, Address, Inbound, Outbox, Staff):
            for which, chosen in (("oldest", func.min(model.id)), ("newest", func.max(model.id))):
                try:
                    session.scalars(select(model).where(model.id == select(chosen).scalar_subquery())).all()
                except Unreadable:
                    shut.append(f"the {which} row of {model.__tablename__} cannot be opened: ALONGSIDE_SECRET_KEYS lacks the key it was written with")
    return shut


def _texts() -> list[str]:
    try:
        catalogue = Catalogue.load()
    except TextsIncomplete as incomplete:
        return [str(incomplete)]
    if catalogue.damaged:
        return [catalogue.damaged]
    waiting = [c for c in catalogue.languages if catalogue.awaiting(c)]
    return [f"note: texts await a native reviewer in {', '.join(waiting)} (`alongside texts awaiting`)"] if waiting else []


def _phrases() -> list[str]:
    try:
        PhraseBook.load()
        WishBook.load()
        named.load()
    except PhraseFileWrong as wrong:
        return [str(wrong)]
    return []


def _reserve(model: Path) -> list[str]:
    try:
        fault = "" if Reserve.load(model) else "there is no trained model"
    except Exception as error:  # damaged or outdated: what is wrong with such a file shows in many ways
        fault = f"the trained model is damaged or outdated ({type(error).__name__})"
    return [f"{fault}: run `make setup`; until then only phrase lists are left when the bot is down"] if fault else []


def _templates(settings: configuration.Settings) -> list[str]:
    try:
        templates = Templates.load(settings.whatsapp_templates, Catalogue.load())
    except TemplatesWrong as wrong:
        return [str(wrong)]
    if not settings.whatsapp_sender:
        return ["note: WhatsApp is off"]
    missing = {key: [c for c in LANGUAGES if templates.find(key, c) is None] for key in ("checkin.intro", "checkin.ask.plain")}
    return [f"note: no approved template of {key} in {', '.join(codes)}: outside the 24-hour window an SMS goes instead where agreed"
            for key, codes in missing.items() if codes]


def _recordings(settings: configuration.Settings) -> list[str]:
    missing = [c for c in LANGUAGES if not available(settings.recordings_dir, c)]
    return [f"note: nobody is called in {', '.join(missing)}: prompts are not recorded"] if missing else []


def _on_call(database: Database) -> list[str]:
    now = utc_now()
    with database.read() as session:
        phones = [s for s in session.scalars(select(Staff).where(Staff.active)) if s.phone]
        on_call = set(session.scalars(select(OnCallShift.staff_id).where(OnCallShift.starts_at <= now, OnCallShift.ends_at > now)))
    if not phones:
        return ["no active member of staff has a phone: nobody can be paged (`alongside create-admin`)"]
    if on_call & {s.id for s in phones}:  # who has no phone cannot be paged (escalation.oncall)
        return []
    return ["note: nobody who can be paged is on call now; everybody with a phone is paged, and out-of-hours cover must not be promised"]
