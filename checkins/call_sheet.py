"""What a colleague needs to make welfare calls: today's list inside each person's safe hours, and the sheet of one call."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casefile.models import Address, Alert, CallAttempt, Checkin, Inbound, Person, Plan, WelfareCall
from casefile.vocabulary import AlertState, Urgency
from messaging.safe_hours import is_safe, wall, windows

OPENING = "Is now a good time to talk? A yes or no is enough."
RULES = ("Say no name, no organisation and no reason until she said that she can talk.",
         "If somebody else answers, or she cannot talk: an ordinary question about another time, then hang up.",
         "Ask only questions that can be answered with yes or no until you know that she is alone.",
         "Never leave a voicemail. Nobody answers: try at another time of day.")
QUESTIONS = ("How have things been since we last spoke?", "Is the place where you stay all right?", "Do you have enough food, credit and money for the week?",
             "Has anybody got in touch that you would rather not hear from? (write down when: the seven bands)", "What would help most until next time?")


@dataclass(frozen=True)
class Line:
    """One call of the list: the hours left today in which it may be made (UTC), and whether that is now.

    `someone_else`: at the last try somebody else answered her phone. It is not called again before a person knows who.
    """

    call_id: int
    person_id: int
    why: str
    urgent: bool
    tries: int
    windows: tuple[tuple[dt.datetime, dt.datetime], ...]
    now: bool
    someone_else: bool


@dataclass(frozen=True)
class Sheet:
    """All for one call. `suspended`: her phone counts as lost, so that it may not be called at all."""

    line: Line
    opening: str
    rules: tuple[str, ...]
    questions: tuple[str, ...]
    language: str
    dialect: str | None
    interpreter_needed: bool
    has_safe_word: bool
    suspended: bool
    last_heard: dt.datetime | None
    last_answered: dt.datetime | None
    attempts: tuple[tuple[dt.datetime, str, str | None], ...]


def today(session: Session, now: dt.datetime) -> list[Line]:
    """The calls that may be made in what is left of each person's local day: urgent ones first, then those whose hours end soonest.

    Somebody whose phone counts as lost, or was answered by another at the last try, is not listed: the phone may not be called.
    """
    calls = session.execute(select(WelfareCall, Person, Plan).join(Person, Person.id == WelfareCall.person_id)
                            .outerjoin(Plan, Plan.person_id == Person.id)
                            .where(WelfareCall.done_at.is_(None), Person.suspended_at.is_(None), WelfareCall.due_from < now + dt.timedelta(days=1))).all()
    lines = [line(session, call, person, plan, now) for call, person, plan in calls]
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted((x for x in lines if x.windows and not x.someone_else), key=lambda x: (not x.urgent, x.windows[0][1] if x.windows else never, x.call_id))


def sheet(session: Session, call_id: int, now: dt.datetime) -> Sheet | None:
    """The sheet of a call; None when there is none."""
    found = session.execute(select(WelfareCall, Person, Plan).join(Person, Person.id == WelfareCall.person_id)
                            .outerjoin(Plan, Plan.person_id == Person.id).where(WelfareCall.id == call_id)).first()
    if found is None:
        return None
    call, person, plan = found
    heard = session.scalar(select(Inbound.received_at).where(Inbound.person_id == person.id).order_by(Inbound.received_at.desc()).limit(1))
    answered = session.scalar(select(Checkin.answered_at).where(Checkin.person_id == person.id, Checkin.answered_at.is_not(None))
                              .order_by(Checkin.answered_at.desc()).limit(1))
    tries = session.execute(select(CallAttempt.at, CallAttempt.outcome, CallAttempt.contact_band)
                            .join(WelfareCall, WelfareCall.id == CallAttempt.call_id).where(WelfareCall.person_id == person.id)
                            .order_by(CallAttempt.at.desc()).limit(5))
    return Sheet(line(session, call, person, plan, now), OPENING, RULES, QUESTIONS, person.language, person.dialect, person.interpreter_needed,
                 person.safe_word_hash is not None, person.suspended_at is not None, heard, answered, tuple((t.at, t.outcome, t.contact_band) for t in tries))


def line(session: Session, call: WelfareCall, person: Person, plan: Plan | None, now: dt.datetime) -> Line:
    """What the list says of a call."""
    hours, never = (plan.safe_hours, plan.never_dates) if plan else ({}, [])
    day = now.astimezone(ZoneInfo(person.time_zone)).date()
    spans = [] if day.isoformat() in never else [(wall(day, b, person.time_zone), wall(day, e, person.time_zone)) for b, e in windows(hours, day)]
    left = tuple((max(b, now, call.due_from), e) for b, e in spans if e > max(now, call.due_from))
    alarm = session.scalar(select(Alert.id).where(
        Alert.state != AlertState.RESOLVED, Alert.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE]),
        or_(Alert.id == call.alert_id, Alert.person_id == person.id)).limit(1))
    # Those of her earlier calls too: a call that ended without a try leaves it open who has her phone.
    tried = session.execute(select(CallAttempt.call_id, CallAttempt.outcome, CallAttempt.at).join(WelfareCall, WelfareCall.id == CallAttempt.call_id)
                            .where(WelfareCall.person_id == person.id).order_by(CallAttempt.id)).all()
    # A number that was confirmed as safe since says that a person knows who has her phone.
    someone_else = bool(tried) and tried[-1].outcome == "someone_else" and session.scalar(select(Address.id).where(
        Address.person_id == person.id, Address.consent, Address.safe_to_contact, Address.suspended_at.is_(None),
        Address.confirmed_at > tried[-1].at).limit(1)) is None
    may = call.due_from <= now and not someone_else and is_safe(now, person.time_zone, hours, never)
    return Line(call.id, person.id, call.why, alarm is not None, sum(t.call_id == call.id for t in tried), left, may, someone_else)
