"""What a person steers by her own text, heard without any model: less often, another channel or time; and wrong number, under 18.

A wish counts only when a sentence is nothing else, words of courtesy apart. Pure but for `load`; the format is in wishes/README.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from casefile.vocabulary import Channel
from triage.normalise import clauses, sentences, words
from triage.phrases import PhraseFileWrong, in_sections, language_files, where
from triage.trimmings import is_emoji

FOLDER = Path(__file__).resolve().parent / "wishes"
SECTIONS = ("less often", "channel", "only", "sms", "whatsapp", "voice", "when", "phone", "wrong number", "under 18", "polite")
_ACTS = {"less often": "less_often", "channel": "change_channel", "only": "change_channel", "when": "reschedule", "phone": "phone_lost", "wrong number": "wrong_number",
         "under 18": "under_age"}
CHANNEL, WHEN, AGE = "{channel}", "{when}", "{age}"
_MOST_WORDS_OF_WHEN = 6
_AGES = frozenset(str(age) for age in range(8, 18))


@dataclass(frozen=True)
class Wish:
    """One thing asked for or said: less_often, change_channel, change_language, reschedule, phone_lost, wrong_number or
    under_age; `written` is the list's line."""

    act: str
    written: str
    lang: str
    channel: Channel | None = None
    only: bool = False


@dataclass(frozen=True)
class _Form:
    """One line of a list with a channel's name filled in. `anywhere`: also inside a longer sentence."""

    pattern: tuple[str, ...]
    wish: Wish
    anywhere: bool = False


@dataclass(repr=False)
class WishBook:
    """All languages' lists."""

    forms: dict[str, list[_Form]] = field(default_factory=lambda: defaultdict(list))
    courtesies: dict[str, list[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls, folder: Path = FOLDER) -> WishBook:
        """Read every `<lang>.txt`. Raises PhraseFileWrong."""
        book = cls()
        for path in language_files(folder):
            book._add(path.stem, _lists(path))
        return book

    def _add(self, lang: str, lists: dict[str, list[str]]) -> None:
        self.courtesies[lang] = sorted((_pattern(line) for line in lists["polite"]), key=len, reverse=True)
        names = [(Channel(name), _pattern(line)) for name in ("sms", "whatsapp", "voice") for line in lists[name]]
        for section, act in _ACTS.items():
            for line in lists[section]:
                written = line.removeprefix("* ")
                pattern, wish = _pattern(written), Wish(act, written, lang, only=section == "only")
                filled = [(_filled(pattern, name), replace(wish, channel=channel)) for channel, name in names] if CHANNEL in pattern else [(pattern, wish)]
                self.forms[lang] += [_Form(p, w, anywhere=line.startswith("* ")) for p, w in filled]

    def hear(self, text: str, languages: Collection[str] = ()) -> Wish | None:
        """The wish of a message in these languages or English; None when it has none, or says anything besides that a list does not know."""
        known = [lang for lang in dict.fromkeys((*languages, "en")) if lang in self.forms]
        said = sentences(text)
        heard = [self._of_sentence(words(sentence), known) for sentence in said]
        found = [wish for wish in heard if isinstance(wish, Wish)]
        # Whose phone it is and how old she is count beside whatever else is said, her phone and age also where a sentence begins with them ("i lost my
        # phone, this is my friend's"); behind a comma they may speak of then ("when he took me, i am 16") or of others ("someone rang, wrong number").
        parts = [self._of_sentence(divided[0], known) for sentence in said if len(divided := clauses(sentence)) > 1]
        for act in ("under_age", "phone_lost", "wrong_number"):
            if told := next((w for w in (*found, *(parts if act != "wrong_number" else ())) if isinstance(w, Wish) and w.act == act), None):
                return told
        return found[0] if found and all(heard) and len({(w.act, w.channel) for w in found}) == 1 else None

    def polite(self, languages: Collection[str]) -> list[tuple[str, ...]]:
        """The courtesies of these languages and English."""
        return [c for lang in dict.fromkeys((*languages, "en")) for c in self.courtesies.get(lang, ())]

    def _of_sentence(self, text: tuple[str, ...], known: list[str]) -> Wish | bool:
        """Its wish; True when it is only courtesy; False when it is anything else."""
        barer = list(self._without_courtesies(text, known))
        # Forms that hold any words at all come last: they would hear the others, too.
        for form in sorted((form for lang in known for form in self.forms[lang]), key=lambda form: WHEN in form.pattern):
            places = ((text, at) for at in range(len(text))) if form.anywhere else ((said, 0) for said in barer)
            if any(_fits(form.pattern, said, at, to_end=not form.anywhere) for said, at in places):
                return form.wish
        return not barer[-1]

    def _without_courtesies(self, text: tuple[str, ...], known: list[str]) -> Iterator[tuple[str, ...]]:
        """The words, and what is left as the emoji and then one courtesy after the other are taken from the beginning or the end."""
        courtesies = self.polite(known)
        spoken = [n for n, word in enumerate(text) if not is_emoji(word)]
        if spoken and len(spoken) < len(text):
            yield text
        left: tuple[str, ...] | None = text[spoken[0]:spoken[-1] + 1] if spoken else ()
        while left is not None:
            yield (said := left)
            left = next((said[len(c):] for c in courtesies if said and said[:len(c)] == c), None)
            if left is None:
                left = next((said[:-len(c)] for c in courtesies if said and said[-len(c):] == c), None)


def _pattern(line: str) -> tuple[str, ...]:
    return tuple(w for chunk in line.split() for w in ((chunk,) if chunk in (CHANNEL, WHEN, AGE) else words(chunk)))


def _filled(pattern: tuple[str, ...], name: tuple[str, ...]) -> tuple[str, ...]:
    at = pattern.index(CHANNEL)
    return (*pattern[:at], *name, *pattern[at + 1:])


def _fits(pattern: tuple[str, ...], text: tuple[str, ...], at: int, to_end: bool) -> bool:
    for position, wanted in enumerate(pattern):
        if wanted == WHEN:
            rest = pattern[position + 1:]
            end = len(text) - len(rest)
            return 1 <= end - at <= _MOST_WORDS_OF_WHEN and text[end:] == rest
        if at >= len(text) or not (text[at] in _AGES if wanted == AGE else text[at] == wanted):
            return False
        at += 1
    return not to_end or at == len(text)


def _lists(path: Path) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for number, section, line in in_sections(path, lists.__contains__):
        if ("{" in line and not {CHANNEL, WHEN, AGE} & set(line.split())) or (section in ("channel", "only")) != (CHANNEL in line.split()):
            raise PhraseFileWrong(f"{where(path, number)}: {{channel}} belongs into [channel] and [only], and stands by itself: {line}")
        lists[section].append(line)
    return lists
