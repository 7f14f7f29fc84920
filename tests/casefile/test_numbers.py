"""One written form of a number, and the keyed hash it is found by."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile import encryption
from casefile.numbers import NumberWrong, address_hash, address_hashes, canonical, split_address
from casefile.vocabulary import Channel


@pytest.mark.parametrize(("written", "region", "stored"), [
    ("07700 900201", "GB", "+447700900201"), ("+44 7700 900201", "GB", "+447700900201"), ("+44 (0)7700-900201", "GB", "+447700900201"),
    ("0044 7700 900201", "GB", "+447700900201"), (" 07700900201 ", "GB", "+447700900201"), ("٠٧٧٠٠٩٠٠٢٠١", "GB", "+447700900201"),
    ("+355 67 212 3456", "GB", "+355672123456"), ("067 212 3456", "AL", "+355672123456"), ("tel:+447700900201", "GB", "+447700900201"),
])
def test_a_number_has_one_form_however_it_is_written(written: str, region: str, stored: str) -> None:
    assert canonical(written, region) == stored


@pytest.mark.parametrize("wrong", ["", "   ", "hello there", "12", "+44770090020177777", "+999 123", "GB.1A2B3C4D5E6F", "07700900201;07700900202", "07700900201,2", "07700900201 / 07700900202",
                                   "\ud800", "+" * 400])
def test_what_is_no_number_is_refused_without_repeating_it(wrong: str) -> None:
    with pytest.raises(NumberWrong) as refused:
        canonical(wrong)
    assert not wrong.strip() or wrong not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@given(st.from_regex(r"\A\+44[127][0-9]{9}\Z").filter(lambda n: phonenumbers.is_possible_number(phonenumbers.parse(n))))
def test_a_number_in_its_one_form_stays_as_it_is(number: str) -> None:
    assert canonical(number) == number
    assert canonical("0" + number[3:]) == number


@pytest.mark.parametrize(("twilio", "channel", "address"), [
    ("+447700900201", Channel.SMS, "+447700900201"), ("whatsapp:+447700900201", Channel.WHATSAPP, "+447700900201"),
    ("whatsapp:GB.1A2B3C4D5E", Channel.WHATSAPP, "GB.1A2B3C4D5E"), ("ALERTS", Channel.SMS, "ALERTS"), ("", Channel.SMS, ""),
])
def test_an_address_of_twilios_is_a_channel_and_a_number_or_a_user_id_without_one(twilio: str, channel: Channel, address: str) -> None:
    assert split_address(twilio) == (channel, address)


def test_an_address_is_found_by_a_keyed_hash_that_says_nothing_of_it_and_survives_a_rotation() -> None:
    before = encryption.ring()
    stored = address_hash("+447700900201")
    try:
        encryption.configure(("a-newer-key " * 4, "test-key-test-key-test-key-test-key-0"))
        assert stored in address_hashes("+447700900201") and address_hash("+447700900201") != stored
    finally:
        encryption._ring = before
    assert address_hashes("+447700900201") == [stored] and "7700" not in stored
    assert stored != encryption.ring().lookup("+447700900201"), "an address and an agreed word never share a hash"
    assert address_hash("GB.1A2B3C4D5E") != stored
