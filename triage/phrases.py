"""Reviewed phrases: what is heard without any model, and what always escalates whatever the model thinks. Pure but for `load`.

The format of the files is in phrases/README.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain
from pathlib import Path

from casefile.vocabulary import DANGER_CONCERNS, LANGUAGES, Concern, Urgency, most_urgent
from triage.normalise import clauses, sentences, words
from triage.trimmings import ENOUGH, is_emoji, trimmed

FOLDER = Path(__file__).resolve().parent / "phrases"
KEYWORDS = frozenset(["stop", "start", "pause", "help", "yes", "no", "ok", "call", "later", "thanks", "hello", "person"])
_CALM = frozenset(["yes", "ok", "thanks", "hello"])
_GAP = "..."
_MOST_BETWEEN = 3
_SECTION = re.compile(r"^\[([\w +-]+)\]$")


class PhraseFileWrong(ValueError):
    """A phrase file breaks the format; the message names folder, file and line."""


def where(path: Path, number: int) -> str:
    """A line of a list as its faults name it: every language has a list in each of three folders."""
    return f"{path.parent.name}/{path.name}:{number}"


def language_files(folder: Path) -> list[Path]:
    """The lists of a folder, one a language, in order. Raises PhraseFileWrong for a file that is no language of ours."""
    found = sorted(folder.glob("*.txt"))
    for path in found:
        if path.stem not in LANGUAGES:
            raise PhraseFileWrong(f"{folder.name}/{path.name}: not one of our languages")
    return found


def written_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a list with their numbers, without empty ones and comments. Raises PhraseFileWrong for a file that is not UTF-8."""
    try:
        written = path.read_text("utf-8-sig")  # reviewers' editors put a mark first
    except UnicodeDecodeError:
        raise PhraseFileWrong(f"{path.parent.name}/{path.name} is not text in UTF-8: save it as that") from None
    for number, raw in enumerate(written.splitlines(), 1):
        line = raw.strip()
        if line and not line.startswith("# ") and line != "#":
            yield number, line


def in_sections(path: Path, known: Callable[[str], bool]) -> Iterator[tuple[int, str, str]]:
    """The lines of a list with their numbers and the section each stands in. Raises PhraseFileWrong for a section that is not `known`, and for a
    line before any."""
    section = ""
    for number, line in written_lines(path):
        if head := _SECTION.match(line):
            section = head.group(1)
            if not known(section):
                raise PhraseFileWrong(f"{where(path, number)}: no such section: {line}")
        elif not section:
            raise PhraseFileWrong(f"{where(path, number)}: a line before any [section]")
        else:
            yield number, section, line


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a phrase file. `pattern` holds words, words ending in *, and gaps."""

    pattern: tuple[str, ...]
    lang: str
    written: str
    whole: bool = False
    concern: Concern | None = None
    urgency: Urgency = Urgency.NONE

    @property
    def calm(self) -> bool:
        return self.concern is None


@dataclass(frozen=True, slots=True)
class Hit:
    """An alarm phrase found in a message."""

    concern: Concern
    urgency: Urgency
    phrase: str
    lang: str


@dataclass(frozen=True)
class Heard:
    """What the phrase lists hear in a message: alarms, whole-message keywords, and a bare number."""

    hits: tuple[Hit, ...] = ()
    keywords: frozenset[str] = frozenset()
    number: int | None = None

    @property
    def urgency(self) -> Urgency:
        return most_urgent(*(h.urgency for h in self.hits))


def _pattern(line: str) -> tuple[str, ...]:
    parts: list[str] = []
    for chunk in line.split():
        if chunk == _GAP or chunk == "…":
            parts.append(_GAP)
            continue
        found = words(chunk.rstrip("*"))
        parts.extend(found)
        if chunk.endswith("*") and found:
            parts[-1] += "*"
    return tuple(parts)


def fits(wanted: str, word: str) -> bool:
    """Whether a word of a text is this word of a pattern; * at its end stands for any ending."""
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _match_end(pattern: tuple[str, ...], text: tuple[str, ...], at: int) -> int | None:
    """Where a match that begins at `at` ends (exclusive), or None."""
    if not pattern:
        return at
    if pattern[0] == _GAP:
        ends = (_match_end(pattern[1:], text, at + skipped) for skipped in range(_MOST_BETWEEN + 1))
        return next((e for e in ends if e is not None), None)
    if at < len(text) and fits(pattern[0], text[at]):
        return _match_end(pattern[1:], text, at + 1)
    return None


@dataclass(repr=False)
class PhraseBook:
    """All languages' phrase lists, indexed by first word."""

    entries: list[Entry] = field(default_factory=list)
    keywords: dict[tuple[str, ...], set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[tuple[str, ...], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def load(cls, folder: Path = FOLDER) -> PhraseBook:
        """Read every `<lang>.txt`. Raises PhraseFileWrong."""
        book = cls()
        for path in language_files(folder):
            book._read(path)
        return book

    def _read(self, path: Path) -> None:
        for _, section, line in in_sections(path, lambda section: self._known(section.split())):
            self._add(section.split(), line, path.stem)

    @staticmethod
    def _known(section: list[str]) -> bool:
        match section:
            case ["calm"]:
                return True
            case ["keyword", name]:
                return name in KEYWORDS
            case ["number", digits]:
                return digits.isdigit()
            case [concern, urgency]:
                return concern in DANGER_CONCERNS and urgency in ("immediate", "urgent")
        return False

    def _add(self, section: list[str], line: str, lang: str) -> None:
        whole = line.startswith("= ")
        written = line.removeprefix("= ").strip()
        pattern = _pattern(written)
        if not pattern:
            return
        match section:
            case ["keyword", name]:
                self.keywords[pattern].add((name, lang))
            case ["number", digits]:
                # "1 one": the digit for the reader, the word is the form; the line as a whole is one too
                form = pattern[1:] if pattern[0] == digits and len(pattern) > 1 else pattern
                for each in (form, pattern):
                    self.numbers[each][lang] = int(digits)
            case ["calm"]:
                self.entries.append(Entry(pattern, lang, written, whole))
            case [concern, urgency]:
                self.entries.append(Entry(pattern, lang, written, whole, Concern(concern), Urgency(urgency)))

    @cached_property
    def _by_first(self) -> tuple[dict[str, list[Entry]], dict[str, list[Entry]], list[int]]:
        exact: dict[str, list[Entry]] = defaultdict(list)
        prefix: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            first = entry.pattern[0]
            (prefix[first[:-1]] if first.endswith("*") else exact[first]).append(entry)
        return exact, prefix, sorted({len(p) for p in prefix})

    def _starting_with(self, word: str) -> Iterable[Entry]:
        exact, prefix, lengths = self._by_first
        yield from exact.get(word, ())
        for length in lengths:
            if length > len(word):
                break
            yield from prefix.get(word[:length], ())

    def hear(self, text: str, languages: Collection[str] = (), courtesies: Collection[tuple[str, ...]] = ()) -> Heard:
        """What the lists hear. `languages` are those the person is known to use (English is always among them): one-word alarms and
        harmless idioms count only in these; longer alarms count in every language. Beside `courtesies` a keyword is still one."""
        known = {"en", *languages}
        hits: dict[tuple[Concern, Urgency], Hit] = {}
        for sentence in sentences(text):
            for hit in self._hear_sentence(clauses(sentence), known):
                hits.setdefault((hit.concern, hit.urgency), hit)
        whole = words(text)
        keywords, number = self._keywords(whole, known), self._number(whole, known)
        if not keywords and number is None:
            keywords, number = self._trimmed(whole, known, courtesies)
        return Heard(tuple(hits.values()), keywords, number)

    def _keywords(self, whole: tuple[str, ...], known: set[str]) -> frozenset[str]:
        return frozenset(name for name, lang in self.keywords.get(whole, ()) if lang in known)

    def _trimmed(self, whole: tuple[str, ...], known: set[str], courtesies: Collection[tuple[str, ...]]) -> tuple[frozenset[str], int | None]:
        """The keywords and number of a message apart from emoji and courtesies at its ends."""
        names: set[str] = set()
        number = None
        for found in trimmed(whole, [c for c in courtesies if "stop" not in self._keywords(c, known)]):
            beside = [self._keywords(c, known) for c in found.courtesies]
            calm, agrees = found.kind and all(means & _CALM for means in beside), any(means & {"ok", "yes"} for means in beside)
            # "Yes, enough" and "ok, continue" answer what was asked; "yes, stop texting me" is an order.
            stop = not found.laughs and (not agrees or len(found.left) > 2) and not (found.left in ENOUGH and any(beside))
            if_so = {"help": True, "stop": stop, "no": found.kind and not beside, "pause": found.kind and not agrees, "start": found.kind and not agrees, **dict.fromkeys(_CALM, calm)}
            for name in self._keywords(found.left, known):
                if if_so.get(name, found.kind):
                    names.add(name)
            digit = self._number(found.left, known)
            if digit in (2, 9) or (digit is not None and (calm if digit == 1 else not found.courtesies)):  # "6 please" is rather an hour
                number = digit
        return frozenset(names), number

    def everyday(self, languages: Collection[str]) -> Iterator[tuple[str, ...]]:
        """The words of every short answer that means something certain in these languages or English."""
        known = {"en", *languages}
        yield from (form for form, means in self.keywords.items() if any(lang in known for _, lang in means))
        yield from (form for form, means in self.numbers.items() if known & means.keys())

    def _hear_sentence(self, parts: list[tuple[str, ...]], known: set[str]) -> list[Hit]:
        text, divides = tuple(chain.from_iterable(parts)), tuple(accumulate(map(len, parts)))
        alarms: list[tuple[int, int, Entry]] = []
        calm: set[int] = set()
        for at in range(len(text)):
            for entry in self._starting_with(text[at]):
                if entry.lang not in known and (entry.calm or len(entry.pattern) < 2 or entry.whole):
                    continue
                end = _match_end(entry.pattern, text, at)
                # Emoji beside it change nothing of an alarm. What calms stands alone.
                if end is None or (entry.whole and (entry.calm and end - at < len(text) or not all(map(is_emoji, text[:at] + text[end:])))):
                    continue
                if entry.calm:
                    # "No, he is beating me" is not "no he is not": what calms stands together.
                    if not any(at < divide < end for divide in divides):
                        calm.update(range(at, end))
                else:
                    alarms.append((at, end, entry))
        return [Hit(e.concern, e.urgency, e.written, e.lang) for start, end, e in alarms
                if e.concern and not calm.intersection(range(start, end))]

    def _number(self, whole: tuple[str, ...], known: set[str]) -> int | None:
        if len(whole) == 1 and whole[0].isdigit() and len(whole[0]) == 1:
            return int(whole[0])
        by_language = self.numbers.get(whole, {})
        return next((n for lang, n in by_language.items() if lang in known), None)
