"""What a person steers by her own texts: later, another day, pause, stop, start, language, channel, less often; wrong number,
phone lost, under 18.

Every change is written down, shown to the caseworker by a task, and can be put back (`revert`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.models import Address, Alert, Person, Plan, PlanChange
from casefile.vocabulary import LANGUAGES, AlertKind, AlertState, Channel, Purpose, Urgency
from checkins import changes, numbers, plans
from checkins.changes import ChangeGone, revert
from checkins.ladder_terms import Answered
from checkins.moves import move_all
from checkins.patterns import unusual_style
from escalation.alerts import raise_alert
from messaging import outbox
from messaging.safe_hours import WEEKDAYS, next_safe, wall

__all__ = ["ACTS", "Change", "ChangeGone", "apply", "revert"]

ACTS = frozenset({"stop", "start", "pause", "reschedule", "change_language", "change_channel", "less_often", "wrong_number", "under_age", "phone_lost"})

# "Later" without a time: the same day if there are safe hours left after this.
LATER = dt.timedelta(hours=4)
# A wish further ahead than this is a person's to arrange.
FURTHEST_WISH = dt.timedelta(days=31)


@dataclass(frozen=True)
class Change:
    """What she is answered: a key of the catalogue (None = triage's own choice) and its parameters, days and hours local to her (`spoken`)."""

    reply: str | None
    params: Mapping[str, dt.date | dt.time] = field(default_factory=dict)


def apply(session: Session, person: Person, act: str, wishes: Mapping[str, Any], now: dt.datetime) -> Change | None:
    """Do what her text asks for or says, one of ACTS. None = nothing to do.

    `wishes`: {"day", "time"} local to her, "unclear" when she named more than was understood, {"language"}, {"channel", "only"};
    {"here", "address"} = the channel and address she wrote from.
    A wish that cannot be met changes nothing and becomes a task.
    """
    changes.locked_person(session, person.id)
    plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
    if act == "stop":
        return _stop(session, person, now)
    if act == "change_language":
        return _language(session, person, wishes.get("language"), now)
    if act == "wrong_number":
        numbers.wrong(session, person.id, wishes.get("address"), now)
        return None  # the message's own alert tells people
    if act == "phone_lost":
        if person.suspended_at is None:
            plans.phone_lost(session, person.id, None, now, "she wrote that her phone is lost or not hers", told=True)
        return None
    if act == "under_age":
        if person.adult:
            changes.make(session, person.id, "said to be under 18", {"adult": False}, now)
        return None
    if plan is None:
        return None
    match act:
        case "start":
            return _start(session, person, plan, now)
        case "pause":
            return _pause(session, person, plan, wishes, now)
        case "reschedule":
            return _reschedule(session, person, plan, wishes, now)
        case "less_often":
            return _less_often(session, person, plan, now)
        case "change_channel":
            return _channel(session, person, plan, wishes, now)
    return None


def _stop(session: Session, person: Person, now: dt.datetime) -> Change:
    if person.stopped_at is None:
        change = changes.make(session, person.id, "stopped", {"stopped_at": now}, now)
        unusual = unusual_style(session, person)
        why = ["She asked us to stop. Nothing more is sent. A person must ask by another agreed route whether that is her wish"]
        raise_alert(session, key=f"stopped:{change.id}", kind=AlertKind.STOPPED, person_id=person.id, why=why + ([unusual] if unusual else []),
                    urgency=Urgency.URGENT if unusual or _alarm_open(session, person.id) else Urgency.ROUTINE, now=now)
    return Change(None)


def _start(session: Session, person: Person, plan: Plan, now: dt.datetime) -> Change:
    if person.suspended_at is not None or plan.consent_withdrawn_at is not None:
        _task(session, person.id, "start", "She asked us to write again, but her phone or her consent is in question: speak with her first", now)
        return Change(None)
    values = {"stopped_at": None, "paused": False, "paused_until": None}
    heard = session.scalars(select(Address).where(Address.person_id == person.id, Address.last_inbound_at.is_not(None))
                            .order_by(Address.last_inbound_at.desc()).limit(1)).first()
    blocked = heard is not None and heard.opted_out_at is not None
    if blocked and heard is not None:
        # Her text to us ends the provider's block as well, or else the next send says so.
        heard.opted_out_at = None
    change = None
    if blocked or person.stopped_at is not None or plan.paused or plan.paused_until is not None:
        change = changes.make(session, person.id, "started", values, now)
    if plan.next_at is None:
        _task(session, person.id, "start", "She asked us to write again, but by her plan nothing is asked (it is not confirmed or past its review day, "
              "she is to write herself, or she may be under 18): arrange it with her", now)
        return Change("reply.person_reads")  # nothing will be written: no promise
    if change is not None:
        _shown(session, change, "She asked us to write again; the plan goes on", now)
    return Change("reply.started")


def _pause(session: Session, person: Person, plan: Plan, wishes: Mapping[str, Any], now: dt.datetime) -> Change:
    day, unclear = wishes.get("day"), wishes.get("unclear")
    move_all(session, person.id, Answered(True), now)
    until = wall(day, dt.time(), person.time_zone) if day is not None else now
    far = until > now + FURTHEST_WISH
    if day is not None and day > _today(person, now) and not (far or unclear):
        if _held(session, plan, until):
            _task(session, person.id, "pause", f"She asked us not to write until {day.isoformat()}. The pause in force is a colleague's or came with her "
                  "block at the provider, so it stays as it is: please decide when it ends", now)
            return Change("reply.paused")
        # Her day takes the place of a pause of hers without an end.
        change = changes.make(session, person.id, "paused", {"paused": False, "paused_until": until}, now)
        _shown(session, change, f"She asked us not to write until {day.isoformat()}", now)
        return Change("reply.paused_until", {"day": day})
    change = changes.make(session, person.id, "paused", {"paused": True}, now)
    wish = ("for now, or until a day that the machine did not understand: read her message and arrange it with her" if unclear else
            f"until {day.isoformat()}, if the machine read that right: please arrange it with her" if far else "for now")
    _shown(session, change, f"She asked us not to write {wish}. Nothing is sent until she or you start it again", now)
    return Change("reply.paused")


def _held(session: Session, plan: Plan, at: dt.datetime) -> bool:
    """Whether at that moment a pause is in force that her wish does not end: a colleague's, or one with a block at the provider since."""
    made = session.scalars(select(PlanChange).where(PlanChange.person_id == plan.person_id).order_by(PlanChange.id.desc())).all()
    for name, in_force in (("paused", plan.paused), ("paused_until", plan.paused_until is not None and plan.paused_until > at)):
        if not in_force:
            continue
        began = next((c for c in made if c.before.get(name) != c.after.get(name)), None)
        if began is None or began.by_staff_id is not None or began.what == changes.BLOCKED:
            return True
        if session.scalar(select(Address.id).where(Address.person_id == plan.person_id, Address.opted_out_at >= began.at).limit(1)) is not None:
            return True
    return False


def _reschedule(session: Session, person: Person, plan: Plan, wishes: Mapping[str, Any], now: dt.datetime) -> Change:
    day, hour = wishes.get("day"), wishes.get("time")
    for checkin in move_all(session, person.id, Answered(True), now):
        checkin.outcome = "later"
    outbox.cancel_pending(session, person.id, now, purposes=(Purpose.CHECKIN,))
    if wishes.get("unclear"):
        _task(session, person.id, "later", "She named a day or an hour that the machine did not understand: read her message and arrange it with her", now)
        return Change("reply.later")
    at = next_safe(_wanted(person, plan, day, hour, now), person.time_zone, plan.safe_hours, plan.never_dates)
    local = at.astimezone(ZoneInfo(person.time_zone)) if at else None
    too_far = at is None or local is None or at > now + FURTHEST_WISH or (plan.review_on is not None and local.date() > plan.review_on)
    paused = at is not None and plan.paused_until is not None and plan.paused_until > at
    # "Later" alone is no wish to hear from us before the pause is over.
    stays = at is not None and paused and ((day is None and hour is None) or _held(session, plan, at))
    if too_far or at is None or local is None or stays or not changes.view_of(person, plan).live:
        _task(session, person.id, "later", "She asked to be written to at another time that the plan does not allow: please arrange it with her", now)
        return Change("reply.later")
    change = changes.make(session, person.id, "another time", {"moved_to": at, **({"paused_until": None} if paused else {})}, now)
    _shown(session, change, f"She asked for another time: the next check-in is on {local:%a %d %b at %H:%M}, her time"
           + (". This ends the pause she had asked for" if paused else ""), now)
    if day is None and hour is None:
        return Change("reply.later")
    return Change("reply.moved", {"day": local.date(), "time": local.time()})


def _wanted(person: Person, plan: Plan, day: dt.date | None, hour: dt.time | None, now: dt.datetime) -> dt.datetime:
    """The moment she means (UTC), always ahead: "later" = some hours on; an hour without a day = the next time it is that hour."""
    if day is None and hour is None:
        return now + LATER
    today = _today(person, now)
    meant = wall(day or today, hour or dt.time.fromisoformat(plan.at_time), person.time_zone)
    if meant > now:
        return meant
    if day is not None and hour is None:
        return now + LATER
    return wall(today + dt.timedelta(days=1), hour or dt.time.fromisoformat(plan.at_time), person.time_zone)


def _language(session: Session, person: Person, code: str | None, now: dt.datetime) -> Change:
    if code not in LANGUAGES:
        return Change("reply.which_language")
    if code != person.language:
        before = LANGUAGES[person.language].english if person.language in LANGUAGES else person.language
        change = changes.make(session, person.id, "language", {"language": code}, now)
        _shown(session, change, f"She asked for {LANGUAGES[code].english} instead of {before}", now)
    return Change("reply.language_changed")


def _less_often(session: Session, person: Person, plan: Plan, now: dt.datetime) -> Change:
    rule = seldomer(_with_weekday(plan.rule, plan.starts_on))
    if rule is None:
        _task(session, person.id, "less", "She asked to be written to less often than the plan can: please talk it over with her", now)
        return Change("reply.person_reads")  # nothing changed yet: no promise
    change = changes.make(session, person.id, "less often", {"rule": rule, "starts_on": _today(person, now)}, now)
    _shown(session, change, "She asked to be written to less often", now)
    return Change("reply.less_often")


def _with_weekday(rule: str, starts_on: dt.date) -> str:
    """A weekly rule that names no day means the weekday of its first day: named, or a new first day would move it."""
    parts = rule.upper().split(";")
    if "FREQ=WEEKLY" not in parts or any(part.startswith("BYDAY=") for part in parts):
        return rule
    return f"{rule};BYDAY={WEEKDAYS[starts_on.weekday()][:2].upper()}"


def seldomer(rule: str) -> str | None:
    """The rule with half as many check-ins; None when they would be further apart than about a month."""
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    days = parts.get("BYDAY", "").split(",")
    if parts["FREQ"] == "WEEKLY" and len(days) > 1:
        parts["BYDAY"] = ",".join(days[::2])
    else:
        interval = int(parts.get("INTERVAL", "1")) * 2
        if interval > {"DAILY": 28, "WEEKLY": 4}.get(parts["FREQ"], 1):
            return None
        parts["INTERVAL"] = str(interval)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _channel(session: Session, person: Person, plan: Plan, wishes: Mapping[str, Any], now: dt.datetime) -> Change:
    """The channel she names comes first (`only`: no other is left), where she consented to it and it works; else a colleague agrees it with her."""
    channel: Channel | None = wishes.get("channel")
    agreed = session.scalar(select(Address.id).where(
        Address.person_id == person.id, Address.channel == channel, Address.consent, Address.safe_to_contact, Address.suspended_at.is_(None),
        Address.opted_out_at.is_(None), (Address.review_by.is_(None)) | (Address.review_by >= _today(person, now))).limit(1)) if channel else None
    call = ". If she wants to be called by a person, please do" if channel is Channel.VOICE else ""
    if channel is None or agreed is None:
        _task(session, person.id, "channel", "She asked for another way of writing that is not agreed yet: please agree it with her" + call, now)
        return Change("reply.person_reads")
    channels = [str(channel), *(c for c in plan.channels if c != channel and not wishes.get("only"))]
    if channels != list(plan.channels):
        change = changes.make(session, person.id, "channel", {"channels": channels}, now)
        _shown(session, change, f"She asked to be reached by {_WORDS[channel]}{' only' if wishes.get('only') else ''}{call}", now)
    return Change("reply.channel_changed" if channel is wishes.get("here") else "reply.other_way")


_WORDS = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp", Channel.VOICE: "an automatic call"}


def spoken(params: Mapping[str, dt.date | dt.time], language: str) -> dict[str, str]:
    """The parameters of an answer as they are read in a language."""
    return {name: spoken_day(value, language) if isinstance(value, dt.date) else spoken_time(value, language) for name, value in params.items()}


def spoken_day(day: dt.date, language: str) -> str:
    """A day as she would read it, in her language."""
    locale = _locale(language)
    month = format_skeleton("MMMMd", day, locale=locale)
    if language == "fr" and day.day == 1:
        month = month.replace("1 ", "1er ", 1)
    return f"{format_date(day, 'EEEE', locale=locale)} {month}"


def spoken_time(hour: dt.time, language: str) -> str:
    """An hour as she would read it: 24 hours, plain digits."""
    return format_time(hour, "HH:mm", locale=_locale(language))


def _locale(language: str) -> Locale:
    known = LANGUAGES.get(language)
    return Locale.parse(known.locale or known.code) if known else Locale("en")


def _today(person: Person, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(person.time_zone)).date()


def _shown(session: Session, change: PlanChange, why: str, now: dt.datetime) -> None:
    raise_alert(session, key=f"steer:{change.id}", kind=AlertKind.REQUEST, urgency=Urgency.ROUTINE, person_id=change.person_id, why=[why], now=now)


def _task(session: Session, person_id: int, what: str, why: str, now: dt.datetime) -> None:
    raise_alert(session, key=f"steer:{what}:{person_id}:{now:%Y%m%d%H%M%S%f}", kind=AlertKind.REQUEST, urgency=Urgency.ROUTINE,
                person_id=person_id, why=[why], now=now)


def _alarm_open(session: Session, person_id: int) -> bool:
    return session.scalar(select(Alert.id).where(Alert.person_id == person_id, Alert.state != AlertState.RESOLVED,
                                                 Alert.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE])).limit(1)) is not None
