"""Accounts of staff: made, signed in with password and one-time code, locked after too many tries, signed out when idle."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import encryption, staff
from casefile.database import Database
from casefile.models import Audit, Staff, StaffSession
from casefile.staff import (
    IDLE,
    LOCKED,
    LONGEST,
    MOST_FAILURES,
    REFUSED,
    StaffWrong,
    create_staff,
    password_fits,
    password_problems,
    sign_in,
    used_step,
)
from casefile.vocabulary import Role
from tests.cast import NOW

PASSWORD = "seven quiet lanterns 26"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = dt.timedelta(seconds=30)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real hash takes 64 MB and a tenth of a second; these tests are about the rules around it."""
    monkeypatch.setattr(staff, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(staff, "_nobodys_hash", None)


def make(session: Session, **more: Any) -> Staff:
    return create_staff(session, **{"name": "Sam Carter", "email": "sam@example.org", "password": PASSWORD, "role": Role.CASEWORKER,
                                    "phone": "07700 900801", "now": NOW, "totp_secret": SECRET, **more}).staff


def code(at: dt.datetime = NOW) -> str:
    return pyotp.TOTP(SECRET).at(at)


def actions(session: Session) -> list[str]:
    session.flush()
    return list(session.scalars(select(Audit.action).order_by(Audit.id)))


def test_an_account_keeps_a_hash_of_the_password_and_one_form_of_the_number(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        made = create_staff(session, name=" Sam Carter ", email=" Sam@Example.org ", password=PASSWORD, role=Role.MANAGER, phone="07700 900801", now=NOW)
        sam = made.staff
        assert (sam.name, sam.phone, sam.role, sam.active) == ("Sam Carter", "+447700900801", Role.MANAGER, True)
        assert PASSWORD not in sam.password_hash and password_fits(sam.password_hash, PASSWORD)
        assert pyotp.parse_uri(made.totp_uri).secret == sam.totp_secret and "Alongside" in made.totp_uri
        assert staff.find(session, "sam@EXAMPLE.org") is sam and staff.find(session, "sam@example.com") is None
        assert actions(session) == ["made an account"]


def test_every_problem_of_an_account_is_named_at_once_and_none_is_made(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        with pytest.raises(StaffWrong) as wrong:
            make(session, name="  ", email="sam at example", password="tiny pass", phone="12")
        assert set(wrong.value.problems) == {"name", "email", "password", "phone"}
        assert "tiny pass" not in str(wrong.value) and "sam at" not in str(wrong.value)
        assert session.scalars(select(Staff)).all() == []


def test_an_address_has_one_account_even_after_a_rotation_of_keys(sqlite_database: Database) -> None:
    before = encryption.ring()
    try:
        with sqlite_database.write() as session:
            make(session)
            encryption.configure(("a-newer-key " * 4, "test-key-test-key-test-key-test-key-0"))
            assert staff.find(session, "sam@example.org") is not None
            with pytest.raises(StaffWrong, match="account with this e-mail"):
                make(session, email="SAM@example.org")
    finally:
        encryption._ring = before


@pytest.mark.parametrize(("password", "fine"), [
    (PASSWORD, True), ("twelve chars", True), ("пʼять тихих ліхтарів", True), ("eleven char", False), ("", False), ("aaaaaaaaaaaaaaaa", False),
    ("abababababababab", False), ("my Password is long", False), ("qwertyuiop asdf", False), ("0123456789012345", False),
    ("long carter words", False), ("the EXAMPLE words", False),
])
def test_a_password_is_long_and_not_easily_guessed(password: str, fine: bool) -> None:
    assert (password_problems(password, "Sam Carter", "sam@example.org") == {}) is fine


@given(st.text(max_size=30))
def test_a_problem_never_repeats_the_password(password: str) -> None:
    for said in password_problems(password).values():
        assert len(password) < 5 or password not in said


@pytest.mark.parametrize(("stored", "typed", "fits"), [(PASSWORD, PASSWORD, True), (PASSWORD, PASSWORD + " ", False), (None, PASSWORD, False), ("", "", False)])
def test_only_the_accounts_own_password_fits(stored: str | None, typed: str, fits: bool) -> None:
    assert password_fits(staff._hasher.hash(stored) if stored else stored, typed) is fits


@pytest.mark.parametrize(("early", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_may_be_one_step_early_or_late(early: int, fits: bool) -> None:
    assert (used_step(SECRET, code(NOW + early * STEP), 0, NOW) is not None) is fits


@given(st.text(max_size=12))
def test_nothing_but_six_right_digits_is_a_code(typed: str) -> None:
    right = {code(NOW + n * STEP) for n in (-1, 0, 1)}
    assert (used_step(SECRET, typed, 0, NOW) is not None) is ("".join(typed.split()) in right)


def test_a_code_is_used_once_and_none_before_it_afterwards(database: Database) -> None:
    with database.write() as session:
        sam = make(session)
        assert sign_in(session, sam.id, True, f" {code()[:3]} {code()[3:]} ", NOW) is sam
        assert sign_in(session, sam.id, True, code(), NOW) == REFUSED
        assert sign_in(session, sam.id, True, code(NOW - STEP), NOW) == REFUSED
        assert sign_in(session, sam.id, True, code(NOW + STEP), NOW) is sam
        assert actions(session)[1:] == ["signed in", "sign-in failed", "sign-in failed", "signed in"]


def test_after_too_many_failures_the_account_is_locked_for_half_an_hour(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam = make(session)
        for _ in range(MOST_FAILURES - 1):
            assert sign_in(session, sam.id, False, code(), NOW) == REFUSED
        assert sam.locked_until is None
        assert sign_in(session, sam.id, True, "000000", NOW) == REFUSED
        assert sam.locked_until == NOW + LOCKED and "account locked" in actions(session)
        soon = NOW + LOCKED - dt.timedelta(seconds=1)
        said = sign_in(session, sam.id, True, code(soon), soon)
        assert isinstance(said, str) and "locked" in said and said != REFUSED
        # Who does not know the password learns nothing, not even that there is such an account.
        assert sign_in(session, sam.id, False, code(soon), soon) == REFUSED == sign_in(session, None, False, code(soon), soon)
        later = NOW + LOCKED
        assert sign_in(session, sam.id, True, code(later), later) is sam and sam.failed_sign_ins == 0


def test_a_success_forgives_earlier_failures(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam = make(session)
        for _ in range(MOST_FAILURES - 1):
            sign_in(session, sam.id, False, "", NOW)
        assert sign_in(session, sam.id, True, code(), NOW) is sam
        assert sign_in(session, sam.id, False, "", NOW) == REFUSED and sam.locked_until is None


def test_a_closed_account_cannot_sign_in_and_its_sessions_end(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam = make(session)
        token = staff.begin_session(session, sam.id, NOW)
        sam.active = False
        assert sign_in(session, sam.id, True, code(), NOW) == REFUSED
        assert staff.session_of(session, token, NOW) is None


def test_only_a_hash_of_the_cookie_is_kept(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam = make(session)
        token = staff.begin_session(session, sam.id, NOW)
        row = session.scalars(select(StaffSession)).one()
        assert token not in (row.token_hash, row.csrf) and len(token) >= 40
        found = staff.session_of(session, token, NOW)
        assert found is not None and found[1] is sam and staff.session_of(session, token + "x", NOW) is None


@pytest.mark.parametrize(("seen_after", "now_after", "signed_in"), [
    (None, IDLE - STEP, True), (None, IDLE, False), (IDLE / 2, IDLE + STEP, True), (IDLE / 2, IDLE * 1.5, False),
    (LONGEST - STEP, LONGEST - STEP, True), (LONGEST - STEP, LONGEST, False),
])
def test_a_browser_is_signed_out_when_idle_and_at_the_end_of_the_day(sqlite_database: Database, seen_after: dt.timedelta | None, now_after: dt.timedelta,
                                                                     signed_in: bool) -> None:
    with sqlite_database.write() as session:
        token = staff.begin_session(session, make(session).id, NOW)
        if seen_after is not None:
            staff.seen(session, session.scalars(select(StaffSession.token_hash)).one(), NOW + seen_after)
        assert (staff.session_of(session, token, NOW + now_after) is not None) is signed_in


def test_signing_out_ends_one_browser_and_a_new_password_ends_all(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam = make(session)
        phone, laptop, old = (staff.begin_session(session, sam.id, at) for at in (NOW, NOW, NOW - LONGEST))
        session.flush()
        row = staff.session_of(session, phone, NOW)
        assert row is not None and staff.session_of(session, old, NOW) is None
        staff.end_session(session, row[0].token_hash, sam.id, NOW)
        assert staff.session_of(session, phone, NOW) is None and staff.session_of(session, laptop, NOW) is not None
        with pytest.raises(StaffWrong):
            staff.change_password(session, sam, "too short", NOW)
        assert staff.session_of(session, laptop, NOW) is not None and password_fits(sam.password_hash, PASSWORD)
        staff.change_password(session, sam, "nine slow herons 41", NOW)
        assert staff.session_of(session, laptop, NOW) is None
        assert password_fits(sam.password_hash, "nine slow herons 41") and not password_fits(sam.password_hash, PASSWORD)
        assert actions(session)[-2:] == ["signed out", "changed the password"]
