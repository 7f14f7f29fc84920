"""Encryption of personal columns and the keyed hashes they are found by."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from casefile import encryption
from casefile.database import Database
from casefile.encryption import KeyRing, KeysMissing, Unreadable
from casefile.models import Alert, Person
from casefile.vocabulary import AlertKind, Urgency
from tests import cast

OLD, NEW, OTHER = ("old-key " * 5, "new-key " * 5, "other-key " * 5)
LONE = "broken \ud83d emoji \udfff"
anything = st.lists(st.one_of(st.text(), st.sampled_from(["\ud83d", "\ude00", "\ud800", "\udfff"]))).map("".join)


@pytest.fixture
def ring_again() -> Iterator[None]:
    """Whatever a test does with this process's keys is undone."""
    before = encryption.ring()
    yield
    encryption._ring = before


@given(anything)
def test_whatever_a_phone_sent_comes_back_even_lone_surrogates(words: str) -> None:
    ring = KeyRing((NEW,))
    assert ring.decrypt(ring.encrypt(words)) == words


@given(st.text(min_size=4))
def test_the_words_do_not_lie_in_the_encrypted_value_and_it_differs_every_time(words: str) -> None:
    ring = KeyRing((NEW,))
    first, second = ring.encrypt(words), ring.encrypt(words)
    assert first != second and words.encode() not in first


def test_after_a_rotation_the_old_key_still_reads_and_the_new_one_writes() -> None:
    written_before = KeyRing((OLD,)).encrypt("Arta")
    rotated = KeyRing((NEW, OLD))
    assert rotated.decrypt(written_before) == "Arta"
    assert KeyRing((NEW,)).decrypt(rotated.encrypt("Linh")) == "Linh"
    with pytest.raises(Unreadable):
        KeyRing((OLD,)).decrypt(rotated.encrypt("Linh"))


@pytest.mark.parametrize("stored", [KeyRing((OLD,)).encrypt("seven quiet lanterns"), b"seven quiet lanterns", b"", b"\xff\x00",
                                    KeyRing((NEW,)).encrypt("seven quiet lanterns")[:-3]])
def test_what_cannot_be_decrypted_is_said_without_the_value(stored: bytes) -> None:
    with pytest.raises(Unreadable, match="SECRET_KEYS") as wrong:
        KeyRing((NEW,)).decrypt(stored)
    assert "lanterns" not in str(wrong.value) and (not stored or stored.decode("latin-1") not in str(wrong.value))
    assert wrong.value.__suppress_context__


def test_a_value_is_found_under_any_key_still_configured() -> None:
    old, rotated = KeyRing((OLD,)), KeyRing((NEW, OLD))
    assert old.lookup("+447700900201") in rotated.lookups("+447700900201")
    assert rotated.lookup("+447700900201") == rotated.lookups("+447700900201")[0] == KeyRing((NEW,)).lookup("+447700900201")
    assert old.lookup("+447700900201") not in KeyRing((OTHER,)).lookups("+447700900201")


@given(anything, anything)
def test_two_values_share_a_lookup_only_when_they_are_the_same(one: str, two: str) -> None:
    ring = KeyRing((NEW,))
    assert (ring.lookup(one) == ring.lookup(two)) is (one == two)


def test_without_keys_nothing_is_read_or_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeysMissing):
        KeyRing(())
    monkeypatch.setattr(encryption, "_ring", None)
    with pytest.raises(KeysMissing, match="configure"):
        encryption.ring()


def test_personal_columns_lie_encrypted_and_come_back_whole(database: Database) -> None:
    with database.write() as session:
        person = cast.person(session, "ARTA")
        person.name = LONE
        session.add(Alert(key="k", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=person.id, why=[LONE, "he is outside"],
                          concerns=[], opened_at=cast.NOW, messages=1))
    with database.read() as session:
        raw = [bytes(session.scalar(text("SELECT name FROM person"))), bytes(session.scalar(text("SELECT why FROM alert")))]
        assert all(b"broken" not in value and b"outside" not in value for value in raw)
        assert session.query(Person).one().name == LONE
        alert = session.query(Alert).one()
        assert alert.why == [LONE, "he is outside"] and alert.outcome_note is None
        assert session.scalar(text("SELECT outcome_note FROM alert")) is None


def test_a_record_outlives_a_rotation_and_another_key_reads_none_of_it(sqlite_database: Database, ring_again: None) -> None:
    encryption.configure((OLD,))
    with sqlite_database.write() as session:
        cast.person(session, "ARTA")
    encryption.configure((NEW, OLD))
    with sqlite_database.read() as session:
        assert session.query(Person).one().name == "Arta"
    encryption.configure((OTHER,))
    with sqlite_database.read() as session, pytest.raises(Unreadable) as wrong:
        session.query(Person).one()
    assert "Arta" not in str(wrong.value)


def test_what_cannot_be_read_is_marked_where_people_look_and_the_mark_takes_nothing_s_place(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.write() as session:
        person = cast.person(session, "ARTA")
        session.add(Alert(key="k", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=person.id, why=["he is outside"], concerns=[], opened_at=cast.NOW))
        session.flush()
        session.execute(text("UPDATE alert SET why = :value"), {"value": KeyRing((OTHER,)).encrypt('["seven quiet lanterns"]')})
    with encryption.marked(), database.write() as session:
        alert = session.query(Alert).one()
        assert list(alert.why) == [encryption.UNREADABLE] and alert.why.get("place") is None
        alert.messages = 7
    assert "1 values of the record cannot be read" in caplog.text and "lanterns" not in caplog.text
    for change in (lambda a, p: setattr(a, "why", [*a.why, "new"]), lambda a, p: setattr(p, "name", encryption.UNREADABLE)):
        with pytest.raises(StatementError, match="is not stored in its place"), encryption.marked(), database.write() as session:
            change(session.query(Alert).one(), session.query(Person).one())
    with database.write() as session:  # somebody's own words, where nothing is marked
        session.query(Person).one().name = encryption.UNREADABLE
    with database.read() as session, pytest.raises(Unreadable):
        session.query(Alert).one()
    with database.read() as session:
        assert session.scalar(text("SELECT messages FROM alert")) == 7
