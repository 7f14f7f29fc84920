"""What is no longer needed goes: words at the provider, then our own and what only the provider has. Nothing is taken for gone that is there."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest
from sqlalchemy import select, text

from casefile import encryption
from casefile.database import Database, utc_now
from casefile.models import Alert, Inbound, Outbox
from casefile.vocabulary import AlertKind, AlertState, Channel, InboundState, OutboxState, Purpose, Urgency
from messaging import redaction
from messaging.gateway import GatewayError, Later, Misconfigured, Refused
from messaging.redaction import GIVE_UP, KEPT, forget, redact
from messaging.twilio_gateway import TwilioGateway
from tests.cast import NOW, OUR_NUMBER, person
from tests.messaging.conftest import Office

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
NUMBER = "+447700900201"
WHY = ["Model: In danger now (97%, alarm 99%); in “he is at my door”"]
PICTURE = {"media": [{"url": "https://api.twilio.com/x/Media/ME1", "type": "image/jpeg"}], "attachment": "a picture or file"}


class Provider:
    """Answers every request to remove something alike, and remembers what was asked."""

    def __init__(self, error: GatewayError | None = None):
        self.error, self.asked = error, list[str]()

    def redact(self, sid: str) -> None:
        self.asked.append(sid)
        if self.error:
            raise self.error

    remove_media = redact


def received(database: Database, sid: str, at: dt.datetime, state: AlertState = AlertState.RESOLVED, **more: object) -> int:
    """A message that was handled at that moment, with its alert closed then."""
    with database.write() as session:
        alert = Alert(key=sid, kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, concerns=[], why=WHY, opened_at=at, state=state, resolved_at=at)
        session.add(alert)
        session.flush()
        row = Inbound(**{"provider_sid": sid, "channel": Channel.SMS, "from_address": NUMBER, "to_address": OUR_NUMBER, "from_hash": "h",
                         "body": "he is at my door", "received_at": at, "handled_at": at, "state": InboundState.DONE, "concerns": [], "why": WHY,
                         "alert_id": alert.id, **more})
        session.add(row)
        session.flush()
        return row.id


def left(database: Database, row_id: int) -> tuple[str, object, object, object]:
    """What is left of a message: its words, what came with it, its reasons, its alert's reasons."""
    with database.read() as session:
        row = session.get_one(Inbound, row_id)
        return row.body, row.extras, row.why, session.get_one(Alert, row.alert_id).why


@pytest.mark.parametrize(("error", "emptied"), [(Misconfigured("refused", 20003), False), (Misconfigured("refused", 20404), True),
                                                (Refused("refused", 20009), False), (Later("wait", 20429), False), (None, True)])
def test_copies_are_not_taken_for_emptied_while_they_are_there(office: Office, error: GatewayError | None, emptied: bool) -> None:
    with office.database.write() as session:
        someone = person(session, number=NUMBER, now=utc_now())
    row_id = office.queue(someone)
    office.send()
    assert redact(office.database, Provider(error), utc_now() + 3 * HOUR) == emptied  # type: ignore[arg-type]
    assert (office.row(row_id).redacted_at is not None) is emptied


def test_a_copy_that_is_refused_for_days_is_given_up_once_and_said(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    row_id, provider = received(database, "SM1", NOW), Provider(Refused("the provider refuses this message (20009)", 20009))
    for later in (3 * HOUR, GIVE_UP, GIVE_UP + HOUR, GIVE_UP + 2 * HOUR):
        assert redact(database, provider, NOW + later) == 0  # type: ignore[arg-type]
    with database.read() as session:
        row = session.get_one(Inbound, row_id)
        assert (row.redacted_at, row.fault) == (None, KEPT)
    assert len(provider.asked) == 3 and [r.getMessage() for r in caplog.records] == [f"SM1 is given up: {KEPT}: the provider refuses this message (20009)"]


def test_a_picture_is_emptied_of_words_and_can_be_opened_until_the_retention_time(office: Office, gateway: TwilioGateway) -> None:
    made = httpx.post(f"{office.simulator.url}/phones/{NUMBER}/texts", json={"body": "look", "to": OUR_NUMBER, "media": ["image/jpeg", "audio/ogg"]})
    sid, now = made.json()["sid"], utc_now()
    assert sid.startswith("MM")
    row_id, there = received(office.database, sid, now, extras=PICTURE), gateway._client.messages(sid)
    assert redact(office.database, gateway, now + 3 * HOUR) == 1
    assert there.fetch().body == "" and [m["type"] for m in gateway.media(sid)] == ["image/jpeg", "audio/ogg"]
    named = httpx.get(f"{office.simulator.url}/phones/{NUMBER}/texts").json()[-1]["media"]
    assert [m["url"] for m in gateway.media(sid)] == [m["url"] for m in named], "as its webhook named them"
    forget(office.database, gateway, now + 29 * DAY, 30)
    assert left(office.database, row_id) == ("he is at my door", PICTURE, WHY, WHY) and len(there.media.list()) == 2
    forget(office.database, gateway, now + 31 * DAY, 30)
    assert left(office.database, row_id) == ("", None, None, None) and there.media.list() == []


def test_the_link_to_a_picture_is_kept_while_the_provider_has_it_and_the_words_go(database: Database) -> None:
    row_id = received(database, "MM1", NOW, extras=PICTURE)
    forget(database, Provider(Later("wait")), NOW + 31 * DAY, 30)  # type: ignore[arg-type]
    assert left(database, row_id) == ("", PICTURE, None, None)
    forget(database, Provider(Refused("refused", 20001)), NOW + 30 * DAY + GIVE_UP + HOUR, 30)  # type: ignore[arg-type]
    assert left(database, row_id) == ("", None, None, None)


def test_after_the_retention_time_no_words_of_hers_are_left_in_messages_or_reasons(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "AT_ONCE", 1)
    old = [received(database, f"SM{n}", NOW, extras={"profile": "Arta"}) for n in range(2)]
    at_work = received(database, "SM2", NOW, AlertState.ACKNOWLEDGED)
    young = received(database, "SM3", NOW + 2 * DAY)
    with database.write() as session:
        session.add(Outbox(token="t", dedupe="d", purpose=Purpose.HUMAN, channel=Channel.SMS, body="Mirë", own_words="Good", created_at=NOW, sent_at=NOW,
                           state=OutboxState.SENT))
        session.add(Alert(key="silence:1", kind=AlertKind.SILENCE, urgency=Urgency.ROUTINE, concerns=[], why=["No answer for 48 hours"], opened_at=NOW,
                          state=AlertState.RESOLVED, resolved_at=NOW))
        # as rows lie that an earlier version emptied
        session.execute(text("UPDATE inbound SET body = :none WHERE id = :id"), {"none": encryption.ring().encrypt(""), "id": old[0]})
    assert forget(database, Provider(), NOW + 31 * DAY, 0) == 0, "0 days: all is kept"  # type: ignore[arg-type]
    done = [forget(database, Provider(), NOW + 31 * DAY, 30) for _ in range(4)]  # type: ignore[arg-type]
    assert done == [4, 3, 1, 0], "a few at once, and nothing twice"
    assert [left(database, row_id) for row_id in old] == [("", None, None, None)] * 2
    assert left(database, at_work) == ("", None, None, WHY), "an alert at work keeps its reasons"
    assert left(database, young) == ("he is at my door", None, WHY, WHY)
    with database.read() as session:
        sent = session.scalars(select(Outbox)).one()
        assert (sent.body, sent.own_words) == ("", None)
        assert session.scalars(select(Alert.why).where(Alert.key == "silence:1")).one() == ["No answer for 48 hours"]
