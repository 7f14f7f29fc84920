"""Phrases reach the classifier exactly as they were written, and none that are still needed are left out."""

from collections import Counter

import pytest
from alongside_bot.heard import lesson
from alongside_bot.importer import PhraseImporter, as_examples
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu_data.read import DANGER, INTENTS, LANGUAGES, Phrase, spare, training

ODD = ["/restart", "/stop{\"a\": \"b\"}", "- he is here", "-", "[help](danger_now)", "[a]{\"entity\": \"b\"}",
       "[a][{\"entity\": \"b\"}]", "{not: yaml}", "a: b # c", "back\\slash \\n", "${HOME} $5", "😭😭 🆘", "مساعدة ، ؟", "救命！",
       "ليش؟ \u200fnow", "null", "12", "true", "~", "é e\u0301", "a\tb", "yes || no"]


def test_every_odd_text_comes_through_whole():
    read = as_examples([Phrase(text, "en", "chat", "none") for text in ODD]).training_examples
    assert sorted(e.get("text") for e in read) == sorted(ODD)
    assert not any(e.get("entities") for e in read)
    assert {e.get("intent") for e in read} == {"chat"}


def test_urgency_and_language_come_with_each_phrase():
    phrases = [Phrase("help", "en", "danger_now", "immediate"), Phrase("pomoc", "pl", "danger_now", "urgent"),
               Phrase("help", "en", "danger_now", "immediate")]
    read = as_examples(phrases).training_examples
    found = [(e.get("text"), e.get("metadata")["intent"]["lang"], e.get("metadata")["intent"]["urgency"]) for e in read]
    assert sorted(found) == [("help", "en", "immediate"), ("pomoc", "pl", "urgent")]


def test_a_phrase_without_urgency_is_not_learned_from():
    with pytest.raises(ValueError, match="urgency"):
        lesson(TrainingData([Message({"text": "ok", "intent": "fine"})]))


def test_what_is_spare_is_left_out_and_every_kind_of_phrase_remains():
    phrases, needless = training(), spare()
    learned = PhraseImporter().get_nlu_data().training_examples
    assert {e.get("text") for e in learned} == {p.text for p in phrases if p.mark not in needless}
    assert len(learned) < 0.75 * len(phrases)
    kinds = Counter((e.get("metadata")["intent"]["lang"], e.get("intent")) for e in learned)
    assert all(kinds[lang, intent] >= (5 if intent in DANGER else 1) for lang in LANGUAGES for intent in INTENTS)
