"""The two sides of the story over real HTTP: phones at the simulator, and a caseworker at the dashboard with its live events open."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any

import httpx
import pyotp


class Phones:
    """Texts as people send and get them."""

    def __init__(self, url: str):
        self._http = httpx.Client(base_url=url, timeout=20)

    def close(self) -> None:
        self._http.close()

    def text(self, number: str, body: str, **more: Any) -> dict[str, Any]:
        """This person sends a text; what the webhook answered."""
        answer = self._http.post(f"/phones/{number}/texts", json={"body": body, **more})
        answer.raise_for_status()
        return answer.json()

    def received(self, number: str) -> list[str]:
        """What this phone has received, oldest first."""
        return [t["body"] for t in self._http.get(f"/phones/{number}/texts").json() if t["direction"] == "received"]

    def calls(self, number: str) -> list[dict[str, Any]]:
        return self._http.get(f"/phones/{number}/calls").json()

    def answers_calls(self, number: str, how: str, keys: list[str]) -> None:
        self._http.put(f"/phones/{number}/voice", json={"answer": how, "keys": keys, "delay_s": 1}).raise_for_status()


class _Forms(HTMLParser):
    """The forms of a page: action -> hidden and preset fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._open: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {k: v or "" for k, v in attrs}
        if tag == "form":
            self._open = self.forms.setdefault(found.get("action", ""), {})
        elif tag == "input" and self._open is not None and found.get("type") == "hidden" and "name" in found:
            self._open[found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


class Caseworker:
    """A caseworker signed in at the dashboard. `seen` holds when the live stream told of which alert."""

    def __init__(self, url: str, email: str, password: str, totp_secret: str):
        self._url = url
        self._http = httpx.Client(base_url=url, timeout=20, follow_redirects=True)
        form = self._form(self._http.get("/sign-in").text, "/sign-in")
        # A code is used once: a fresh one if this one was just used.
        for _ in range(2):
            answer = self._http.post("/sign-in", data={**form, "email": email, "password": password, "code": pyotp.TOTP(totp_secret).now()})
            if answer.status_code == 200 and "/sign-in" not in str(answer.url):
                break
            time.sleep(30 - time.time() % 30 + 0.5)
        else:
            raise RuntimeError("the demo caseworker could not sign in")
        self.seen: dict[int, float] = {}
        self._stopping = threading.Event()
        self._ready = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()
        self._ready.wait(10)

    def close(self) -> None:
        self._stopping.set()
        self._http.close()

    def _watch(self) -> None:
        # A stream that breaks off, as when the service ends, is seen by what is then missed.
        with suppress(httpx.HTTPError):
            self._listen()

    def _listen(self) -> None:
        with httpx.Client(base_url=self._url, cookies=self._http.cookies, timeout=httpx.Timeout(10, read=60)) as http, http.stream("GET", "/live") as events:
            self._ready.set()
            for line in events.iter_lines():
                if self._stopping.is_set():
                    return
                if line.startswith("data:") and line[5:].strip().startswith("["):
                    for event in json.loads(line[5:]):
                        if event.get("alert"):
                            self.seen.setdefault(event["alert"], time.monotonic())

    def page(self, path: str) -> str:
        """A page as she sees it."""
        answer = self._http.get(path)
        answer.raise_for_status()
        return answer.text

    def do(self, page: str, action: str, **fields: Any) -> str:
        """Fill in the form of a page that posts to `action` (its end is enough); returns the page that follows."""
        html = self.page(page)
        target = next((a for a in self._forms(html) if a.split("?")[0].endswith(action)), None)
        if target is None:
            raise LookupError(f"no form for {action} on {page}")
        answer = self._http.post(target, data={**self._forms(html)[target], **fields})
        answer.raise_for_status()
        return answer.text

    def _form(self, html: str, action: str) -> dict[str, str]:
        return self._forms(html)[action]

    @staticmethod
    def _forms(html: str) -> dict[str, dict[str, str]]:
        parser = _Forms()
        parser.feed(html)
        return parser.forms


def until(seen: Callable[[], Any], seconds: float) -> Any:
    """What `seen` gives as soon as it gives something; None after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := seen():
            return found
        time.sleep(0.05)
    return None
