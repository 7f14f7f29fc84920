"""What a browser's form says, read once and only as text; nothing is trusted before its field is checked."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qsl

from starlette.requests import Request

LARGEST = 64 * 1024


class FormTooLarge(ValueError):
    """More was sent than a form or a field of ours can hold."""


class Form:
    """Fields by name. A field that was not sent is empty."""

    def __init__(self, pairs: list[tuple[str, str]] = ()):  # type: ignore[assignment]
        self._pairs = list(pairs)

    def whole(self, name: str) -> str:
        """A field's words however many, line ends as \\n, without the blanks around them. Nothing is ever cut: see `too_long`."""
        value = next((v for n, v in self._pairs if n == name), "")
        return value.replace("\r\n", "\n").replace("\0", "").strip()

    def too_long(self, longest: int, *names: str) -> dict[str, str]:
        """What is wrong with those of these fields that hold more characters than this."""
        return {n: f"At most {longest} characters: this has {len(self.whole(n))}" for n in names if len(self.whole(n)) > longest}

    def text(self, name: str, longest: int = 4000) -> str:
        """A field's words as `whole`. Raises FormTooLarge."""
        value = self.whole(name)
        if len(value) > longest:
            raise FormTooLarge("too large")
        return value

    def all(self, name: str) -> list[str]:
        return [v for n, v in self._pairs if n == name]

    def has(self, name: str) -> bool:
        return any(n == name for n, _ in self._pairs)

    def number(self, name: str) -> int | None:
        """A whole number; None when empty. Raises ValueError."""
        value = self.text(name, 12)
        return int(value) if value else None

    def date(self, name: str) -> dt.date | None:
        """A date as YYYY-MM-DD (what date inputs send) or DD/MM/YYYY; None when empty. Raises ValueError."""
        value = self.text(name, 12)
        if not value:
            return None
        return dt.datetime.strptime(value, "%d/%m/%Y").date() if "/" in value else dt.date.fromisoformat(value)


async def read(request: Request) -> Form:
    """The form of a request. Raises FormTooLarge."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise FormTooLarge("too large")
    return Form(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
