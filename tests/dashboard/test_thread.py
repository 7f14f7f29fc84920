"""A person's thread page by page."""

from __future__ import annotations

import datetime as dt

from casefile.database import Database
from casefile.models import Inbound, Person
from dashboard import timeline
from tests import cast
from tests.dashboard import world as worlds


def test_what_came_at_the_very_same_moment_stands_on_one_page(database: Database) -> None:
    """What is fetched after our door was shut has times in whole seconds."""
    at = cast.NOW - dt.timedelta(hours=3)
    with database.write() as session:
        person = session.get_one(Person, cast.person(session, "ARTA").id)
        for moment, texts in ((at - dt.timedelta(hours=1), 2), (at, 4), (at + dt.timedelta(minutes=1), timeline.PAGE - 2)):
            for number in range(texts):
                worlds.heard(session, person, "x" * (number + 1), moment)
    with database.read() as session:
        newest, older = timeline.thread(session, person.id, cast.NOW, {})
        earlier, oldest = timeline.thread(session, person.id, cast.NOW, {}, newest[0].at)
    assert older and not oldest
    shown = [[e.row.id for e in page if isinstance(e.row, Inbound)] for page in (earlier, newest)]
    assert [len(page) for page in shown] == [2, timeline.PAGE + 2]
    assert sum(shown, []) == sorted(sum(shown, [])), "each once, in the order they came"
