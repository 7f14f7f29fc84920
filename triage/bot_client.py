"""The only file that knows the bot's HTTP. The bot is asked outside any transaction and may fail: then the message is judged without it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

import httpx

from triage.decide import BotAnswer, Understanding

MOST_BYTES = 20_000  # of a text in UTF-8 that the bot takes
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


class BotSilent(RuntimeError):
    """The bot did not answer in time, answered with an error, or answered nonsense. Says what kind, never what was asked."""


class Bot:
    """The Rasa agent over loopback HTTP; requests are signed with the shared key. Safe to use from several threads."""

    def __init__(self, url: str, key: str, timeout: float = 1.5):
        self._key = key.encode()
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=timeout, limits=httpx.Limits(max_connections=16))

    def close(self) -> None:
        self._http.close()

    def turn(self, conversation: str, text: str, hint: str | None = None, language: str | None = None) -> BotAnswer:
        """One turn of a conversation (opaque id). `hint`: the intent, where the app knows it; `language`: the code of one that the text names.
        Raises BotSilent."""
        answer = self._post("messages", {"conversation": conversation, "text": text, "hint": hint, "known": {"language": language} if language else {}})
        try:
            return BotAnswer(understanding_of(answer["understanding"]),
                             tuple(r["text_key"] for r in answer["replies"] if r.get("text_key")),
                             tuple(a["act"] for a in answer["acts"] if a.get("act")))
        except _UNREADABLE as error:
            raise BotSilent(f"the bot's answer cannot be read: {type(error).__name__}") from None

    def understand(self, texts: Sequence[str], timeout: float | None = 60.0) -> list[Understanding]:
        """What the bot makes of texts outside any conversation, in order; at most 64 at a time. `timeout` None: as long as for a turn.
        Raises BotSilent."""
        answer = self._post("understand", {"texts": list(texts)}, timeout)
        try:
            found = [understanding_of(u) for u in answer["understandings"]]
        except _UNREADABLE as error:
            raise BotSilent(f"the bot's answer cannot be read: {type(error).__name__}") from None
        if len(found) != len(texts):
            raise BotSilent("the bot answered for another number of texts")
        return found

    def healthy(self) -> bool:
        """True when the bot really parses a text of ours. It tells everybody of its health, and yet may have another key and refuse our messages."""
        try:
            self.understand(["hello"], None)
        except BotSilent:
            return False
        return True

    def _post(self, what: str, content: dict[str, Any], timeout: float | None = None) -> dict[str, Any]:
        # ASCII JSON: even a lone surrogate travels, escaped.
        body = json.dumps(content).encode()
        signature = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        try:
            response = self._http.post(f"/webhooks/alongside/{what}", content=body,
                                       headers={"X-Alongside-Signature": signature, "Content-Type": "application/json"},
                                       **({"timeout": timeout} if timeout else {}))  # type: ignore[arg-type]
            response.raise_for_status()
            answer = response.json()
        except httpx.HTTPStatusError as error:
            raise BotSilent(f"the bot answered {error.response.status_code}") from None
        except (httpx.HTTPError, ValueError) as error:
            raise BotSilent(f"the bot did not answer: {type(error).__name__}") from None
        if not isinstance(answer, dict):
            raise BotSilent("the bot's answer cannot be read")
        return answer


def understanding_of(u: dict[str, Any]) -> Understanding:
    """An understanding as the bot and its model file give it. Raises AttributeError, KeyError, TypeError or ValueError when it is none."""
    thresholds = u.get("thresholds", {})
    return Understanding(
        intent=str(u["intent"]), confidence=float(u["confidence"]),
        ranking=tuple((str(r["name"] if "name" in r else r["intent"]), float(r["confidence"])) for r in u["ranking"]),
        urgency={str(k): float(v) for k, v in u["urgency"].items()}, escalate=float(u["escalate"]), alarms=bool(u["alarms"]),
        sentence=str(u.get("worst_part") or ""), nearest=tuple(str(n["text"]) for n in u.get("nearest", ())),
        immediate_from=float(thresholds.get("immediate", 0.5)), person_from=float(thresholds.get("person", 0.5)),
        alarm_from=float(thresholds.get("escalate", 0.5)), now_from=float(thresholds.get("escalate_immediate", 1.0)),
        part_alarms=bool(u.get("part_alarms", False)))
