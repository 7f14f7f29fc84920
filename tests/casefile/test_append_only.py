"""The database itself refuses to change or delete the trail of what was seen and done."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from casefile import append_only, audit
from casefile.database import Database
from casefile.models import Alert, AlertEvent, Audit, DeliveryEvent, Intervention, Outbox
from casefile.vocabulary import AlertKind, Channel, Purpose, Urgency
from tests import cast


@pytest.fixture
def trail(database: Database) -> Database:
    """One row in every append-only table."""
    with database.write() as session:
        staff, person = cast.staff(session), cast.person(session)
        alert = Alert(key="k", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=person.id, opened_at=cast.NOW, concerns=[], messages=1)
        sent = Outbox(token="t", dedupe="d", purpose=Purpose.REPLY, channel=Channel.SMS, body="Thank you", created_at=cast.NOW)
        session.add_all([alert, sent])
        session.flush()
        audit.note(session, cast.NOW, "looked at record", staff.id, person.id)
        session.add_all([AlertEvent(alert_id=alert.id, at=cast.NOW, what="opened"), DeliveryEvent(outbox_id=sent.id, at=cast.NOW, status="sent"),
                         Intervention(person_id=person.id, staff_id=staff.id, at=cast.NOW, type="call", consent_basis="consent", facts="Spoke")])
    return database


def test_no_row_of_the_trail_can_be_changed_or_deleted(trail: Database) -> None:
    attempts = [f"{what} {table}" for table in append_only.TABLES for what in ("UPDATE", "DELETE FROM")]
    for attempt in attempts:
        statement = attempt + (" SET id = id + 1000" if attempt.startswith("UPDATE") else "")
        with pytest.raises(DBAPIError, match="append-only"), trail.write() as session:
            session.execute(text(statement))
    with trail.read() as session:
        for table in append_only.TABLES:
            assert session.execute(text(f"SELECT id FROM {table}")).scalars().all() == [1], table
    # Through the models too, and the rest of the transaction goes with it.
    with pytest.raises(DBAPIError, match="append-only"), trail.write() as session:
        session.scalars(select(Alert)).one().step = 5
        session.scalars(select(Audit)).one().action = "something else"
    with trail.read() as session:
        assert session.scalars(select(Audit)).one().action == "looked at record" and session.scalars(select(Alert)).one().step == 0
