"""The door: how the app speaks to the bot. Loopback only, every request signed (see turn.checked).

    POST /webhooks/alongside/messages    one message of a conversation -> understanding, replies, acts
    POST /webhooks/alongside/understand  up to 64 texts, no conversation -> understandings
    GET  /webhooks/alongside/health      200 if a text was really understood just now, 503 otherwise

The words of a message are understood and let go: the dialogue hears only the intent, so they are in no tracker, slot
or log, and a text that begins with "/" commands nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from alongside_bot.turn import LARGEST_BATCH, LARGEST_MESSAGE, SHORTEST_KEY, BadRequest, answer, checked, dialogue_intent, texts, turn
from listening.words import harmless

logger = logging.getLogger(__name__)

SOMETHING = "(a message)"  # stands in the conversation for what was written


class NotReady(RuntimeError):
    """No trained model is loaded."""


def understand(agent: Any, words: List[str]) -> List[Dict[Text, Any]]:
    """What each text means, all in one batch. Blocks; run it in a thread. Raises NotReady."""
    if not agent.is_ready():
        raise NotReady("no model is loaded")
    nlu = agent.processor.model_metadata.nlu_target
    heard = agent.processor.graph_runner.run(
        inputs={PLACEHOLDER_MESSAGE: [UserMessage(harmless(w)) for w in words],
                PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("understand", [])},
        targets=[nlu])[nlu]
    return [message.get("understanding") for message in heard]


class AlongsideInput(InputChannel):
    """The three routes above."""

    @classmethod
    def name(cls) -> Text:
        """The routes' prefix."""
        return "alongside"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "AlongsideInput":
        """The key comes from ALONGSIDE_BOT_KEY alone. Raises ValueError when it is missing or short."""
        return cls(os.environ.get("ALONGSIDE_BOT_KEY", ""))

    def __init__(self, key: str) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"ALONGSIDE_BOT_KEY: at least {SHORTEST_KEY} characters are needed")
        self._key = key

    def _request(self, request: Request, largest: int) -> dict:
        return checked(request.body, request.headers.get("X-Alongside-Signature"), self._key, largest)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes, for Rasa's server."""
        door = Blueprint("alongside", __name__)

        @door.post("/messages")
        async def messages(request: Request) -> HTTPResponse:
            said = turn(self._request(request, LARGEST_MESSAGE))
            [understanding] = await asyncio.to_thread(understand, request.app.ctx.agent, [said.text])
            intent = dialogue_intent(understanding, said.hint)
            heard = await self._talk(on_new_message, said.conversation, intent, said.language)
            result = answer(heard, intent, said.language)
            return response.json({"understanding": understanding, "replies": result.replies, "acts": result.acts})

        @door.post("/understand")
        async def many(request: Request) -> HTTPResponse:
            words = texts(self._request(request, LARGEST_BATCH))
            heard = await asyncio.to_thread(understand, request.app.ctx.agent, words)
            return response.json({"understandings": heard})

        @door.get("/health")
        async def health(request: Request) -> HTTPResponse:
            began = time.perf_counter()
            [heard] = await asyncio.to_thread(understand, request.app.ctx.agent, ["hello"])
            took = round(1000 * (time.perf_counter() - began))
            return response.json({"status": "ok", "model": heard["model"], "milliseconds": took})

        @door.exception(BadRequest)
        async def refused(request: Request, error: BadRequest) -> HTTPResponse:
            return response.json({"error": str(error)}, status=error.status)

        @door.exception(Exception)
        async def failed(request: Request, error: Exception) -> HTTPResponse:
            logger.error("a request failed: %s", type(error).__name__)
            status = 503 if isinstance(error, NotReady) else 500
            return response.json({"error": type(error).__name__}, status=status)

        return door

    async def _talk(self, on_new_message: Callable[[UserMessage], Awaitable[Any]], conversation: str, intent: str,
                    language: Optional[str]) -> List[Dict[Text, Any]]:
        """What the dialogue says; nothing if it fails, which turn.answer() makes a handover."""
        said = CollectingOutputChannel()
        parsed = {"text": SOMETHING, "intent": {"name": intent, "confidence": 1.0}, "intent_ranking": [],
                  "entities": [{"entity": "language", "value": language}] if language else []}
        try:
            await on_new_message(UserMessage(SOMETHING, said, conversation, parse_data=parsed,
                                             input_channel=self.name()))
        except Exception as error:  # the understanding still has to reach the app
            logger.error("the dialogue failed: %s", type(error).__name__)
            return []
        return [message["custom"] for message in said.messages if "custom" in message]
