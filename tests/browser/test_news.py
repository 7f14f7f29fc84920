"""What a page that stands open hears, and what it hears again when it missed something."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from casefile.database import utc_now
from casefile.models import Heartbeat
from tests.browser.conftest import Running, sign_in
from tests.browser.test_journeys import SILENT, alarm, live
from tests.dashboard.world import DANGER

pytestmark = pytest.mark.browser


def beats(running: Running, ago: int = 0) -> None:
    """The worker's last sign of life."""
    with running.database.write() as session:
        session.get_one(Heartbeat, "worker").at = utc_now() - dt.timedelta(seconds=ago)


def sounding(page: Page, running: Running) -> None:
    """Signed in on the list of alerts, with its sound on."""
    page.add_init_script(SILENT)
    sign_in(page, running.url)
    page.get_by_role("button", name="Sound is off").click()
    live(page)


def tones(page: Page, wanted: int) -> None:
    until = time.monotonic() + 10
    while page.evaluate("window.tones") < wanted and time.monotonic() < until:
        page.wait_for_timeout(100)
    assert page.evaluate("window.tones") == wanted


def test_a_worker_that_dies_is_said_on_open_pages_and_heard(quiet: Running, window: BrowserContext, monkeypatch) -> None:
    monkeypatch.setattr("dashboard.live.LOOK_AT_SESSION", 0.3)
    beats(quiet)
    page, other = window.new_page(), window.new_page()
    sounding(page, quiet)
    other.goto(quiet.url + "/people/7F3")
    live(other)
    tones(page, 2)
    beats(quiet, ago=60)
    for each in (page, other):
        expect(each.get_by_role("alert").filter(has_text="The worker is not running")).to_be_visible()
    tones(page, 4)
    beats(quiet)
    for each in (page, other):
        expect(each.get_by_text("The worker is not running")).to_have_count(0)


def test_an_alarm_between_two_pages_is_news_on_the_second(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    with page.expect_response("**/alerts/summary"):
        sign_in(page, quiet.url)
    live(page)
    page.wait_for_timeout(300)
    page.goto("about:blank")
    alert_id = alarm(quiet)
    page.goto(quiet.url + "/people")
    expect(page.locator("#news").get_by_role("link", name="Open the alert")).to_have_attribute("href", f"/alerts/{alert_id}")


# Chromium counts a page that the test leads to as touched: here each is untouched at first.
UNTOUCHED = """Object.defineProperty(navigator, "userActivation", { value: { get isActive() { return Boolean(window.touched); } } });
  addEventListener("keydown", () => { window.touched = true; }, true);"""


def test_what_came_before_the_page_could_sound_sounds_at_the_first_touch(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    page.add_init_script(UNTOUCHED + SILENT)
    with page.expect_response("**/alerts/summary"):
        sign_in(page, quiet.url)
    live(page)
    page.wait_for_timeout(300)
    page.evaluate("localStorage.setItem('sound', 'on')")
    page.goto("about:blank")
    alert_id = alarm(quiet)
    page.goto(quiet.url + "/people")
    expect(page.locator("#news").get_by_role("link", name="Open the alert")).to_have_attribute("href", f"/alerts/{alert_id}")
    assert page.evaluate("window.tones") == 0, "it is blocked until the page is touched"
    page.keyboard.press("a")
    tones(page, 2)
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    tones(page, 2)


def test_a_list_that_broke_off_on_its_way_is_fetched_again(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    page.add_init_script("""const text = Response.prototype.text; window.broken = 0;
      Response.prototype.text = function () {
        return window.breaks && this.url.endsWith("/alerts/list") && !window.broken++ ? Promise.reject(new TypeError("broke off")) : text.call(this);
      };""")
    sign_in(page, quiet.url)
    live(page)
    page.wait_for_timeout(500)
    page.evaluate("window.breaks = true")
    alert_id = alarm(quiet)
    expect(page.locator(f"#alert-{alert_id}")).to_be_visible()
    assert page.evaluate("window.broken") > 1


def test_what_could_not_be_fetched_is_fetched_again(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, quiet.url)
    live(page)
    page.wait_for_timeout(500)
    failed = []

    def busy(route: Route) -> None:
        failed.append(route.request.url)
        if len([url for url in failed if url == route.request.url]) > 1:
            route.continue_()
        else:
            route.fulfill(status=503)

    page.route("**/alerts/list", busy)
    page.route("**/alerts/summary", busy)
    alert_id = alarm(quiet)
    expect(page.locator(f"#alert-{alert_id}")).to_be_visible()
    expect(page.locator("#news").get_by_role("link", name="Open the alert")).to_be_visible()


def test_news_does_not_take_the_focus_from_what_opens_the_reasons(running: Running, window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, running.url)
    page.goto(f"{running.url}/alerts/{running.world.danger}")
    live(page)
    reasons = page.locator("#why-all > summary")
    reasons.focus()
    page.keyboard.press("Enter")
    count = page.locator("article.bubble").count()
    alarm(running, "7F3", DANGER + " !")
    expect(page.locator("article.bubble")).to_have_count(count + 1)
    assert page.evaluate("document.activeElement.parentElement.id") == "why-all" and page.locator("#why-all").get_attribute("open") is not None
