"""What of a message is judged, and for how much it counts."""

from __future__ import annotations

import numpy as np
import pytest

from listening.listener import LONGEST_WHOLE, gather, split
from listening.understanding import seriousness, wholes


def test_words_are_judged_with_their_emoji_and_without():
    heard, needed = split(["he is here 😭", "he is here", "All well. He is here 🙏 Bye."])
    assert heard[0] == ["he is here 😭", "he is here"] and heard[1] == ["he is here"]
    assert heard[2][:2] == ["All well. He is here 🙏 Bye.", "All well. He is here Bye."] and "He is here" in heard[2][2:]
    assert needed.count("he is here") == 1
    found = gather(heard, needed, np.eye(len(needed), 8, dtype=np.float32))
    assert [len(rows) for rows in found] == [len(pieces) for pieces in heard]


def test_of_a_long_text_only_the_parts_are_judged_without_emoji():
    long = "we went to the park and it was fine. " * (LONGEST_WHOLE // 6) + "he is outside 😭"
    [pieces], needed = split([long])
    assert long not in needed and "he is outside" in pieces and not any(len(p) > len(long) / 2 for p in needed)


@pytest.mark.parametrize(("text", "many"), [("he is here 😭", 2), ("he is here 😂", 1), ("he is here ❤️", 1), ("he is here 😭😂", 1), ("he is here", 1), ("Well. He is here.", 1)])
def test_emoji_make_nothing_better_unless_they_laugh(text, many):
    [pieces], _ = split([text])
    assert wholes(pieces) == many
    chances = np.full(len(pieces), 0.2)
    chances[1:2] = 0.6  # his being here sounds worse without the emoji
    found = seriousness(chances, 2.0, wholes(pieces))
    assert found.max() == pytest.approx(0.6 if many == 2 else 0.2, abs=0.01)
