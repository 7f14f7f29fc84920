"""What a person steers by her own text: the lists of wishes, in every language, with the bot down as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.vocabulary import LANGUAGES, Channel, Concern, Urgency
from nlu_data.heads import in_order
from tests.triage.test_decide import ALARM, CALM, DANGER
from triage.decide import BotAnswer, Setting, decide, hint_of
from triage.phrases import Heard, PhraseBook, PhraseFileWrong
from triage.wishes import CHANNEL, FOLDER, SECTIONS, WHEN, Wish, WishBook


def test_no_word_of_refusal_is_a_courtesy(wishes: WishBook, book: PhraseBook) -> None:
    """Left out as one, it would turn a wish into its opposite: "no WhatsApp"."""
    refusals = {form for form, names in book.keywords.items() if any(name == "no" for name, _ in names)}
    assert not {(lang, form) for lang, forms in wishes.courtesies.items() for form in forms if form in refusals}


@pytest.mark.parametrize(("text", "act", "channel", "only"), [
    ("Please write on WhatsApp instead.", "change_channel", Channel.WHATSAPP, False), ("only SMS", "change_channel", Channel.SMS, True),
    ("Call instead, thanks", "change_channel", Channel.VOICE, False), ("Can you text me less often pls?", "less_often", None, False),
    ("Hi. Not so often please. Thank you!", "less_often", None, False), ("write me tomorrow at 3pm", "reschedule", None, False),
    ("Wrong number mate. Stop texting me", "wrong_number", None, False), ("Wrong number. Who is Arta?", "wrong_number", None, False),
    ("i am 16", "under_age", None, False), ("i lost my phone, this is my friends phone", "phone_lost", None, False),
    ("i am 16, im scared", "under_age", None, False), ("i lost my phone 😭", "phone_lost", None, False), ("😡 wrong number", "wrong_number", None, False), ("Sorry, I'm 15 years old and alone here", "under_age", None, False),
])
def test_wishes_in_english(wishes: WishBook, text: str, act: str, channel: Channel | None, only: bool) -> None:
    wish = wishes.hear(text, ("sq",))
    assert wish is not None and (wish.act, wish.channel, wish.only) == (act, channel, only)


@pytest.mark.parametrize("text", [
    "he writes on whatsapp", "he calls less often now", "don't write on WhatsApp, he reads it", "write on WhatsApp. he is outside", "thanks", "",
    "I am 16 weeks pregnant", "i am 18", "my daughter is 15 years old", "he said wrong number and hung up", "WhatsApp", "write to the court on Monday please",
    "write less often. write on whatsapp", "🙏", "When he took me, I am 16", "他骗我的时候，我16岁",
])
def test_what_is_no_wish_by_itself_is_none(wishes: WishBook, text: str) -> None:
    assert wishes.hear(text, ("en",)) is None or wishes.hear(text, ("en",)).act == "reschedule"  # type: ignore[union-attr]


@pytest.mark.parametrize(("lang", "text", "act", "channel"), [
    ("sq", "Mund të më shkruani në WhatsApp?", "change_channel", Channel.WHATSAPP), ("vi", "nhan tin it hon", "less_often", None),
    ("ro", "scrie-mi doar pe whatsapp te rog", "change_channel", Channel.WHATSAPP), ("ar", "خفف الرسائل لو سمحت", "less_often", None),
    ("ti", "ብዋትስኣፕ ጸሓፉለይ በጃኹም", "change_channel", Channel.WHATSAPP), ("am", "መልእክት ቀንሱ እባካችሁ", "less_often", None),
    ("so", "lambar khaldan", "wrong_number", None), ("fa", "فقط پیامک", "change_channel", Channel.SMS), ("ur", "sirf whatsapp pe", "change_channel", Channel.WHATSAPP),
    ("zh", "用WhatsApp联系我", "change_channel", Channel.WHATSAPP), ("ru", "пишите реже пожалуйста", "less_often", None), ("ar", "عمري ١٦ سنة", "under_age", None),
])
def test_wishes_as_they_are_written(wishes: WishBook, lang: str, text: str, act: str, channel: Channel | None) -> None:
    wish = wishes.hear(text, (lang,))
    assert wish is not None and (wish.act, wish.channel) == (act, channel)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_every_list_every_line_is_heard_and_says_who_wrote_it(wishes: WishBook, book: PhraseBook, lang: str) -> None:
    text = (FOLDER / f"{lang}.txt").read_text("utf-8")
    assert in_order(text.partition("\n")[0])
    lists = {section: text.split(f"[{section}]\n")[1].split("\n[")[0].splitlines() for section in SECTIONS}
    assert all(lists.values())
    for section, act in (("less often", "less_often"), ("channel", "change_channel"), ("only", "change_channel"), ("phone", "phone_lost"), ("wrong number", "wrong_number"),
                         ("under 18", "under_age")):
        for line in lists[section]:
            said = line.removeprefix("* ").replace(CHANNEL, "WhatsApp").replace("{age}", "16")
            heard = wishes.hear(said, (lang,))
            assert heard is not None and heard.act == act, line
            if act not in ("under_age", "phone_lost"):  # an alarm of the phrase lists would win over the wish
                assert not book.hear(said, (lang,)).hits, line
    for only in (line.replace(CHANNEL, name) for line in lists["only"] for name in lists["sms"] + lists["voice"]):
        assert wishes.hear(only, (lang,)) is not None, only


def test_no_wish_is_an_ordinary_answer(wishes: WishBook, book: PhraseBook) -> None:
    for keyword, known in book.keywords.items():
        if {name for name, _ in known} & {"ok", "yes", "thanks", "hello", "help", "person"}:
            heard = wishes.hear(" ".join(keyword), {lang for _, lang in known})
            assert heard is None or heard.act == "reschedule", keyword  # "write ..." counts only with a day or hour


@given(st.text(max_size=80), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_can_be_heard(text: str, lang: str) -> None:
    heard = WishBook.load().hear(text, (lang,)) if text == "never" else _BOOK.hear(text, (lang,))
    assert heard is None or heard.act


_BOOK = WishBook.load()


@given(st.sampled_from([f for forms in _BOOK.forms.values() for f in forms if WHEN not in f.pattern and "{age}" not in f.pattern and not f.anywhere]),
       st.sampled_from(["yesterday", "he is outside my door", "because he reads it"]))
def test_a_wish_with_anything_else_beside_it_is_left_to_people(form: object, more: str) -> None:
    said = " ".join(form.pattern)  # type: ignore[attr-defined]
    heard = _BOOK.hear(f"{said} {more}", (form.wish.lang,))  # type: ignore[attr-defined]
    assert heard is None or heard.act == "reschedule"


@pytest.mark.parametrize("wrong", ["write less\n", "[sometimes]\nx\n", "[channel]\nwrite there\n", "[less often]\nless {channel}\n", "[when]\nat{when}\n"])
def test_a_broken_list_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "en.txt").write_text(wrong)
    with pytest.raises(PhraseFileWrong):
        WishBook.load(tmp_path)


LESS, WRONG, YOUNG = Wish("less_often", "less often", "en"), Wish("wrong_number", "wrong number", "en"), Wish("under_age", "i am {age}", "en")


@pytest.mark.parametrize("bot", [None, BotAnswer(CALM, ("reply.ok",), ("checkin_answered",))])
def test_a_wish_is_done_whether_or_not_the_bot_is_there(bot: BotAnswer | None) -> None:
    verdict = decide(Heard(), bot, Setting(), wish=LESS)
    assert (verdict.urgency, verdict.acts, verdict.reply) == (Urgency.NONE, ("less_often",), "reply.less_often")


def test_an_alarm_wins_over_a_wish() -> None:
    assert decide(ALARM, None, Setting(), wish=LESS).acts == ("concern",)
    assert decide(Heard(), BotAnswer(DANGER), Setting(), wish=LESS).acts == ("concern",)


def test_a_wrong_number_gets_no_word_and_a_person_is_told() -> None:
    verdict = decide(Heard(), None, Setting(), wish=WRONG)
    assert (verdict.urgency, verdict.acts, verdict.reply, verdict.concerns) == (Urgency.ROUTINE, ("wrong_number",), None, (Concern.WRONG_PERSON,))
    assert decide(ALARM, None, Setting(), wish=WRONG).acts == ("concern",), "whoever is in danger there is not cut off"


def test_of_a_wrong_number_only_a_whole_sentence_speaks() -> None:
    book = WishBook.load()
    assert book.hear("Someone rang me, wrong number, nobody") is None
    assert book.hear("Who is Arta? You have the wrong number.").act == "wrong_number"


@pytest.mark.parametrize("setting", [Setting(recent_alarm=True), Setting(other_language=True)])
def test_a_wrong_number_that_is_all_the_alarm_there_is_is_cut_off(setting: Setting) -> None:
    verdict = decide(Heard(), None, setting, reserve=CALM, wish=WRONG)
    assert verdict.urgency is Urgency.URGENT and "wrong_number" in verdict.acts and verdict.reply is None
    assert any(why.startswith("Nothing more is sent there") for why in verdict.why)


@pytest.mark.parametrize(("bot", "nearby"), [(BotAnswer(DANGER), Heard()), (None, ALARM)])
def test_a_wrong_number_beside_danger_is_not_said_to_be_cut_off(bot: BotAnswer | None, nearby: Heard) -> None:
    verdict = decide(Heard(), bot, Setting(), nearby, wish=WRONG)
    assert verdict.acts == ("concern",) and "the number is not suspended" in verdict.why[-1] and "Nothing more is sent" not in str(verdict.why)


@pytest.mark.parametrize("heard", [Heard(), ALARM])
def test_under_18_ends_the_automatic_messages_and_alarms_whatever_else_is_said(heard: Heard) -> None:
    verdict = decide(heard, None, Setting(), wish=YOUNG)
    assert verdict.urgency.escalates and "under_age" in verdict.acts and Concern.CHILD_AT_RISK in verdict.concerns and verdict.reply is None


@pytest.mark.parametrize("heard", [Heard(), ALARM])
def test_a_lost_phone_stops_everything_whatever_else_is_said_and_gets_no_word(heard: Heard) -> None:
    verdict = decide(heard, None, Setting(), wish=Wish("phone_lost", "i lost my phone", "en"))
    assert verdict.urgency.escalates and "phone_lost" in verdict.acts and verdict.reply is None


def test_what_the_model_hears_beside_a_lost_phone_counts_in_full() -> None:
    taken = Wish("phone_lost", "he took my phone", "en")
    assert decide(Heard(), BotAnswer(DANGER), Setting(), wish=taken).urgency is Urgency.IMMEDIATE
    assert decide(Heard(), None, Setting(), reserve=DANGER, wish=taken).urgency is Urgency.IMMEDIATE


def test_nothing_is_steered_from_a_phone_that_may_not_be_hers() -> None:
    assert decide(Heard(), None, Setting(suspended=True), wish=LESS).acts == ("handover",)


def test_a_keyword_comes_before_a_wish_and_the_bot_is_told_of_the_turn() -> None:
    assert decide(Heard(keywords=frozenset({"call"})), None, Setting(), wish=LESS).acts == ("call_requested",)
    assert hint_of(Heard(), "", LESS) == "reschedule" and hint_of(Heard(), "", WRONG) is None
