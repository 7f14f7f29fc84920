"""The lists of what a text may name, each in a language's own words: days, parts of the day, hours, languages, and words of refusal. Pure but for `load`.

The format of the files is in named/README.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from casefile.vocabulary import LANGUAGES
from triage.normalise import clauses, sentences, words
from triage.phrases import PhraseFileWrong, in_sections, language_files, where

FOLDER = Path(__file__).resolve().parent / "named"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEXT_WEEK = "next week"
DAYS = ("today", "tomorrow", "day after tomorrow", NEXT_WEEK, *WEEKDAYS)
PARTS = ("morning", "noon", "afternoon", "evening")
HOURS = ("hour", "half +30", "half -30")
SPAN, NOT, LANGUAGE, NUMBER = "span", "not", "language ", "{n}"
SECTIONS = frozenset({*DAYS, *PARTS, *HOURS, SPAN, NOT, *(LANGUAGE + code for code in LANGUAGES)})
# A word of refusal turns around what is named within so many words after it, or straight before it.
_REACH = 2
# Words for tomorrow that are the morning as well: in "por la mañana" this is the part itself; with another part beside it, it is the day.
_MORNINGS = frozenset({"manana", "mananita", "manha"})
# Where both stand beside it: in these it belongs to what was said before, after these words to what comes; all else could be either ("hoy no mañana").
_REFUSE_BEFORE = frozenset({"am", "bn", "hi", "ti", "tr", "ur"})
_REFUSE_AFTER = frozenset({("not",), ("but", "not"), ("instead", "of"), ("rather", "than")})


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that a text names: a section of the lists, where it stands among the words of its clause, and the number in it."""

    kind: str
    start: int
    end: int
    number: int | None = None
    refused: bool = False


@dataclass
class _Lists:
    """A language's forms by their first word; those that may begin with a number apart."""

    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=lambda: defaultdict(list))
    numbered: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    def add(self, form: tuple[str, ...], kind: str) -> None:
        if form:
            (self.numbered if NUMBER in form[0] else self.by_first[form[0]]).append((form, kind))


@cache
def load(folder: Path = FOLDER) -> dict[str, _Lists]:
    """Every `<lang>.txt`. Raises PhraseFileWrong."""
    found: dict[str, _Lists] = {}
    for path in language_files(folder):
        lists = found.setdefault(path.stem, _Lists())
        for number, section, line in in_sections(path, SECTIONS.__contains__):
            if (NUMBER in line) != (section in (*HOURS, SPAN)):
                raise PhraseFileWrong(f"{where(path, number)}: {NUMBER} belongs into [hour], [half] and [span], and into every form there: {line}")
            lists.add(_form(line), section)
    return found


def _form(line: str) -> tuple[str, ...]:
    # 7 stands for the number while the line is brought into comparable form.
    return tuple(word.replace("7", NUMBER) for word in words(line.replace(NUMBER, "7"))) if NUMBER in line else words(line)


def named(text: str, languages: tuple[str, ...]) -> list[tuple[tuple[str, ...], list[Named]]]:
    """For each clause its words and what it names in these languages, the longest forms first come; what a word of refusal turns around is marked."""
    lists = [load()[code] for code in languages if code in load()]
    return [(clause, _refused(list(_of_clause(clause, lists)), clause, languages)) for sentence in sentences(text) for clause in clauses(sentence)]


def whole(text: str, languages: tuple[str, ...]) -> set[str]:
    """The sections of these languages in which the whole text is a form (of those without a number). One look-up, for it is asked of every message."""
    said = words(text)
    return {kind for code in languages if said and code in load() for form, kind in load()[code].by_first.get(said[0], ()) if form == said}


def _of_clause(clause: tuple[str, ...], lists: list[_Lists]) -> Iterator[Named]:
    at = 0
    while at < len(clause):
        fits = _fits_at(clause, at, lists)
        longest = max((n.end for n in fits), default=at + 1)
        here = [n for n in fits if n.end == longest]  # one form may name two things: "tomorrow morning" in one word
        if here:
            here += _inside(here, [n for start in range(at, longest) for n in _fits_at(clause, start, lists)], clause)
            longest = max(n.end for n in here)
        yield from dict.fromkeys(replace(n, start=at, end=longest) for n in here)
        at = longest


def _fits_at(clause: tuple[str, ...], at: int, lists: list[_Lists]) -> list[Named]:
    return [Named(kind, at, at + len(form), fit.number) for each in lists for form, kind in (*each.by_first.get(clause[at], ()), *each.numbered)
            if (fit := _fit(form, clause, at)) is not None]


def _inside(here: list[Named], near: list[Named], clause: tuple[str, ...]) -> list[Named]:
    """What else the words of one form name, so that no list has to say it twice: the part of the day in an hour ("8 in the evening"), the day beside
    the part ("tomorrow evening"), and a weekday that the form for next week runs into (下周五)."""
    start, end = here[0].start, here[0].end
    kinds = {n.kind for n in here}
    parts = [n for n in near if n.kind in PARTS and n.end <= end]
    if kinds & {*HOURS}:
        return _longest(parts)
    if kinds & {*PARTS} and not kinds & {*DAYS}:
        return _longest([n for n in near if n.kind in DAYS and n.end <= end and
                         (_MORNINGS.isdisjoint(clause[n.start:n.end]) or any(p.end <= n.start or n.end <= p.start for p in parts))])
    if NEXT_WEEK in kinds:
        return [n for n in near if n.kind in WEEKDAYS and start < n.start < end < n.end]
    return []


def _longest(found: list[Named]) -> list[Named]:
    most = max((n.end - n.start for n in found), default=0)
    return [n for n in found if n.end - n.start == most]


@dataclass(frozen=True, slots=True)
class _Fit:
    number: int | None = None


def _fit(form: tuple[str, ...], clause: tuple[str, ...], at: int) -> _Fit | None:
    """How a form stands at this place; None when it does not."""
    fit = _Fit()
    if at + len(form) > len(clause):
        return None
    for wanted, word in zip(form, clause[at:], strict=False):
        before, marked, behind = wanted.partition(NUMBER)
        if not marked:
            if wanted != word:
                return None
            continue
        digits = word[len(before):len(word) - len(behind)]
        if not (word.startswith(before) and word.endswith(behind) and digits.isdigit() and len(digits) <= 2):
            return None
        fit = _Fit(int(digits))
    return fit


def _refused(found: list[Named], clause: tuple[str, ...], languages: tuple[str, ...]) -> list[Named]:
    """Without the words of refusal; the next thing after each, or the one before it, is marked as refused, with what stands next to it
    ("not tomorrow evening"). Where nobody knows which of the two, both are."""
    things = [n for n in found if n.kind != NOT]
    refused: set[int] = set()
    for word in (n for n in found if n.kind == NOT):
        after = next((n for n in things if 0 <= n.start - word.end < _REACH), None)
        before = _before(things, word.start)
        if after is not None and before is not None:
            said = clause[word.start:word.end]
            if said not in _REFUSE_AFTER and {code for code in languages if (said, NOT) in load()[code].by_first.get(said[0], ())} <= _REFUSE_BEFORE:
                after = None
            elif said in _REFUSE_AFTER or after.kind.startswith(LANGUAGE):  # "shqip jo anglisht"
                before = None
        for place in (before, after.start if after else None):
            at, turned = place, set[int]()
            for thing in things:
                if thing.start == at or thing.start in turned:
                    turned.add(thing.start)
                    at = thing.end
            refused |= turned
    return [replace(n, refused=n.start in refused) for n in things]


def _before(things: list[Named], end: int) -> int | None:
    """Where the thing begins that ends here, the day of its hour or part of the day with it."""
    thing = next((n for n in things if n.end == end), None)
    if thing is None or thing.kind in DAYS:
        return thing.start if thing else None
    day = next((n for n in things if n.end == thing.start and n.kind in DAYS), None) if thing.kind in (*PARTS, *HOURS) else None
    return (day or thing).start
