"""The words used everywhere are those of the taxonomy, in their order."""

from __future__ import annotations

import babel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.vocabulary import CONCERN_WORDS, DANGER_CONCERNS, LANGUAGES, Concern, Lane, Urgency, most_urgent

urgencies = st.lists(st.sampled_from(Urgency), max_size=8)


def test_urgency_grows_from_none_to_immediate() -> None:
    assert sorted(Urgency, key=lambda u: u.rank) == [Urgency.NONE, Urgency.ROUTINE, Urgency.URGENT, Urgency.IMMEDIATE]


@pytest.mark.parametrize(("urgency", "escalates"), [("none", False), ("routine", False), ("urgent", True), ("immediate", True)])
def test_immediate_and_urgent_escalate(urgency: str, escalates: bool) -> None:
    assert Urgency(urgency).escalates is escalates


@given(urgencies, urgencies)
def test_the_most_serious_urgency_wins_in_any_order(some: list[Urgency], more: list[Urgency]) -> None:
    worst = most_urgent(*some, *more)
    assert worst is most_urgent(*more, *some) is most_urgent(most_urgent(*some), most_urgent(*more))
    assert worst is (max([*some, *more], key=lambda u: u.rank) if some or more else Urgency.NONE)


def test_the_languages_are_the_first_twenty_four() -> None:
    assert list(LANGUAGES) == "en sq vi ro ar ti am so fa ur hi bn zh pl bg hu lt pt es fr tr uk ru tl".split()
    assert all(code == language.code and language.english and language.own for code, language in LANGUAGES.items())


def test_three_languages_are_written_from_right_to_left() -> None:
    assert {code for code, language in LANGUAGES.items() if language.rtl} == {"ar", "fa", "ur"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_calendar_is_known_for_every_language(code: str) -> None:
    known = babel.Locale.parse(LANGUAGES[code].locale or code)
    assert (known.text_direction == "rtl") is LANGUAGES[code].rtl


def test_dangers_are_the_first_nine_concerns_and_every_concern_has_words() -> None:
    assert DANGER_CONCERNS == {"danger_now", "trafficker_contact", "exploitation", "threats", "suicide_self_harm", "medical", "no_safe_place",
                               "child_at_risk", "detained"}
    assert set(CONCERN_WORDS) == set(Concern) and len(set(CONCERN_WORDS.values())) == len(Concern) == 20


def test_lanes_sort_as_text_in_the_order_of_work() -> None:
    assert sorted(map(str, Lane)) == [str(lane) for lane in (Lane.DANGER, Lane.INBOUND, Lane.REPLY, Lane.LADDER, Lane.BULK)]
