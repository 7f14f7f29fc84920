"""The only way a signed-in person reaches a record: every look is audited."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import audit
from casefile.models import Alert, Person, Staff
from casefile.vocabulary import Role


class NotFound(LookupError):
    """There is no such record, or it is not for this member of staff."""


class Access:
    """What `staff` may see, within one transaction (the look itself is written down, so use a writing session)."""

    def __init__(self, session: Session, staff: Staff, now: dt.datetime):
        if not staff.active:
            raise NotFound("this account is not active")
        self.session, self.staff, self.now = session, staff, now

    def person(self, ref: str, looked_at: str = "record") -> Person:
        """A person by reference; writes the look down. Raises NotFound."""
        person = self.session.scalar(select(Person).where(Person.ref == ref))
        if person is None:
            raise NotFound("no such person")
        self.look(person.id, looked_at)
        return person

    def alert(self, alert_id: int, looked_at: str = "alert") -> Alert:
        """An alert by id; writes the look at its person down. Raises NotFound."""
        alert = self.session.get(Alert, alert_id)
        if alert is None:
            raise NotFound("no such alert")
        if alert.person_id is not None:
            self.look(alert.person_id, looked_at)
        return alert

    def look(self, person_id: int, looked_at: str) -> None:
        """Write down that this member of staff saw something of a person's record."""
        audit.note(self.session, self.now, f"looked at {looked_at}", self.staff.id, person_id)

    def require(self, *roles: Role) -> None:
        """Raise NotFound unless the member of staff has one of the roles."""
        if self.staff.role not in roles:
            raise NotFound("not for this account")
