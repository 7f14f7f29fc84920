"""Every page: nothing serious for axe, nothing wrong in the console, no scrolling sideways on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Running, sign_in

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("/", "/alerts/1", "/alerts/3", "/people/7F3/conversation", "/people/K29/conversation", "/people/T4H/conversation", "/people/G6R/conversation",
         "/people/R8P", "/people/7F3/plan", "/people/7F3/plan/edit", "/people/T4H/interventions", "/people/7F3/interventions/new", "/people/7F3/looks",
         "/people/7F3/edit", "/people/7F3/addresses/new", "/people/7F3/calls/new", "/people", "/people/new", "/queue", "/checkins", "/calls", "/calls/1",
         "/team", "/reports", "/languages", "/languages/ar", "/account", "/nowhere")


def faults(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    found = page.evaluate("async () => (await axe.run()).violations.filter(v => ['serious', 'critical'].includes(v.impact))"
                          ".map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', '))")
    return [str(f) for f in found]


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_every_page_is_sound(running: Running, chromium: Browser, width: int, height: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-GB", timezone_id="Europe/London", bypass_csp=True)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("console", lambda m: wrong.append(f"{page.url}: {m.text}") if m.type == "error" and not page.url.endswith("/nowhere") else None)
    page.goto(running.url + "/sign-in")
    page.add_script_tag(path=AXE)
    wrong += [f"/sign-in: {f}" for f in faults(page)]
    sign_in(page, running.url, "alex")
    page.goto(running.url + "/people/7F3/conversation")
    page.get_by_role("button", name="Take over").first.click()
    page.get_by_role("button", name="Send the phrase").wait_for()
    for path in PAGES:
        page.goto(running.url + path)
        page.add_script_tag(path=AXE)
        wrong += [f"{path}: {f}" for f in faults(page)]
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        wrong += [f"{path}: scrolls sideways by {over}"] if over > 0 else []
        assert page.locator("h1").count() == 1, path
    context.close()
    assert not wrong


def test_the_policy_lets_every_page_of_ours_work(running: Running, window) -> None:
    """The same with our strict policy on: nothing of ours is blocked."""
    page, wrong = window.new_page(), []
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    sign_in(page, running.url, "alex")
    for path in PAGES[:-1]:
        page.goto(running.url + path)
        page.locator("#connection[data-live=true]").wait_for()
    assert not wrong
