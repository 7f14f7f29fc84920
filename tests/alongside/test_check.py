"""`alongside check` says precisely what is wrong, one line each."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from alongside.check import run_checks
from alongside.wiring import House
from casefile import encryption
from casefile.database import utc_now
from casefile.models import OnCallShift
from messaging.catalogue import Catalogue, TextsIncomplete
from messaging.simulator.serve import Running
from tests import cast
from tests.conftest import TEST_KEY
from triage.bot_client import Bot
from triage.phrases import PhraseBook, PhraseFileWrong
from triage.reserve import Reserve

RESERVE = "reserve (understanding without the bot)"


@pytest.fixture(autouse=True)
def loaded_once(book: PhraseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PhraseBook, "load", lambda: book)


def checked(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, tuple[str, list[str]]]]:
    """The status, and of each check whether it is ok and its lines."""
    status, found, name = run_checks(), {}, ""
    for line in capsys.readouterr().out.splitlines():
        if line.startswith(" "):
            found[name][1].append(line.strip())
        else:
            state, _, name = line.partition(" ")
            name = name.strip()
            found[name] = (state, [])
    return status, found


def test_settings_that_are_wrong_are_all_named_and_nothing_more_is_tried(configured: dict[str, str], monkeypatch: pytest.MonkeyPatch,
                                                                         capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("ALONGSIDE_TWILIO_ACCOUNT_SID")
    monkeypatch.setenv("ALONGSIDE_BOT_TIMEOUT", "soon")
    assert run_checks() == 1
    said = capsys.readouterr().out
    assert "ALONGSIDE_TWILIO_ACCOUNT_SID is missing" in said and "ALONGSIDE_BOT_TIMEOUT is not a number" in said and "database" not in said


def test_on_a_bare_machine_every_missing_part_is_named_with_what_to_do(configured: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    status, found = checked(capsys)
    assert status == 1
    assert {name for name, (state, _) in found.items() if state == "WRONG"} == {
        "database", "keys open the record", RESERVE, "bot", "Twilio account, numbers and webhooks", "people on call"}
    assert "make setup" in found[RESERVE][1][0] and "alongside migrate" in found["database"][1][0] and "alongside bot" in found["bot"][1][0]
    assert found["Twilio account, numbers and webhooks"][1] == ["Twilio cannot be used: no connection to the provider"]
    assert found["WhatsApp templates"] == ("ok", ["note: WhatsApp is off"])
    assert "nobody is called in" in found["recorded voice prompts"][1][0]
    assert "native reviewer" in found["vetted texts in every language"][1][0]


@pytest.mark.parametrize(("url", "said"), [
    ("postgresql://alongside:s3ntinel@127.0.0.1:1/record", "The database does not open: nothing answers at 127.0.0.1:1, or it refuses the user alongside"),
    ("sqlite:////dev/null/record.db", "The database file /dev/null/record.db cannot be opened"),
])
def test_a_database_that_does_not_open_is_named_and_no_password_is(configured: dict[str, str], monkeypatch: pytest.MonkeyPatch,
                                                                   capsys: pytest.CaptureFixture[str], url: str, said: str) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", url)
    status, found = checked(capsys)
    (state, [line]) = found["database"]
    assert (status, state) == (1, "WRONG") and line.startswith(said) and "s3ntinel" not in str(found)
    for name in {"keys open the record", "people on call"} & found.keys():
        assert found[name] == ("WRONG", ["could not be checked without the database"])


def test_a_house_in_order_is_ok_and_notes_do_not_make_it_wrong(simulator: Running, configured: dict[str, str], house: House, monkeypatch: pytest.MonkeyPatch,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Bot, "healthy", lambda self: True)
    monkeypatch.setattr(Reserve, "load", lambda model: object())
    with house.database.write() as session:
        cast.staff(session, on_call=None)
    status, found = checked(capsys)
    assert status == 0 and {state for state, _ in found.values()} == {"ok"}
    assert found["people on call"][1][0].startswith("note: nobody who can be paged is on call now")
    with house.database.write() as session:
        cast.staff(session, "Ann", phone=None, now=utc_now())
    assert "nobody who can be paged" in checked(capsys)[1]["people on call"][1][0], "Ann is on call, and has no phone"
    with house.database.write() as session:
        now = utc_now()
        session.add(OnCallShift(staff_id=1, position=0, starts_at=now - dt.timedelta(hours=1), ends_at=now + dt.timedelta(hours=1)))
    assert checked(capsys)[1]["people on call"] == ("ok", [])


def test_a_key_that_is_missing_is_named_by_what_it_had_written(configured: dict[str, str], house: House, monkeypatch: pytest.MonkeyPatch,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    with house.database.write() as session:
        cast.staff(session)
        cast.person(session, "ARTA")
    monkeypatch.setattr(encryption, "_ring", encryption.KeyRing(("a-newer-key-" * 4, TEST_KEY)))
    with house.database.write() as session:
        cast.person(session, "LINH", number="+447700900202")
    assert checked(capsys)[1]["keys open the record"] == ("WRONG", [
        f"the newest row of {table} cannot be opened: ALONGSIDE_SECRET_KEYS lacks the key it was written with" for table in ("person", "address")])
    monkeypatch.setenv("ALONGSIDE_SECRET_KEYS", "a-newer-key-" * 4 + "," + TEST_KEY)
    assert checked(capsys)[1]["keys open the record"] == ("ok", [])


def test_a_reserve_that_cannot_be_used_is_wrong_and_its_fault_is_named(configured: dict[str, str], damaged: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys)[1][RESERVE] == ("WRONG", [
        f"the trained model is damaged or outdated ({damaged}): run `make setup`; until then only phrase lists are left when the bot is down"])


def test_damaged_sign_offs_are_wrong_and_stop_nothing(configured: dict[str, str], house: House, monkeypatch: pytest.MonkeyPatch,
                                                      capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    damaged = replace(Catalogue.load(), damaged="reviews.toml is damaged")
    monkeypatch.setattr(Catalogue, "load", lambda: damaged)
    assert checked(capsys)[1]["vetted texts in every language"] == ("WRONG", ["reviews.toml is damaged"])
    assert house.catalogue is damaged and "reviews.toml is damaged" in caplog.text


@pytest.mark.parametrize(("name", "value", "line"), [
    ("SMS_SENDER", "+447700900177", "the number ending 177 does not belong to the account"),
    ("PUBLIC_URL", "https://elsewhere.example.org", "the number ending 100 does not send its messages here: set its webhook to https://elsewhere.example.org/twilio/messages"),
    ("PUBLIC_URL", "https://elsewhere.example.org", "the number ending 100 reaches nobody, and nobody is told: set its voice webhook to https://elsewhere.example.org/twilio/voice/incoming"),
    ("TWILIO_AUTH_TOKEN", "a-wrong-token", "the provider refuses our account"),
])
def test_what_is_wrong_at_twilio_is_named_without_a_whole_number(simulator: Running, configured: dict[str, str], monkeypatch: pytest.MonkeyPatch,
                                                                 capsys: pytest.CaptureFixture[str], name: str, value: str, line: str) -> None:
    monkeypatch.setenv("ALONGSIDE_" + name, value)
    state, lines = checked(capsys)[1]["Twilio account, numbers and webhooks"]
    assert state == "WRONG" and any(line in said for said in lines) and not any("7700900" in said for said in lines)


def test_a_check_that_fails_itself_counts_as_wrong(configured: dict[str, str], house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("+447700900201")

    def texts() -> Catalogue:
        raise TextsIncomplete("en: reply.ok is missing")

    def phrases() -> PhraseBook:
        raise PhraseFileWrong("sq.txt:3: a phrase before any [section]")

    (tmp_path / "templates.json").write_text("[]")
    monkeypatch.setenv("ALONGSIDE_WHATSAPP_TEMPLATES", str(tmp_path / "templates.json"))
    monkeypatch.setattr(Bot, "healthy", broken)
    monkeypatch.setattr(Catalogue, "load", texts)
    monkeypatch.setattr(PhraseBook, "load", phrases)
    status, found = checked(capsys)
    assert status == 1 and found["bot"] == ("WRONG", ["could not be checked: ZeroDivisionError"])
    assert found["vetted texts in every language"] == ("WRONG", ["en: reply.ok is missing"])
    assert found["phrase lists"] == ("WRONG", ["sq.txt:3: a phrase before any [section]"])
    assert found["WhatsApp templates"][0] == "WRONG" and found["database"] == ("ok", [])
