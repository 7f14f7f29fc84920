"""A text as people send it: made harmless for Rasa, folded for comparing, cut into tokens and into parts.

Pure: standard library only. Nothing here changes what a person wrote; it makes other views of it.
"""

from __future__ import annotations

import re
import unicodedata

JOINER = "\u2060"  # invisible; no keyboard types it
_MARKUP = re.compile(r"\](?=[(\[{])")
# Scripts written without spaces (Thai, Lao, Myanmar, Khmer, kana, Han): one token a character.
_UNSPACED = ("\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
             "\U00020000-\U0002ffff")
_EMOJI = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u20e3\U0001f000-\U0001faff"
_TOKEN = re.compile(rf"[{_UNSPACED}][\u0e30-\u0e3a\u0e47-\u0e4e]*|[{_EMOJI}\u200d]+"
                    rf"|(?:[^\W{_UNSPACED}]|[\u0300-\u036f\u064b-\u0655\u0900-\u0963\u0966-\u0dff\u200c'’_])+|[^\w\s]")
_END = re.compile(rf"(?:[!?؟。！？｡।॥۔።፧‼⁉…\n]|(?<![\d.])(?<!\b\w)\.(?!\d)|(?<=\d)\.(?=\s|$))+|[{_EMOJI}\u200d]{{1,}}")
_LETTERLESS = str.maketrans({"đ": "d", "ł": "l", "ı": "i", "ø": "o", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "ـ": None})
_SAME_EMOJI = re.compile(rf"([{_EMOJI}])(?:[\s\ufe0f\u200d\U0001f3fb-\U0001f3ff]*\1)+")
_EMOJI_RUN = re.compile(rf"[{_EMOJI}](?:[{_EMOJI}\u200d]*[{_EMOJI}])?")  # a joiner alone belongs to Bengali and Hindi words
_CRYING = frozenset("😭😢😥😰😨😱😖😣😩😫😞😔😟🥺☹🙁😓😦😧🙏💔🆘🚨🚑🚓")
_LAUGHING = frozenset("😀😁😂🤣😃😄😅😆😉😊😋😎😏😛😜😝🤪🤭🙃😸😹😺")
_REPEATED = re.compile(r"(.)\1{2,}", re.DOTALL)

WINDOW, OVERLAP, LONGEST_SENTENCE, MOST_PARTS = 12, 4, 18, 24  # words, words, words, parts


def harmless(text: str) -> str:
    """The same words, so that Rasa reads neither a command ("/restart") nor entity markup ("[x](y)") in them."""
    text = _MARKUP.sub("]" + JOINER, text.replace(JOINER, ""))
    return JOINER + text if text.lstrip().startswith("/") else text


def exact(text: str) -> str:
    """What was written, back from harmless()."""
    return text.replace(JOINER, "")


def folded(text: str) -> str:
    """Case, width and drawn-out letters folded away; accents kept."""
    return _REPEATED.sub(r"\1\1", unicodedata.normalize("NFKC", text).casefold())


def bare(text: str) -> str:
    """folded() without accents and the like, as people type in a hurry. Vowel signs of Indic scripts stay."""
    marks = unicodedata.normalize("NFD", folded(text))
    return "".join(c for c in marks if unicodedata.combining(c) < 10).translate(_LETTERLESS)


def spoken(text: str) -> str:
    """What the encoder reads: emoji as their names ("police cars revolving light"), a run of the same one once; shouting in small letters."""
    shouted = sum(c.isupper() for c in text) > sum(c.islower() for c in text)
    once = _SAME_EMOJI.sub(lambda run: run[1] if unicodedata.category(run[1]) == "So" else run[0], text)
    named = "".join(c if unicodedata.category(c) != "So" else f" {unicodedata.name(c, '').lower()} " for c in once)
    return named.lower() if shouted else named


def without_emoji(text: str) -> str:
    """Its words alone; empty when it has no emoji, or nothing else."""
    words = " ".join(_EMOJI_RUN.sub(" ", text).split())
    return words if any(c.isalpha() for c in words) and _EMOJI_RUN.search(text) else ""


def crying(text: str) -> bool:
    """Whether its emoji cry, plead or call for help, and none laughs: beside others words may well be meant otherwise than they sound."""
    return not _CRYING.isdisjoint(text) and _LAUGHING.isdisjoint(text)


def tokens(text: str) -> list[tuple[str, int]]:
    """(token, where it starts): words, single characters of unspaced scripts, runs of emoji, single signs."""
    return [(m.group(), m.start()) for m in _TOKEN.finditer(text)]


def _weight(token: str) -> float:
    return 0.5 if re.match(f"[{_UNSPACED}]", token) else float(any(c.isalnum() for c in token))


def _windows(sentence: str, window: int) -> list[str]:
    """Overlapping stretches of about `window` words of a sentence that never stops for breath."""
    found = tokens(sentence)
    starts, reached = [], 0.0
    for token, start in found:
        starts.append((reached, start))
        reached += _weight(token)
    if reached <= window * LONGEST_SENTENCE / WINDOW:
        return [sentence]
    pieces, begin = [], 0.0
    while True:
        inside = [at for count, at in starts if begin <= count < begin + window]
        after = [at for count, at in starts if count >= begin + window]
        pieces.append(sentence[inside[0]:after[0] if after else len(sentence)].strip())
        if not after:
            return pieces
        begin += window - OVERLAP


def parts(text: str) -> list[str]:
    """The sentences of a text, long ones in overlapping windows, at most MOST_PARTS; [] when it is all one.

    Every word of the text is in some part: where there would be too many parts, they are longer instead.
    """
    sentences, last = [], 0
    for end in _END.finditer(text):
        sentences.append(text[last:end.end()].strip())
        last = end.end()
    sentences.append(text[last:].strip())
    said = [s for s in sentences if any(c.isalnum() or re.match(f"[{_EMOJI}]", c) for c in s)]
    for longer in (1, 2, 4, 8, 16, 64):
        pieces = [p for s in said for p in _windows(s, WINDOW * longer)]
        if len(pieces) <= MOST_PARTS:
            break
        said = _joined(said, WINDOW * longer)
    return pieces if len(pieces) > 1 else []


def _joined(sentences: list[str], words: float) -> list[str]:
    """Neighbouring short sentences put together up to about `words` words."""
    joined: list[str] = []
    room = 0.0
    for sentence in sentences:
        size = sum(_weight(t) for t, _ in tokens(sentence))
        if joined and size <= room:
            joined[-1] += " " + sentence
            room -= size
        else:
            joined.append(sentence)
            room = words - size
    return joined
