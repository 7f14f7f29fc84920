"""Wake alerts whose time has come: the shell around `policy`."""

from __future__ import annotations

import datetime as dt
import logging

from casefile.claims import Fenced, any_due, claim_ids, hold, release
from casefile.database import Database
from casefile.models import Alert
from casefile.vocabulary import AlertState
from escalation.alerts import WORDLESS, woke

log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=15)
# An acknowledged alert has a wake time only while something new in it waits for a colleague.
READY = Alert.state != AlertState.RESOLVED


def escalate_due(database: Database, owner: str, now: dt.datetime, limit: int = 50) -> int:
    """Tell the next person about every alert whose wake time has passed; returns how many."""
    with database.read() as session:
        if not any_due(session, Alert, READY, now):
            return 0
    with database.write() as session:
        claimed = claim_ids(session, Alert, READY, owner=owner, now=now, lease=LEASE, limit=limit)
    for alert_id, attempt in claimed:
        # Each in a transaction of its own: one that fails holds up no other, and is tried again when its lease ends.
        try:
            with database.write() as session:
                alert = hold(session, Alert, alert_id, owner, attempt, WORDLESS)  # of reasons that cannot be read people are told, too
                woke(session, alert, now)
                release(alert)
        except Fenced:
            log.warning("alert %s: another worker has it", alert_id)
        except Exception as error:
            log.exception("alert %s: nobody could be paged: %s", alert_id, type(error).__name__)
    return len(claimed)
