"""Tell people about check-ins: one alert a check-in, one report for everybody touched by the same trouble of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casefile import live
from casefile.models import Alert, Checkin
from casefile.vocabulary import AlertKind, AlertState, CheckinState, Lane, Urgency
from checkins.calls import request_call
from checkins.ladder_terms import ALERT_KEY, Alarm, Do
from checkins.rows import heartbeat
from escalation.alerts import WORDLESS, raise_alert, reasons, tell_anew
from escalation.notify import event, page
from escalation.policy import Whom

_STEP_WORDS = {
    Do.CALL: "Please call her in her safe hours, at different times of day",
    Do.PROFESSIONAL: "Please speak with the agreed professional (never family or a keyholder by default)",
    Do.MANAGER: "The manager decides about a report to the police or a welfare visit",
}

# What is new in a trouble of ours that somebody acknowledged is told again, but not more often than this.
AGAIN = dt.timedelta(hours=1)


def alarm(session: Session, checkin_id: int, person_id: int, told: Alarm, now: dt.datetime) -> Alert:
    """Open or add to the check-in's one alert, and make the call task."""
    key = f"{ALERT_KEY}{checkin_id}"
    words = f"{told.why[0].upper()}{told.why[1:]}"
    why = f"{words}. {_STEP_WORDS[told.do]}." if told.do in _STEP_WORDS else words
    alert = session.scalar(select(Alert).where(Alert.key == key).with_for_update().options(WORDLESS))
    if alert is None:
        alert = raise_alert(session, key=key, kind=AlertKind.SILENCE if told.silence else AlertKind.DELIVERY, urgency=told.urgency,
                            person_id=person_id, why=[why], now=now)
    elif alert.state is not AlertState.RESOLVED:
        _add(session, alert, told, why, now)
    if told.do is Do.CALL:
        request_call(session, person_id, "silence" if told.silence else "not_reached_by_text", now, alert_id=alert.id, checkin_id=checkin_id)
    if told.do is Do.MANAGER and alert.state is not AlertState.RESOLVED:
        page(session, alert, Whom.MANAGER, now)
    elif told.do is Do.REMIND and alert.state is AlertState.ACKNOWLEDGED:
        tell_anew(session, alert, now)  # of a task managers hear at closing time; one that is still open has its timer
    live.tell(session, "alert", now, person_id, alert.id)
    return alert


def resolved(session: Session, alert_id: int, now: dt.datetime) -> None:
    """An alert was resolved: where it is a check-in's, the ladder looks at once, not only at its next step, and ends with the call that it asked for."""
    key = session.scalar(select(Alert.key).where(Alert.id == alert_id, Alert.state == AlertState.RESOLVED))
    if key is not None and key.startswith(ALERT_KEY):
        session.execute(update(Checkin).where(Checkin.id == int(key.removeprefix(ALERT_KEY)), Checkin.state == CheckinState.CALL_DUE).values(run_at=now))


def _add(session: Session, alert: Alert, told: Alarm, why: str, now: dt.datetime) -> None:
    detail: dict[str, object] = {"step": str(told.do)}
    if told.do is not Do.REMIND:
        if (known := reasons(alert)) is not None:
            alert.why = [*known, why]
        else:
            detail["why"] = [why]
    event(session, alert, "still no word", now, detail=detail)
    if told.urgency.rank > alert.urgency.rank:
        alert.urgency, alert.lane = told.urgency, Lane.DANGER
        tell_anew(session, alert, now)


def report(session: Session, family: str, urgency: Urgency, line: str, refs: Iterable[str], now: dt.datetime) -> Alert:
    """One alert to staff for all that one trouble of ours touches, naming everybody by reference; more is added while nobody resolved it.

    `family` is the beginning of its key ("outage:", "late:").
    """
    heartbeat(session, "reports", now)  # two workers must not open two alerts for one trouble
    alert = session.scalars(select(Alert).where(Alert.kind == AlertKind.SYSTEM, Alert.key.startswith(family), Alert.person_id.is_(None),
                                                Alert.state != AlertState.RESOLVED).order_by(Alert.id.desc()).limit(1).with_for_update()).first()
    named = sorted(set(refs))
    if alert is None:
        why = [line, *_lines(named)]
        return raise_alert(session, key=f"{family}{now:%Y%m%d%H%M%S%f}", kind=AlertKind.SYSTEM, urgency=urgency, why=why, now=now)
    known = {ref for text in alert.why or [] if text.startswith(_NAMES) for ref in text.removeprefix(_NAMES).split(", ")}
    if new := [ref for ref in named if ref not in known]:
        alert.why = [*(w for w in alert.why or [] if not w.startswith(_NAMES)), *_lines(sorted(known | set(new)))]
        alert.last_message_at = now
        event(session, alert, "more people", now, detail={"people": len(new)})
        tell_again(alert, now)
        live.tell(session, "alert", now, None, alert.id)
    return alert


def tell_again(alert: Alert, now: dt.datetime) -> None:
    """Whoever acknowledged the alert does not know of this: its own timer opens it again, AGAIN after the acknowledgement at the earliest."""
    if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_at is not None:
        alert.run_at = max(now, alert.acknowledged_at + AGAIN)


_NAMES = "Who: "


def _lines(refs: list[str]) -> list[str]:
    return [_NAMES + ", ".join(refs[i:i + 50]) for i in range(0, len(refs), 50)]
