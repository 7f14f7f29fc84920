"""Many invented people at once, in few statements."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import insert

from alongside.seed import ALWAYS, PASSWORD, TOTP_SECRET
from alongside.wiring import House
from bench.place import SENDER
from casefile.database import utc_now
from casefile.models import Address, OnCallShift, Person, Plan
from casefile.numbers import address_hash
from casefile.staff import create_staff
from casefile.vocabulary import Channel, Role
from messaging.safe_hours import WEEKDAYS

BATCH = 5000
CASEWORKER = "sam@bench.example"
_OFFICE = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
_EVENINGS = {day: [["10:00", "12:30"], ["18:00", "20:00"]] for day in WEEKDAYS[::2]}
_RULES = ("FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=WE,SA", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
          "FREQ=MONTHLY;BYMONTHDAY=15")


def number(n: int) -> str:
    """The phone number of the n-th person."""
    return f"+447{n:09d}"


def add_people(house: House, first: int, count: int, *, due: dt.datetime | None = None, varied: bool = False) -> None:
    """Add the people first..first+count-1 (their ids, too), with English texts and confirmed weekly plans.

    `due`: when each is asked next; `varied`: rules, hours, zones and beginnings as they differ in life.
    """
    now = utc_now()
    for start in range(first, first + count, BATCH):
        ids = range(start, min(start + BATCH, first + count))
        with house.database.write() as session:
            session.execute(insert(Person), [
                {"id": n, "ref": f"P{n}", "name": f"Person {n}", "language": "en", "conversation": secrets.token_hex(8), "created_at": now,
                 "duress_hashes": [], "time_zone": ("Europe/London", "Europe/Tirane")[n % 10 == 0] if varied else "Europe/London"} for n in ids])
            session.execute(insert(Address), [
                {"person_id": n, "channel": Channel.SMS, "address": number(n), "address_hash": address_hash(number(n)), "consent": True,
                 "safe_to_contact": True, "confirmed_at": now, "sender": SENDER} for n in ids])
            session.execute(insert(Plan), [_plan(n, now, due, varied) for n in ids])


def _plan(n: int, now: dt.datetime, due: dt.datetime | None, varied: bool) -> dict[str, Any]:
    plan: dict[str, Any] = {"person_id": n, "starts_on": now.date(), "confirmed_at": now, "safe_hours": ALWAYS, "daily_cap": 1000,
                            "rule": f"FREQ=WEEKLY;BYDAY={WEEKDAYS[now.weekday()][:2].upper()}", "next_at": due or now + dt.timedelta(days=7)}
    if varied:
        plan |= {"starts_on": now.date() - dt.timedelta(days=n % 365), "rule": _RULES[n % len(_RULES)], "jitter_minutes": n % 3 * 20,
                 "safe_hours": (ALWAYS, _OFFICE, _EVENINGS)[n % 3], "at_time": f"{10 + n % 2}:00", "next_at": now + dt.timedelta(hours=n % 168)}
    return plan


def add_caseworker(house: House) -> None:
    """Somebody on call who can sign in (see `bench.alerts`)."""
    now = utc_now()
    with house.database.write() as session:
        made = create_staff(session, name="Sam Carter", email=CASEWORKER, password=PASSWORD, role=Role.CASEWORKER, phone="+447700900801", now=now,
                            totp_secret=TOTP_SECRET)
        session.flush()
        session.add(OnCallShift(staff_id=made.staff.id, position=0, starts_at=now - dt.timedelta(days=1), ends_at=now + dt.timedelta(days=9)))
