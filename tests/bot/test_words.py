"""How the bot reads a text: harmless for Rasa, folded, in tokens and parts."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.words import JOINER, MOST_PARTS, bare, crying, exact, folded, harmless, parts, spoken, tokens, without_emoji

written = st.text(max_size=300).filter(lambda text: JOINER not in text)


@given(written)
def test_making_harmless_loses_nothing(text):
    assert exact(harmless(text)) == text


@given(written)
def test_nothing_harmless_is_a_command_or_markup(text):
    text = harmless("/" + text)
    assert not text.strip().startswith("/")
    assert not re.search(r"\][(\[{]", text)


@pytest.mark.parametrize("text", ["/restart", "  /stop{\"a\": 1}", "/intent@0.9", "[help](danger_now)",
                                  "[a]{\"entity\": \"b\"}", "[a][{\"entity\": \"b\"}]"])
def test_commands_and_markup_are_neutralised(text):
    assert not harmless(text).strip().startswith("/")
    assert "](" not in harmless(text) and "]{" not in harmless(text) and "][" not in harmless(text)


@given(st.text(max_size=400))
@settings(max_examples=200)
def test_every_word_is_in_some_part(text):
    pieces = parts(text)
    assert len(pieces) <= MOST_PARTS
    if pieces:
        said = " ".join(pieces)
        assert all(token in said for token, _ in tokens(text) if any(c.isalnum() for c in token))


@pytest.mark.parametrize("words", [19, 60, 400, 3000])
def test_a_text_without_punctuation_is_heard_in_windows(words):
    text = " ".join(f"word{n}" for n in range(words))
    pieces = parts(text)
    assert 1 < len(pieces) <= MOST_PARTS
    assert {w for p in pieces for w in p.split()} == set(text.split())


@pytest.mark.parametrize("text, expected", [
    ("help", []),
    ("", []),
    ("🆘", []),
    ("I saw him at 5.30 p.m. near my house", []),
    ("hi. he is here!! call me 😭😭 please", ["hi.", "he is here!!", "call me 😭😭", "please"]),
    ("All good\nhe found me", ["All good", "he found me"]),
    ("مرحبا۔ وہ یہاں ہے؟ مدد", ["مرحبا۔", "وہ یہاں ہے؟", "مدد"]),
    ("我很好。他在门外！", ["我很好。", "他在门外！"]),
    ("सब ठीक है। वह बाहर है", ["सब ठीक है।", "वह बाहर है"]),
    ("ሰላም። እሱ እዚህ አለ", ["ሰላም።", "እሱ እዚህ አለ"]),
])
def test_sentences_end_where_people_end_them(text, expected):
    assert parts(text) == expected


def test_a_long_chinese_sentence_is_heard_in_windows():
    assert len(parts("我昨天去市场买东西的时候看见那个人了他一直跟着我到家我不知道怎么办我很害怕请你们帮帮我")) > 1


@pytest.mark.parametrize("text, expected", [
    ("he came 回家 😭", ["he", "came", "回", "家", "😭"]),
    ("मदद चाहिए", ["मदद", "चाहिए"]),
    ("xin chào", ["xin", "chào"]),
    ("مساعدة!", ["مساعدة", "!"]),
    ("ช่วย", ["ช่", "ว", "ย"]),
])
def test_tokens_of_any_script(text, expected):
    assert [token for token, _ in tokens(text)] == expected


@given(st.text(max_size=100))
def test_tokens_stand_where_they_say(text):
    assert all(text[start:start + len(token)] == token for token, start in tokens(text))


@pytest.mark.parametrize("one, other", [("Ndihmë", "ndihme"), ("Giúp tôi", "giup toi"), ("ĐƯỢC", "duoc"),
                                        ("ajutați-mă", "ajutati-ma"), ("helpppppp", "helpp"), ("łódź", "lodz"),
                                        ("مدرسة", "مدرسه"), ("یک", "يك")])
def test_accents_and_haste_fold_away(one, other):
    assert bare(one) == bare(other)


def test_folding_alone_keeps_accents():
    assert folded("NDIHMË") == "ndihmë" != bare("NDIHMË")


def test_vowel_signs_of_indic_scripts_stay():
    assert bare("कि") != bare("क")


def test_emoji_are_spoken_and_shouting_is_softened():
    assert "ambulance" in spoken("🚑 pls")
    assert spoken("HELP ME") == "help me"
    assert spoken("Help me") == "Help me"


@pytest.mark.parametrize(("text", "said"), [
    ("HE IS OUTSIDE 🚨🚨", "he is outside  police cars revolving light "), ("no 😭 😭\u200d😭😂😭", "no  loudly crying face  face with tears of joy  loudly crying face "),
    ("ok ❤️❤️", "ok  heavy black heart ️"), ("🙏🏽🙏🏽 ok", " person with folded hands 🏽 ok"), ("aa 11 →→ 22", "aa 11 →→ 22")])
def test_emoji_shout_for_nobody_and_are_named_once(text, said):
    assert spoken(text) == said


@pytest.mark.parametrize(("text", "words"), [
    ("he is here 😭😭", "he is here"), ("😭 ajuda ❤️ por favor", "ajuda por favor"), ("he is here", ""), ("😭", ""), ("1️⃣", ""), ("👍 9", ""), ("র\u200d্যাব", "")])
def test_words_are_found_among_emoji(text, words):
    assert without_emoji(text) == words


def test_crying_is_told_from_laughing_and_love():
    assert crying("no 😭🙏❤️") and not crying("lol 😂 ok") and not crying("no 😭😂") and not crying("ok ❤️")
