"""The phones page in a real browser."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.simulator.conftest import ARTA, OURS, App, Bench

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page()
        problems: list[str] = []
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        yield opened
        browser.close()
        assert problems == []


def test_a_visitor_types_taps_answers_and_presses_keys(bench: Bench, app: App, page: Page) -> None:
    bench.send(body="مرحبا، كيف حالك؟")
    page.goto(bench.running.url)
    expect(page.get_by_role("heading", name="Arta")).to_be_visible()
    bubble = page.locator("#thread .bubble").first
    expect(bubble).to_have_text("مرحبا، كيف حالك؟")
    assert bubble.evaluate("e => getComputedStyle(e).direction") == "rtl"

    page.get_by_label("Text as this person").fill("<b>fine</b>")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#thread .sent .bubble")).to_have_text("<b>fine</b>")
    expect(page.locator("#sent")).to_have_text(re.compile("The app answered 200"))
    assert app.at("/twilio/messages")[0].form["Body"] == "<b>fine</b>"

    shape = {"twilio/quick-reply": {"body": "How is your week?", "actions": [{"title": "Call me", "id": "call"}]}}
    bench.text(ARTA, "hi", channel="whatsapp")
    sid = bench.http.post("/v1/Content", json={"language": "en", "types": shape}, auth=bench.client.auth).json()["sid"]
    bench.send(f"whatsapp:{ARTA}", content_sid=sid)
    page.get_by_role("button", name="Call me").click()
    expect(page.locator("#thread .sent.whatsapp .bubble").last).to_have_text("Call me")
    assert app.at("/twilio/messages")[-1].form["ButtonPayload"] == "call"

    bench.client.calls.create(to=ARTA, from_=OURS, twiml="<Response><Gather numDigits='1' timeout='30'/></Response>", timeout=60)
    page.get_by_role("button", name="Answer").click()
    page.get_by_role("button", name="3", exact=True).click()
    page.get_by_text("Calls", exact=True).click()
    expect(page.locator("#calls")).to_contain_text("Pressed 3")


def test_a_failed_message_is_shown_as_failed_and_the_thread_is_not_redrawn(bench: Bench, page: Page) -> None:
    bench.send(body="arrives")
    page.goto(f"{bench.running.url}/#{ARTA.replace('+', '%2B')}")
    first = page.locator("#thread li").first
    expect(first).to_contain_text("delivered")
    first.evaluate("e => { e.same = true; }")
    bench.faults(failures={ARTA: 30003})
    bench.send(body="does not")
    expect(page.locator("#thread li").last).to_contain_text("not delivered (30003)")
    assert first.evaluate("e => e.same") is True
