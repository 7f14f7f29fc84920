"""What the bot remembers of a conversation: whether a question is open, for at most a day, in memory only.

Disposable: a bot that starts anew has forgotten every open question, and an answer to one is then understood like
any other message. No words of a message get here (channel.py passes none on).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Dict, Iterable, Optional, Text, Tuple

from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

MOST_CONVERSATIONS = 10_000
REMEMBERED_SECONDS = 24 * 60 * 60


class OpenQuestions(TrackerStore, SerializedTrackerAsText):
    """Keeps a conversation only while a form of it waits for an answer; the oldest give way beyond the limit.

    So no slot outlives its question for longer than a day (within it the app tells what was asked last: triage.reply), and no history grows long.
    """

    def __init__(self, domain: Any, event_broker: Any = None, **kwargs: Dict[Text, Any]) -> None:
        self._open: OrderedDict[str, Tuple[float, str]] = OrderedDict()
        self.clock = time.monotonic
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Remember the conversation if a question is open in it, forget it otherwise."""
        self._open.pop(tracker.sender_id, None)
        if tracker.active_loop_name:
            self._open[tracker.sender_id] = (self.clock(), self.serialise_tracker(tracker))
        while len(self._open) > MOST_CONVERSATIONS:
            self._open.popitem(last=False)

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The conversation with its open question; None if there is none, or it is older than a day."""
        self._forget_old()
        kept = self._open.get(sender_id)
        return self.deserialise_tracker(sender_id, kept[1]) if kept else None

    async def keys(self) -> Iterable[Text]:
        """The conversations in which a question is open."""
        self._forget_old()
        return list(self._open)

    def _forget_old(self) -> None:
        while self._open:
            conversation, (since, _) = next(iter(self._open.items()))
            if self.clock() - since < REMEMBERED_SECONDS:
                return
            del self._open[conversation]
