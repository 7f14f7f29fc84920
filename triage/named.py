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
from triage.phrases import PhraseFileWrong, in_sections, language_files

FOLDER = Path(__file__).resolve().parent / "named"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = ("today", "tomorrow", "day after tomorrow", "next week", *WEEKDAYS)
PARTS = ("morning", "noon", "afternoon", "evening")
HOURS = ("hour", "half +30", "half -30")
NOT, LANGUAGE, NUMBER = "not", "language ", "{n}"
SECTIONS = frozenset({*DAYS, *PARTS, *HOURS, NOT, *(LANGUAGE + code for code in LANGUAGES)})
# A word of refusal turns around what is named within so many words after it, or straight before it.
_REACH = 2


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
            if (NUMBER in line) != (section in HOURS):
                raise PhraseFileWrong(f"{path.name}:{number}: {NUMBER} belongs into [hour] and [half], and into every form there: {line}")
            lists.add(_form(line), section)
    return found


def _form(line: str) -> tuple[str, ...]:
    # 7 stands for the number while the line is brought into comparable form.
    return tuple(word.replace("7", NUMBER) for word in words(line.replace(NUMBER, "7"))) if NUMBER in line else words(line)


def named(text: str, languages: tuple[str, ...]) -> list[tuple[tuple[str, ...], list[Named]]]:
    """For each clause its words and what it names in these languages, the longest forms first come; what a word of refusal turns around is marked."""
    lists = [load()[code] for code in languages if code in load()]
    return [(clause, _refused(list(_of_clause(clause, lists)))) for sentence in sentences(text) for clause in clauses(sentence)]


def whole(text: str, languages: tuple[str, ...]) -> set[str]:
    """The sections of these languages in which the whole text is a form (of those without a number). One look-up, for it is asked of every message."""
    said = words(text)
    return {kind for code in languages if said and code in load() for form, kind in load()[code].by_first.get(said[0], ()) if form == said}


def _of_clause(clause: tuple[str, ...], lists: list[_Lists]) -> Iterator[Named]:
    at = 0
    while at < len(clause):
        fits = [Named(kind, at, at + len(form), fit.number) for each in lists for form, kind in (*each.by_first.get(clause[at], ()), *each.numbered)
                if (fit := _fit(form, clause, at)) is not None]
        longest = max((n.end for n in fits), default=at + 1)
        yield from dict.fromkeys(n for n in fits if n.end == longest)  # one form may name two things: "tomorrow morning" in one word
        at = longest


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


def _refused(found: list[Named]) -> list[Named]:
    """Without the words of refusal; the next thing after each, or else the one before it, is marked as refused, with what stands next to it
    ("not tomorrow evening")."""
    things = [n for n in found if n.kind != NOT]
    refused: set[int] = set()
    for word in (n for n in found if n.kind == NOT):
        after = [n for n in things if 0 <= n.start - word.end < _REACH]
        place = after[0].start if after else next((n.start for n in things if n.end == word.start), None)
        turned: set[int] = set()
        for thing in things:
            if thing.start == place or thing.start in turned:
                turned.add(thing.start)
                place = thing.end
        refused |= turned
    return [replace(n, refused=n.start in refused) for n in things]
