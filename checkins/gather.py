"""What the ladder must know about a batch of people, read in a few queries: plans, ways to write to her, signs for a faster ladder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from casefile.models import Address, Alert, CallAttempt, Checkin, Inbound, Outbox, Person, Plan, WelfareCall
from casefile.vocabulary import AlertKind, AlertState, Channel, Concern, InboundState, OutboxState, Purpose, Urgency
from checkins.calls import RECENT
from checkins.ladder_terms import ALERT_KEY, DEFAULT_STEPS, OPEN, Do, Policy, Step
from messaging.delivery import FAILED

# For so long an alarm, or a contact by the exploiters, makes a silence more urgent; distress for so long.
AFTER_ALARM = dt.timedelta(days=28)
AFTER_DISTRESS = dt.timedelta(days=14)
# A message of hers that waits longer than this to be judged holds her ladder back no more.
BEING_JUDGED = dt.timedelta(hours=1)
# A decision or court week: from so many days before the date to so many after it.
STRESS_BEFORE, STRESS_AFTER = 3, 7
# The provider's id of a call to our number (a key in a call of ours has its stage behind it). Without words it says nothing of how she is, and
# takes no distress back.
RANG_US = "CA" + "_" * 32



def steps_of(ladder: list[Any]) -> tuple[Step, ...]:
    """The steps of a plan's ladder; the defaults when it names none. Raises ValueError for an unknown step."""
    if not ladder:
        return DEFAULT_STEPS
    return tuple(Step(Do(step["do"]), dt.timedelta(hours=float(step.get("after_hours", 0)))) for step in ladder)


def is_stressful(stress_dates: list[Any], day: dt.date) -> bool:
    """Whether a local day lies near one of the plan's dates of known stress."""
    near = (dt.date.fromisoformat(d["on"]) for d in stress_dates)
    return any(-STRESS_BEFORE <= (day - on).days <= STRESS_AFTER for on in near)


class Scene:
    """The records around a batch of people. Nothing encrypted is read."""

    def __init__(self, session: Session, person_ids: Collection[int], now: dt.datetime, scale: float = 1.0):
        self._session, self._ids, self._now, self._scale = session, list(person_ids), now, scale
        people = session.execute(select(
            Person.id, Person.ref, Person.language, Person.time_zone, Person.taken_over_at, Person.stopped_at, Person.suspended_at, Person.adult,
            Person.caseworker_id).where(Person.id.in_(self._ids)))
        self.people = {row.id: row for row in people}
        plans = session.execute(select(
            Plan.person_id, Plan.channels, Plan.ladder, Plan.cover, Plan.safe_hours, Plan.never_dates, Plan.stress_dates, Plan.confirmed_at,
            Plan.inbound_only, Plan.consent_withdrawn_at, Plan.review_on, Plan.paused, Plan.paused_until).where(Plan.person_id.in_(self._ids)))
        self.plans = {row.person_id: row for row in plans}
        self._addresses: dict[int, list[Any]] = {}
        for row in session.execute(select(
                Address.id, Address.person_id, Address.channel, Address.consent, Address.safe_to_contact, Address.suspended_at,
                Address.opted_out_at, Address.review_by).where(Address.person_id.in_(self._ids)).order_by(Address.id)):
            self._addresses.setdefault(row.person_id, []).append(row)
        self.urgent = self._urgent()
        self.writing = set(session.scalars(select(Inbound.person_id).where(
            Inbound.person_id.in_(self._ids), Inbound.state.in_([InboundState.READY, InboundState.WORKING]),
            Inbound.received_at >= now - BEING_JUDGED)))

    def _urgent(self) -> set[int]:
        """People whose silence is urgent: an alarm or contact lately, distress in the last message, duress ever, days of known stress.

        An alarm that a colleague closed as a false one counts no more, nor what was heard in its messages; of duress only she could know that.
        """
        since = self._now - AFTER_ALARM
        alarmed = select(Alert.person_id).where(Alert.person_id.in_(self._ids), or_(
            Alert.kind == AlertKind.DURESS,
            and_(Alert.kind == AlertKind.MESSAGE, Alert.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE]), Alert.outcome.is_distinct_from("false_alarm"),
                 or_(Alert.last_message_at >= since, Alert.state != AlertState.RESOLVED))))
        told = (select(WelfareCall.person_id).join(CallAttempt, CallAttempt.call_id == WelfareCall.id)
                .where(WelfareCall.person_id.in_(self._ids), CallAttempt.at >= since, CallAttempt.contact_band.in_(RECENT)))
        found = {*self._session.scalars(alarmed), *self._session.scalars(told)}
        latest: dict[int, list[str]] = {}
        for person_id, concerns, kind, outcome in self._session.execute(
                select(Inbound.person_id, Inbound.concerns, Alert.kind, Alert.outcome).join(Alert, Alert.id == Inbound.alert_id, isouter=True).where(
                    Inbound.person_id.in_(self._ids), Inbound.received_at >= self._now - AFTER_DISTRESS,
                    Inbound.provider_sid.not_like(RANG_US)).order_by(Inbound.id)):
            latest[person_id] = [] if kind is AlertKind.MESSAGE and outcome == "false_alarm" else concerns
        found |= {person_id for person_id, concerns in latest.items() if Concern.DISTRESS in concerns}
        return found | {person_id for person_id, plan in self.plans.items()
                        if plan.stress_dates and is_stressful(plan.stress_dates, self.today(person_id))}

    def today(self, person_id: int) -> dt.date:
        return self._now.astimezone(ZoneInfo(self.people[person_id].time_zone)).date()

    def ways(self, person_id: int, at: dt.datetime | None = None) -> list[tuple[Channel, int]]:
        """The agreed and working ways to write to her now (or `at` a later moment), the plan's first choice first: channel and address id."""
        person, plan = self.people[person_id], self.plans.get(person_id)
        if plan is None or plan.confirmed_at is None or plan.inbound_only or plan.consent_withdrawn_at or person.stopped_at or person.suspended_at \
                or not person.adult:
            return []
        at = at or self._now
        today = at.astimezone(ZoneInfo(person.time_zone)).date()
        if plan.paused or (plan.paused_until and plan.paused_until > at) or (plan.review_on is not None and today > plan.review_on):
            return []
        good = {a.channel: a.id for a in reversed(self._addresses.get(person_id, [])) if a.consent and a.safe_to_contact and a.suspended_at is None
                and a.opted_out_at is None and (a.review_by is None or a.review_by >= today)}
        return [(Channel(c), good[Channel(c)]) for c in plan.channels if Channel(c) in good]

    def policy(self, person_id: int) -> Policy:
        """Her ladder and safe hours. Without a plan the defaults hold, so that a person is told in the end."""
        plan = self.plans.get(person_id)
        if plan is None:
            return Policy(zone=self.people[person_id].time_zone, scale=self._scale)
        return Policy(steps_of(plan.ladder), self.people[person_id].time_zone, plan.safe_hours, plan.never_dates, self._scale)

    def asked_since(self, checkins: Collection[Any]) -> set[int]:
        """Which of these check-ins were followed by a later one that asked the person already."""
        asked = self._session.execute(select(Checkin.id, Checkin.person_id, Checkin.asked_at, Checkin.planned_at).where(
            Checkin.person_id.in_({c.person_id for c in checkins}), Checkin.state.in_(OPEN), Checkin.asked_at.is_not(None))).all()
        return {c.id for c in checkins for other in asked if other.person_id == c.person_id and other.id != c.id
                and other.planned_at > c.planned_at and other.asked_at > (c.asked_at or c.planned_at)}

    def handled(self, checkin_ids: Collection[int]) -> set[int]:
        """Which check-ins a person has dealt with: their alert is resolved."""
        keys = {f"{ALERT_KEY}{i}": i for i in checkin_ids}
        done = self._session.scalars(select(Alert.key).where(Alert.key.in_(keys), Alert.state == AlertState.RESOLVED))
        return {keys[key] for key in done}

    def machines(self, checkins: Collection[Any]) -> set[int]:
        """Which check-ins were asked by a call that an answering machine took: they did not reach her."""
        called = [c.id for c in checkins if c.channel is Channel.VOICE and c.delivery is None]
        if not called:
            return set()
        newest = dict(self._session.execute(select(Outbox.checkin_id, Outbox.answered_by).where(Outbox.checkin_id.in_(called)).order_by(Outbox.id)).all())
        return {checkin_id for checkin_id, by in newest.items() if by and by.startswith(("machine", "fax"))}

    def undelivered_before(self, checkin: Any) -> bool:
        """Whether the message to her before this one did not arrive either."""
        last = self._session.execute(select(Outbox.provider_status, Outbox.state).where(
            Outbox.person_id == checkin.person_id, Outbox.purpose == Purpose.CHECKIN, Outbox.state.in_([OutboxState.SENT, OutboxState.FAILED]))
            .order_by(Outbox.id.desc()).limit(2)).all()
        return len(last) == 2 and (last[1].provider_status in FAILED or last[1].state is OutboxState.FAILED)
