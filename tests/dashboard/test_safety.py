"""What every answer carries, and what a page may never hold."""

from __future__ import annotations

import re
from types import SimpleNamespace

import httpx
import pytest

from dashboard import messages
from dashboard.assets import STATIC, url
from tests.dashboard.conftest import Browser
from tests.dashboard.test_pages import PAGES


def test_every_page_carries_the_strict_policy(world, browser) -> None:
    sam = browser()
    for path in ("/", "/people/7F3/conversation", "/alerts/999", "/sign-in", "/nowhere"):
        headers = sam.get(path, accept="text/html").headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"


def test_pages_hold_no_inline_script_or_style(world, browser) -> None:
    sam = browser()
    for path in PAGES:
        page = sam.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|javascript:|<script(?![^>]* src=)", page), path


def test_https_is_insisted_on_where_it_is_used(world, sqlite_database, clock) -> None:
    from tests.dashboard import world as worlds
    secure = Browser(worlds.app(sqlite_database, clock, secure_cookies=True))
    assert "max-age" in secure.get("/sign-in").headers["strict-transport-security"]
    assert "strict-transport-security" not in Browser(worlds.app(sqlite_database, clock)).get("/sign-in").headers


def test_files_named_by_their_content_are_kept_and_others_asked_for_again(world, app) -> None:
    stranger = Browser(app)
    kept = stranger.get(url("alongside.css"))
    assert kept.status_code == 200 and "immutable" in kept.headers["cache-control"]
    assert stranger.get("/static/alongside.css").headers["cache-control"] == "no-cache"
    assert stranger.get("/static/../routes.py").status_code == 404


def test_no_font_crown_or_crest_of_the_government_is_used() -> None:
    styles = (STATIC / "vendor" / "frontend.css").read_text("utf-8") + (STATIC / "alongside.css").read_text("utf-8")
    assert not re.search(r"GDS Transport|@font-face|crown|crest", styles)
    assert not [found for found in re.findall(r"url\(([^)]*)\)|@import", styles) if not found.startswith(("/", "data:"))]


def test_a_form_that_is_too_large_is_refused_and_says_so(world, browser) -> None:
    answer = browser().client.post("/people/7F3/words", content="words=" + "x" * 70_000, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413 and "Nothing was saved" in answer.text
    assert browser("priya").post("/people/find", find="x" * 101).status_code == 413, "a field that is too long is never cut in silence"


@pytest.mark.parametrize(("path", "field", "most"), [
    ("/people/7F3/interventions", "facts", 6000), ("/alerts/1/resolve", "note", 4000), ("/calls/1/attempt", "notes", 4000), ("/calls/1/attempt", "follow_up", 4000),
    ("/people/7F3/calls", "asked_for", 300), ("/people/7F3/plan/edit", "consent_scope", 2000)])
def test_what_is_too_long_is_not_cut_not_saved_and_not_lost(world, browser, path: str, field: str, most: int) -> None:
    typed = "x" * most + " back on Friday"
    answer = browser().post(path, **{field: typed})
    assert answer.status_code == 422 and f"At most {most} characters: this has {len(typed)}" in answer.text and typed in answer.text


@pytest.mark.parametrize("where", ["https://evil.example/x", "http://api.twilio.com/x", "https://twilio.com.evil.example/x", "http://127.0.0.1:22/", "file:///etc/passwd",
                                   "https://eviltwilio.com/x"])
def test_only_the_provider_is_asked_for_pictures(where: str) -> None:
    desk = SimpleNamespace(house=SimpleNamespace(settings=SimpleNamespace(twilio_api_url="", twilio_account_sid="AC", twilio_auth_tokens=("t",))))
    with pytest.raises(ValueError, match="provider"):
        messages._fetch(desk, where)  # type: ignore[arg-type]


def fetching(monkeypatch: pytest.MonkeyPatch, answers: dict[str, httpx.Response]) -> list[httpx.Request]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answers[str(request.url)]

    real = httpx.Client
    monkeypatch.setattr(messages.httpx, "Client", lambda **options: real(transport=httpx.MockTransport(answer), **options))
    return asked


def test_a_picture_is_fetched_when_opened_and_can_do_nothing(world, browser, monkeypatch) -> None:
    asked = fetching(monkeypatch, {
        "https://api.twilio.com/x/Media/ME1": httpx.Response(307, headers={"location": "https://mms.twiliocdn.com/y"}),
        "https://mms.twiliocdn.com/y": httpx.Response(200, content=b"\xff\xd8", headers={"content-type": "image/jpeg"})})
    sam = browser()
    number = re.search(r"/messages/(\d+)/enclosed/0", sam.get("/people/G6R/conversation").text)[1]
    assert asked == []
    answer = sam.get(f"/messages/{number}/enclosed/0")
    assert answer.content == b"\xff\xd8" and answer.headers["content-type"] == "image/jpeg" and "sandbox" in answer.headers["content-security-policy"]
    assert "authorization" in asked[0].headers and "authorization" not in asked[1].headers, "our key goes to the provider only"


@pytest.mark.parametrize(("kind", "inline"), [("image/png", True), ("text/html", False), ("image/svg+xml", False), ("application/pdf", False)])
def test_what_could_run_is_only_saved(world, browser, monkeypatch, kind: str, inline: bool) -> None:
    fetching(monkeypatch, {"https://api.twilio.com/x/Media/ME1": httpx.Response(200, content=b"x", headers={"content-type": kind})})
    sam = browser()
    number = re.search(r"/messages/(\d+)/enclosed/0", sam.get("/people/G6R/conversation").text)[1]
    answer = sam.get(f"/messages/{number}/enclosed/0")
    assert answer.headers["content-disposition"].startswith("inline" if inline else "attachment")
    assert inline or answer.headers["content-type"] == "application/octet-stream"


def test_a_provider_that_fails_is_said_calmly(world, browser, monkeypatch) -> None:
    fetching(monkeypatch, {"https://api.twilio.com/x/Media/ME1": httpx.Response(404)})
    sam = browser()
    number = re.search(r"/messages/(\d+)/enclosed/0", sam.get("/people/G6R/conversation").text)[1]
    answer = sam.get(f"/messages/{number}/enclosed/0")
    assert answer.status_code == 502 and "This cannot be opened now" in answer.text
    assert sam.get(f"/messages/{number}/enclosed/7").status_code == 404
