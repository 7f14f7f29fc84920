"""Phrases reach the classifier exactly as they were written, whatever Rasa's formats would make of them."""

import pytest
from build_data import as_yaml
from rasa.shared.nlu.training_data.loading import load_data

from listening.words import exact
from nlu_data.read import Phrase

ODD = ["/restart", "/stop{\"a\": \"b\"}", "- he is here", "-", "[help](danger_now)", "[a]{\"entity\": \"b\"}",
       "[a][{\"entity\": \"b\"}]", "{not: yaml}", "a: b # c", "'quoted' \"twice\"", "back\\slash \\n", "${HOME} $5",
       "!tag &anchor *star", "| pipe", "> fold", "%percent", "@at `tick`", "😭😭 🆘", "مساعدة ، ؟", "救命！",
       "ليش؟ \u200fnow", "trailing \\", "null", "12", "true", "~", "é e\u0301", "a\tb", "yes || no"]


def test_every_odd_text_comes_through_whole(tmp_path):
    phrases = [Phrase(text, "en", "chat", "none") for text in ODD]
    file = tmp_path / "nlu.yml"
    file.write_text(as_yaml(phrases), encoding="utf-8")
    read = load_data(str(file)).training_examples
    assert sorted(exact(e.get("text")) for e in read) == sorted(ODD)
    assert not any(e.get("entities") for e in read)
    assert {e.get("intent") for e in read} == {"chat"}


def test_urgency_and_language_come_with_each_phrase(tmp_path):
    phrases = [Phrase("help", "en", "danger_now", "immediate"), Phrase("pomoc", "pl", "danger_now", "urgent"),
               Phrase("help", "en", "danger_now", "immediate")]
    file = tmp_path / "nlu.yml"
    file.write_text(as_yaml(phrases), encoding="utf-8")
    read = load_data(str(file)).training_examples
    found = [(e.get("text"), e.get("metadata")["intent"]["lang"], e.get("metadata")["intent"]["urgency"]) for e in read]
    assert sorted(found) == [("help", "en", "immediate"), ("pomoc", "pl", "urgent")]


def test_a_phrase_without_urgency_is_not_learned_from(tmp_path):
    from alongside_bot.heard import lesson

    file = tmp_path / "nlu.yml"
    file.write_text('version: "3.1"\nnlu:\n- intent: fine\n  examples: "- ok\\n"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="urgency"):
        lesson(load_data(str(file)))
