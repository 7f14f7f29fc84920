"""Accounts changed by somebody else: closed and opened again, the authenticator forgotten, another phone.

`by` is who did it; None = from the command line.
"""

from __future__ import annotations

import datetime as dt

import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casefile import audit, live
from casefile.models import OnCallShift, Staff
from casefile.numbers import NumberWrong, canonical
from casefile.staff import StaffWrong, end_all_sessions, totp_uri
from casefile.vocabulary import Role


def close(session: Session, staff: Staff, now: dt.datetime, by: int | None = None) -> None:
    """End an account: signed out everywhere, off the rota, no calendar feed, no longer paged. Raises StaffWrong.

    What she still holds is let go by `escalation.leaving`.
    """
    # Two admins who close each other at the same moment wait here for one another.
    admins = session.scalars(select(Staff.id).where(Staff.active, Staff.role == Role.ADMIN).order_by(Staff.id).with_for_update()).all()
    session.refresh(staff)
    if not staff.active:
        raise StaffWrong({"account": "This account is closed already"})
    if admins == [staff.id]:
        raise StaffWrong({"account": "This is the last admin: make another one first"})
    staff.active, staff.calendar_token_hash = False, None
    end_all_sessions(session, staff.id)
    session.execute(delete(OnCallShift).where(OnCallShift.staff_id == staff.id, OnCallShift.starts_at > now))
    session.execute(update(OnCallShift).where(OnCallShift.staff_id == staff.id, OnCallShift.ends_at > now).values(ends_at=now))
    _noted(session, "closed an account", staff, now, by)
    live.tell(session, "system", now)


def open_again(session: Session, staff: Staff, now: dt.datetime, by: int | None = None) -> None:
    """Open a closed account, with its password, authenticator and phone; its shifts are gone. Raises StaffWrong."""
    if staff.active:
        raise StaffWrong({"account": "This account is open already"})
    staff.active, staff.failed_sign_ins, staff.locked_until = True, 0, None
    _noted(session, "opened an account again", staff, now, by)
    live.tell(session, "system", now)


def new_authenticator(session: Session, staff: Staff, now: dt.datetime, by: int | None = None) -> str:
    """Forget the authenticator and sign every browser out; returns what the new one is to scan."""
    staff.totp_secret, staff.totp_last_used = pyotp.random_base32(), 0
    end_all_sessions(session, staff.id)
    _noted(session, "set a new authenticator", staff, now, by)
    return totp_uri(staff)


def change_phone(session: Session, staff: Staff, phone: str | None, now: dt.datetime, by: int | None = None) -> None:
    """Page another number from now on; None = she cannot be paged. Raises StaffWrong."""
    try:
        staff.phone = None if phone is None else canonical(phone)
    except NumberWrong as wrong:
        raise StaffWrong({"phone": f"Phone: {wrong}"}) from None
    _noted(session, "changed a phone", staff, now, by)


def _noted(session: Session, what: str, staff: Staff, now: dt.datetime, by: int | None) -> None:
    audit.note(session, now, what, by, None, f"staff {staff.id}")
