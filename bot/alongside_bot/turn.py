"""A request to the bot, read and checked, and what the dialogue makes of it. Pure: no Rasa, no network.

    BadRequest (status 400)
    +-- TooLarge (413)
    +-- NotSigned (403)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field

from listening.labels import INTENTS

LARGEST_TEXT, MOST_TEXTS = 20_000, 64  # bytes in UTF-8; texts
# JSON may escape each letter in up to three times its bytes, and a WhatsApp message has 4,096 letters.
LARGEST_MESSAGE, LARGEST_BATCH = 64_000, 1_600_000  # bytes
SHORTEST_KEY = 16
_CONVERSATION = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class BadRequest(ValueError):
    """What is wrong with a request, in words that hold nothing of it."""

    status = 400


class TooLarge(BadRequest):
    """More bytes than we read."""

    status = 413


class NotSigned(BadRequest):
    """The signature is missing or not ours."""

    status = 403


@dataclass(frozen=True)
class Turn:
    """One message. `hint` is an intent the app already decided; `language` a language code it found in the text."""

    conversation: str
    text: str
    hint: str | None = None
    language: str | None = None


@dataclass
class Answer:
    """What to send (text keys) and what the app is to do (acts)."""

    replies: list[dict] = field(default_factory=list)
    acts: list[dict] = field(default_factory=list)


def signature(body: bytes, key: str) -> str:
    """Hex HMAC-SHA256 of the raw body, as X-Alongside-Signature carries it."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def checked(body: bytes, signed: str | None, key: str, largest: int) -> dict:
    """The request's JSON object. Raises TooLarge, NotSigned, BadRequest, in this order."""
    if len(body) > largest:
        raise TooLarge(f"more than {largest} bytes")
    if not signed or not hmac.compare_digest(signature(body, key).encode(), signed.lower().encode()):
        raise NotSigned("X-Alongside-Signature is missing or wrong")
    try:
        request = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadRequest("not JSON in UTF-8") from None
    if not isinstance(request, dict):
        raise BadRequest("not a JSON object")
    return request


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{name}: a string is needed")
    encoded = value.encode("utf-8", "replace")  # half a surrogate pair is no text
    if len(encoded) > LARGEST_TEXT:
        raise TooLarge(f"{name}: more than {LARGEST_TEXT} bytes")
    return encoded.decode("utf-8")


def turn(request: dict) -> Turn:
    """The message in a request to /messages. Raises BadRequest, TooLarge. Unknown fields are ignored; `text` may be empty."""
    conversation = request.get("conversation")
    if not isinstance(conversation, str) or not _CONVERSATION.fullmatch(conversation):
        raise BadRequest("conversation: 1 to 128 letters, digits, or _ . : - are needed")
    hint = request.get("hint")
    if hint is not None and hint not in INTENTS:
        raise BadRequest("hint: no such intent")
    known = request.get("known") or {}
    if not isinstance(known, dict):
        raise BadRequest("known: an object is needed")
    language = known.get("language")
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        raise BadRequest("known.language: a language code is needed")
    return Turn(conversation, _text(request.get("text", ""), "text"), hint, language)


def texts(request: dict) -> list[str]:
    """The texts of a request to /understand. Raises BadRequest, TooLarge."""
    found = request.get("texts")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_TEXTS:
        raise BadRequest(f"texts: a list of 1 to {MOST_TEXTS} strings is needed")
    return [_text(text, "texts") for text in found]


def dialogue_intent(understanding: dict, hint: str | None) -> str:
    """What the dialogue is told: the hint if there is one; a medical matter that is no emergency by its own name."""
    intent = hint or understanding["intent"]
    if intent == "medical" and not understanding["alarms"]:
        return "medical_routine"
    return intent


def answer(responses: list[dict], intent: str, language: str | None) -> Answer:
    """The replies and acts in what the dialogue said (the `custom` part of its responses, in order).

    A dialogue that said nothing ends with a person: a message is never met with nothing.
    """
    result = Answer()
    for response in responses or [{"text_key": "reply.person_reads", "act": "handover"}]:
        if response.get("text_key"):
            result.replies.append({"text_key": response["text_key"]})
        act = {"act": response["act"]}
        if response["act"] == "concern":
            act["intent"] = "medical" if intent == "medical_routine" else intent
        if response["act"] == "change_language" and language:
            act["language"] = language
        result.acts.append(act)
    return result
