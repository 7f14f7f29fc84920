"""Understanding is measured with the code of live messages, and a broken floor is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from alongside import evaluation, evaluation_sets
from alongside.evaluation import Judged, broken, measure, run_evaluation
from alongside.evaluation_page import page
from alongside.evaluation_sets import Case, amid_small_talk, sets, with_emoji
from alongside.evaluation_sums import Figure, share
from alongside.processes import BotMissing
from alongside.triage_stream import Ears
from casefile.vocabulary import Urgency
from triage.bot_client import BotSilent
from triage.phrases import PhraseBook

DANGER = "he is outside my door please help me"
ROWS = [
    {"text": DANGER, "lang": "en", "urgency": "immediate", "concern": "danger_now"},
    {"text": "zzz qqq xxx", "lang": "en", "urgency": "urgent", "concern": "threats", "tags": ["romanised"]},
    {"text": "ok", "lang": "en", "urgency": "none", "concern": "fine"},
    {"text": DANGER, "lang": "sq", "urgency": "none", "concern": "chat", "tags": ["hard_negative"]},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n", "utf-8")
    return path


@pytest.fixture
def without_bot(monkeypatch: pytest.MonkeyPatch, book: PhraseBook) -> None:
    monkeypatch.setattr(evaluation.PhraseBook, "load", lambda: book)

    @contextmanager
    def nobody(no_bot: bool) -> Iterator[Ears]:
        assert no_bot, "the bot that runs may have an older model"
        yield Ears(None, no_bot)

    monkeypatch.setattr(evaluation, "ears", nobody)
    monkeypatch.setattr(evaluation, "own_bot", lambda: nullcontext(SimpleNamespace(understand=lambda texts: [None] * len(texts))))


def judged(urgency: str | None, heard: str, lang: str = "en", must: str = "", concern: str | None = "fine", tags: frozenset[str] = frozenset()) -> Judged:
    return Judged(Case("words", lang, Urgency(urgency) if urgency else None, concern, tags, must), Urgency(heard), (concern or "unclear",), ("why",))


def test_figures_count_what_they_are_named_for() -> None:
    result = measure("mine", [
        judged("immediate", "immediate"), judged("immediate", "routine"), judged("urgent", "immediate", "sq"), judged("urgent", "none", tags=frozenset({"romanised"})),
        judged("none", "none"), judged("none", "urgent", tags=frozenset({"negation"})), judged("routine", "routine"), judged("routine", "urgent"),
    ])
    counted = {name: (figure.hits, figure.of) for name, figure in result.overall.items() if figure.score is None}
    assert counted == {
        "recall_immediate": (1, 2), "recall_urgent": (1, 2), "recall": (2, 4), "recall_written_otherwise": (0, 1), "serious_reaches_person": (3, 4),
        "false_alarm_none": (1, 2), "false_alarm_hard": (1, 1), "false_alarm_routine": (1, 2), "none_reaches_person": (1, 2),
    }
    assert result.count == 8 and set(result.languages) == {"en", "sq"} and result.languages["sq"]["recall"].value == 1.0
    assert [(w["kind"], w["label"], w["heard"]) for w in result.worst] == [
        ("missed", "immediate", "routine"), ("missed", "urgent", "none"), ("false alarm", "none", "urgent")]


def test_a_reply_labelled_with_an_intent_of_the_dialogue_is_heard_rightly_as_the_concern_it_means() -> None:
    result = measure("mine", [Judged(Case("stop for a month", "en", Urgency.NONE, "pause"), Urgency.NONE, ("stop",), ()), judged("none", "none")])
    assert result.overall["concern_macro_f1"].value == 1.0


def test_of_each_kind_of_mistake_the_worst_are_shown() -> None:
    result = measure("mine", [*(judged("urgent", "none") for _ in range(60)), judged("immediate", "none"), *(judged("none", "urgent") for _ in range(60))])
    assert [w["kind"] for w in result.worst] == ["missed"] * 20 + ["false alarm"] * 20 and result.worst[0]["label"] == "immediate"
    shown = page({"bot": [result]})
    assert shown.count("<td>missed</td>") == shown.count("<td>false alarm</td>") == 20


def test_real_texts_without_a_label_count_by_what_must_happen() -> None:
    result = measure("real", [judged(None, "none", must="calm", concern=None), judged(None, "urgent", must="calm", concern=None),
                              judged(None, "urgent", must="escalates", concern=None), judged(None, "routine", must="person", concern=None)])
    assert {name: (f.hits, f.of) for name, f in result.overall.items()} == {
        "real_calm_alarmed": (1, 2), "real_distress_recall": (1, 1), "real_distress_b_reaches_person": (1, 1)}


@pytest.mark.parametrize(("limits", "named"), [
    ({"recall": 0.9}, ["bot:mine recall is 0.500, at least 0.9"]), ({"recall": 0.5}, []), ({"max_false_alarm_none": 0.1}, ["bot:mine false_alarm_none is 0.500, at most 0.1"]),
    ({"max_false_alarm_none": 0.5}, []), ({"recall": 0.9, "max_false_alarm_none": 0.1}, ["recall", "false_alarm_none"]), 
    ({"no_such_figure": 1.0}, ["bot:mine no_such_figure was not measured"]), ({"max_no_such_figure": 1.0}, ["bot:mine no_such_figure was not measured"]),
])
def test_every_broken_floor_and_ceiling_is_named(monkeypatch: pytest.MonkeyPatch, limits: dict[str, float], named: list[str]) -> None:
    monkeypatch.setattr(evaluation, "floors", lambda: {"bot:mine": limits, "bot:another": {"recall": 1.0}, "no-bot:mine": {"recall": 1.0}})
    result = evaluation.Result("mine", 4, {"recall": Figure(1, 2), "false_alarm_none": Figure(1, 2)})
    found = broken({"bot": [result], "no-bot": []})
    assert len(found) == len(named) and all(name in line for name, line in zip(named, found, strict=True))


def test_short_dangers_are_measured_amid_small_talk() -> None:
    calm = [Case(f"all is well {n}", "en", Urgency.NONE, "fine") for n in range(8)]
    danger = Case("he is outside", "en", Urgency.IMMEDIATE, "danger_now", frozenset({"terse"}))
    long = Case("he stands outside my door with another man and they do not go away", "en", Urgency.IMMEDIATE, "danger_now")
    [found] = amid_small_talk([danger, long, *calm])
    assert (found.urgency, found.lang, found.tags) == (Urgency.IMMEDIATE, "en", danger.tags)
    lines = found.text.split("\n")
    assert lines[4] == danger.text and sorted(lines[:4] + lines[5:]) == [c.text for c in calm]
    assert amid_small_talk([danger, *calm[1:]]) == [], "too little small talk"


def test_replies_are_measured_with_emoji_and_in_capitals() -> None:
    replies = [Case(f"he is outside {n}", "en", Urgency.IMMEDIATE, "danger_now", frozenset({"terse"})) for n in range(4)]
    found = with_emoji(replies)
    assert [case.text for case in found] == ["he is outside 0 😭", "HE IS OUTSIDE 1 🙏", "he is outside 2 ❤️❤️❤️", "HE IS OUTSIDE 3 😢"]
    assert {(case.urgency, case.tags) for case in found} == {(Urgency.IMMEDIATE, frozenset({"terse"}))}


def test_every_floor_is_of_a_set_and_a_figure_that_there_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(evaluation_sets, "SHARED", tmp_path)
    names = {name for name, _ in sets(None)}
    labelled = measure("labelled", [judged(urgency, "none", tags=frozenset({"romanised", "past"})) for urgency in Urgency])
    figures = {name: labelled.overall if name in ("held-out", "held-out, amid small talk", "held-out, with emoji and capitals", "calibration") else {} for name in names}
    for kind, must in (("benign", "calm"), ("hardneg", "calm"), ("distress", "escalates")):
        figures[f"real {kind}"] = measure("real", [judged(None, "none", must=must, concern=None)]).overall
    wanted = {(*where.partition(":")[::2], limit.removeprefix("max_")) for where, limits in evaluation.floors().items() for limit in limits}
    assert wanted and set(figures) == names
    assert [w for w in wanted if w[0] not in ("bot", "no-bot") or w[2] not in figures.get(w[1], {})] == []


def test_ones_own_file_is_measured_with_the_bot_and_without(file: Path, tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(evaluation, "floors", dict)
    assert run_evaluation(file, tmp_path / "out") == 0
    written: dict[str, Any] = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    assert set(written) == {"bot", "no-bot"}
    (result,) = written["no-bot"]
    assert (result["name"], result["count"]) == ("given", 4) and result["overall"]["recall_immediate"] == share([True]).shown()
    assert result["overall"]["false_alarm_hard"]["hits"] == 1, "the phrase lists hear the danger words whatever the label says"
    assert result["heat"]["en"]["danger_now"] == share([True]).shown() and set(result["languages"]) == {"en", "sq"}
    page = (tmp_path / "out" / "evaluation.html").read_text("utf-8")
    assert "Albanian (sq)" in page and DANGER in page and '<td>1.00<br><span class="low">0.21-1.00</span></td>' in page
    said = capsys.readouterr().out
    assert "given (4 texts), bot down" in said and "1.00 (0.21-1.00) 1/1" in said and "recall_immediate" in said and "No floor applies to this set" in said
    monkeypatch.setattr(evaluation, "floors", lambda: {"bot:given": {"recall": 0.1}})
    assert run_evaluation(file, tmp_path / "out") == 0 and "All floors hold" in capsys.readouterr().out


def test_a_broken_floor_ends_with_status_1_and_says_which(file: Path, tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch,
                                                          capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(evaluation, "floors", lambda: {"no-bot:given": {"max_false_alarm_hard": 0.0}})
    assert run_evaluation(file, tmp_path / "out") == 1
    assert "no-bot:given false_alarm_hard is 1.000, at most 0.0 is asked for" in capsys.readouterr().out


def test_words_on_the_page_are_escaped(tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "floors", dict)
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps({"text": "<script>alert(1)</script>", "urgency": "immediate", "lang": "en"}), "utf-8")
    run_evaluation(file, tmp_path / "out")
    page = (tmp_path / "out" / "evaluation.html").read_text("utf-8")
    assert "&lt;script&gt;" in page and "<script>" not in page


def test_a_folder_of_files_is_read_whole_and_a_language_may_be_the_files_name(tmp_path: Path) -> None:
    for name in ("sq", "vi"):
        (tmp_path / f"{name}.jsonl").write_text('{"text": "ok", "urgency": "none"}\n', "utf-8")
    ((name, cases),) = sets(tmp_path)
    assert name == "given" and [case.lang for case in cases] == ["sq", "vi"]


@pytest.mark.parametrize(("line", "said"), [
    ("he is outside", "is not JSON"), ("[" * 100_000, "is not JSON"), ('["outside"]', "has no text"), ('"outside"', "has no text"), ("null", "has no text"),
    ('{"urgency": "none"}', "has no text"), ('{"text": 5, "urgency": "none"}', "has no text"), ('{"text": "outside"}', "urgency is not one of none, routine, urgent, immediate"),
    ('{"text": "outside", "urgency": "grave"}', "urgency is not one of"), ('{"text": "outside", "urgency": ["none"]}', "urgency is not one of"),
    ('{"text": "outside", "urgency": "none", "lang": ["en"]}', "lang is not"), ('{"text": "outside", "urgency": "none", "concern": ["fine"]}', "concern is not"),
    ('{"text": "outside", "urgency": "none", "lang": "pt-BR"}', "lang is not one of en, sq"),
    ('{"text": "outside", "urgency": "none", "lang": "English"}', "lang is not"), ('{"text": "outside", "urgency": "none", "concern": "danger"}', "concern is not one of"),
    ('{"text": "outside", "urgency": "none", "concern": "Fine"}', "concern is not one of"),
    ('{"text": "outside", "urgency": "none", "tags": ["hard-negative"]}', "tags is not"),
    ('{"text": "outside", "urgency": "none", "tags": "past"}', "tags is not"), ('{"text": "outside", "urgency": "none", "tags": [["past"]]}', "tags is not"),
])
def test_a_line_that_cannot_be_measured_is_named_and_not_repeated(tmp_path: Path, line: str, said: str) -> None:
    whole = json.dumps({"text": "ok", "urgency": "none", "concern": "fine", "tags": ["dialect:gheg", "dialect", "past"]})
    (tmp_path / "sq.jsonl").write_text(f"{whole}\n\n{line}\n", "utf-8")
    with pytest.raises(typer.BadParameter, match=rf"sq\.jsonl line 3:? {said}") as wrong:
        list(sets(tmp_path))
    assert "outside" not in str(wrong.value)


def test_only_ones_own_labels_must_be_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared texts have languages that we do not speak."""
    (tmp_path / "calibration").mkdir()
    (tmp_path / "calibration" / "ckb.jsonl").write_text('{"text": "ok", "urgency": "none", "tags": ["shared"]}\n', "utf-8")
    monkeypatch.setattr(evaluation_sets, "SHARED", tmp_path)
    assert dict(sets(None))["calibration"] == [Case("ok", "ckb", Urgency.NONE, None, frozenset({"shared"}))]
    with pytest.raises(typer.BadParameter, match=r"ckb\.jsonl line 1: lang is not"):
        list(sets(tmp_path))


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_measured(file: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "judge_all", lambda *_: pytest.fail("measured"))
    with pytest.raises(typer.BadParameter, match="cannot be made"):
        run_evaluation(file, file)


def test_a_file_that_cannot_be_written_is_said_before_anything_is_measured(file: Path, tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "judge_all", lambda *_: pytest.fail("measured"))
    (tmp_path / "out" / "evaluation.html").mkdir(parents=True)
    with pytest.raises(typer.BadParameter, match=r"evaluation\.html cannot be written"):
        run_evaluation(file, tmp_path / "out")
    assert not (tmp_path / "out" / "evaluation.json").exists(), "the trial leaves nothing behind"


def test_whatever_json_and_an_editor_may_write_is_read(tmp_path: Path) -> None:
    text = "ok\u2028fine\x85"
    row = json.dumps({"text": text, "urgency": "none", "lang": None, "concern": None, "tags": None}, ensure_ascii=False)
    (tmp_path / "sq.jsonl").write_bytes(b"\xef\xbb\xbf" + f"{row}\r\n{row}".encode())
    assert list(sets(tmp_path)) == [("given", [Case(text, "sq", Urgency.NONE, None)] * 2)]


@pytest.mark.parametrize(("files", "path", "said"), [
    ({}, ".", "no labelled text"), ({"notes.txt": b"ok"}, ".", "no labelled text"), ({"x.jsonl": b"\n \n"}, "x.jsonl", "no labelled text"),
    ({}, "missing.jsonl", "cannot be read"), ({"x.jsonl": b'{"text": "\xff", "urgency": "none"}'}, ".", r"x\.jsonl is not UTF-8"),
])
def test_data_without_any_readable_text_is_refused(tmp_path: Path, without_bot: None, files: dict[str, bytes], path: str, said: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(typer.BadParameter, match=said):
        run_evaluation(tmp_path / path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("urgency", list(Urgency))
def test_texts_that_are_all_of_one_urgency_are_measured_and_the_language_heard_worst_comes_first(
        tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], urgency: Urgency) -> None:
    monkeypatch.setattr(evaluation, "floors", dict)
    rows = [{"text": DANGER, "lang": "en", "urgency": urgency}, {"text": "zzz", "lang": "sq", "urgency": urgency}]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert run_evaluation(tmp_path / "x.jsonl", tmp_path / "out") == 0
    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith(("  en ", "  sq "))]
    assert printed == ["sq", "en"] * 2 if urgency.escalates else sorted(printed) == ["en", "en", "sq", "sq"]


def test_results_are_written_before_they_are_printed(file: Path, tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def unprintable(mode: str, result: evaluation.Result) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(evaluation, "_print", unprintable)
    with pytest.raises(BrokenPipeError):
        run_evaluation(file, tmp_path / "out")
    assert (tmp_path / "out" / "evaluation.json").exists() and (tmp_path / "out" / "evaluation.html").exists()


def test_half_a_surrogate_pair_is_no_reason_to_lose_the_figures(tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "floors", dict)
    (tmp_path / "x.jsonl").write_text('{"text": "zzz \\ud83d", "urgency": "immediate", "lang": "en"}', "utf-8")
    assert run_evaluation(tmp_path, tmp_path / "out") == 0
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))["bot"][0]["worst"][0]["text"] == "zzz ?"


def test_a_bot_that_falls_silent_ends_the_run(file: Path, tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is judged without it must not be called "with the bot"."""

    def silence(texts: list[str]) -> list[Any]:
        raise BotSilent("the bot did not answer: ReadTimeout")

    monkeypatch.setattr(evaluation, "own_bot", lambda: nullcontext(SimpleNamespace(understand=silence)))
    assert run_evaluation(file, tmp_path / "out") == 1
    said = capsys.readouterr()
    assert "fell silent: the bot did not answer: ReadTimeout" in said.err and said.out == "" and not any((tmp_path / "out").iterdir())


def test_without_an_installed_bot_it_says_what_to_do(file: Path, tmp_path: Path, without_bot: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def missing() -> None:
        raise BotMissing("the bot is not installed: run `make setup`")

    monkeypatch.setattr(evaluation, "own_bot", missing)
    assert run_evaluation(file, tmp_path / "out") == 2
    assert "make setup" in capsys.readouterr().err and not any((tmp_path / "out").iterdir())
