"""`alongside triage`: judge JSON lines as a stream, in order, with the same code as live messages and bounded memory."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TextIO

import typer
from tqdm import tqdm

from alongside import settings as configuration
from alongside.processes import BotMissing
from alongside.standalone import bot_for_tools
from casefile.vocabulary import LANGUAGES
from triage.bot_client import MOST_BYTES, BotSilent
from triage.decide import BotAnswer, Setting, Understanding, Verdict, decide
from triage.language_id import identify
from triage.phrases import PhraseBook
from triage.reserve import Reserve
from triage.run import in_language, wish_in
from triage.wishes import WishBook

BATCH = 64
RESERVE_MODEL = configuration.ROOT / "bot" / "models" / "heads.npz"


class LineWrong(ValueError):
    """An input line cannot be judged; the message says why and which line. `id` is the line's, where it has one."""

    def __init__(self, why: str, id: Any = None):
        super().__init__(why)
        self.id = id


def run_stream(source: TextIO, out: TextIO, progress: TextIO, *, no_bot: bool) -> int:
    """Judge every line; returns 0, or 2 when a line was wrong (it is answered with an error, the others go on) or the bot fell silent (its lines are
    judged as live messages then are, but may be worth judging again)."""
    book = PhraseBook.load()
    wrong = 0
    try:
        with ears(no_bot) as hear:
            for batch in _batches(tqdm(source, file=progress, unit=" texts", mininterval=0.5, disable=None)):
                try:
                    answers = judge_lines(batch, book, hear)
                except BotSilent as silent:
                    typer.echo(f"judged without the bot: {silent}", err=True)
                    wrong += 1
                    answers = judge_lines(batch, book, hear.instead())
                for answer in answers:
                    wrong += "error" in answer
                    out.write(_written(answer) + "\n")
                out.flush()
    except BotMissing as missing:
        typer.echo(f"{missing} (or use --no-bot)", err=True)
        return 2
    return 2 if wrong else 0


@dataclass(frozen=True)
class Ears:
    """Who is asked what texts mean: the bot, or its model in this process (the reserve) when the bot is down."""

    understand: Callable[[list[str]], list[Understanding]] | None
    bot_down: bool
    instead: Callable[[], Ears] = lambda: Ears(None, True)  # who is asked for what the bot did not take or answer


def _spare() -> Ears:
    """The reserve as the service has it: a model that cannot be used leaves the phrase lists."""
    try:
        reserve = Reserve.load(RESERVE_MODEL)
        return Ears(reserve.understand if reserve else None, True)
    except Exception as error:
        typer.echo(f"the reserve's model cannot be used: {type(error).__name__}", err=True)
        return Ears(None, True)


@contextmanager
def ears(no_bot: bool) -> Iterator[Ears]:
    """The bot, started if none answers; with `no_bot` what is left without it. Raises BotMissing."""
    if no_bot:
        left = _spare()
        if left.understand is None:
            typer.echo("there is no model to judge with (`make setup` trains one): phrase lists alone hear one danger in five", err=True)
        yield left
        return
    with bot_for_tools(configuration) as bot:
        yield Ears(bot.understand, False, cache(_spare))  # loaded when it is first needed, once


def _batches(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    while batch := list(itertools.islice(numbered, BATCH)):
        yield batch


def judge_lines(batch: list[tuple[int, str]], book: PhraseBook, hear: Ears) -> list[dict[str, Any]]:
    """The answers to a batch of input lines, in order. A line that is no JSON object with a text is answered with an error. Raises BotSilent."""
    asked: list[dict[str, Any] | LineWrong] = []
    for number, line in batch:
        try:
            asked.append(read_line(number, line))
        except LineWrong as wrong:
            asked.append(wrong)
    found = iter(understand(hear, [a["text"] for a in asked if isinstance(a, dict)]))
    answers: list[dict[str, Any]] = []
    for a in asked:
        if isinstance(a, LineWrong):
            answers.append({"id": a.id, "error": str(a)})
            continue
        understood, bot_down = next(found), hear.bot_down
        if understood is None and not bot_down:  # too long for the bot
            (understood,), bot_down = understand(hear.instead(), [a["text"]]), True
        answers.append(_answer(a, *judge(a["text"], known_code(a.get("lang")), book, understood, bot_down)))
    strange = [str(n) for (n, _), a in zip(batch, asked, strict=True) if isinstance(a, dict) and a.get("lang") and not known_code(a["lang"])]
    if strange:
        typer.echo(f"judged as if lang were left out, for it is none of our codes (alongside triage --help): line {', '.join(strange)}", err=True)
    return answers


def known_code(lang: str | None) -> str | None:
    """Our code for what a line says of its language, also as spreadsheets write it ("SQ", "vi-VN"); None for a language that is none of ours."""
    code = re.split("[-_]", (lang or "").strip().lower())[0]
    return code if code in LANGUAGES else None


def understand(hear: Ears, texts: list[str]) -> list[Understanding | None]:
    """What texts mean; None for each where nobody can be asked, and for a text longer than the bot takes. Raises BotSilent."""
    if hear.understand is None:
        return [None] * len(texts)
    # For one text that is too long the bot refuses all that are asked with it. The reserve takes any.
    fits = [hear.bot_down or len(text.encode("utf-8", "replace")) <= MOST_BYTES for text in texts]
    if not all(fits):
        typer.echo(f"judged without the bot: {fits.count(False)} of more than {MOST_BYTES} bytes", err=True)
    asked = [text for text, fit in zip(texts, fits, strict=True) if fit]
    found = iter(hear.understand(asked) if asked else ())
    return [next(found) if fit else None for fit in fits]


def judge(text: str, lang: str | None, book: PhraseBook, understood: Understanding | None, bot_down: bool) -> tuple[Verdict, str]:
    """The verdict on one text outside any conversation, and its language."""
    recorded = lang if lang in LANGUAGES else "en"
    guess = identify(text, recorded)
    languages = {recorded, guess.language}
    heard = book.hear(text, languages, _wishes().polite(languages))
    setting = Setting(empty=not text.strip())
    if lang:
        setting = in_language(setting, guess, recorded)
    wish = wish_in(_wishes(), text, recorded, languages)
    if wish is not None and wish.act == "reschedule":
        wish = None  # outside a conversation there is no day it could be about
    if bot_down or understood is None:
        return decide(heard, None, setting, reserve=understood, wish=wish), guess.language
    return decide(heard, BotAnswer(understood), setting, wish=wish), guess.language


@cache
def _wishes() -> WishBook:
    return WishBook.load()


def read_line(number: int, line: str) -> dict[str, Any]:
    """A line's JSON object, which has a text. Raises LineWrong."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise LineWrong(f"line {number} is not JSON") from None
    if not isinstance(found, dict):
        raise LineWrong(f"line {number} has no text")
    if not isinstance(found.get("text"), str):
        raise LineWrong(f"line {number} has no text", found.get("id"))
    if not isinstance(found.get("lang"), str | None):
        raise LineWrong(f"line {number}: lang is not a language's code", found.get("id"))
    return found


def _written(answer: dict[str, Any]) -> str:
    """One line of JSON; escaped to ASCII where a lone surrogate could not be written otherwise."""
    line = json.dumps(answer, ensure_ascii=False)
    return line if line.isascii() or not any("\ud800" <= c <= "\udfff" for c in line) else json.dumps(answer)


def _answer(asked: dict[str, Any], verdict: Verdict, language: str) -> dict[str, Any]:
    return {"id": asked.get("id"), "urgency": str(verdict.urgency), "concerns": [str(c) for c in verdict.concerns],
            "escalates": verdict.urgency.escalates, "language": language, "why": list(verdict.why)}
