"""The commands people type, and what they say when something is wrong."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from alongside import demo, triage_stream
from alongside import settings as configuration
from alongside.cli import _phrases_awaiting, cli
from alongside.seed import CAST, STAFF
from alongside.wiring import House
from alongside.worker import Worker
from casefile.migrate import require_current
from casefile.models import Alert, Person, Staff
from casefile.vocabulary import LANGUAGES, AlertKind, AlertState, Urgency
from messaging.catalogue import Catalogue, TextsIncomplete
from tests import cast
from tests.cast import NOW
from triage import named
from triage.phrases import PhraseBook, PhraseFileWrong
from triage.wishes import WishBook


def run(*words: str, **more: Any) -> Result:
    return CliRunner().invoke(cli, list(words), **more)


def failed(result: Result, status: int = 2) -> str:
    """What it said on standard error: words for people, no traceback."""
    assert result.exit_code == status and not result.stdout, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.stderr and result.stderr.strip()
    return result.stderr


def test_a_new_key_is_long_random_and_taken_as_a_setting(environ: dict[str, str]) -> None:
    first, second = run("new-key").stdout.strip(), run("new-key").stdout.strip()
    assert first != second
    found = configuration.load({**environ, "ALONGSIDE_SECRET_KEYS": f"{second},{first}", "ALONGSIDE_BOT_KEY": first}, Path(os.devnull))
    assert found.secret_keys == (second, first)


def test_help_names_every_command_and_no_command_is_an_error() -> None:
    said = run("--help").stdout
    for command in ("up", "serve", "work", "bot", "migrate", "check", "create-admin", "seed-demo", "simulate", "triage", "alerts", "evaluate", "demo"):
        assert f" {command} " in said
    assert "caseworker, manager or admin" in run("create-admin", "--help", env={"COLUMNS": "200"}).stdout
    assert f"lang is one of {', '.join(LANGUAGES)}." in run("triage", "--help", env={"COLUMNS": "200"}).stdout


@pytest.mark.parametrize("command", [("migrate",), ("serve",), ("work",), ("bot",), ("up",), ("alerts",), ("seed-demo",), ("simulate",), ("languages", "list")])
def test_no_command_starts_with_wrong_settings_and_all_are_named(configured: dict[str, str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.delenv("ALONGSIDE_SECRET_KEYS")
    monkeypatch.setenv("ALONGSIDE_SMS_SENDER", "07700900100")
    said = failed(run(*command))
    assert "ALONGSIDE_SECRET_KEYS is missing" in said and "ALONGSIDE_SMS_SENDER must be" in said and "07700900100" not in said


@pytest.mark.parametrize("command", ["serve", "work", "alerts", "seed-demo"])
def test_no_command_runs_on_other_tables_and_says_which_command_makes_them(configured: dict[str, str], command: str) -> None:
    assert "alongside migrate" in failed(run(command))


@pytest.mark.parametrize("command", ["up", "serve", "work"])
@pytest.mark.parametrize(("content", "said"), [
    (None, "cannot be read"), ('{"checkin.intro": {"en": "HX1"}}', "not a ContentSid"), ('{"checkin.ask": {}, "reply.ok": {"xx": "HX1"}}', "no text checkin.ask; reply.ok has xx"),
])
def test_no_program_of_the_service_starts_over_a_broken_file_of_templates(
        configured: dict[str, str], house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, content: str | None, said: str) -> None:
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: pytest.fail("started"))
    file = tmp_path / "templates.json"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("ALONGSIDE_WHATSAPP_TEMPLATES", str(file))
    assert said in failed(run(command))


@pytest.mark.parametrize("command", ["up", "serve", "work"])
@pytest.mark.parametrize("broken", [(Catalogue, TextsIncomplete("sq: reply.ok is missing")), (PhraseBook, PhraseFileWrong("phrases/sq.txt:1: x")),
                                    (WishBook, PhraseFileWrong("wishes/sq.txt:1: x")), (named, PhraseFileWrong("named/sq.txt:1: x"))])
def test_no_program_of_the_service_starts_over_a_broken_text_or_list(configured: dict[str, str], house: House, book: PhraseBook, monkeypatch: pytest.MonkeyPatch,
                                                                     command: str, broken: tuple[Any, Exception]) -> None:
    def load(*_: object) -> None:
        raise broken[1]

    monkeypatch.setattr("uvicorn.run", lambda *_, **__: pytest.fail("started"))
    monkeypatch.setattr(PhraseBook, "load", lambda: book)
    monkeypatch.setattr(broken[0], "load", load)
    assert str(broken[1]) in failed(run(command))


@pytest.mark.parametrize("command", [("migrate",), ("serve",), ("work",), ("alerts",), ("create-admin", "Sam", "sam@example.org", "--password", "seven quiet lanterns 26")])
@pytest.mark.parametrize(("url", "said"), [
    ("postgresql://alongside:s3ntinel@127.0.0.1:1/record", "nothing answers at 127.0.0.1:1, or it refuses the user alongside or the password, or has no database record"),
    ("sqlite:////dev/null/record.db", "/dev/null/record.db cannot be opened"),
])
def test_a_database_that_does_not_open_is_named_and_no_password_is(configured: dict[str, str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...],
                                                                   url: str, said: str) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", url)
    answer = failed(run(*command))
    assert said in answer and "s3ntinel" not in answer


def test_migrate_makes_a_fresh_database_and_does_nothing_the_second_time(configured: dict[str, str], tmp_path: Path) -> None:
    assert not (tmp_path / "record.db").exists()
    for _ in range(2):
        result = run("migrate")
        assert result.exit_code == 0 and "this version's tables" in result.stdout
    house = House(configuration.load())
    require_current(house.database)
    house.close()


def test_open_alerts_are_printed_as_the_contract_says(configured: dict[str, str], house: House) -> None:
    with house.database.write() as session:
        cast.staff(session)
        arta = cast.person(session, "ARTA")
        for number, (urgency, state, minutes) in enumerate([("routine", "open", 1), ("urgent", "acknowledged", 5), ("immediate", "open", 3), ("immediate", "open", 9),
                                                            ("immediate", "resolved", 2)]):
            session.add(Alert(key=f"k{number}", kind=AlertKind.MESSAGE, urgency=Urgency(urgency), state=AlertState(state), person_id=arta.id if number else None,
                              concerns=["threats", "medical"], why=["he is outside"], opened_at=NOW - dt.timedelta(minutes=minutes), messages=1,
                              acknowledged_at=NOW if state == "acknowledged" else None, acknowledged_by=1 if state == "acknowledged" else None))
    result = run("alerts", "--json")
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(r["urgency"], r["state"]) for r in rows] == [("immediate", "open"), ("immediate", "open"), ("urgent", "acknowledged"), ("routine", "open")]
    assert rows[0] == {"id": 4, "person": "ARTA", "kind": "message", "urgency": "immediate", "concerns": ["threats", "medical"], "state": "open",
                       "opened_at": "2026-11-24T11:51:00+00:00", "acknowledged_at": None}
    assert rows[2]["acknowledged_at"] == NOW.isoformat() and rows[3]["person"] is None
    plain = run("alerts").stdout
    assert len(plain.splitlines()) == 4 and "outside" not in plain + result.stdout and "Arta" not in plain + result.stdout


def test_no_open_alert_prints_nothing(configured: dict[str, str], house: House) -> None:
    result = run("alerts", "--json")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_second_demo_leaves_the_record_of_the_first_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    (tmp_path / "var" / "demo").mkdir(parents=True)
    with demo._only_one(tmp_path / "var" / "demo"):
        result = run("demo", "--story-only")
    assert result.exit_code == 1 and "Another demo is running" in result.stderr and (tmp_path / "var" / "demo").exists()


def test_demo_people_fill_an_empty_database_and_are_never_mixed_with_real_ones(configured: dict[str, str], house: House) -> None:
    result = run("seed-demo")
    assert result.exit_code == 0
    sign_in = json.loads(result.stdout)
    assert set(sign_in) == {"email", "password", "totp_secret"} and len(pyotp.TOTP(sign_in["totp_secret"]).now()) == 6
    assert "people already" in failed(run("seed-demo"))
    with house.database.read() as session:
        assert len(session.scalars(select(Person)).all()) == len(CAST) and len(session.scalars(select(Staff)).all()) == len(STAFF)


def test_demo_people_do_not_join_one_real_person(configured: dict[str, str], house: House) -> None:
    with house.database.write() as session:
        cast.person(session, "REAL", number="+447700900299")
    assert "people already" in failed(run("seed-demo"))
    with house.database.read() as session:
        assert [p.ref for p in session.scalars(select(Person))] == ["REAL"] and session.scalars(select(Staff)).all() == []


def test_an_admin_is_made_with_a_code_for_the_authenticator(configured: dict[str, str], house: House) -> None:
    result = run("create-admin", "Sam Carter", "sam@example.org", "--phone", "07700 900801", input="seven quiet lanterns 26\n" * 2)
    assert result.exit_code == 0 and "otpauth://totp/Alongside" in result.stdout and "seven quiet" not in result.output
    with house.database.read() as session:
        assert [(s.name, s.role, s.phone) for s in session.scalars(select(Staff))] == [("Sam Carter", "admin", "+447700900801")]


@pytest.mark.parametrize(("more", "password", "said"), [
    ((), "short", "at least 12 characters"), (("--phone", "12"), "seven quiet lanterns 26", "Phone:"), (("--role", "queen"), "seven quiet lanterns 26", "queen"),
])
def test_an_account_that_cannot_be_made_says_why(configured: dict[str, str], house: House, more: tuple[str, ...], password: str, said: str) -> None:
    result = run("create-admin", "Sam", "sam@example.org", *more, input=f"{password}\n" * 2)
    assert result.exit_code == 2 and "No account was made" in result.stderr and said in result.stderr and "Traceback" not in result.stderr
    with house.database.read() as session:
        assert session.scalars(select(Staff)).all() == []


def test_a_second_worker_on_sqlite_is_told_that_one_is_enough(configured: dict[str, str], house: House) -> None:
    first = Worker(house)
    assert "one is enough" in failed(run("work"), 3)
    first.post.close()


def test_the_texts_that_await_review_are_counted_for_every_language() -> None:
    lines = run("texts", "awaiting").stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(LANGUAGES) and all("texts await review" in line for line in lines)


def test_the_phrase_files_that_await_review_are_named_for_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alongside.cli._phrases_awaiting", lambda language: [] if language == "en" else [f"{language}.txt", "more"])
    lines = run("texts", "awaiting").stdout.splitlines()
    assert [line.partition("; phrases: ")[2] for line in lines] == ["" if code == "en" else f"{code}.txt, more" for code in LANGUAGES]


def test_a_phrase_file_awaits_review_until_its_first_line_says_who_reviewed_it_and_when(tmp_path: Path) -> None:
    wanting, done = "# provenance: drafted by a language model, needs native review\n", "# provenance: reviewed by A. Reviewer on 2026-11-30\n# needs native review\n"
    files = {"triage/phrases/sq.txt": done, "triage/wishes/sq.txt": wanting, "nlu_data/train/sq/chat.txt": wanting, "nlu_data/train/sq/fine.txt": done,
             "triage/named/sq.txt": "# provenance: read by A. Reviewer\n", "triage/phrases/vi.txt": "\ufeff" + done, "triage/wishes/vi.txt": done.replace("\n", " \n", 1), "triage/named/vi.txt": done, "nlu_data/train/vi/chat.txt": done}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    assert _phrases_awaiting("sq", tmp_path) == ["triage/wishes/sq.txt", "triage/named/sq.txt", "nlu_data/train/sq/ (1 of 2 files)"]
    assert _phrases_awaiting("vi", tmp_path) == []


def test_every_language_has_the_phrase_files_that_are_looked_at() -> None:
    for code in LANGUAGES:
        assert all(f"/{code}" in name for name in _phrases_awaiting(code))


@pytest.mark.parametrize(("command", "said"), [
    (("texts", "export", "xx", "out.csv"), "not one of our languages"), (("texts", "export", "sq", "no/such/folder/out.csv"), "No such file"),
    (("texts", "sign-off", "no-such-file.csv", "A Reviewer"), "cannot be read"), (("texts", "sign-off", "out.csv", "A Reviewer", "--on", "yesterday"), "yesterday"),
    (("texts", "sign-off", "out.csv", " "), "name is missing"),
])
def test_a_review_that_cannot_be_taken_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in failed(run(*command))


def test_a_languages_texts_are_written_for_a_reviewer(tmp_path: Path) -> None:
    result = run("texts", "export", "sq", str(tmp_path / "sq.csv"))
    assert result.exit_code == 0 and (tmp_path / "sq.csv").read_text("utf-8-sig").startswith("language,key,english,text")


@pytest.mark.parametrize(("content", "checksum", "said"), [
    (b"a package", "0" * 64, "has SHA-256"), (b"a package", "", "none was given"), (None, "0" * 64, "there is no file"),
])
def test_a_package_with_another_checksum_is_not_installed(configured: dict[str, str], tmp_path: Path, content: bytes | None, checksum: str, said: str) -> None:
    file = tmp_path / "sq_en.argosmodel"
    if content is not None:
        file.write_bytes(content)
    assert said in failed(run("languages", "add", str(file), "--sha256", checksum))
    assert not (tmp_path / "languages").exists()
    assert "no translation packages" in run("languages", "list").stdout
    assert "no package" in failed(run("languages", "remove", "sq", "en"))


def test_the_simulator_listens_on_this_machine_only(configured: dict[str, str]) -> None:
    assert "only listen on this machine" in failed(run("simulate", "--host", "0.0.0.0"))


def test_triage_reads_lines_and_writes_lines(monkeypatch: pytest.MonkeyPatch, book: PhraseBook) -> None:
    monkeypatch.setattr(PhraseBook, "load", lambda: book)
    monkeypatch.setattr(triage_stream, "RESERVE_MODEL", Path("no-such-model"))
    lines = '{"id": 1, "text": "he is outside my door please help me", "lang": "en"}\nnonsense\n'
    result = run("triage", "--no-bot", input=lines)
    first, second = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 2 and first["escalates"] is True and "line 2" in second["error"]
