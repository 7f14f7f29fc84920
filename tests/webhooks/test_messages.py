"""Twilio's door: only what Twilio signed, stored once, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from starlette.datastructures import ImmutableMultiDict

from casefile.database import Database
from casefile.models import Address, Inbound
from casefile.vocabulary import Channel, Lane
from tests.cast import person
from tests.webhooks.conftest import TOKENS, Door, text
from triage.phrases import PhraseBook
from webhooks.forms import FormWrong, inbound
from webhooks.signature import Signatures


def stored(database: Database) -> list[Inbound]:
    with database.read() as session:
        return list(session.scalars(select(Inbound).order_by(Inbound.id)))


def test_a_signed_text_is_stored_and_answered_with_nothing(door: Door, database: Database) -> None:
    answer = door.post("/twilio/messages", text(body="Përshëndetje ❤"))
    assert answer.status_code == 200 and "<Response/>" in answer.text
    row = stored(database)[0]
    assert (row.body, row.channel, row.from_address, row.person_id, row.lane) == ("Përshëndetje ❤", Channel.SMS, "+447700900201", None, Lane.INBOUND)


@pytest.mark.parametrize("token", TOKENS)
def test_either_token_is_taken_during_rotation(door: Door, token: str) -> None:
    assert door.post("/twilio/messages", text(), token=token).status_code == 200


@pytest.mark.parametrize("signature", ["", "nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_anything_unsigned_is_refused_and_not_stored(door: Door, database: Database, signature: str) -> None:
    assert door.post("/twilio/messages", text(), signature=signature).status_code == 403
    assert stored(database) == []


def test_a_text_signed_with_another_token_is_refused(door: Door, database: Database) -> None:
    assert door.post("/twilio/messages", text(), token="stolen").status_code == 403
    assert stored(database) == []


def test_a_text_for_another_account_is_refused(door: Door) -> None:
    assert door.post("/twilio/messages", {**text(), "AccountSid": "AC" + "f" * 32}).status_code == 403


def test_a_changed_text_is_refused(door: Door, database: Database) -> None:
    from twilio.request_validator import RequestValidator

    from tests.webhooks.conftest import PUBLIC

    signature = RequestValidator(TOKENS[0]).compute_signature(PUBLIC + "/twilio/messages", text(body="fine"))
    assert door.post("/twilio/messages", text(body="stop"), signature=signature).status_code == 403
    assert stored(database) == []


def test_twilios_own_check_vector() -> None:
    class Asked:
        headers = {"X-Twilio-Signature": "L/OH5YylLD5NRKLltdqwSvS0BnU="}
        scope = {"raw_path": b"/myapp.php", "query_string": b"foo=1&bar=2"}

    form = ImmutableMultiDict([("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675310"), ("Digits", "1234"), ("From", "+14158675310"),
                               ("To", "+18005551212")])
    assert Signatures("https://example.com", ("12345",)).valid(Asked(), form)  # type: ignore[arg-type]
    assert not Signatures("https://example.org", ("12345",)).valid(Asked(), form)  # type: ignore[arg-type]


def test_a_repeat_gets_200_and_changes_nothing(door: Door, database: Database) -> None:
    assert [door.post("/twilio/messages", text()).status_code for _ in range(3)] == [200, 200, 200]
    assert len(stored(database)) == 1


def test_the_fallback_url_stores_the_same_message_once(door: Door, database: Database) -> None:
    door.post("/twilio/messages", text())
    assert door.post("/twilio/fallback", {**text(), "ErrorCode": "11200", "ErrorUrl": "https://x"}).status_code == 200
    assert len(stored(database)) == 1


@pytest.mark.parametrize(("fields", "expected"), [
    ({"Body": ""}, {}),
    ({"NumMedia": "1", "MediaUrl0": "https://api/x", "MediaContentType0": "image/jpeg", "Body": ""}, {"attachment": "a picture or file"}),
    ({"NumMedia": "1", "MediaUrl0": "https://api/x", "MediaContentType0": "audio/ogg"}, {"attachment": "a voice note"}),
    ({"Latitude": "51.5", "Longitude": "-0.1", "Body": ""}, {"attachment": "a place"}),
    ({"NumMedia": "many"}, {}),
    ({"ButtonPayload": "ok", "ButtonText": "Mirë", "Body": "Mirë"}, {"button": "ok"}),
    ({"OriginalRepliedMessageSid": "SM1"}, {"reply_to": "SM1"}),
])
def test_pictures_places_buttons_and_empty_bodies_are_kept(door: Door, database: Database, fields: dict[str, str], expected: dict[str, str]) -> None:
    assert door.post("/twilio/messages", {**text(), **fields}).status_code == 200
    extras = stored(database)[0].extras or {}
    assert {k: extras.get(k) for k in expected} == expected
    assert "FromCity" not in str(extras)


def test_a_button_counts_by_its_payload(door: Door, database: Database) -> None:
    door.post("/twilio/messages", {**text(sender="whatsapp:+447700900201"), "ButtonPayload": "call", "Body": "Më telefononi"})
    assert stored(database)[0].body == "2"


def test_a_missing_body_is_an_empty_one(door: Door, database: Database) -> None:
    fields = text()
    del fields["Body"]
    assert door.post("/twilio/messages", fields).status_code == 200 and stored(database)[0].body == ""


def test_a_known_persons_text_is_hers_and_opens_the_whatsapp_window(door: Door, database: Database) -> None:
    with database.write() as session:
        made = person(session, channels=(Channel.SMS, Channel.WHATSAPP))
    door.post("/twilio/messages", text(sender="whatsapp:+447700900201"))
    row = stored(database)[0]
    assert (row.person_id, row.channel) == (made.id, Channel.WHATSAPP)
    with database.read() as session:
        opened = {a.channel: a.last_inbound_at for a in session.scalars(select(Address))}
    assert opened[Channel.WHATSAPP] is not None and opened[Channel.SMS] is None


def test_a_whatsapp_user_without_a_number_is_known_by_her_user_id(door: Door, database: Database) -> None:
    with database.write() as session:
        made = person(session, channels=(Channel.WHATSAPP,))
    door.post("/twilio/messages", {**text(sender="whatsapp:+447700900201"), "ExternalUserId": "whatsapp:GB.1A2B"})
    door.post("/twilio/messages", {**text(sid="SM" + "2" * 32, sender="whatsapp:GB.1A2B"), "ExternalUserId": "whatsapp:GB.1A2B"})
    assert [row.person_id for row in stored(database)] == [made.id, made.id]


def test_danger_takes_its_own_lane(door: Door, database: Database) -> None:
    door.post("/twilio/messages", text(body="he is outside my door"))
    door.post("/twilio/messages", text(sid="SM" + "2" * 32, body="HELP"))
    door.post("/twilio/messages", text(sid="SM" + "3" * 32, body="the bus was late"))
    assert [row.lane for row in stored(database)] == [Lane.DANGER, Lane.DANGER, Lane.INBOUND]


@pytest.mark.parametrize("fields", [{"From": ""}, {"MessageSid": "", "SmsSid": ""}, {"MessageSid": "S" * 65}])
def test_a_form_without_id_or_sender_is_a_clear_error(door: Door, fields: dict[str, str]) -> None:
    assert door.post("/twilio/messages", {**text(), **fields}).status_code == 400


def test_a_huge_form_is_refused(door: Door) -> None:
    assert door.post("/twilio/messages", text(body="x" * 70_000)).status_code == 413


def test_a_json_body_is_no_form(door: Door) -> None:
    assert door.client.post("/twilio/messages", json={}).status_code == 415


def test_a_long_text_with_marks_and_other_scripts_is_kept_as_it_came(door: Door, database: Database) -> None:
    body = "‏هو بره‎ " + "ደሓን " * 300
    assert door.post("/twilio/messages", text(body=body[:1600])).status_code == 200
    assert stored(database)[0].body == body[:1600]


def test_when_it_cannot_be_stored_twilio_is_told(door: Door, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> bool:
        raise OSError("disk full at +447700900201")

    monkeypatch.setattr("webhooks.door.store", broken)
    answer = door.post("/twilio/messages", text())
    assert answer.status_code == 503 and "+44" not in answer.text


def test_words_and_numbers_lie_encrypted(door: Door, database: Database) -> None:
    door.post("/twilio/messages", text(body="a very particular sentence"))
    with database.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT body, from_address, to_address FROM inbound").one()
    assert all(b"particular" not in bytes(value) and b"4477" not in bytes(value) for value in raw)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(["MessageSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "Latitude", "Longitude", "OptOutType", "ButtonPayload",
                                        "ExternalUserId", "SmsSid", "MediaContentType0", "Forwarded"]), st.text(max_size=30)))
def test_any_form_is_understood_or_refused_clearly(fields: dict[str, str]) -> None:
    try:
        found = inbound(ImmutableMultiDict(fields))
    except FormWrong:
        return
    assert found.sid and found.sender is not None


def test_many_deliveries_at_once_store_one(database: Database, book: PhraseBook) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from tests.cast import NOW
    from webhooks.receive import store

    form = inbound(ImmutableMultiDict(text()))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: store(database, book, form, NOW), range(16)))
    assert sum(results) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Inbound)) == 1


