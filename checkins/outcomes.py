"""What became of something we sent: for the check-in it belongs to, and for the people who must know. Runs in the sender's transaction."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import live
from casefile.models import Address, Alert, Checkin, Outbox, Person, Plan, Staff
from casefile.vocabulary import AlertKind, AlertState, CheckinState, Purpose, Urgency
from checkins import changes, ladder, numbers
from checkins.gather import Scene
from checkins.ladder_terms import NOT_PICKED_UP, Delivery
from checkins.moves import hear, state_of
from checkins.telling import report
from escalation.alerts import raise_alert
from escalation.notify import event
from messaging.delivery import RANG

log = logging.getLogger(__name__)
# Codes by which the provider refuses her number; any other refusal is about our account, our number or our words.
HER_NUMBER = frozenset({21211, 21214, 21217, 21219, 21265, 21401, 21407, 21421, 21601, 21614, 21635, 63003, 63024, 63033, 13223, 13224})
ARRIVED = ("sent", "delivered", "read")
FAILED = ("undelivered", "opted_out", "number_gone", "our_fault", "refused", "not_sent", "lost")
_WORDS = {
    "undelivered": "did not arrive on the phone", "opted_out": "was blocked: the person stopped our messages at the provider",
    "number_gone": "could not be delivered: the number is no longer in use", "our_fault": "could not be sent: our own service or the provider failed",
    "refused": "was refused by the provider", "not_sent": "was not sent", "lost": "may or may not have been sent: nobody can tell",
}


def delivery_heard(session: Session, row: Outbox, what: str, now: dt.datetime) -> None:
    """`what` became of `row`: one of ARRIVED or FAILED. Nothing a person relies on fails without a person being told."""
    if what == "refused" and row.error_code not in HER_NUMBER:
        what = "our_fault"
    if row.purpose is Purpose.PAGE:
        if what in FAILED:
            _page_again(session, row, what, now)
        return
    if what == "opted_out":
        _blocked(session, row, now)
    if what == "number_gone":
        _gone(session, row, now)
    if row.purpose is Purpose.CHECKIN and row.checkin_id is not None:
        _for_checkin(session, row, what, now)
    elif what in FAILED and row.person_id is not None:
        _for_sender(session, row, what, now)


def _for_checkin(session: Session, row: Outbox, what: str, now: dt.datetime) -> None:
    checkin = session.scalar(select(Checkin).where(Checkin.id == row.checkin_id).with_for_update().execution_options(populate_existing=True))
    if checkin is None or _superseded(row, checkin):
        return
    if row.dedupe == f"checkin:{checkin.id}:step:{checkin.step}":
        checkin.channel = row.channel  # outside WhatsApp's window it may have gone as an SMS
    if what in ARRIVED:
        # "sent" after "delivered" is late news (a call that was "answered" may still be reported as sent).
        if checkin.delivery not in ("delivered", "read") or what != "sent":
            checkin.delivery = what
    elif checkin.delivery != "read":
        checkin.delivery = NOT_PICKED_UP if what == "undelivered" and row.provider_status in RANG else what
        session.flush()
        hear(session, checkin.id, what)
    if what in ("our_fault", "lost"):
        refs = session.scalars(select(Person.ref).where(Person.id == row.person_id))
        report(session, "outage:", Urgency.URGENT, "Check-ins could not be sent: our own service or the provider failed. "
               "This is not the people's silence; those named were not asked", refs, now)
    live.tell(session, "checkin", now, row.person_id)


def _superseded(row: Outbox, checkin: Checkin) -> bool:
    """Whether another message of the check-in was sent after this one, so that only good news of this one still matters."""
    step = row.dedupe.rpartition(":")[2]
    return step.isdigit() and int(step) < checkin.step and row.provider_status not in ("delivered", "read")


def _blocked(session: Session, row: Outbox, now: dt.datetime) -> None:
    """She stopped our messages out of our sight, or her network did: her plan is paused, on every channel, until a person has asked her."""
    address = _address(session, row)
    if address is None or address.opted_out_at is not None:
        return
    address.opted_out_at = now
    numbers.cancel_to(session, [address.id])
    if (asks := _asks(session, row)) is not None:
        hear(session, asks, "opted_out")  # before the pause, which ends what waits for her
    if session.scalar(select(Plan.paused).where(Plan.person_id == address.person_id)) is False:
        changes.make(session, address.person_id, changes.BLOCKED, {"paused": True}, now)
    if asks is None:
        raise_alert(session, key=f"optout:{address.id}:{row.id}", kind=AlertKind.DELIVERY, urgency=_urgency(session, row.person_id),
                    person_id=row.person_id, now=now,
                    why=["She blocked our messages at the provider. No check-in goes to her on any channel until she or you start it again. "
                         "A person must ask her by another agreed route whether that is her wish"])


def _gone(session: Session, row: Outbox, now: dt.datetime) -> None:
    """Her number is not in use, and soon may be a stranger's: nothing more goes to it on any channel."""
    if numbers.suspend(session, row.address_id, "number no longer in use", now) and not _checkin_tells(session, row, now):
        raise_alert(session, key=f"gone:{row.address_id}:{row.id}", kind=AlertKind.DELIVERY, urgency=_urgency(session, row.person_id),
                    person_id=row.person_id, now=now, why=["Her number is no longer in use and was suspended. Agree a new one by another route"])


def _checkin_tells(session: Session, row: Outbox, now: dt.datetime) -> bool:
    """Whether the check-in's one alert will say that the number is gone: not when she was or will be asked again instead."""
    asks = _asks(session, row)
    checkin = session.get(Checkin, asks) if asks is not None else None
    if checkin is None or _superseded(row, checkin):
        return False
    try:
        scene = Scene(session, [checkin.person_id], now)
        other = any(channel is not row.channel for channel, _ in scene.ways(checkin.person_id))
        decision = ladder.decide(state_of(checkin), Delivery("number_gone", other_way=other), now, scene.policy(checkin.person_id))
    except Exception as error:  # a plan that cannot be read: told twice rather than never
        log.error("check-in %s: the ladder cannot be asked: %s", checkin.id, type(error).__name__)
        return False
    return decision is not None and decision.alarm is not None


def _address(session: Session, row: Outbox) -> Address | None:
    return session.get(Address, row.address_id, options=[numbers.NOTHING_ENCRYPTED]) if row.address_id else None


def _asks(session: Session, row: Outbox) -> int | None:
    """The check-in that this message asks, if it still waits for her: then its one alert tells people."""
    return session.scalar(select(Checkin.id).where(Checkin.id == row.checkin_id, Checkin.state == CheckinState.ASKED)) \
        if row.purpose is Purpose.CHECKIN else None


def _for_sender(session: Session, row: Outbox, what: str, now: dt.datetime) -> None:
    """A colleague's message or an automatic reply did not arrive: shown to the colleague, as a task of its own."""
    if what in ("opted_out", "number_gone") or (row.purpose is Purpose.REPLY and what == "not_sent"):
        return  # told already; a reply that the rules held back (a person took over, too late) is no failure
    human = row.purpose is Purpose.HUMAN
    who = "A message a colleague sent" if human else "An automatic reply"
    # Replies that do not arrive are one task a day; what a colleague wrote is told each time.
    key = f"delivery:{row.id}" if human else f"delivery:replies:{row.person_id}:{now:%Y%m%d}"
    alert = raise_alert(session, key=key, kind=AlertKind.DELIVERY, urgency=_urgency(session, row.person_id, row.purpose),
                        person_id=row.person_id, now=now, why=[f"{who} {_WORDS[what]}"])
    if row.sent_by is not None and alert.assigned_to is None:
        alert.assigned_to = row.sent_by


def _page_again(session: Session, row: Outbox, what: str, now: dt.datetime) -> None:
    """A page that did not arrive: the next person is paged now, not when its time is over."""
    alert = session.scalar(select(Alert).where(Alert.id == row.alert_id).with_for_update().execution_options(populate_existing=True))
    if alert is None:
        return
    event(session, alert, "a page failed", now, detail={"staff_id": row.staff_id, "what": what})
    if alert.state is AlertState.OPEN and not _anyone_left(session, alert, now):
        event(session, alert, "no page arrives", now)
    elif alert.state is AlertState.OPEN and alert.urgency.escalates:
        alert.run_at = now
    live.tell(session, "alert", now, alert.person_id, alert.id)


def _anyone_left(session: Session, alert: Alert, now: dt.datetime) -> bool:
    """Whether somebody with a phone was not paged in vain within the last minutes: a dead provider must not be asked without end."""
    tried = set(session.scalars(select(Outbox.staff_id).where(
        Outbox.alert_id == alert.id, Outbox.purpose == Purpose.PAGE, Outbox.created_at >= now - dt.timedelta(minutes=2))))
    return bool(set(session.scalars(select(Staff.id).where(Staff.active, Staff.phone.is_not(None)))) - tried)


def _urgency(session: Session, person_id: int | None, purpose: Purpose = Purpose.CHECKIN) -> Urgency:
    """Urgent while an alarm about her is open: then every way to reach her counts."""
    alarm = session.scalar(select(Alert.id).where(Alert.person_id == person_id, Alert.state != AlertState.RESOLVED,
                                                  Alert.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE]), Alert.kind != AlertKind.DELIVERY).limit(1))
    return Urgency.URGENT if alarm is not None and purpose is not Purpose.REPLY else Urgency.ROUTINE
