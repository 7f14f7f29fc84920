"""Members of staff: made, signed in with password and one-time code, locked out after too many tries, signed out when idle.

The slow password check is a step of its own (`password_fits`), so that nobody who hammers the sign-in holds up a transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casefile import audit, encryption
from casefile.models import Staff, StaffSession
from casefile.numbers import NumberWrong, canonical
from casefile.vocabulary import Role

SHORTEST_PASSWORD = 12
MOST_FAILURES = 6
LOCKED = dt.timedelta(minutes=30)
IDLE = dt.timedelta(hours=1)
LONGEST = dt.timedelta(hours=12)
# A list of alerts on a wall stays alive while it watches; so long it may lose its connection.
WATCH_GRACE = dt.timedelta(minutes=5)
ISSUER = "Alongside"
_STEP = 30
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_hasher = PasswordHasher()
# Each check takes 64 MB: a flood of them must not take the machine.
_few_at_once = threading.Semaphore(2)


class StaffWrong(ValueError):
    """The account cannot be made or changed; `problems` maps a field to what is wrong with it."""

    def __init__(self, problems: dict[str, str]):
        super().__init__("; ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Made:
    """A new account, and what its authenticator app is to scan."""

    staff: Staff
    totp_uri: str


def _email_key(email: str) -> str:
    return "email:" + email.strip().casefold()


def find(session: Session, email: str) -> Staff | None:
    """The account of an e-mail address."""
    return session.scalar(select(Staff).where(Staff.email_hash.in_(encryption.ring().lookups(_email_key(email)))))


def create_staff(session: Session, *, name: str, email: str, password: str, role: Role, phone: str | None, now: dt.datetime,
                 totp_secret: str | None = None) -> Made:
    """Make an account. Raises StaffWrong naming every problem."""
    problems = password_problems(password, name, email)
    number = None
    if not name.strip():
        problems["name"] = "Give a name"
    if not _EMAIL.fullmatch(email.strip()):
        problems["email"] = "Give an e-mail address such as sam@example.org"
    elif find(session, email) is not None:
        problems["email"] = "There is an account with this e-mail address already"
    if phone:
        try:
            number = canonical(phone)
        except NumberWrong as wrong:
            problems["phone"] = f"Phone: {wrong}"
    if problems:
        raise StaffWrong(problems)
    secret = totp_secret or pyotp.random_base32()
    staff = Staff(name=name.strip(), email=email.strip(), email_hash=encryption.ring().lookup(_email_key(email)),
                  password_hash=_hasher.hash(password), totp_secret=secret, totp_last_used=0, role=role, phone=number, active=True,
                  failed_sign_ins=0, created_at=now)
    session.add(staff)
    session.flush()
    audit.note(session, now, "made an account", None, None, f"staff {staff.id}, {role}")
    return Made(staff, totp_uri(staff))


def totp_uri(staff: Staff) -> str:
    """What an authenticator app scans to make the account's codes."""
    return pyotp.TOTP(staff.totp_secret).provisioning_uri(name=staff.email, issuer_name=ISSUER)


def password_problems(password: str, name: str = "", email: str = "") -> dict[str, str]:
    """What is wrong with a password, if anything."""
    plain = password.casefold()
    own = [w for w in re.split(r"[\W_]+", f"{name} {email}".casefold()) if len(w) > 4]
    if len(password) < SHORTEST_PASSWORD:
        return {"password": f"The password needs at least {SHORTEST_PASSWORD} characters"}
    if len(set(plain)) < 5 or any(c in plain for c in ("password", "12345678", "qwertyui")):
        return {"password": "This password is too easy to guess"}
    if any(w in plain for w in own):
        return {"password": "The password must not hold the name or the e-mail address"}
    return {}


def password_fits(stored_hash: str | None, password: str) -> bool:
    """Whether the password is the account's. As slow for an account that does not exist (None)."""
    with _few_at_once:
        try:
            return _hasher.verify(stored_hash or _nobody(), password) and stored_hash is not None
        except (VerificationError, InvalidHashError):
            return False


_nobodys_hash: str | None = None


def _nobody() -> str:
    global _nobodys_hash
    _nobodys_hash = _nobodys_hash or _hasher.hash(secrets.token_urlsafe(16))
    return _nobodys_hash


def used_step(secret: str, code: str, last_used: int, now: dt.datetime) -> int | None:
    """The 30-second step a one-time code belongs to (one step early or late is allowed); None when it does not fit or was used."""
    totp, at, code = pyotp.TOTP(secret), int(now.timestamp()) // _STEP, "".join(code.split())
    return next((step for step in (at, at - 1, at + 1)
                 if step > last_used and hmac.compare_digest(totp.at(step * _STEP).encode(), code.encode("utf-8", "replace"))), None)


REFUSED = ("We could not sign you in. Check your e-mail address, password and a fresh code. After 6 failed tries an account is locked "
           "for 30 minutes.")


def sign_in(session: Session, staff_id: int | None, password_ok: bool, code: str, now: dt.datetime) -> Staff | str:
    """Finish a sign-in: the account, or why not in words to show. Commit either way: failures are counted."""
    staff = session.scalar(select(Staff).where(Staff.id == staff_id).with_for_update().execution_options(populate_existing=True))
    if staff is None or not staff.active:
        return REFUSED
    if staff.locked_until is not None and staff.locked_until > now:
        # Only somebody who knows the password is told that it is locked.
        return "This account is locked after too many failed tries. Try again in half an hour." if password_ok else REFUSED
    step = used_step(staff.totp_secret, code, staff.totp_last_used, now) if password_ok else None
    if step is None:
        staff.failed_sign_ins += 1
        if staff.failed_sign_ins >= MOST_FAILURES:
            staff.failed_sign_ins, staff.locked_until = 0, now + LOCKED
            audit.note(session, now, "account locked", staff.id)
        audit.note(session, now, "sign-in failed", staff.id)
        return REFUSED
    staff.failed_sign_ins, staff.locked_until, staff.totp_last_used = 0, None, step
    audit.note(session, now, "signed in", staff.id)
    return staff


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(session: Session, staff_id: int, now: dt.datetime) -> str:
    """A new signed-in browser; returns the cookie's secret, of which only a hash is kept."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
    session.add(StaffSession(token_hash=_hash(token), staff_id=staff_id, csrf=secrets.token_urlsafe(24), created_at=now, seen_at=now,
                             expires_at=now + LONGEST))
    return token


def session_of(session: Session, token: str, now: dt.datetime) -> tuple[StaffSession, Staff] | None:
    """Who a cookie belongs to; None when it is unknown, idle for too long, too old, or the account was closed."""
    row = session.get(StaffSession, _hash(token))
    if row is None or row.expires_at <= now or row.seen_at + IDLE <= now:
        return None
    staff = session.get(Staff, row.staff_id)
    return (row, staff) if staff is not None and staff.active else None


def watcher_of(session: Session, token: str, now: dt.datetime) -> tuple[StaffSession, Staff, bool] | None:
    """Who may see the live list of alerts, and whether idle for too long to see anything else; None when nobody.

    Only the list's own open stream keeps it (`watched`); it never makes an idle session good for more again.
    """
    row = session.get(StaffSession, _hash(token))
    if row is None or row.expires_at <= now:
        return None
    idle = row.seen_at + IDLE <= now
    if idle and (row.watched_at is None or row.watched_at + WATCH_GRACE <= now):
        return None
    staff = session.get(Staff, row.staff_id)
    return (row, staff, idle) if staff is not None and staff.active else None


def watched(session: Session, token_hash: str, now: dt.datetime) -> None:
    """The list of alerts is open and listens."""
    row = session.get(StaffSession, token_hash)
    if row is not None:
        row.watched_at = now


def seen(session: Session, token_hash: str, now: dt.datetime) -> None:
    """The person did something: the idle time begins anew."""
    row = session.get(StaffSession, token_hash)
    if row is not None and row.seen_at < now:
        row.seen_at = now


def end_session(session: Session, token_hash: str, staff_id: int, now: dt.datetime) -> None:
    """Sign one browser out."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash))
    audit.note(session, now, "signed out", staff_id)


def end_all_sessions(session: Session, staff_id: int) -> None:
    """Sign every browser of an account out."""
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))


def change_password(session: Session, staff: Staff, new: str, now: dt.datetime, *, by_operator: bool = False) -> None:
    """Set a new password, forget failed tries and sign every browser out. Raises StaffWrong."""
    if problems := password_problems(new, staff.name, staff.email):
        raise StaffWrong(problems)
    row = session.get(Staff, staff.id)
    assert row is not None
    row.password_hash, row.failed_sign_ins, row.locked_until = _hasher.hash(new), 0, None
    end_all_sessions(session, staff.id)
    audit.note(session, now, "changed the password", None if by_operator else staff.id, None, f"staff {staff.id}")
