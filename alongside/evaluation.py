"""`make evaluate`: how well danger is heard, per language, with the bot and without; fails when a floor is broken."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from tqdm import tqdm

from alongside.evaluation_page import page
from alongside.evaluation_sets import HARD, ROMANISED, Case, sets
from alongside.evaluation_sums import Figure, calibration_error, macro_f1, share
from alongside.processes import BotMissing
from alongside.settings import ROOT
from alongside.standalone import own_bot
from alongside.triage_stream import BATCH, Ears, ears, judge, understand
from casefile.vocabulary import Concern, Urgency
from triage.bot_client import BotSilent
from triage.decide import DIALOGUE
from triage.phrases import PhraseBook

WORST = 20  # texts shown of each kind of mistake


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
    pairs = [(_concern(j.case.concern), j.concerns[0]) for j in labelled if j.case.concern]
    if pairs:
        found["concern_macro_f1"] = macro_f1(pairs)
    chances = [(j.chance, bool(j.case.urgency and j.case.urgency.escalates)) for j in labelled if j.chance is not None]
    if chances:
        found["calibration_error"] = calibration_error(chances)
    return found


def _concern(label: str) -> str:
    """The concern of a label; our own replies may be labelled with an intent of the dialogue, which triage never says."""
    return str(DIALOGUE[label][0]) if label in DIALOGUE else label


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

    Raises typer.BadParameter as `sets` does, and when `out` cannot be a folder that is written to.
    """
    began = time.monotonic()
    measured = list(sets(data))
    try:
        out.mkdir(parents=True, exist_ok=True)  # before the minutes of measuring
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be made: {error.strerror}") from None
    for file in (out / "evaluation.json", out / "evaluation.html"):
        _writable(file)
    try:
        results = _results(measured)
    except BotSilent as silent:
        typer.echo(f"Nothing was written, for the bot fell silent: {silent}", err=True)
        return 1
    except BotMissing as missing:
        typer.echo(str(missing), err=True)
        return 2
    # "replace": a text may hold half a surrogate pair, which UTF-8 cannot.
    (out / "evaluation.json").write_text(json.dumps(results, default=_plain, ensure_ascii=False, indent=1), "utf-8", "replace")
    (out / "evaluation.html").write_text(page(results), "utf-8", "replace")
    for mode, found in results.items():
        for result in found:
            _print(mode, result)
    wrong = broken(results)
    bound = any(f"{mode}:{result.name}" in floors() for mode, found in results.items() for result in found)
    typer.echo(f"\nWritten to {out}/evaluation.json and .html after {time.monotonic() - began:.0f} s. "
               + ("Floors broken:\n  " + "\n  ".join(wrong) if wrong else "All floors hold." if bound else "No floor applies to this set."))
    return 1 if wrong else 0


def _writable(file: Path) -> None:
    """Try to write to a file, and leave it as it was. Raises typer.BadParameter."""
    new = not file.exists()
    try:
        file.open("a").close()
        if new:
            file.unlink()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}") from None


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


def _plain(found: Result | Figure) -> dict[str, Any]:
    """For JSON."""
    return found.shown() if isinstance(found, Figure) else vars(found)


def _print(mode: str, result: Result) -> None:
    typer.echo(f"\n{result.name} ({result.count} texts), {'with the bot' if mode == 'bot' else 'bot down'}")
    for name, figure in result.overall.items():
        typer.echo(f"  {name:32} {figure}")
    keys = [k for k in ("recall_immediate", "recall", "false_alarm_none", "false_alarm_hard", "real_calm_alarmed", "real_distress_recall") if k in result.overall]
    by = "recall" if "recall" in keys else next(iter(keys), "")
    order = sorted(result.languages, key=lambda c: result.languages[c].get(by, Figure(0, 1)).value)
    typer.echo("  " + "lang".ljust(6) + "".join(k.rjust(28) for k in keys))
    for code in order:
        cells = "".join((f.short() if (f := result.languages[code].get(k)) else "-").rjust(28) for k in keys)
        typer.echo("  " + code.ljust(6) + cells)
