"""The main job in a real browser: an alarm comes, a person takes it, answers, hands back, resolves."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import delete, select

from casefile.database import utc_now
from casefile.models import Alert, Audit, LiveEvent, Outbox, Person, StaffSession
from casefile.vocabulary import AlertKind, AlertState, Concern, Lane, OutboxState, Purpose, Urgency
from escalation.alerts import raise_alert
from messaging.status import record_status
from tests.browser.conftest import Running, sign_in
from tests.dashboard.world import DANGER, PASSWORD, code, heard

pytestmark = pytest.mark.browser
# Counts tones instead of making them; blocked until the page is touched, as a browser that was started again does it.
SILENT = """window.tones = 0; window.AudioContext = class extends EventTarget {
  state = "suspended"; currentTime = 0; destination = {};
  resume() {
    if (!navigator.userActivation.isActive) return new Promise(() => {});
    this.state = "running"; this.dispatchEvent(new Event("statechange")); return Promise.resolve();
  }
  createGain() { return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (to) => to }; }
  createOscillator() { return { frequency: {}, connect: (to) => to, start: () => { window.tones += 1; }, stop() {} }; } };"""


def alarm(running: Running, ref: str = "V5L", words: str = "anh ta đang ở ngoài cửa") -> int:
    """A danger message of hers arrives, in a transaction of its own."""
    with running.database.write() as session:
        person = session.get_one(Person, running.world.people[ref])
        alert = raise_alert(session, key=f"browser:{ref}:{words}", kind=AlertKind.MESSAGE, urgency=Urgency.IMMEDIATE, now=utc_now(), person_id=person.id,
                            concerns=[Concern.DANGER_NOW], why=["Phrase list (vi): “ngoài cửa”"])
        heard(session, person, words, utc_now(), urgency=Urgency.IMMEDIATE, concerns=(Concern.DANGER_NOW,), alert=alert)
        return alert.id


def live(page: Page) -> None:
    """Wait until the page hears news."""
    expect(page.locator("#connection")).to_have_text("Live")


def test_an_alarm_is_seen_at_once_answered_and_resolved(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, quiet.url)
    live(page)
    expect(page.get_by_text("No alert is waiting.")).to_be_visible()
    page.evaluate("window.stayed = true")

    alert_id = alarm(quiet)
    began = time.monotonic()
    card = page.locator(f"#alert-{alert_id}")
    expect(card).to_be_visible(timeout=5000)
    seen = time.monotonic() - began
    assert seen < 2.5, f"the alert was seen after {seen:.1f} s"
    assert page.evaluate("window.stayed") is True, "the page was loaded anew"
    expect(card.get_by_text("Immediate")).to_be_visible()
    expect(card.get_by_text("In danger now")).to_be_visible()
    expect(card.locator(".clock")).to_contain_text("left")
    expect(page.locator("#news")).to_contain_text("New: Immediate alert: In danger now, reference V5L")
    expect(page).to_have_title("(1) Alerts - Alongside")
    assert "ngoài" not in page.content(), "the list shows nothing of what was written"

    card.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("You have acknowledged this alert")).to_be_visible()
    words = page.locator(".words").first
    expect(words).to_have_text("anh ta đang ở ngoài cửa")
    assert words.get_attribute("lang") == "vi" and words.get_attribute("dir") == "auto"
    expect(page.get_by_role("heading", name="If life may be at risk now: 999")).to_be_visible()

    page.get_by_role("link", name="Open the conversation").click()
    page.get_by_role("button", name="Take over").first.click()
    expect(page.get_by_text("You hold this conversation", exact=True)).to_be_visible()
    page.get_by_label("I have read your message. Thank you for writing.").check()
    page.get_by_role("button", name="Send the phrase").click()
    expect(page.get_by_text("Your message is on its way")).to_be_visible()
    bubble = page.locator(".bubble--human")
    expect(bubble).to_contain_text("I have read your message")
    expect(bubble).to_contain_text("Waiting to be sent")
    with quiet.database.write() as session:
        row = session.scalars(select(Outbox).where(Outbox.purpose == Purpose.HUMAN)).one()
        assert (row.sent_by, row.language, row.text_key, row.lane) == (quiet.world.sam, "vi", "human.read_it", Lane.REPLY)
        row.state = OutboxState.SENDING
        live_before = session.scalars(select(LiveEvent.id)).all()
        record_status(session, token=row.token, sid="SM1", status="delivered", error_code=None, heard=lambda *a: None, now=utc_now())
    assert live_before
    expect(bubble).to_contain_text("Delivered", timeout=5000)

    page.get_by_role("button", name="Hand back").click()
    expect(page.get_by_text("Nobody holds this conversation")).to_be_visible()
    page.goto(f"{quiet.url}/alerts/{alert_id}")
    page.get_by_role("button", name="Resolve the alert").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_label("What came of it").select_option("moved")
    page.get_by_label("What was done").fill("Spoke with her by phone; she went to a friend.")
    page.get_by_role("button", name="Resolve the alert").click()
    expect(page.get_by_text("The alert is resolved.")).to_be_visible()
    with quiet.database.read() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.state, alert.outcome, alert.resolved_by, alert.acknowledged_by) == (AlertState.RESOLVED, "moved", quiet.world.sam, quiet.world.sam)
        acts = set(session.scalars(select(Audit.action).where(Audit.person_id == alert.person_id)))
        assert {"alert acknowledged", "took the conversation over", "wrote to the person", "handed the conversation back", "alert resolved",
                "looked at conversation", f"looked at alert {alert_id}"} <= acts


def test_the_keyboard_alone_is_enough(quiet: Running, window: BrowserContext) -> None:
    alert_id = alarm(quiet)
    page = window.new_page()
    page.goto(quiet.url + "/sign-in")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    assert page.locator(":focus").bounding_box()["height"] > 10, "the skip link shows itself"
    page.get_by_label("E-mail address").focus()
    for text in ("sam@demo.example", PASSWORD, code("sam", utc_now())):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(quiet.url + "/")
    live(page)

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()").startswith(name):
                outline = page.evaluate("(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(document.activeElement))")
                assert outline, f"{name} shows that it has the focus"
                return
        raise AssertionError(f"{name} cannot be reached")

    tab_to("Acknowledge")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have acknowledged this alert")).to_be_visible()
    tab_to("Open the conversation")
    page.keyboard.press("Enter")
    page.wait_for_url(quiet.url + "/people/V5L/conversation")
    tab_to("Take over")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You hold this conversation", exact=True)).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "phrase":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your message is on its way")).to_be_visible()
    with quiet.database.read() as session:
        assert session.get_one(Alert, alert_id).acknowledged_by == quiet.world.sam
        assert session.scalars(select(Outbox.text_key).where(Outbox.purpose == Purpose.HUMAN)).all() == ["human.read_it"]


def test_news_does_not_take_the_focus_away(quiet: Running, window: BrowserContext) -> None:
    first = alarm(quiet)
    page = window.new_page()
    sign_in(page, quiet.url)
    live(page)
    page.locator(f"#alert-{first}").get_by_role("button", name="Acknowledge").focus()
    second = alarm(quiet, "7F3", DANGER)
    expect(page.locator(f"#alert-{second}")).to_be_visible()
    assert page.evaluate("document.activeElement.form?.getAttribute('action')") == f"/alerts/{first}/acknowledge"


def test_it_works_without_javascript(quiet: Running, chromium: Browser) -> None:
    alert_id = alarm(quiet, "7F3", DANGER)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, quiet.url)
    page.locator(f"#alert-{alert_id}").get_by_role("button", name="Acknowledge").click()
    page.get_by_role("link", name="Show the machine translation").click()
    expect(page.get_by_text("he is outside my door, I am very afraid")).to_be_visible()
    page.get_by_role("link", name="Back to the conversation").click()
    page.get_by_role("button", name="Take over").first.click()
    page.get_by_label("Please call me when you can.").check()
    page.get_by_role("button", name="Send the phrase").click()
    expect(page.locator(".bubble--human")).to_contain_text("Please call me when you can.")
    context.close()


def test_a_double_click_sends_once(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, quiet.url)
    page.goto(quiet.url + "/people/G6R/conversation")
    page.get_by_role("button", name="Take over").first.click()
    page.get_by_label("Or your own words").fill("I will ring at three.")
    page.get_by_role("button", name="Send", exact=True).dblclick()
    expect(page.locator(".bubble--human")).to_have_count(1)
    page.wait_for_timeout(500)
    with quiet.database.read() as session:
        assert session.scalars(select(Outbox.purpose).where(Outbox.purpose == Purpose.HUMAN)).all() == [Purpose.HUMAN]


def test_two_colleagues_do_not_answer_at_once(quiet: Running, window: BrowserContext, chromium: Browser) -> None:
    alert_id = alarm(quiet)
    other = chromium.new_context()
    hers, his = window.new_page(), other.new_page()
    sign_in(hers, quiet.url, "sam")
    sign_in(his, quiet.url, "priya")
    his.goto(quiet.url + "/people/V5L/conversation")
    live(his)
    hers.goto(quiet.url + "/people/V5L/conversation")
    hers.get_by_role("button", name="Take over").first.click()
    expect(his.get_by_text("Sam Carter holds this conversation", exact=True)).to_be_visible()
    # A page that still shows the button is told plainly.
    his.locator("#reply").get_by_role("button", name="Take over").click()
    expect(his.get_by_role("alert").get_by_text("A colleague holds this conversation")).to_be_visible()
    his.goto(f"{quiet.url}/alerts/{alert_id}")
    hers.goto(f"{quiet.url}/alerts/{alert_id}")
    live(his)
    hers.get_by_role("button", name="Acknowledge").click()
    expect(his.get_by_text("Acknowledged by Sam Carter").first).to_be_visible()
    expect(his.get_by_role("button", name="Acknowledge")).to_have_count(0)
    other.close()


def test_own_words_are_seen_both_ways_before_they_go(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, quiet.url)
    page.goto(quiet.url + "/people/K29/conversation")
    page.get_by_role("button", name="Take over").first.click()
    page.get_by_label("Or your own words in English").fill("The police know.")
    page.get_by_role("button", name="Check before sending").click()
    expect(page.get_by_text("Somebody who reads this phone would understand: police")).to_be_visible()
    page.get_by_role("button", name="Change my words").click()
    page.get_by_label("Or your own words in English").fill("I am here for you.")
    page.get_by_role("button", name="Check before sending").click()
    expect(page.get_by_text("ar: I am here for you.", exact=True)).to_be_visible()
    expect(page.get_by_text("back: ar: I am here for you.").or_(page.get_by_text("back: I am here for you."))).to_be_visible()
    page.get_by_role("button", name="Send the translation").click()
    expect(page.locator(".bubble--human")).to_contain_text("Written in English, sent as machine translation")
    with quiet.database.read() as session:
        row = session.scalars(select(Outbox).where(Outbox.purpose == Purpose.HUMAN)).one()
        assert (row.body, row.own_words, row.language) == ("ar: I am here for you.", "I am here for you.", "ar")


def test_many_tabs_hear_through_one_connection_and_go_on_when_it_closes(quiet: Running, window: BrowserContext) -> None:
    first = window.new_page()
    sign_in(first, quiet.url)
    live(first)
    tabs = [window.new_page() for _ in range(7)]
    for tab in tabs:
        tab.goto(quiet.url + "/")
        live(tab)
    first.close()
    alert_id = alarm(quiet)
    for tab in tabs:
        expect(tab.locator(f"#alert-{alert_id}")).to_be_visible(timeout=8000)


def test_a_blocked_sound_is_said_and_one_press_lets_it_sound(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    page.add_init_script(SILENT)
    sign_in(page, quiet.url)
    page.evaluate("localStorage.setItem('sound', 'on')")
    with page.expect_response("**/alerts/summary"):
        page.reload()
    page.get_by_role("button", name="Sound is blocked: press here").click()
    expect(page.get_by_role("button", name="Sound is on")).to_be_visible()
    assert page.evaluate("window.tones") == 2
    alarm(quiet)
    until = time.monotonic() + 10
    while page.evaluate("window.tones") < 4 and time.monotonic() < until:  # the page's policy forbids to wait for a string of script
        page.wait_for_timeout(100)
    assert page.evaluate("window.tones") == 4


def test_writing_counts_as_being_there_and_the_warning_stays_in_sight(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, quiet.url)
    page.goto(quiet.url + "/people/G6R/interventions/new")
    with quiet.database.write() as session:
        session.scalars(select(StaffSession)).one().seen_at -= dt.timedelta(minutes=50)
    with page.expect_response("**/account/stay") as stayed:
        page.locator("#facts").press_sequentially("He rang.")
    assert stayed.value.status == 204
    with quiet.database.read() as session:
        assert utc_now() - session.scalars(select(StaffSession.seen_at)).one() < dt.timedelta(minutes=1)
    assert page.evaluate("getComputedStyle(document.getElementById('leaving')).position") == "sticky"


def test_a_page_whose_session_ended_leads_to_the_sign_in(quiet: Running, window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, quiet.url)
    live(page)
    with quiet.database.write() as session:
        session.execute(delete(StaffSession))
    alarm(quiet)
    expect(page.get_by_text("You were signed out because nothing was done for an hour")).to_be_visible()
