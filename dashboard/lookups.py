"""Small reads that several pages share."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.models import Alert, AlertEvent, Inbound, OnCallShift, Person, Staff
from casefile.vocabulary import AlertState
from dashboard.page import local

# What makes an alert wait for a person, from the beginning.
BEGINS = ("opened", "opened again", "rose")


def names(session: Session) -> dict[int, str]:
    """The names of all staff, past ones too."""
    return {s.id: s.name for s in session.scalars(select(Staff))}


def colleagues(session: Session) -> dict[int, str]:
    """The names of active staff, in order."""
    found = {s.id: s.name for s in session.scalars(select(Staff).where(Staff.active))}
    return dict(sorted(found.items(), key=lambda item: item[1].casefold()))


def people(session: Session, ids: set[int]) -> dict[int, Person]:
    return {p.id: p for p in session.scalars(select(Person).where(Person.id.in_(ids)))} if ids else {}


def open_alerts(session: Session, person_id: int) -> list[Alert]:
    """A person's unresolved alerts, most urgent and oldest first."""
    found = session.scalars(select(Alert).where(Alert.person_id == person_id, Alert.state != AlertState.RESOLVED))
    return sorted(found, key=lambda a: (-a.urgency.rank, a.opened_at))


def last_opened(session: Session, alert_ids: list[int]) -> dict[int, dt.datetime]:
    """When each alert was opened or rose the last time (a new alarm opens an acknowledged one again): from then on people have their time for it."""
    rows = session.execute(select(AlertEvent.alert_id, AlertEvent.at).where(
        AlertEvent.alert_id.in_(alert_ids), AlertEvent.what.in_(BEGINS)).order_by(AlertEvent.id)) if alert_ids else []
    return {alert_id: at for alert_id, at in rows}


def channels(session: Session, alert_ids: list[int]) -> dict[int, str]:
    """The channel of the newest message of each alert."""
    rows = session.execute(select(Inbound.alert_id, Inbound.channel).where(Inbound.alert_id.in_(alert_ids)).order_by(Inbound.id)) if alert_ids else []
    return {alert_id: channel for alert_id, channel in rows if alert_id is not None}


def on_call(session: Session, now: dt.datetime) -> list[int]:
    """Staff on call now, first position first."""
    rows = session.scalars(select(OnCallShift).where(OnCallShift.starts_at <= now, OnCallShift.ends_at > now)
                           .order_by(OnCallShift.position, OnCallShift.id))
    return list(dict.fromkeys(row.staff_id for row in rows))


def today(now: dt.datetime) -> dt.date:
    """The date at the charity."""
    return local(now).date()
