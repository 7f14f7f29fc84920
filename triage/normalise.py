"""One way to bring a text into the form that phrases, agreed words and keywords are compared in. Pure.

Case, accents, look-alikes, repeated letters, bidirectional marks and punctuation do not count; Indic vowel signs do.
"""

from __future__ import annotations

import re
import unicodedata

_KEYCAP, _STYLE = re.compile("([0-9#*])\u20e3"), re.compile("[\ufe0e\ufe0f]")  # the second: as a drawing or as text
_REPEAT = re.compile(r"([^\W\d_])\1+")
_SENTENCE = re.compile(r"(?<=[.!?…؟۔。！？।॥።፧;\n|])\s*")
_CLAUSE = re.compile(r"[,،、，፣:：–—]")
# Letters that no decomposition brings together.
_FOLD = str.maketrans({
    "đ": "d", "ð": "d", "ł": "l", "ı": "i", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "’": "'", "‘": "'", "`": "'", "ʼ": "'",
    # Arabic script: forms of alef, ya, kaf, ha; tatweel
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ہ": "ه", "ھ": "ه",
    "ۀ": "ه", "ک": "ك", "ـ": "", "ٴ": "",
    # Russian and Ukrainian letters often typed without their sign
    "ё": "е", "ґ": "г",
    **{chr(0x1220 + i): chr(0x1230 + i) for i in range(7)},  # Ethiopic letters that are written for one another
    **{chr(0x1280 + i): chr(0x1200 + i) for i in range(7)},
    **{chr(0x1210 + i): chr(0x1200 + i) for i in range(7)},
    **{chr(0x12D0 + i): chr(0x12A0 + i) for i in range(7)},
    **{chr(0x1340 + i): chr(0x1338 + i) for i in range(7)},
})
# Ethiopic letters of different rows that sound the same. Folded later than the others: agreed words stored before are hashed without it.
_SOUND_ALIKE = str.maketrans({"አ": "ኣ", "ሀ": "ሃ", "ዉ": "ው"})
# Cyrillic letters that look Latin, folded only inside a word that mixes both scripts: to Cyrillic if it has a letter that only Cyrillic has.
_CYRILLIC_DOUBLES, _LATIN_DOUBLES = "аеорсхуіјкмтвн", "aeopcxyijkmtbh"
_TO_LATIN, _TO_CYRILLIC = str.maketrans(_CYRILLIC_DOUBLES, _LATIN_DOUBLES), str.maketrans(_LATIN_DOUBLES, _CYRILLIC_DOUBLES)
_LATIN, _CYRILLIC = re.compile("[a-z]"), re.compile("[а-яіїєј]")
_ONLY_CYRILLIC = re.compile(f"(?![{_CYRILLIC_DOUBLES}])[а-яіїєј]")
_UNSPACED = re.compile(r"([\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff\u0e00-\u0e7f\U00020000-\U0003ffff])")


def printable(text: str) -> str:
    """The text without lone surrogates, control and invisible marks; otherwise as it was written."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def _strip_marks(text: str) -> str:
    """Drop combining marks of Latin, Cyrillic, Greek, Hebrew and Arabic letters; keep those that are vowels (Indic, Thai)."""
    kept = []
    for c in unicodedata.normalize("NFKD", text):
        if not unicodedata.combining(c) or 0x0900 <= ord(c) <= 0x0FFF:
            kept.append(c)
    return unicodedata.normalize("NFC", "".join(kept))


def fold(text: str, older: bool = False) -> str:
    """Case, width, accents, digits and look-alike letters folded; punctuation and spaces kept. `older`: as agreed words were once hashed."""
    text = _KEYCAP.sub(r" \1 ", _STYLE.sub("", printable(text)))
    text = unicodedata.normalize("NFKC", text).casefold().replace("i̇", "i")
    text = _strip_marks(text.translate(_FOLD)).translate(_FOLD)
    text = text if older else text.translate(_SOUND_ALIKE)
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and unicodedata.digit(c, None) is not None else c for c in text)


def words(text: str, older: bool = False) -> tuple[str, ...]:
    """The words of a text in comparable form; one character a word where a script has no spaces; an emoji is a word."""
    folded = fold(text, older).replace("'", "")
    spaced = "".join(f" {c} " if unicodedata.category(c) == "So" and c != "\ufffd" else
                     c if c.isalnum() or unicodedata.category(c)[0] == "M" else " "
                     for c in _UNSPACED.sub(r" \1 ", folded))
    found = []
    for word in spaced.split():
        if _LATIN.search(word) and _CYRILLIC.search(word):
            word = word.translate(_TO_CYRILLIC if _ONLY_CYRILLIC.search(word) else _TO_LATIN)
        found.append(word if word.isdigit() else _REPEAT.sub(r"\1", word))
    return tuple(found)


def clauses(sentence: str) -> list[tuple[str, ...]]:
    """words() of a sentence, divided where a comma, colon or dash stands."""
    return [words(clause) for clause in _CLAUSE.split(sentence)]


def clean(text: str) -> str:
    """The comparable form as one string; agreed words are hashed in this form."""
    return " ".join(words(text))


def cleaned(text: str) -> set[str]:
    """Every form in which the text may have been hashed: clean(), and as it was before letters that sound alike were folded."""
    return {" ".join(words(text, older)) for older in (False, True)}


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, in order; the text itself when there is only one."""
    return [part for part in (p.strip() for p in _SENTENCE.split(printable(text))) if part] or [text]
