"""Whether a queued message may go now: checked again at the moment of sending, whatever was decided before. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from casefile.vocabulary import Channel, Purpose
from messaging.safe_hours import Hours, is_safe, next_safe, window_end

# Within this time of her own text a conversation is going on, and an answer need not wait for safe hours.
IN_CONVERSATION = dt.timedelta(hours=1)
WINDOW = dt.timedelta(hours=24) - dt.timedelta(minutes=10)


@dataclass(frozen=True)
class View:
    """All that a rule may look at. Dates are local to the person."""

    purpose: Purpose
    channel: Channel
    not_after: dt.datetime | None
    stopped: bool = False
    suspended: bool = False
    adult: bool = True
    taken_over: bool = False
    consent: bool = True
    safe_to_contact: bool = True
    address_suspended: bool = False
    opted_out: bool = False
    review_by: dt.date | None = None
    plan_review_on: dt.date | None = None
    last_inbound_at: dt.datetime | None = None
    plan_confirmed: bool = True
    consent_withdrawn: bool = False
    inbound_only: bool = False
    paused: bool = False
    zone: str = "Europe/London"
    hours: Hours = field(default_factory=dict)
    never: Collection[str] = ()
    # For a check-in the earlier check-ins; for a reply, check-ins and replies.
    sent_today: int = 0
    daily_cap: int = 4
    today: dt.date = dt.date.min


@dataclass(frozen=True)
class Go:
    """Send it, valid for so many seconds; on WhatsApp outside its 24-hour window only as an approved template."""

    valid_for: int
    template: bool = False


@dataclass(frozen=True)
class Move:
    """Not now: at this moment (UTC)."""

    at: dt.datetime


@dataclass(frozen=True)
class Cancel:
    """Never: why, in plain words without anything personal."""

    why: str


def may_send(view: View, now: dt.datetime) -> Go | Move | Cancel:
    """The verdict on one message to a person (pages to staff do not come here)."""
    automatic = view.purpose in (Purpose.CHECKIN, Purpose.REPLY)
    refusals = [
        (view.not_after is not None and now >= view.not_after, "too late"),
        (view.suspended, "the person is suspended: her phone may not be hers"),
        (view.stopped, "the person asked us to stop"),
        (view.consent_withdrawn, "consent was withdrawn"),
        (not view.consent or not view.safe_to_contact, "no consent or not confirmed as safe"),
        (view.address_suspended, "the address is suspended"),
        (view.opted_out, "blocked at the provider"),
        (view.review_by is not None and view.today > view.review_by, "the address's review date has passed"),
        (automatic and not view.adult, "she is or may be under 18: no automatic messages"),
        (automatic and view.taken_over, "a caseworker holds the conversation"),
        (automatic and view.sent_today >= view.daily_cap, "the daily cap is reached"),
    ]
    if view.purpose is Purpose.CHECKIN:
        refusals += [
            (not view.plan_confirmed, "the plan is not confirmed"),
            (view.plan_review_on is not None and view.today > view.plan_review_on, "the plan's review date has passed"),
            (view.inbound_only, "the person contacts us herself"),
            (view.paused, "paused"),
        ]
    for refused, why in refusals:
        if refused:
            return Cancel(why)
    talking = view.last_inbound_at is not None and now - view.last_inbound_at <= IN_CONVERSATION
    # A reply that comes hours after her text (we were away) would wake the phone like any other message.
    if view.purpose is Purpose.CHECKIN or not talking:
        if not is_safe(now, view.zone, view.hours, view.never):
            at = next_safe(now, view.zone, view.hours, view.never)
            if at is None or (view.not_after is not None and at >= view.not_after):
                return Cancel("no safe hour is left")
            return Move(at)
    return Go(_valid_for(view, now), template=view.channel is Channel.WHATSAPP and not _window_open(view, now))


def _window_open(view: View, now: dt.datetime) -> bool:
    return view.last_inbound_at is not None and now - view.last_inbound_at < WINDOW


def _valid_for(view: View, now: dt.datetime) -> int:
    """Seconds the provider may hold it: to the end of the safe window, so that a late text dies rather than arrives at night."""
    ends = [e for e in (view.not_after, window_end(now, view.zone, view.hours)) if e is not None]
    left = (min(ends) - now).total_seconds() if ends else 3600
    return int(max(60, min(left, 4 * 3600)))
