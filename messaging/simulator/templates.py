"""Content templates: filling in {{1}}, and whether WhatsApp takes a message now."""

import json
import re
from datetime import datetime
from typing import Any

from messaging.simulator.addresses import bare, channel_of, is_e164, on_channel
from messaging.simulator.errors import TwilioError
from messaging.simulator.faults import Faults
from messaging.simulator.store import Store, Template

_BLANK = re.compile(r"{{\s*([\w.]+)\s*}}")
_KINDS = ("twilio/quick-reply", "twilio/call-to-action", "twilio/list-picker", "whatsapp/card", "twilio/card", "twilio/media", "twilio/text")


class Rendered:
    """A template filled in. missing is whether a variable had no value."""

    __slots__ = ("body", "buttons", "missing")

    def __init__(self, template: Template, values: dict[str, str]) -> None:
        known, self.missing = template.variables | values, False

        def fill(text: str) -> str:
            self.missing = self.missing or any(not known.get(name) for name in _BLANK.findall(text))
            return _BLANK.sub(lambda found: known.get(found[1], ""), text)

        kind = next((kind for kind in _KINDS if kind in template.types), "")
        shape: dict[str, Any] = template.types.get(kind, {})
        self.body = fill(str(shape.get("body") or shape.get("title") or ""))
        actions = shape.get("actions") or [{"title": i["item"], "id": i["id"]} for i in shape.get("items", [])]
        self.buttons = [{"text": fill(str(a["title"])), "payload": fill(str(a.get("id") or a["title"]))} for a in actions]


def variables_of(given: str | None) -> dict[str, str]:
    """ContentVariables as a dictionary. Raises TwilioError 21656 for anything but an object of non-empty texts."""
    if not given:
        return {}
    try:
        values = json.loads(given)
    except ValueError:
        raise TwilioError(21656) from None
    if not isinstance(values, dict) or not all(isinstance(v, str) and v.strip() for v in values.values()):
        raise TwilioError(21656)
    return values


def whatsapp_objection(store: Store, faults: Faults, to: str, sender: str, template: Template | None, now: datetime) -> int | None:
    """The error with which WhatsApp will not deliver this now, or None.

    Outside the 24-hour window only an approved template arrives (63016); a person without WhatsApp gets nothing (63003).
    """
    if channel_of(to) != "whatsapp":
        return None
    number = store.bsuids.get(bare(to), bare(to))
    if not is_e164(number) or {to, number, on_channel(number, "whatsapp")} & faults.not_on_whatsapp:
        return 63003  # also for an id that nobody has
    approved = template is not None and template.status == "approved"
    return None if approved or store.window_open(number, sender, now) else 63016
