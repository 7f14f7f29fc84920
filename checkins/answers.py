"""She answered: what that means for the check-ins that wait for it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from casefile.models import Checkin, Inbound, Person
from casefile.vocabulary import Concern, Urgency
from checkins.ladder_terms import Answered
from checkins.moves import hear, move_all, open_checkins
from escalation.alerts import eased


def answered(session: Session, person: Person, inbound_id: int, now: dt.datetime, clear: bool) -> Checkin | None:
    """A message of hers came (`inbound_id`); returns the newest check-in it answers, None when none was open.

    Clear: every open check-in is answered, and alarms about her show a calm answer (they stay open: only a person closes them).
    A STOP ends them as stopped, which `steering` does. Unclear, or somebody else seems to write: the machine does not ask again, but the steps for people stay.
    """
    message = session.get(Inbound, inbound_id)
    if message is not None and Concern.STOP in (message.concerns or ()):
        # `steering` ends them as stopped, in the same transaction.
        return next(iter(open_checkins(session, person.id)), None)
    if message is not None and Concern.WRONG_PERSON in (message.concerns or ()):
        clear = False
    if clear:
        ended = move_all(session, person.id, Answered(True), now)
        if message is not None and message.urgency is Urgency.NONE and not message.duress:
            eased(session, person.id, now)
        return ended[0] if ended else None
    waiting = open_checkins(session, person.id)
    for checkin in waiting:
        hear(session, checkin.id, "unclear")
    return waiting[0] if waiting else None
