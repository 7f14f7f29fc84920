"""Welfare calls made by people: asked for or due after silence, tried at different times of day, with an outcome in the end.

No voicemail, ever; no name to anybody else; the first question is whether she can talk (`checkins.call_sheet`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from casefile import audit, live
from casefile.models import CallAttempt, Person, Plan, WelfareCall
from casefile.vocabulary import LANGUAGES, AlertKind, Concern, Urgency
from checkins.ladder_terms import Handled
from checkins.moves import WANTED, move_all
from escalation.alerts import raise_alert
from messaging.safe_hours import Hours, is_safe, next_safe

OUTCOMES = {"reached_safe": "Reached: safe", "reached_concern": "Reached: there is a concern", "not_reached": "Not reached",
            "someone_else": "Someone else answered"}
# The NRM form's seven bands of last contact by the exploiters.
BANDS = ("this_week", "this_month", "3_months", "6_months", "12_months", "over_a_year", "not_sure")
RECENT = BANDS[:2]
# A call should be made within this time of her safe hours beginning.
WITHIN = dt.timedelta(hours=24)
# The next try is at least so much later, at another time of day; after so many tries in vain people are told.
NEXT_TRY, TRIES = dt.timedelta(hours=2), 3

# A name that cannot be decrypted must not keep a call from being asked for.
NOTHING_ENCRYPTED = load_only(Person.id, Person.language, Person.dialect, Person.interpreter_needed, Person.time_zone, Person.caseworker_id)


class CallWrong(ValueError):
    """The attempt cannot be written down like this; `problems` maps each field to what is wrong."""

    def __init__(self, problems: dict[str, str]):
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def request_call(session: Session, person: Person | int, why: str, now: dt.datetime, asked_for: str | None = None, alert_id: int | None = None,
                 checkin_id: int | None = None, due: dt.datetime | None = None) -> WelfareCall:
    """A call to be made from her next safe hour on (from `due` on when given); one open call a person: a new wish or alert joins it,
    and the weightiest reason stays (`moves.WANTED`).

    `why`: asked, silence, not_reached_by_text, staff, planned; `asked_for`: her own words about when.
    """
    person_id = person if isinstance(person, int) else person.id
    her = session.scalars(select(Person).where(Person.id == person_id).with_for_update(key_share=True).options(NOTHING_ENCRYPTED)).one()
    call = session.scalars(select(WelfareCall).where(WelfareCall.person_id == person_id, WelfareCall.done_at.is_(None))
                           .order_by(WelfareCall.id).limit(1).with_for_update()).first()
    begins = _due_from(session, her, max(due or now, now))
    if call is None:
        call = WelfareCall(person_id=person_id, why=why, due_from=begins, due_until=begins + WITHIN, created_at=now, asked_for=asked_for,
                           alert_id=alert_id, checkin_id=checkin_id, assigned_to=her.caseworker_id)
        session.add(call)
        session.flush()
        if her.interpreter_needed:
            book_interpreter(session, her, begins, now, f"interpreter:{call.id}")
    else:
        call.asked_for = asked_for or call.asked_for
        call.alert_id, call.checkin_id = call.alert_id or alert_id, call.checkin_id or checkin_id
        # Her wish to be called must not end with the silence that joined it.
        call.why = max(call.why, why, key=lambda w: WANTED.index(w) if w in WANTED else -1)
        if begins < call.due_from:
            call.due_from, call.due_until = begins, begins + WITHIN
        session.flush()
    live.tell(session, "call", now, person_id, call.alert_id)
    return call


def attempt(session: Session, call_id: int, staff_id: int, outcome: str, now: dt.datetime, contact_band: str | None = None,
            notes: str | None = None, follow_up: str | None = None, follow_up_on: dt.date | None = None) -> CallAttempt:
    """Write one try down and do what follows from it. Raises CallWrong naming every problem.

    Reached: the call is done and her open check-ins are closed. Not reached: due again at another time of day; after three tries people are
    told. Someone else: people are told at once. A contact by the exploiters lately is an alarm whatever the outcome.
    """
    call = session.scalar(select(WelfareCall).where(WelfareCall.id == call_id).with_for_update().execution_options(populate_existing=True))
    problems = {}
    if call is None or call.done_at is not None:
        problems["call"] = "This call is done already, or does not exist"
    if outcome not in OUTCOMES:
        problems["outcome"] = "Choose what came of the call"
    if contact_band is not None and contact_band not in BANDS:
        problems["contact_band"] = "Choose from the list"
    if call is None or problems:
        raise CallWrong(problems)
    tried = CallAttempt(call_id=call.id, staff_id=staff_id, at=now, outcome=outcome, contact_band=contact_band, notes=notes or None,
                        follow_up=follow_up or None, follow_up_on=follow_up_on)
    session.add(tried)
    session.flush()
    if outcome.startswith("reached"):
        call.done_at, call.outcome = now, outcome
        move_all(session, call.person_id, Handled(outcome), now)
    else:
        _again(session, call, now)
    _tell(session, call, tried, now)
    audit.note(session, now, "tried a welfare call", staff_id, call.person_id, f"call {call.id}, {outcome}")
    live.tell(session, "call", now, call.person_id, call.alert_id)
    return tried


def _again(session: Session, call: WelfareCall, now: dt.datetime) -> None:
    person, plan = session.get_one(Person, call.person_id), _plan(session, call.person_id)
    tries = session.scalars(select(CallAttempt.at).where(CallAttempt.call_id == call.id).order_by(CallAttempt.id)).all()
    begins = next_try(tries, now, person.time_zone, plan.safe_hours if plan else {}, plan.never_dates if plan else ()) or now + WITHIN
    call.due_from, call.due_until = begins, begins + WITHIN
    if len(tries) % TRIES == 0:
        raise_alert(session, key=f"call-tries:{call.id}:{len(tries)}", kind=AlertKind.REQUEST, urgency=Urgency.ROUTINE, person_id=call.person_id,
                    now=now, why=[f"She was not reached in {len(tries)} calls at different times. Please decide on the next step"])


def next_try(tries: Sequence[dt.datetime], now: dt.datetime, zone: str, hours: Hours, never: Collection[str] = ()) -> dt.datetime | None:
    """The next safe moment at a time of day (morning, afternoon, evening) that was tried least (UTC); None = her plan names no safe hour."""
    here = ZoneInfo(zone)
    counts = [sum(_part(at.astimezone(here).time()) == part for at in tries) for part in range(3)]
    best: tuple[int, dt.datetime] | None = None
    for hour in range(7 * 24):
        at = (now + NEXT_TRY + dt.timedelta(hours=hour)).replace(minute=0, second=0, microsecond=0)
        if at >= now + NEXT_TRY and is_safe(at, zone, hours, never):
            times = counts[_part(at.astimezone(here).time())]
            if best is None or times < best[0]:
                best = times, at
        # Another time of day within two days is worth waiting for, not more.
        if best is not None and (best[0] == 0 or hour >= 48):
            break
    return best[1] if best else next_safe(now + NEXT_TRY, zone, hours, never)


def _part(hour: dt.time) -> int:
    return 0 if hour < dt.time(12) else 1 if hour < dt.time(17) else 2


def _tell(session: Session, call: WelfareCall, tried: CallAttempt, now: dt.datetime) -> None:
    def alert(what: str, urgency: Urgency, why: str, concern: Concern | None = None) -> None:
        raise_alert(session, key=f"call:{tried.id}:{what}", kind=AlertKind.REQUEST, urgency=urgency, person_id=call.person_id, why=[why], now=now,
                    concerns=[concern] if concern else [])

    if tried.contact_band in RECENT:
        alert("contact", Urgency.URGENT, "In a call she spoke of contact by the exploiters: " + tried.contact_band.replace("_", " "),
              Concern.TRAFFICKER_CONTACT)
    elif tried.outcome == "reached_concern":
        alert("concern", Urgency.ROUTINE, "A call found a concern: see the call's notes")
    if tried.outcome == "someone_else":
        alert("someone", Urgency.URGENT, "Someone else answered her phone. Do not call it again before you know who", Concern.WRONG_PERSON)
    if tried.follow_up and tried.follow_up_on is None:
        follow_up(session, call.person_id, tried.id, tried.follow_up, now)


def follow_up(session: Session, person_id: int, tried_id: int, agreed: str, now: dt.datetime) -> None:
    """Make the follow-up agreed in a call a task of its own; once."""
    raise_alert(session, key=f"follow-up:{tried_id}", kind=AlertKind.PATTERN, urgency=Urgency.ROUTINE, person_id=person_id, now=now,
                why=[f"Follow-up of a call: {agreed}"])


def book_interpreter(session: Session, person: Person, at: dt.datetime, now: dt.datetime, key: str | None = None) -> None:
    """A task to book an interpreter in her language and dialect for a call at this moment (UTC)."""
    language = LANGUAGES[person.language].english if person.language in LANGUAGES else person.language
    words = f"{language}, {person.dialect}" if person.dialect else language
    raise_alert(session, key=key or f"interpreter:{person.id}:{at:%Y%m%d%H%M}", kind=AlertKind.REQUEST, urgency=Urgency.ROUTINE, person_id=person.id,
                now=now, why=[f"Book an interpreter ({words}) for a call from {at.astimezone(ZoneInfo(person.time_zone)):%a %d %b %H:%M}, her time"])


def _due_from(session: Session, person: Person, moment: dt.datetime) -> dt.datetime:
    """Her next safe hour (UTC); at once when her plan names none, because then a person must decide."""
    plan = _plan(session, person.id)
    return (next_safe(moment, person.time_zone, plan.safe_hours, plan.never_dates) if plan else None) or moment


def _plan(session: Session, person_id: int) -> Plan | None:
    return session.scalar(select(Plan).where(Plan.person_id == person_id))
