"""Wake alerts whose time has come: the shell around `policy`."""

from __future__ import annotations

import datetime as dt

from casefile.claims import any_due, claim, release
from casefile.database import Database
from casefile.models import Alert
from casefile.vocabulary import AlertState
from escalation.alerts import woke

LEASE = dt.timedelta(seconds=15)
READY = Alert.state == AlertState.OPEN


def escalate_due(database: Database, owner: str, now: dt.datetime, limit: int = 50) -> int:
    """Tell the next person about every open alert whose wake time has passed; returns how many."""
    with database.read() as session:
        if not any_due(session, Alert, READY, now):
            return 0
    with database.write() as session:
        alerts = claim(session, Alert, READY, owner=owner, now=now, lease=LEASE, limit=limit)
        for alert in alerts:
            woke(session, alert, now)
            release(alert)
        return len(alerts)
