"""The contact plan a caseworker makes with a person: drafted, confirmed, changed, paused, stopped. Everything is off until confirmed.

Every act is one change (`changes.make`): written down, audited, with the next check-in's time kept right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casefile.models import Address, Person, Plan, PlanChange, WelfareCall
from casefile.vocabulary import AlertKind, Urgency
from checkins import changes, plan_check
from checkins.changes import NoPlan
from checkins.plan_check import PlanWrong
from escalation.alerts import raise_alert

__all__ = ["NoPlan", "PlanWrong", "change", "confirm", "draft", "pause", "phone_back", "phone_lost", "put_back", "resume", "start", "stop", "withdraw_consent"]

# What a caseworker may set; the rest follows from acts such as confirming.
EDITABLE = frozenset({"review_on", "rule", "starts_on", "at_time", "jitter_minutes", "safe_hours", "never_dates", "stress_dates", "channels", "ladder",
                      "cover", "after_alarm", "daily_cap", "inbound_only", "consent", "time_zone"})


def draft(session: Session, person_id: int, fields: Mapping[str, Any], staff_id: int, now: dt.datetime) -> Plan:
    """Make the person's plan, or change it while it is a draft. Nothing is sent by it. Raises PlanWrong, also when it is confirmed already."""
    person, plan = changes.locked(session, person_id)
    if plan is not None and plan.confirmed_at is not None:
        raise PlanWrong({"plan": "This plan is confirmed: change it instead"})
    _check(fields, _today(person, now))
    if plan is None:
        plan = Plan(person_id=person_id, starts_on=_today(person, now))
        session.add(plan)
        session.flush()
    changes.make(session, person_id, "drafted", dict(fields), now, staff_id)
    return plan


def change(session: Session, person_id: int, fields: Mapping[str, Any], staff_id: int, now: dt.datetime) -> PlanChange:
    """Change a plan as agreed with the person. A confirmed plan must stay complete. Raises PlanWrong, NoPlan."""
    person, plan = changes.planned(session, person_id)
    _check(fields, _today(person, now))
    if plan.confirmed_at is not None:
        _complete(session, person, plan, fields, now)
    return changes.make(session, person_id, "changed", dict(fields), now, staff_id)


def put_back(session: Session, change_id: int, staff_id: int, now: dt.datetime) -> PlanChange:
    """Put a change back (`changes.revert`). A confirmed plan must stay complete. Raises ChangeGone, PlanWrong."""
    made = changes.revert(session, change_id, staff_id, now)
    plan = session.scalar(select(Plan).where(Plan.person_id == made.person_id))
    if plan is not None and plan.confirmed_at is not None:
        found = _missing(session, session.get_one(Person, made.person_id), plan, {}, now)
        # What was wrong with the plan before does not keep anything else from being put back.
        touched = {*made.after, *(("channels", "safe_hours") if "inbound_only" in made.after else ())}
        if wrong := {field: why for field, why in found.items() if field in touched}:
            raise PlanWrong(wrong)
    return made


def confirm(session: Session, person_id: int, staff_id: int, now: dt.datetime, **fields: Any) -> PlanChange:
    """The caseworker confirms that this was agreed with the person; from now on it asks. `fields` such as review_on and consent may be
    given with it. Raises PlanWrong naming everything that is missing, NoPlan."""
    person, plan = changes.planned(session, person_id)
    _check(fields, _today(person, now))
    if not person.adult:
        raise PlanWrong({"plan": "She is or may be under 18: no automatic messages; involve the safeguarding lead today"})
    _complete(session, person, plan, fields, now)
    return changes.make(session, person_id, "confirmed", {**fields, "confirmed_by": staff_id, "confirmed_at": now, "consent_withdrawn_at": None},
                        now, staff_id)


def pause(session: Session, person_id: int, until: dt.datetime | None, staff_id: int, now: dt.datetime) -> PlanChange:
    """Ask nothing until then (UTC; None = until resumed). Calls that people are to make stay. Raises PlanWrong, NoPlan."""
    if until is not None and until <= now:
        raise PlanWrong({"paused_until": "The end of the pause must lie ahead"})
    return changes.make(session, person_id, "paused", {"paused": until is None, "paused_until": until}, now, staff_id)


def resume(session: Session, person_id: int, staff_id: int, now: dt.datetime) -> PlanChange:
    """End a pause. Raises NoPlan."""
    return changes.make(session, person_id, "resumed", {"paused": False, "paused_until": None}, now, staff_id)


def stop(session: Session, person_id: int, staff_id: int, now: dt.datetime) -> PlanChange:
    """She told a colleague to stop: nothing more is sent, not even what is queued."""
    return changes.make(session, person_id, "stopped", {"stopped_at": now}, now, staff_id)


def start(session: Session, person_id: int, staff_id: int, now: dt.datetime) -> PlanChange:
    """She told a colleague to go on. Raises PlanWrong while her phone counts as lost or her consent is withdrawn, NoPlan."""
    person, plan = changes.planned(session, person_id)
    if person.suspended_at is not None:
        raise PlanWrong({"plan": "Her phone counts as lost: confirm first that she has it"})
    if plan.consent_withdrawn_at is not None:
        raise PlanWrong({"consent": "Her consent is withdrawn: confirm the plan with her anew"})
    return changes.make(session, person_id, "started", {"stopped_at": None, "paused": False, "paused_until": None}, now, staff_id)


def withdraw_consent(session: Session, person_id: int, staff_id: int | None, now: dt.datetime) -> PlanChange:
    """She no longer agrees: nothing more is sent, as after a stop, and her support does not change by it. Raises NoPlan."""
    return changes.make(session, person_id, "consent withdrawn", {"consent_withdrawn_at": now}, now, staff_id)


def phone_lost(session: Session, person_id: int, staff_id: int | None, now: dt.datetime, why: str = "phone lost or not hers",
               told: bool = False) -> PlanChange:
    """The phone may be in other hands: everything stops at once, also what is queued and calls to it; a person finds another way to her.

    People stay told about an open silence. Raises nothing when there is no plan. `told`: her message's own alert tells people already.
    """
    changes.locked_person(session, person_id).awaiting = ""
    done = session.execute(update(WelfareCall).where(WelfareCall.person_id == person_id, WelfareCall.done_at.is_(None))
                           .values(done_at=now, outcome="phone_lost").execution_options(synchronize_session="fetch"))
    made = changes.make(session, person_id, "phone lost", {"suspended_at": now, "suspended_why": why[:60]}, now, staff_id)
    if told:
        return made
    raise_alert(session, key=f"phone:{made.id}", kind=AlertKind.DELIVERY, urgency=Urgency.URGENT if staff_id is None else Urgency.ROUTINE,
                person_id=person_id, now=now, why=["Her phone is lost, taken or shared: nothing is sent and no call may be made to it. "
                                                   "Reach her by another agreed route" + (" (a call was due)" if _count(done) else "")])
    return made


def phone_back(session: Session, person_id: int, staff_id: int, now: dt.datetime) -> PlanChange:
    """A colleague made sure by another route that she has her phone: the plan goes on. Numbers suspended one by one stay so."""
    return changes.make(session, person_id, "phone back", {"suspended_at": None, "suspended_why": None}, now, staff_id)


def _check(fields: Mapping[str, Any], today: dt.date) -> None:
    found = plan_check.problems(fields, today)
    found |= {name: "This is not set here" for name in fields if name not in EDITABLE}
    if found:
        raise PlanWrong(found)


def _complete(session: Session, person: Person, plan: Plan, fields: Mapping[str, Any], now: dt.datetime) -> None:
    if found := _missing(session, person, plan, fields, now):
        raise PlanWrong(found)


def _missing(session: Session, person: Person, plan: Plan, fields: Mapping[str, Any], now: dt.datetime) -> dict[str, str]:
    whole = {name: fields.get(name, getattr(plan, name)) for name in ("review_on", "consent", "inbound_only", "channels", "safe_hours")}
    today = _today(person, now)
    ways = session.scalars(select(Address.id).where(
        Address.person_id == person.id, Address.channel.in_(whole["channels"]), Address.consent, Address.safe_to_contact,
        Address.suspended_at.is_(None), Address.opted_out_at.is_(None), (Address.review_by.is_(None)) | (Address.review_by >= today))).all()
    found = plan_check.missing(whole, len(ways))
    if whole["review_on"] is not None and whole["review_on"] <= today:
        found["review_on"] = "The review day must lie ahead"
    return found


def _today(person: Person, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(person.time_zone)).date()


def _count(result: Any) -> int:
    return int(result.rowcount)
