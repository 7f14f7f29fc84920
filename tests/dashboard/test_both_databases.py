"""The main job once through on each kind of database."""

from __future__ import annotations

from casefile.database import Database
from casefile.models import Alert
from casefile.vocabulary import AlertKind, AlertState, Urgency
from escalation.alerts import raise_alert
from tests import cast
from tests.dashboard import world as worlds
from tests.dashboard.conftest import Browser
from tests.dashboard.test_pages import PAGES


def test_an_alarm_is_taken_answered_and_resolved(database: Database) -> None:
    clock = worlds.Clock(cast.NOW)
    with database.write() as session:
        world = worlds.whole_day(session, clock.now)
    sam, priya = (Browser(worlds.app(database, clock)) for _ in range(2))
    assert sam.sign_in("sam", clock.now).status_code == priya.sign_in("priya", clock.now).status_code == 303
    for path in PAGES:
        assert sam.get(path).status_code == 200, path
    for path, fields, said in (
            (f"/alerts/{world.danger}/acknowledge", {}, "You have acknowledged"), ("/people/7F3/take-over", {}, "You hold this conversation"),
            ("/people/7F3/phrase", {"phrase": "human.call_me", "token": "t"}, "on its way"), ("/people/7F3/hand-back", {}, "handed the conversation back"),
            ("/people/7F3/pause", {"until": ""}, "paused"), ("/people/7F3/resume", {}, "The pause is over"), ("/people/7F3/phone-lost", {}, "Everything is stopped"),
            ("/people/7F3/phone-back", {"sure": "yes"}, "theirs again"), ("/calls/1/attempt", {"outcome": "reached_safe"}, "recorded")):
        assert said in sam.post(path, **fields).text, path
    stale = sam.seen(world.danger)
    with database.write() as session:
        raise_alert(session, key="worse", kind=AlertKind.MESSAGE, urgency=Urgency.IMMEDIATE, person_id=world.people["7F3"], now=clock.now)
    for seen, status in ((stale, 409), (sam.seen(world.danger), 303)):
        assert sam.post(f"/alerts/{world.danger}/resolve", follow=False, outcome="safe", note="Spoke with them", seen=seen).status_code == status
    assert priya.post(f"/alerts/{world.danger}/acknowledge").status_code == 409
    with database.read() as session:
        assert session.get_one(Alert, world.danger).state is AlertState.RESOLVED
