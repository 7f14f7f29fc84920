"""What `make evaluate` measures with: held-out replies, these amid small talk and with emoji and in capitals, the shared texts where they are present, or anybody's own labelled JSON lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import typer

from alongside.settings import ROOT
from alongside.triage_stream import LineWrong, read_line
from casefile.vocabulary import LANGUAGES, Concern, Urgency
from listening.small_talk import amid
from nlu_data import read

SHARED = Path(os.environ.get("ALONGSIDE_SHARED", ROOT.parent / "shared")) / "eval"
ROMANISED = frozenset({"romanised", "no_diacritics"})
HARD = frozenset({"hard_negative", "negation", "past"})
EMOJI = ("😭", "🙏", "❤️", "😢", "💔")
TAGS = ROMANISED | HARD | frozenset("terse indirect idiom dialect typo shorthand emoji caps code_switch long second_language".split())


@dataclass(frozen=True)
class Case:
    """One labelled text. Real texts carry no urgency but what must (not) happen: "calm" or "escalates"."""

    text: str
    lang: str
    urgency: Urgency | None
    concern: str | None
    tags: frozenset[str] = frozenset()
    must: str = ""


def sets(data: Path | None) -> Iterator[tuple[str, list[Case]]]:
    """The sets to measure, by name. With `data` only that folder or file of labelled JSON lines.

    Raises typer.BadParameter for a line that cannot be measured (it names file and line), and for `data` without any text.
    """
    if data is not None:
        given = _cases(sorted(data.rglob("*.jsonl")) if data.is_dir() else [data], _given)
        if not given:
            raise typer.BadParameter(f"there is no labelled text in {data}")
        yield "given", given
        return
    held_out = [Case(p.text, p.lang, Urgency(p.urgency), p.intent, p.tags) for p in read.held_out()]
    yield "held-out", held_out
    yield "held-out, amid small talk", amid_small_talk(held_out)
    yield "held-out, with emoji and capitals", with_emoji(held_out)
    if not SHARED.is_dir():
        return
    yield "calibration", _cases(sorted((SHARED / "calibration").glob("*.jsonl")), _labelled)
    for name, must in (("benign", "calm"), ("hardneg", "calm"), ("distress", "escalates")):
        yield f"real {name}", _cases(sorted((SHARED / "real" / name).glob("*.jsonl")), partial(_real, must))


def amid_small_talk(replies: list[Case]) -> list[Case]:
    """The short dangers among replies, each in the middle of harmless ones that have a line of their own."""
    rows = amid([r.lang for r in replies], [r.text for r in replies], [r.urgency is not None and r.urgency.escalates for r in replies],
                [r.urgency is Urgency.NONE for r in replies])
    return [replace(replies[row[len(row) // 2]], text="\n".join(replies[n].text for n in row), concern=None) for row in rows]


def with_emoji(replies: list[Case]) -> list[Case]:
    """The replies, each with one or three of an emoji that does not laugh behind it, every other in capitals: as people write who cry, thank or shout."""
    return [replace(reply, text=f"{reply.text.upper() if n % 2 else reply.text} {EMOJI[n % len(EMOJI)] * (1 + n % 3 // 2 * 2)}") for n, reply in enumerate(replies)]


def _cases(files: list[Path], made: Callable[[int, dict[str, Any]], Case]) -> list[Case]:
    """The cases that `made` makes of the files' lines; a line without a language is in the one its file is named after. Raises typer.BadParameter."""
    found = []
    for file in files:
        try:
            # Not splitlines(): it would also cut at a U+2028, which JSON may hold as it is.
            with file.open(encoding="utf-8-sig") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        row = read_line(number, line)
                        found.append(made(number, {**row, "lang": row.get("lang") or file.stem}))
        except LineWrong as wrong:
            raise typer.BadParameter(f"{file.name} {wrong}") from None
        except UnicodeDecodeError:
            raise typer.BadParameter(f"{file.name} is not UTF-8") from None
        except OSError as error:
            raise typer.BadParameter(f"{file} cannot be read: {error.strerror}") from None
    return found


def _labelled(number: int, row: dict[str, Any]) -> Case:
    """A text with its labels. Raises LineWrong."""
    try:
        urgency = Urgency(row.get("urgency"))
    except ValueError:
        raise LineWrong(f"line {number}: urgency is not one of {', '.join(Urgency)}") from None
    concern, tags = row.get("concern"), row.get("tags") or []
    if not isinstance(concern, str | None):
        raise LineWrong(f"line {number}: concern is not a word")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise LineWrong(f"line {number}: tags is not a list of words")
    return Case(row["text"], row["lang"], urgency, concern, frozenset(tags))


def _given(number: int, row: dict[str, Any]) -> Case:
    """A text of one's own with its labels. One we do not know is refused: unseen it would change who is heard, or in which figure. Raises LineWrong."""
    case = _labelled(number, row)
    if case.lang not in LANGUAGES:
        raise LineWrong(f"line {number}: lang is not one of {', '.join(LANGUAGES)} (without it the file's name counts)")
    if case.concern and case.concern not in list(Concern):
        raise LineWrong(f"line {number}: concern is not one of {', '.join(Concern)}")
    if not all(tag in TAGS or tag.startswith("dialect:") for tag in case.tags):
        raise LineWrong(f"line {number}: tags is not a list of these: {', '.join(sorted(TAGS))}, dialect:<name>")
    return case


def _real(must: str, _number: int, row: dict[str, Any]) -> Case:
    # Class B of the distress set is "probably should look": measured as reaching a person, not as an alarm.
    wanted = must if must == "calm" else "escalates" if row.get("label", "").startswith("A") else "person"
    return Case(row["text"], row["lang"], None, None, must=wanted)
