"""What a person steers by her own texts: later, another day, pause, stop, start, language, channel, less often.

Every change is written down, shown to the caseworker by a task, and can be put back (`revert`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import live
from casefile.models import Address, Alert, Inbound, Person, Plan, PlanChange
from casefile.vocabulary import LANGUAGES, AlertKind, AlertState, Channel, CheckinState, Purpose, Urgency
from checkins import changes, schedule
from checkins.changes import ChangeGone, revert
from checkins.ladder_terms import Answered, Ended, Paused
from checkins.moves import move_all
from escalation.alerts import raise_alert
from messaging import outbox
from messaging.safe_hours import next_safe, wall

__all__ = ["Change", "ChangeGone", "apply", "revert"]

# "Later" without a time: the same day if there are safe hours left after this.
LATER = dt.timedelta(hours=4)
# A wish further ahead than this is a person's to arrange.
FURTHEST_WISH = dt.timedelta(days=31)


@dataclass(frozen=True)
class Change:
    """What she is answered: a key of the catalogue (None = triage's own choice) and its parameters in her language."""

    reply: str | None
    params: dict[str, str] = field(default_factory=dict)


def apply(session: Session, person: Person, act: str, wishes: Mapping[str, Any], now: dt.datetime) -> Change | None:
    """Do what her text asks for: stop, start, pause, reschedule, change_language, change_channel, less_often. None = nothing to do.

    `wishes`: {"day", "time"} local to her, {"language"}, {"channel"}. A wish that cannot be met changes nothing and becomes a task.
    """
    changes.locked_person(session, person.id)
    plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
    if act == "stop":
        return _stop(session, person, now)
    if act == "change_language":
        return _language(session, person, wishes.get("language"), now)
    if plan is None:
        return None
    match act:
        case "start":
            return _start(session, person, plan, now)
        case "pause":
            return _pause(session, person, wishes.get("day"), now)
        case "reschedule":
            return _reschedule(session, person, plan, wishes, now)
        case "less_often":
            return _less_often(session, person, plan, now)
        case "change_channel":
            return _channel(session, person, plan, wishes.get("channel"), now)
    return None


def _stop(session: Session, person: Person, now: dt.datetime) -> Change:
    ended = move_all(session, person.id, Ended("stopped"), now)
    # Her STOP came as an answer a moment ago: as the check-in's end it counts as stopped.
    outbox.cancel_pending(session, person.id, now)
    if person.stopped_at is None:
        change = changes.make(session, person.id, "stopped", {"stopped_at": now}, now)
        alarm = _alarm_open(session, person.id)
        unusual = unusual_style(session, person, now)
        why = ["She asked us to stop. Nothing more is sent. A person must ask by another agreed route whether that is her wish"]
        why += [unusual] if unusual else []
        raise_alert(session, key=f"stopped:{change.id}", kind=AlertKind.STOPPED, urgency=Urgency.URGENT if alarm or unusual else Urgency.ROUTINE,
                    person_id=person.id, why=why, now=now)
    live.tell(session, "checkin", now, person.id)
    del ended
    return Change(None)
