"""`alongside triage`: JSON lines in, one judged line each out, in order, as a stream."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alongside import triage_stream
from alongside.processes import BotMissing
from alongside.triage_stream import BATCH, Ears, judge_lines, run_stream
from casefile.vocabulary import Concern, Urgency
from triage.bot_client import BotSilent
from triage.decide import Understanding
from triage.phrases import PhraseBook

KEYS = ["id", "urgency", "concerns", "escalates", "language", "why"]
DANGER = "he is outside my door please help me"
LONE = "\ud83d"


class Terminal(io.StringIO):
    """Somebody is watching."""

    def isatty(self) -> bool:
        return True


def run(*lines: Any, raw: str | None = None, progress: io.StringIO | None = None, no_bot: bool = True) -> tuple[int, list[dict[str, Any]]]:
    source = raw if raw is not None else "".join(json.dumps(line) + "\n" for line in lines)
    out = io.StringIO()
    status = run_stream(io.StringIO(source), out, progress or io.StringIO(), no_bot=no_bot)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def loaded_once(book: PhraseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the lists takes most of a second; they do not change meanwhile. There is no trained model, unless a test gives one."""
    monkeypatch.setattr(triage_stream.PhraseBook, "load", lambda: book)
    monkeypatch.setattr(triage_stream, "RESERVE_MODEL", Path("no-such-model"))


def test_the_answer_has_the_contracts_keys_and_kinds() -> None:
    status, (found,) = run({"id": 7, "text": DANGER, "lang": "en", "extra": "ignored"})
    assert status == 0 and list(found) == KEYS
    assert (found["id"], found["urgency"], found["escalates"], found["language"]) == (7, "immediate", True, "en")
    assert "danger_now" in found["concerns"] and found["why"] and all(isinstance(why, str) for why in found["why"])


@pytest.mark.parametrize("damaged", [False, True])
def test_that_there_is_no_model_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, damaged: bool) -> None:
    if damaged:
        (tmp_path / "heads.npz").write_bytes(b"PK half a file")
        monkeypatch.setattr(triage_stream, "RESERVE_MODEL", tmp_path / "heads.npz")
    status, (found,) = run({"id": 7, "text": DANGER})
    said = capsys.readouterr().err
    assert status == 0 and found["escalates"] and "phrase lists alone" in said and ("cannot be used" in said) is damaged


def test_every_line_is_answered_in_order_with_its_own_id() -> None:
    ids: list[Any] = [f"n{n}" if n % 3 else n for n in range(3 * BATCH + 5)] + [None, 1.5, {"a": [1]}, "ключ"]
    status, found = run(*({"id": i, "text": DANGER if n % 10 == 0 else "ok"} for n, i in enumerate(ids)))
    assert status == 0 and [f["id"] for f in found] == ids
    assert all(f["escalates"] for f in found[::10])


def test_a_line_without_an_id_is_judged_all_the_same() -> None:
    assert run({"text": DANGER})[1][0]["id"] is None


@pytest.mark.parametrize("line", [
    "not json", "{", "[]", '"text"', "null", "5", '{"id": 1}', '{"id": 1, "text": null}', '{"id": 1, "text": 5}', '{"id": 1, "text": ["he is outside"]}',
    '{"id": 1, "text": "ok", "lang": ["sq"]}', '{"id": 1, "text": "ok", "lang": {}}', "[" * 100_000, '{"id":' + "9" * 5000 + ', "text": "ok"}', "\x00",
])
def test_a_wrong_line_is_answered_with_an_error_and_the_others_go_on(line: str) -> None:
    good = json.dumps({"id": "good", "text": DANGER})
    status, found = run(raw=f"{good}\n{line}\n\n{good}\n")
    assert status == 2 and [f.get("id") for f in found] == ["good", 1 if '"id": 1' in line else None, "good"]
    assert list(found[1]) == ["id", "error"] and "line 2" in found[1]["error"] and "outside" not in found[1]["error"]
    assert found[0]["escalates"] and found[2]["escalates"]


@pytest.mark.parametrize("lang", ["sq", "SQ", "sq-AL", "sq_AL", " sq "])
def test_a_language_is_known_as_spreadsheets_write_it(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, (found,) = run({"id": 1, "text": "ndihmë", "lang": lang})
    assert (status, found["urgency"]) == (0, "immediate") and "none of our codes" not in capsys.readouterr().err


def test_a_language_that_is_none_of_ours_is_said_and_its_text_is_judged_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run({"id": 1, "text": DANGER, "lang": "ckb"}, {"id": 2, "text": DANGER}, {"id": 3, "text": DANGER, "lang": "English"})
    assert status == 0 and all(f["escalates"] for f in found) and {**found[0], "id": 2} == found[1]
    assert "none of our codes (alongside triage --help): line 1, 3" in capsys.readouterr().err


def test_nothing_in_is_nothing_out() -> None:
    assert run(raw="") == (0, []) and run(raw="\n  \n\n") == (0, [])


@pytest.mark.parametrize(("text", "lang"), [
    (LONE, "en"), (f"{DANGER} {LONE}", "en"), ("x" * 1600, "en"), ("ж" * 1600, "uk"), ("🙂" * 1600, "vi"), ((DANGER + " ") * 40, "en"), ("", "en"), (" \u200b\n", "sq"),
    ("\x00", None), ("ok", "xx"), ("ok", ""), ("mirë faleminderit", "sq"), ("ደሓን እየ", "ti"),
])
def test_whatever_a_phone_can_send_is_judged(text: str, lang: str | None) -> None:
    status, (found,) = run({"id": LONE, "text": text, "lang": lang})
    assert status == 0 and list(found) == KEYS and found["id"] == LONE
    assert Urgency(found["urgency"]).escalates is found["escalates"]
    if DANGER in text:
        assert found["escalates"], "nothing around a danger phrase hides it"
    if not text.strip():
        assert found["urgency"] != "none"


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.one_of(st.text(), st.sampled_from([LONE, "\udfff", DANGER]))).map("".join), max_size=6))
def test_any_texts_give_as_many_answers_of_the_taxonomy(book: PhraseBook, texts: list[str]) -> None:
    answers = judge_lines([(n, json.dumps({"id": n, "text": t})) for n, t in enumerate(texts, 1)], book, Ears(None, True))
    assert [a["id"] for a in answers] == list(range(1, len(texts) + 1))
    for answer in answers:
        assert Urgency(answer["urgency"]) and answer["concerns"] and {Concern(c) for c in answer["concerns"]}


def test_progress_goes_to_standard_error_only_and_only_where_somebody_watches() -> None:
    watched, piped = Terminal(), io.StringIO()
    assert run({"id": 1, "text": "ok"}, progress=watched)[1][0]["id"] == 1 and "texts" in watched.getvalue()
    run({"id": 1, "text": "ok"}, progress=piped)
    assert piped.getvalue() == ""


def test_ten_thousand_lines_pass_as_a_stream_with_bounded_memory() -> None:
    given, kept, furthest = 0, 0, 0

    class Counted(io.StringIO):
        """Keeps nothing, so that only what the stream itself holds is measured."""

        def write(self, text: str) -> int:
            nonlocal kept, furthest
            kept += text.count("\n")
            furthest = max(furthest, given - kept)
            return len(text)

    def lines(count: int) -> Iterator[str]:
        nonlocal given
        for n in range(count):
            given += 1
            yield json.dumps({"id": n, "text": "ok" if n % 2 else "1", "lang": "en", "padding": "x" * 500}) + "\n"

    run_stream(lines(2 * BATCH), Counted(), io.StringIO(), no_bot=True)  # type: ignore[arg-type]  # what is made once is made
    tracemalloc.start()
    try:
        assert run_stream(lines(10_000), Counted(), io.StringIO(), no_bot=True) == 0  # type: ignore[arg-type]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept == given == 10_000 + 2 * BATCH
    assert furthest <= BATCH, "answers must come while lines still arrive"
    assert most < 2_000_000, "10,000 lines of 500 characters are more than 5 MB"


@pytest.mark.parametrize("no_bot", [False, True])
def test_the_bots_understanding_counts_or_its_models_when_it_is_down_and_is_asked_in_batches(monkeypatch: pytest.MonkeyPatch, no_bot: bool) -> None:
    asked: list[int] = []

    class Alarmed:
        def understand(self, texts: list[str]) -> list[Understanding]:
            asked.append(len(texts))
            return [Understanding("danger_now", 0.9, (("danger_now", 0.9),), {"none": 0.0, "routine": 0.0, "urgent": 0.1, "immediate": 0.9}, 0.95, True)] * len(texts)

    @contextmanager
    def bot(configuration: object) -> Iterator[Alarmed]:
        yield Alarmed()

    monkeypatch.setattr(triage_stream, "bot_for_tools", bot)
    monkeypatch.setattr(triage_stream.Reserve, "load", lambda model: Alarmed())
    status, found = run(*({"id": n, "text": "the blue bird sings at four"} for n in range(BATCH + 1)), no_bot=no_bot)
    assert status == 0 and asked == [BATCH, 1] and {f["urgency"] for f in found} == {"immediate"}


@pytest.mark.parametrize("no_bot", [False, True])
def test_one_text_that_the_bot_does_not_take_is_kept_from_it_and_costs_no_other_its_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                                                                                           no_bot: bool) -> None:
    calm, long = "the blue bird sings at four", "ж" * 10_500

    class Listening:
        most = 10 ** 9

        def understand(self, texts: list[str]) -> list[Understanding]:
            if not texts or any(len(text.encode("utf-8", "replace")) > self.most for text in texts):
                raise BotSilent("the bot answered 413")
            return [Understanding("danger_now", 0.9, (), {"none": 0.0, "immediate": 0.9}, 0.95, True) if text in ("bad", long) else
                    Understanding("fine", 0.9, (), {"none": 1.0, "immediate": 0.0}, 0.0, False) for text in texts]

    class OfTheBot(Listening):
        most = 20_000

    @contextmanager
    def bot(configuration: object) -> Iterator[Listening]:
        yield OfTheBot()

    monkeypatch.setattr(triage_stream, "bot_for_tools", bot)
    monkeypatch.setattr(triage_stream.Reserve, "load", lambda model: Listening())
    status, found = run(*({"id": n, "text": text, "lang": "en"} for n, text in enumerate([calm, "bad", long, calm, "bad", "x" * 20_000])), no_bot=no_bot)
    assert status == 0 and [f["urgency"] == "immediate" for f in found] == [False, True, True, False, True, False], "every answer goes to its own text"
    unheard = [any("did not answer" in why for why in f["why"]) for f in found]
    said = capsys.readouterr().err
    if not no_bot:
        assert unheard == [False, False, True, False, False, False] and "1 of more than 20000 bytes" in said
        assert run({"id": 1, "text": long}, no_bot=False)[0] == 0 and "413" not in capsys.readouterr().err, "nothing is left to ask"
    else:
        assert "bytes" not in said and "413" not in said


def test_the_bot_takes_as_many_bytes_as_we_send() -> None:
    program = "import sys; sys.path.insert(0, 'bot'); from alongside_bot.turn import LARGEST_TEXT; print(LARGEST_TEXT)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, cwd=triage_stream.configuration.ROOT)
    assert int(done.stdout) == triage_stream.MOST_BYTES


def test_a_bot_that_falls_silent_costs_no_line_and_it_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Silent:
        def understand(self, texts: list[str]) -> list[Understanding]:
            raise BotSilent("the bot did not answer: ReadTimeout")

    @contextmanager
    def bot(configuration: object) -> Iterator[Silent]:
        yield Silent()

    monkeypatch.setattr(triage_stream, "bot_for_tools", bot)
    status, found = run({"id": 1, "text": DANGER}, {"id": 2, "text": "the blue bird sings at four"}, no_bot=False)
    assert status == 2 and found[0]["escalates"] and found[1]["urgency"] != "none"
    said = capsys.readouterr()
    assert "without the bot" in said.err and "bird" not in said.err and said.out == ""


@pytest.mark.parametrize("model", ["whole", "damaged"])
def test_where_the_bot_falls_silent_the_reserve_is_asked_as_for_live_messages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: str) -> None:
    alarm = Understanding("danger_now", 0.9, (), {"none": 0.0, "immediate": 0.9}, 0.95, True)
    calm = Understanding("fine", 0.9, (), {"none": 1.0, "immediate": 0.0}, 0.0, False)
    loads = 0

    class Reserve:
        def understand(self, texts: list[str]) -> list[Understanding]:
            return [alarm] * len(texts)

    class Sometimes:
        def understand(self, texts: list[str]) -> list[Understanding]:
            if len(texts) == BATCH:
                raise BotSilent("the bot answered 403")
            return [calm] * len(texts)

    @contextmanager
    def bot(configuration: object) -> Iterator[Sometimes]:
        yield Sometimes()

    def load(path: Path) -> Reserve:
        nonlocal loads
        loads += 1
        if model == "damaged":
            raise EOFError
        return Reserve()

    monkeypatch.setattr(triage_stream, "bot_for_tools", bot)
    monkeypatch.setattr(triage_stream.Reserve, "load", load)
    lines = [{"id": n, "text": "the blue bird sings at four"} for n in range(2 * BATCH + 1)]
    status, found = run(*lines, no_bot=False)
    assert status == 2 and loads == 1 and [f["id"] for f in found] == list(range(len(lines))) and not found[-1]["escalates"]
    assert {f["urgency"] for f in found[:-1]} == {"immediate" if model == "whole" else "routine"}
    said = capsys.readouterr().err
    assert said.count("the bot answered 403") == 2 and "bird" not in said and ("cannot be used: EOFError" in said) is (model == "damaged")
    assert run(lines[0], no_bot=False)[0] == 0 and loads == 1, "nothing is loaded that is not needed"


def test_without_an_installed_bot_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def missing(configuration: object) -> Iterator[None]:
        raise BotMissing("the bot is not installed: run `make setup`")
        yield

    monkeypatch.setattr(triage_stream, "bot_for_tools", missing)
    assert run({"id": 1, "text": "ok"}, no_bot=False) == (2, [])
    assert "make setup" in (said := capsys.readouterr().err) and "--no-bot" in said


def test_as_a_program_it_reads_and_writes_utf8_whatever_the_locale_and_broken_bytes_end_nothing() -> None:
    lines = [b'\xef\xbb\xbf{"id": "\xd0\xba", "text": "' + DANGER.encode() + b'"}', b'{"id": 2, "text": "' + DANGER.encode() + b' \xff\xfe"}',
             b'{"id": "\\ud83d", "text": "ok"}', b"not json"]
    program = "import alongside.triage_stream as t; t.RESERVE_MODEL /= 'none'; from alongside.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "triage", "--no-bot"], input=b"\n".join(lines), capture_output=True, timeout=60,
                          env={"PATH": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [f.get("id") for f in found] == ["к", 2, LONE, None] and done.returncode == 2
    assert found[0]["escalates"] and found[1]["escalates"] and b"outside" not in done.stderr
