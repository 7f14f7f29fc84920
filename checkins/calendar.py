"""A colleague's calendar feed (ICS): check-ins, calls and reviews of her people, by reference and without names, numbers or reasons.

The address holds a secret token; only its hash is stored. Whoever has the address sees times and references, nothing more.
"""

from __future__ import annotations

import datetime as dt
import secrets

from icalendar import Calendar, Event
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import audit, encryption
from casefile.models import Person, Plan, Staff, WelfareCall
from checkins import preview

AHEAD = dt.timedelta(days=28)
LENGTH = dt.timedelta(minutes=15)


def new_token(session: Session, staff_id: int, now: dt.datetime) -> str:
    """A new secret token for the colleague's feed; the one before ends. It is shown once and not stored."""
    token = secrets.token_urlsafe(24)
    session.get_one(Staff, staff_id).calendar_token_hash = _hash(token)
    audit.note(session, now, "made a calendar address", staff_id)
    return token


def end_token(session: Session, staff_id: int, now: dt.datetime) -> None:
    """End the colleague's feed."""
    session.get_one(Staff, staff_id).calendar_token_hash = None
    audit.note(session, now, "ended the calendar address", staff_id)


def feed(session: Session, token: str, now: dt.datetime) -> bytes | None:
    """The feed of a token (text/calendar, UTF-8); None when no active colleague has it."""
    wanted = encryption.ring().lookups("calendar:" + token)
    staff = session.scalar(select(Staff).where(Staff.calendar_token_hash.in_(wanted), Staff.active))
    if staff is None:
        return None
    calendar = Calendar()
    calendar.add("prodid", "-//Alongside//check-ins//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Alongside")
    # Programs ask again this often.
    calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for coming in preview.team(session, now, AHEAD, staff.id):
        calendar.add_component(_event(f"checkin-{coming.ref}-{coming.day}", f"Check-in {coming.ref}", coming.at, coming.at + LENGTH, now))
    calls = session.execute(select(WelfareCall.id, WelfareCall.due_from, WelfareCall.due_until, Person.ref).join(
        Person, Person.id == WelfareCall.person_id).where(
        WelfareCall.done_at.is_(None), (WelfareCall.assigned_to == staff.id) | (Person.caseworker_id == staff.id)))
    for call in calls:
        begins = max(call.due_from, now)
        calendar.add_component(_event(f"call-{call.id}", f"Call {call.ref}", begins, max(begins + LENGTH, call.due_until or begins), now))
    reviews = session.execute(select(Plan.review_on, Person.ref).join(Person, Person.id == Plan.person_id).where(
        Person.caseworker_id == staff.id, Plan.confirmed_at.is_not(None), Plan.review_on >= now.date()))
    for review in reviews:
        calendar.add_component(_event(f"review-{review.ref}-{review.review_on}", f"Review {review.ref}", review.review_on,
                                      review.review_on + dt.timedelta(days=1), now))
    return calendar.to_ical()


def _event(uid: str, summary: str, begins: dt.date, ends: dt.date, now: dt.datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@alongside")
    event.add("summary", summary)
    event.add("dtstart", begins)
    event.add("dtend", ends)
    event.add("dtstamp", now)
    event.add("class", "PRIVATE")
    return event


def _hash(token: str) -> str:
    return encryption.ring().lookup("calendar:" + token)
