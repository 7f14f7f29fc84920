"""Translating with the two trained test packages: what is shown, what is withheld, and what never leaves the machine."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from translation import packages, translate
from translation.errors import EngineRefused
from translation.reliable import Why
from translation.translate import BothWays, NoTranslation, Translated, Translator

from .conftest import FIXTURES

ROOT = Path(__file__).parent.parent.parent


def stand_in(say):
    """A model that says what `say` returns; for what a trained model cannot be made to do."""
    return type("StandIn", (), {"__init__": lambda self, folder: None, "say": lambda self, sentence: say(sentence)})


def real(languages: Path) -> Path:
    """Make the fixtures pass for real packages."""
    for package in packages.installed(languages):
        record = json.loads((package.folder / "installed.json").read_text())
        (package.folder / "installed.json").write_text(json.dumps(record | {"fixture": False}))
    return languages


def also(languages: Path, source: str, target: str) -> None:
    """Install the English-Albanian fixture a second time, as if it translated another pair."""
    copy = languages / f"{source}_{target}"
    copy.mkdir()
    for path in (languages / "en_sq").rglob("*"):
        if path.is_file():
            to = copy / path.relative_to(languages / "en_sq")
            to.parent.mkdir(exist_ok=True)
            to.write_bytes(path.read_bytes())
    for name, keys in (("installed.json", ("source", "target")), ("metadata.json", ("from_code", "to_code"))):
        about = json.loads((copy / name).read_text()) | dict(zip(keys, (source, target), strict=True))
        (copy / name).write_text(json.dumps(about))


@pytest.mark.parametrize(("text", "source", "target", "expected"), [
    ("Jam mirë sot.", "sq", "en", "I am fine today."),
    ("jam mire sot", "sq", "en", "I am fine today."),
    ("Më telefono nesër. Nuk kam para!", "sq", "en", "Call me tomorrow. I have no money."),
    ("Jam në shtëpi.\nKam frikë.", "sq", "en", "I am at home.\nI am scared."),
    ("Kam dy fëmijë. 😢 07:30", "sq", "en", "I have two children. 😢 07:30"),
    ("Call me tomorrow.", "en-GB", "sq", "Më telefono nesër."),
])
def test_sentences_the_fixture_knows_are_translated_and_marked_as_a_fixtures(translator, no_network, text, source, target, expected):
    assert translator.translate(text, source, target) == Translated(expected, "fixture", Why.FIXTURE)


def test_a_caseworker_sees_her_words_there_and_back(translator):
    seen = translator.check_back("Call me tomorrow. Write to me in the evening.", "en", "sq")
    assert isinstance(seen, BothWays)
    assert seen.there.text == "Më telefono nesër. Më shkruaj në mbrëmje."
    assert seen.back.text == "Call me tomorrow. Write to me in the evening."


@pytest.mark.parametrize(("text", "source", "target", "reason"), [
    ("", "sq", "en", Why.NOTHING_TO_TRANSLATE),
    ("07:30 😢 ???", "sq", "en", Why.NOTHING_TO_TRANSLATE),
    ("hello", "en-GB", "en", Why.SAME_LANGUAGE),
    ("xin chào", "vi", "en", Why.NO_PACKAGE),
    ("hello", "not a language", "", Why.NO_PACKAGE),
    ("jam mirë " * 1000, "sq", "en", Why.TOO_LONG),
    ("Он за дверью", "sq", "en", Why.EMPTY),  # letters that the model has never seen
    ("他在门外", "sq", "en", Why.EMPTY),
])
def test_what_cannot_be_translated_says_why(translator, text, source, target, reason):
    assert translator.translate(text, source, target) == NoTranslation(reason)


def test_a_fixture_is_never_used_unless_asked_for(installed_once):
    translator = Translator(installed_once)
    assert not translator.available("sq", "en")
    assert translator.translate("Jam mirë.", "sq", "en") == NoTranslation(Why.NO_PACKAGE)


def test_without_any_package_nothing_is_imported_and_nothing_breaks(tmp_path):
    code = ("import sys; from pathlib import Path; from translation.translate import Translator\n"
            f"t = Translator(Path({str(tmp_path / 'none')!r}))\n"
            "assert not t.available('sq', 'en')\n"
            "print(t.translate('Jam mirë', 'sq', 'en').reason)\n"
            "assert 'argostranslate' not in sys.modules and 'ctranslate2' not in sys.modules")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60,
                          env=os.environ | {"PYTHONUTF8": "1"})
    assert done.stdout.strip() == Why.NO_PACKAGE, done.stderr


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes"])
def test_it_refuses_to_start_when_argos_would_print_texts(monkeypatch, tmp_path, value):
    monkeypatch.setenv("ARGOS_DEBUG", value)
    with pytest.raises(EngineRefused):
        Translator(tmp_path)


def test_settings_at_home_and_in_the_environment_cannot_make_argos_print_or_send_texts(installed_once, tmp_path):
    # Argos would read both: its own settings file could name a server on the internet, and turn printing on.
    config = tmp_path / "config" / "argos-translate"
    config.mkdir(parents=True)
    (config / "settings.json").write_text(json.dumps({"ARGOS_DEBUG": "1", "ARGOS_MODEL_PROVIDER": "LIBRETRANSLATE"}))
    home = tmp_path / "home"
    home.mkdir()
    code = ("import os, sys; from pathlib import Path; from translation.translate import Translator\n"
            f"t = Translator(Path({str(installed_once)!r}), fixtures=True, seconds=120)\n"
            "before = dict(os.environ)\n"
            "print(t.translate('Jam mirë sot.', 'sq', 'en').text)\n"
            "assert {k: v for k, v in os.environ.items() if k != 'KMP_DUPLICATE_LIB_OK'} == before")
    env = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path / "config"), "ARGOS_MODEL_PROVIDER": "LIBRETRANSLATE",
                        "PYTHONUTF8": "1"}
    env.pop("KMP_DUPLICATE_LIB_OK", None)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, env=env)
    assert done.stdout == "I am fine today.\n", done.stderr
    assert list(home.rglob("*argos*")) == []


def test_no_word_of_a_text_is_logged_even_when_everything_else_is(translator, caplog):
    translator.translate("Jam mirë sot.", "sq", "en")
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, "loggers": {"argostranslate": {"level": "DEBUG"}}})
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("argostranslate.utils").setLevel(logging.DEBUG)
        translator.translate("Motra ime është mirë.", "sq", "en")
    assert "Motra" not in caplog.text and "sister" not in caplog.text


def test_no_word_of_a_text_stays_in_argos(translator):
    translator.translate("Motra ime është mirë.", "sq", "en")
    from argostranslate import translate as argos

    assert argos.installed_translates == []
    for model in translator._models.values():
        assert not hasattr(model._translation, "cache")


def test_two_packages_meet_in_english(languages):
    also(languages, "en", "it")
    translator = Translator(real(languages), seconds=120)
    assert translator.available("sq", "it")
    assert not translator.available("it", "sq")
    assert translator.translate("Më telefono nesër pas punës.", "sq", "it").text  # what it says is Albanian; the way counts here
    found = translator.translate("Më telefono nesër. Më shkruaj në mbrëmje.", "sq", "it")
    assert (found.quality, found.reason.split("; ")[-1]) == ("rough", Why.THROUGH_ENGLISH)


def test_a_direct_package_is_taken_before_two(languages):
    also(languages, "en", "it")
    also(languages, "sq", "it")
    [package] = Translator(real(languages))._route("sq", "it")
    assert package.folder.name == "sq_it"


def test_packages_installed_and_removed_later_count_at_once(languages):
    translator = Translator(languages, fixtures=True, seconds=120)
    assert translator.translate("Jam mirë.", "sq", "en").text == "I am fine."
    packages.remove("sq", "en", languages)
    assert not translator.available("sq", "en")
    assert translator.translate("Jam mirë.", "sq", "en") == NoTranslation(Why.NO_PACKAGE)


def test_only_a_few_models_stay_in_memory(languages):
    translator = Translator(languages, fixtures=True, keep=1, seconds=120)
    translator.translate("Jam mirë.", "sq", "en")
    translator.translate("I am fine.", "en", "sq")
    assert [folder.name for folder, _ in translator._models] == ["en_sq"]


@pytest.mark.parametrize("spoiled", ["model/model.bin", "sentencepiece.model", "metadata.json"])
def test_a_damaged_package_is_said_to_be_one_and_named_in_the_log(languages, caplog, spoiled):
    (languages / "sq_en" / spoiled).write_bytes(b"nonsense")
    found = Translator(languages, fixtures=True, seconds=120).translate("Jam mirë sot.", "sq", "en")
    assert found == NoTranslation(Why.DAMAGED)
    assert "sq_en" in caplog.text and "mirë" not in caplog.text


def test_a_text_that_takes_too_long_is_given_up(languages, monkeypatch):
    now = iter(range(0, 10_000, 6))
    monkeypatch.setattr(translate.time, "monotonic", lambda: float(next(now)))
    monkeypatch.setattr(translate, "Model", stand_in(lambda sentence: ("He is here.", -0.1)))
    slow = Translator(languages, fixtures=True, seconds=20)
    assert slow.translate("Ai është këtu. " * 2, "sq", "en").text
    assert slow.translate("Ai është këtu. " * 9, "sq", "en") == NoTranslation(Why.TOO_SLOW)


def test_a_text_that_waits_too_long_for_its_turn_is_given_up(languages):
    translator = Translator(languages, fixtures=True, seconds=0.05)
    with translator._turn:
        assert translator.translate("Jam mirë.", "sq", "en") == NoTranslation(Why.TOO_SLOW)


def test_many_threads_each_get_their_own_translation(translator):
    pairs = [line.split("\t") for line in (FIXTURES / "sq_en.tsv").read_text("utf-8").splitlines() if not line.startswith("#")]
    wanted = {a: b for a, b in pairs if translator.translate(a, "sq", "en") == Translated(b, "fixture", Why.FIXTURE)}
    assert len(wanted) > 300
    wrong: list[str] = []

    def work(mine: list[str]) -> None:
        wrong.extend(text for text in mine if translator.translate(text, "sq", "en").text != wanted[text])

    texts = list(wanted)[:80]
    threads = [threading.Thread(target=work, args=(texts[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_one_bad_sentence_among_many_stands_in_brackets_and_the_rest_is_rough(languages, monkeypatch):
    said = {"A je mirë ti?": ("Are you well?", -0.1), "Blerta Hoxha.": ("Blerta Hoxha.", -0.1), "Kam shumë frikë prej tij.": ("I fear him a lot.", -0.1)}
    monkeypatch.setattr(translate, "Model", stand_in(said.get))
    found = Translator(real(languages)).translate("A je mirë ti? Blerta Hoxha. Kam shumë frikë prej tij.", "sq", "en")
    assert found == Translated("Are you well? [Blerta Hoxha.] I fear him a lot.", "rough", Why.PARTLY)


def test_a_text_that_is_mostly_lost_is_not_shown_at_all(languages, monkeypatch):
    monkeypatch.setattr(translate, "Model", stand_in(lambda s: ("Fine.", -0.1) if s == "Mirë." else ("the dog the dog the dog", -0.1)))
    found = Translator(real(languages)).translate("Mirë. Ai është te dera ime.", "sq", "en")
    assert found == NoTranslation(Why.REPEATS)


@pytest.mark.parametrize("lost_on_the_way", ["there", "back"])
def test_a_caseworkers_words_are_never_sent_half_translated(languages, monkeypatch, lost_on_the_way):
    bad = {"there": "Maria.", "back": "Mirë Maria."}[lost_on_the_way]
    says = {"Call me when you can please.": ("Më telefono kur të mundesh.", -0.1), "Maria.": ("Mirë Maria.", -0.1),
            "Më telefono kur të mundesh.": ("Call me when you can.", -0.1), "Mirë Maria.": ("Good Maria.", -0.1), bad: (bad, -0.1)}
    monkeypatch.setattr(translate, "Model", stand_in(says.get))
    found = Translator(real(languages)).check_back("Call me when you can please. Maria.", "en", "sq")
    assert found == NoTranslation(Why.UNCHANGED)


@pytest.mark.parametrize(("text", "result", "quality", "reason"), [
    ("Më telefono nesër pas punës", ("Call me tomorrow after work", -0.1), "fair", ""),
    ("Më telefono nesër në orën 10", ("Call me tomorrow at 11", -0.1), "rough", Why.NUMBERS_DIFFER),
    ("Më ndihmo", ("Contact us", -0.1), "rough", Why.VERY_SHORT),
    ("Më telefono nesër pas punës", ("Call me tomorrow after work", -0.9), "rough", Why.SHAKY),
])
def test_the_quality_and_its_reason_go_with_the_text(languages, monkeypatch, text, result, quality, reason):
    monkeypatch.setattr(translate, "Model", stand_in(lambda sentence: result))
    found = Translator(real(languages)).translate(text, "sq", "en")
    assert found == Translated(result[0], quality, reason)


def test_an_unexpected_failure_is_an_answer_and_frees_the_turn(languages, monkeypatch):
    def fail(_sentence):
        raise RuntimeError("the words of the person")

    monkeypatch.setattr(translate, "Model", stand_in(fail))
    translator = Translator(real(languages), seconds=1)
    for _ in range(2):
        assert translator.translate("Jam mirë sot.", "sq", "en") == NoTranslation(Why.DAMAGED)
