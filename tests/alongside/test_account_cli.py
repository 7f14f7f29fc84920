"""Accounts of colleagues changed from the command line: who leaves, forgot a password, lost an authenticator, has another phone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from alongside.wiring import House
from casefile import staff as accounts
from casefile.database import utc_now
from casefile.models import Audit, OnCallShift, Staff, StaffSession
from casefile.vocabulary import Role
from tests import cast
from tests.alongside.test_cli import failed, run

OLD, NEW = "seven quiet lanterns 26", "nine slow herons 41"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
JO, ADMIN = "jo@example.org", "ada@example.org"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def team(configured: dict[str, str], house: House) -> House:
    """An admin, and Jo: signed in, on call now and next week."""
    now = utc_now()
    with house.database.write() as session:
        for name, email, role in (("Ada", ADMIN, Role.ADMIN), ("Jo", JO, Role.CASEWORKER)):
            made = accounts.create_staff(session, name=name, email=email, password=OLD, role=role, phone="07700 900801", now=now, totp_secret=SECRET)
            accounts.begin_session(session, made.staff.id, now)
        for starts in (-8, -1, 7):
            session.add(OnCallShift(staff_id=2, starts_at=now + dt.timedelta(days=starts), ends_at=now + dt.timedelta(days=starts + 2)))
    return house


def person_of(house: House, email: str) -> Staff:
    with house.database.read() as session:
        found = accounts.find(session, email)
        assert found is not None
        return found


def signed_in(house: House) -> list[int]:
    with house.database.read() as session:
        return sorted(session.scalars(select(StaffSession.staff_id)))


def last_note(house: House) -> tuple[Any, ...]:
    with house.database.read() as session:
        row = session.scalars(select(Audit).order_by(Audit.id.desc())).first()
        assert row is not None
        return row.action, row.staff_id, row.detail


def sign_in(house: House, email: str, password: str, secret: str = SECRET) -> bool:
    now, account = utc_now(), person_of(house, email)
    with house.database.write() as session:
        return not isinstance(accounts.sign_in(session, account.id, accounts.password_fits(account.password_hash, password), pyotp.TOTP(secret).at(now), now), str)


def test_who_leaves_is_out_off_the_rota_and_cannot_sign_in_until_opened_again(team: House) -> None:
    with team.database.write() as session:
        cast.person(session, "ARTA").caseworker_id = 2
    result = run("account", "close", JO.upper())
    assert result.exit_code == 0 and "is closed" in result.stdout and "ARTA" in result.stdout and "Arta" not in result.stdout
    assert not person_of(team, JO).active and signed_in(team) == [1] and last_note(team) == ("closed an account", None, "staff 2")
    with team.database.read() as session:
        ends = sorted(session.scalars(select(OnCallShift.ends_at)))
    assert len(ends) == 2 and ends[-1] <= utc_now(), "what she did stays known, what she would do does not"
    assert not sign_in(team, JO, OLD)
    assert "closed already" in failed(run("account", "close", JO))
    assert run("account", "open", JO).exit_code == 0 and last_note(team) == ("opened an account again", None, "staff 2")
    assert sign_in(team, JO, OLD)
    assert "open already" in failed(run("account", "open", JO))


def test_the_last_admin_stays_and_the_one_before_may_go(team: House) -> None:
    assert "last admin" in failed(run("account", "close", ADMIN))
    assert person_of(team, ADMIN).active and signed_in(team) == [1, 2]
    with team.database.write() as session:
        session.get_one(Staff, 2).role = Role.ADMIN
    assert run("account", "close", ADMIN).exit_code == 0
    assert "last admin" in failed(run("account", "close", JO)), "an admin whose account is closed does not count"


def test_a_new_password_ends_sessions_and_a_lock_out(team: House) -> None:
    with team.database.write() as session:
        session.get_one(Staff, 2).locked_until = utc_now() + dt.timedelta(minutes=20)
    result = run("account", "password", JO, input=f"{NEW}\n" * 2)
    assert result.exit_code == 0 and NEW not in result.output
    assert signed_in(team) == [1] and last_note(team) == ("changed the password", None, "staff 2")
    assert not sign_in(team, JO, OLD) and sign_in(team, JO, NEW)


def test_a_weak_new_password_changes_nothing(team: House) -> None:
    result = run("account", "password", JO, input="short\n" * 2)
    assert result.exit_code == 2 and "at least 12" in result.stderr and "Nothing was changed" in result.stderr
    assert signed_in(team) == [1, 2] and sign_in(team, JO, OLD)


def test_a_lost_authenticator_gives_way_to_a_new_one(team: House) -> None:
    assert sign_in(team, JO, OLD)
    result = run("account", "authenticator", JO)
    assert result.exit_code == 0 and "otpauth://totp/Alongside" in result.stdout
    new = pyotp.parse_uri("otpauth://" + result.stdout.split("otpauth://")[1].strip()).secret
    assert new == person_of(team, JO).totp_secret != SECRET and signed_in(team) == [1]
    assert last_note(team) == ("set a new authenticator", None, "staff 2")
    assert not sign_in(team, JO, OLD, SECRET)
    assert sign_in(team, JO, OLD, new), "also in the half minute in which the old one was used"


@pytest.mark.parametrize(("number", "stored"), [("07700 900899", "+447700900899"), ("none", None)])
def test_pages_go_to_the_new_phone(team: House, number: str, stored: str | None) -> None:
    result = run("account", "phone", JO, number)
    assert result.exit_code == 0 and "900899" not in result.output
    assert person_of(team, JO).phone == stored and last_note(team) == ("changed a phone", None, "staff 2")


@pytest.mark.parametrize("number", ["12", "", "no"])
def test_a_wrong_phone_changes_nothing(team: House, number: str) -> None:
    assert "Phone:" in failed(run("account", "phone", JO, number))
    assert person_of(team, JO).phone == "+447700900801"


@pytest.mark.parametrize("command", [("close",), ("open",), ("authenticator",), ("phone", "07700 900899")])
def test_an_account_that_is_not_there_is_said(team: House, command: tuple[str, ...]) -> None:
    said = failed(run("account", command[0], "nobody@example.org", *command[1:]))
    assert "no account" in said and "nobody@" not in said
