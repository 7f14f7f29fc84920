"""`make evaluate`: how well danger is heard, per language, with the bot and without; fails when a floor is broken.

Sets: the project's held-out tests; calibration and real texts where the shared folder is present; anybody's own labelled JSON lines.
"""

from __future__ import annotations

import json
import os
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import typer
from tqdm import tqdm

from alongside.evaluation_page import page
from alongside.evaluation_sums import Figure, calibration_error, macro_f1, share
from alongside.processes import BotMissing
from alongside.settings import ROOT
from alongside.standalone import own_bot
from alongside.triage_stream import BATCH, Ears, LineWrong, ears, judge, read_line, understand
from casefile.vocabulary import LANGUAGES, Concern, Urgency
from nlu_data import read
from triage.bot_client import BotSilent
from triage.phrases import PhraseBook

SHARED = Path(os.environ.get("ALONGSIDE_SHARED", ROOT.parent / "shared")) / "eval"
ROMANISED = frozenset({"romanised", "no_diacritics"})
HARD = frozenset({"hard_negative", "negation", "past"})
TAGS = ROMANISED | HARD | frozenset("terse indirect idiom dialect typo shorthand emoji caps code_switch long second_language".split())
WORST = 20  # texts shown of each kind of mistake


@dataclass(frozen=True)
class Case:
    """One labelled text. Real texts carry no urgency but what must (not) happen: "calm" or "escalates"."""

    text: str
    lang: str
    urgency: Urgency | None
    concern: str | None
    tags: frozenset[str] = frozenset()
    must: str = ""


@dataclass(frozen=True)
class Judged:
    """A case and what triage said."""

    case: Case
    urgency: Urgency
    concerns: tuple[str, ...]
    why: tuple[str, ...]
    chance: float | None = None  # of an alarm, as the model gave it


@dataclass
class Result:
    """The figures of one set of texts: overall and per language."""

    name: str
    count: int
    overall: dict[str, Figure] = field(default_factory=dict)
    languages: dict[str, dict[str, Figure]] = field(default_factory=dict)
    heat: dict[str, dict[str, Figure]] = field(default_factory=dict)
    worst: list[dict[str, Any]] = field(default_factory=list)


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
    yield "held-out", [Case(p.text, p.lang, Urgency(p.urgency), p.intent, p.tags) for p in read.held_out()]
    if not SHARED.is_dir():
        return
    yield "calibration", _cases(sorted((SHARED / "calibration").glob("*.jsonl")), _labelled)
    for name, must in (("benign", "calm"), ("hardneg", "calm"), ("distress", "escalates")):
        yield f"real {name}", _cases(sorted((SHARED / "real" / name).glob("*.jsonl")), partial(_real, must))


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


def judge_all(cases: list[Case], book: PhraseBook, hear: Ears, what: str) -> list[Judged]:
    """Judge every case with the code of live messages. Raises BotSilent: what is judged without the bot is no figure of the bot."""
    done: list[Judged] = []
    for start in tqdm(range(0, len(cases), BATCH), desc=what, unit="batch", disable=None):
        batch = cases[start:start + BATCH]
        for case, understood in zip(batch, understand(hear, [c.text for c in batch]), strict=True):
            verdict, _ = judge(case.text, case.lang, book, understood, hear.bot_down)
            done.append(Judged(case, verdict.urgency, tuple(map(str, verdict.concerns)), verdict.why,
                               understood.escalate if understood else None))
    return done


def sums(judged: Iterable[Judged]) -> dict[str, Figure]:
    """The figures of some judged texts; a figure without any text is left out."""
    rows = list(judged)
    labelled = [j for j in rows if j.case.urgency is not None]
    alarmed = [j for j in labelled if j.case.urgency and j.case.urgency.escalates]
    calm = [j for j in labelled if j.case.urgency is Urgency.NONE]
    hard = [j for j in labelled if j.case.tags & HARD and j.case.urgency and not j.case.urgency.escalates]
    figures = {
        "recall_immediate": share(alarm(j) for j in labelled if j.case.urgency is Urgency.IMMEDIATE),
        "recall_urgent": share(alarm(j) for j in labelled if j.case.urgency is Urgency.URGENT),
        "recall": share(alarm(j) for j in alarmed),
        "recall_written_otherwise": share(alarm(j) for j in alarmed if j.case.tags & ROMANISED),
        "serious_reaches_person": share(j.urgency is not Urgency.NONE for j in alarmed),
        "false_alarm_none": share(alarm(j) for j in calm),
        "false_alarm_hard": share(alarm(j) for j in hard),
        "false_alarm_routine": share(alarm(j) for j in labelled if j.case.urgency is Urgency.ROUTINE),
        "none_reaches_person": share(j.urgency is not Urgency.NONE for j in calm),
        "real_calm_alarmed": share(alarm(j) for j in rows if j.case.must == "calm"),
        "real_distress_recall": share(alarm(j) for j in rows if j.case.must == "escalates"),
        "real_distress_b_reaches_person": share(j.urgency is not Urgency.NONE for j in rows if j.case.must == "person"),
    }
    found = {name: figure for name, figure in figures.items() if figure.of}
    pairs = [(j.case.concern, j.concerns[0]) for j in labelled if j.case.concern]
    if pairs:
        found["concern_macro_f1"] = macro_f1(pairs)
    chances = [(j.chance, bool(j.case.urgency and j.case.urgency.escalates)) for j in labelled if j.chance is not None]
    if chances:
        found["calibration_error"] = calibration_error(chances)
    return found


def alarm(j: Judged) -> bool:
    return j.urgency.escalates


def measure(name: str, judged: list[Judged]) -> Result:
    """All figures of one set."""
    languages = sorted({j.case.lang for j in judged})
    result = Result(name, len(judged), sums(judged), {c: sums(j for j in judged if j.case.lang == c) for c in languages})
    for code in languages:
        for concern in Concern:
            mine = [j for j in judged if j.case.lang == code and j.case.concern == concern and j.case.urgency is not None]
            if mine:
                result.heat.setdefault(code, {})[str(concern)] = share(
                    alarm(j) if j.case.urgency and j.case.urgency.escalates else not alarm(j) for j in mine)
    missed = [j for j in judged if (j.case.must == "escalates" or (j.case.urgency and j.case.urgency.escalates)) and not alarm(j)]
    missed.sort(key=lambda j: (-(j.case.urgency.rank if j.case.urgency else 2), j.urgency.rank))
    false = [j for j in judged if (j.case.must == "calm" or j.case.urgency is Urgency.NONE) and alarm(j)]
    result.worst = [{"kind": kind, "lang": j.case.lang, "text": j.case.text, "label": str(j.case.urgency or j.case.must), "concern": j.case.concern,
                     "heard": str(j.urgency), "why": list(j.why)[:2]} for kind, rows in (("missed", missed[:WORST]), ("false alarm", false[:WORST])) for j in rows]
    return result


def floors() -> dict[str, dict[str, float]]:
    """The floors (and ceilings, named max_...) of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")).get("tool", {}).get("alongside", {}).get("evaluation", {})


def broken(results: dict[str, list[Result]]) -> list[str]:
    """Every floor that is broken, one line each. A figure that is missing in a set that was measured breaks its floor: its name may be misspelt."""
    wrong = []
    for where, limits in floors().items():
        mode, _, set_name = where.partition(":")
        result = next((r for r in results.get(mode, []) if r.name == set_name), None)
        for limit, value in limits.items() if result else ():
            name, most = limit.removeprefix("max_"), limit.startswith("max_")
            figure = result.overall.get(name)
            if figure is None:
                wrong.append(f"{where} {name} was not measured")
            elif figure.value > value if most else figure.value < value:
                wrong.append(f"{where} {name} is {figure.value:.3f}, {'at most' if most else 'at least'} {value} is asked for")
    return wrong


def run_evaluation(data: Path | None, out: Path) -> int:
    """Measure everything, write JSON and HTML, print the tables; returns 1 when a floor is broken or the bot fell silent, 2 when there is no bot.

    Raises typer.BadParameter as `sets` does, and when `out` cannot be a folder.
    """
    began = time.monotonic()
    measured = list(sets(data))
    try:
        out.mkdir(parents=True, exist_ok=True)  # before the minutes of measuring
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be made: {error.strerror}") from None
    try:
        results = _results(measured)
    except BotSilent as silent:
        typer.echo(f"Nothing was written, for the bot fell silent: {silent}", err=True)
        return 1
    except BotMissing as missing:
        typer.echo(str(missing), err=True)
        return 2
    # "replace": a text may hold half a surrogate pair, which UTF-8 cannot.
    (out / "evaluation.json").write_text(json.dumps({m: [asdict(r) for r in rs] for m, rs in results.items()}, ensure_ascii=False, indent=1), "utf-8", "replace")
    (out / "evaluation.html").write_text(page(results), "utf-8", "replace")
    for mode, found in results.items():
        for result in found:
            _print(mode, result)
    wrong = broken(results)
    bound = any(f"{mode}:{result.name}" in floors() for mode, found in results.items() for result in found)
    typer.echo(f"\nWritten to {out}/evaluation.json and .html after {time.monotonic() - began:.0f} s. "
               + ("Floors broken:\n  " + "\n  ".join(wrong) if wrong else "All floors hold." if bound else "No floor applies to this set."))
    return 1 if wrong else 0


def _results(measured: list[tuple[str, list[Case]]]) -> dict[str, list[Result]]:
    """Every set's figures with the bot and without. Raises BotMissing, BotSilent.

    The bot is one of our own: the one that runs may have an older model, and survivors wait for its answers.
    """
    book = PhraseBook.load()
    results: dict[str, list[Result]] = {"bot": [], "no-bot": []}
    with own_bot() as bot, ears(no_bot=True) as left:
        for name, cases in measured:
            results["bot"].append(measure(name, judge_all(cases, book, Ears(bot.understand, False), f"{name}, with the bot")))
            results["no-bot"].append(measure(name, judge_all(cases, book, left, f"{name}, bot down")))
    return results


def _print(mode: str, result: Result) -> None:
    typer.echo(f"\n{result.name} ({result.count} texts), {'with the bot' if mode == 'bot' else 'bot down'}")
    for name, figure in result.overall.items():
        typer.echo(f"  {name:32} {figure}")
    keys = [k for k in ("recall_immediate", "recall", "false_alarm_none", "false_alarm_hard", "real_calm_alarmed", "real_distress_recall") if k in result.overall]
    by = "recall" if "recall" in keys else next(iter(keys), "")
    order = sorted(result.languages, key=lambda c: result.languages[c].get(by, Figure(0, 1)).value)
    typer.echo("  " + "lang".ljust(6) + "".join(k.rjust(22) for k in keys))
    for code in order:
        cells = "".join((f"{f.value:.2f} ({f.hits}/{f.of})" if (f := result.languages[code].get(k)) else "-").rjust(22) for k in keys)
        typer.echo("  " + code.ljust(6) + cells)
