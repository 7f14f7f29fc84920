"""What stands at the ends of a text without being what it says: emoji and courtesies ("please STOP 🙏"). Pure.

Off an answer that calms only what is calm itself is taken: "ok 😭", "maybe ok" are left to the model and to people. Off HELP anything is, off STOP all but laughter and agreement
("dość dobrze", enough well, is quite well).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

# Beside these a plain answer is no other one. Any other emoji may say what the word does not.
_KIND = frozenset("👍👌👏🙌🙏🤝🤗🤙👋✋💪✌🤞🫶😀😃😄😁😆😂🤣😊☺🙂😇🥰😍😘😉😌😋😎🤩❤♥🧡💛💚💙💜🤍💕💖💗💓💞💝💐🌹🌸🌺🌻🌷🌼☀🌞⭐🌟✨🎉✅✔☑📞☎📱💬📩⏰⏳⏸▶🛑⛔🚫❗")
# "Stop it 😂" is no order.
_LAUGHS = frozenset("😂🤣😆😹😅😜😝🤪😛😁")
# Lists call them courtesies, but they say when, or how surely: "don't write now" is no stop, nor is a question.
NO_COURTESY = frozenset(tuple(words.split()) for words in ("now", "from now on", "maybe", "teraz", "acum", "tani", "以 后", "sana", "吗"))
# Words for STOP that are "enough" and "quite" as well: beside "thanks" or "good" they answer how she is.
ENOUGH = frozenset(tuple(words.split()) for words in (
    "dosc", "dosyc", "досить", "dosyt", "годі", "mjaft", "mjaft tani", "bol", "gana", "eleg", "destul", "asez", "ca sufit", "хватит", "hvatit", "стига", "stiga", "basta", "chega", "خلاص كفايه",
    "بسه", "بس است", "base", "ይብቃ", "yibka", "ይኣክል", "ይኣኽል", "yeakl", "yiakil", "yakil"))
_MOST_WORDS = 12  # of a plain answer: as many as the longest keywords have
_MOST_OFF = 40  # words at one end: with more, nobody answers plainly, and each way to take them off costs time

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What is left of a text, and what was taken off."""

    left: Words
    emoji: frozenset[str]
    courtesies: frozenset[Words]

    @property
    def kind(self) -> bool:
        """Whether no emoji was taken off that may say something else."""
        return self.emoji <= _KIND

    @property
    def laughs(self) -> bool:
        return bool(self.emoji & _LAUGHS)


def is_emoji(word: str) -> bool:
    return len(word) == 1 and unicodedata.category(word) == "So"


def trimmed(said: Words, courtesies: Collection[Words] = ()) -> Iterator[Trimmed]:
    """Every way to take emoji and courtesies (but for NO_COURTESY) off one end or both, so that something is left."""
    courtesies = [courtesy for courtesy in courtesies if courtesy not in NO_COURTESY]
    written = len(said)
    said = _shortened(said)
    front = _off(said, courtesies)
    back = _off(said[::-1], [courtesy[::-1] for courtesy in courtesies])
    for start, first in front.items():
        for end in range(start + 1, min(start + _MOST_WORDS, len(said)) + 1):
            last = back.get(len(said) - end)
            if last is not None and end - start < written:
                taken = first | {piece[::-1] for piece in last}
                emoji = {piece[0] for piece in taken if is_emoji(piece[0])}
                yield Trimmed(said[start:end], frozenset(emoji), frozenset(piece for piece in taken if piece[0] not in emoji))


def _shortened(said: Words) -> Words:
    """With no emoji more than twice in a row of them: a long row is soon looked through. (Twice 🆘 says more than once.)"""
    kept: list[str] = []
    row: Counter[str] = Counter()
    for word in said:
        if is_emoji(word):
            row[word] += 1
        else:
            row.clear()
        if row[word] <= 2:
            kept.append(word)
    return tuple(kept)


def _off(said: Words, courtesies: Collection[Words]) -> dict[int, frozenset[Words]]:
    """How many words can go from the beginning, and as what."""
    reached: dict[int, frozenset[Words]] = {0: frozenset()}
    for at in range(min(len(said), _MOST_OFF)):
        if at in reached:
            emoji = [said[at:at + 1]] if is_emoji(said[at]) else []
            for piece in (*emoji, *(c for c in courtesies if c and said[at:at + len(c)] == c)):
                reached.setdefault(at + len(piece), reached[at] | {piece})
    return reached
