"""Check-ins today, calls, the team and the reports."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from casefile.database import Database
from casefile.models import Address, Alert, CallAttempt, Checkin, OnCallShift, Person, Plan, Staff, WelfareCall
from casefile.vocabulary import CheckinState
from checkins.ladder_terms import ARRIVED, NOT_PICKED_UP, OURS, UNDELIVERED
from dashboard.checkins import place
from dashboard.figures import FEWEST, shown, shown_together
from dashboard.team import gaps
from tests import cast
from tests.dashboard import world as worlds
from tests.dashboard.conftest import Browser


@given(st.sampled_from(CheckinState), st.sampled_from([None, *sorted(ARRIVED | UNDELIVERED | OURS | {"opted_out", NOT_PICKED_UP})]), st.integers(-1, 5), st.booleans())
def test_trouble_of_ours_or_of_the_network_is_never_shown_as_silence(state: CheckinState, delivery: str | None, step: int, late: bool) -> None:
    group, text = place(Checkin(state=state, delivery=delivery, step=step, late=late, outcome=None))
    if delivery in OURS | UNDELIVERED | {"opted_out"} or state is CheckinState.SUSPENDED:
        assert group != "silent"
    if group == "silent":
        assert state is CheckinState.CALL_DUE and delivery in {None, NOT_PICKED_UP, *ARRIVED}
    assert text


@pytest.mark.parametrize(("state", "delivery", "group"), [
    (CheckinState.ANSWERED, "delivered", "answered"), (CheckinState.ANSWERED, "our_fault", "answered"), (CheckinState.CALL_DUE, "read", "silent"),
    (CheckinState.CALL_DUE, "undelivered", "undelivered"), (CheckinState.CALL_DUE, "our_fault", "ours"), (CheckinState.SUSPENDED, None, "ours"),
    (CheckinState.ASKED, "delivered", "asked"), (CheckinState.PLANNED, None, "due"), (CheckinState.CANCELLED, None, "ended")])
def test_each_check_in_stands_where_it_belongs(state: CheckinState, delivery: str | None, group: str) -> None:
    assert place(Checkin(state=state, delivery=delivery, step=0, late=False, outcome=None))[0] == group


@pytest.mark.parametrize(("delivery", "said"), [
    (NOT_PICKED_UP, "Called, not picked up"), ("not_sent", "Not asked: held back by the rules of the plan, or not to be sent"),
    ("our_fault", "Not asked: our own service or the provider failed"), (None, "Being sent")])
def test_what_became_of_the_question_is_said(delivery: str | None, said: str) -> None:
    assert place(Checkin(state=CheckinState.ASKED, delivery=delivery, step=0, late=False, outcome=None))[1] == said


def test_today_shows_everybody_once_under_the_right_heading(world, browser) -> None:
    page = browser().get("/checkins").text
    heads = {name: page.index(f">{name}</h2>") for name in ("No answer", "Held up by our own service", "Asked, waiting for an answer", "Answered")}
    assert list(heads.values()) == sorted(heads.values())
    rows = page[heads["No answer"]:]
    assert rows.index("Linh") < rows.index("Ioana") < rows.index("Amal") < rows.index("Arta")


def test_those_who_paused_or_stopped_are_not_silent(empty, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        session.get_one(Person, empty.people["7F3"]).stopped_at = clock.now
        session.scalars(select(Plan).where(Plan.person_id == empty.people["K29"])).one().paused = True
        session.scalars(select(Plan).where(Plan.person_id == empty.people["T4H"])).one().next_at = clock.now + dt.timedelta(hours=3)
    page = browser().get("/checkins").text
    assert "Asked us to stop" in page and "Paused until somebody resumes it" in page and "No answer" not in page
    assert "Due later today" in page


def test_the_call_list_says_whether_it_is_safe_now(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        session.scalars(select(Plan).where(Plan.person_id == world.people["G6R"])).one().safe_hours = {"tue": [["14:00", "15:00"]]}
    sam = browser()
    page = sam.get("/calls").text
    assert "Safe to call now" in page and "Not before" in page and "14:00 to 15:00 their time" in page
    assert "after 3 please" not in page, "her words are on the sheet, where the look is written down"
    sheet = sam.get("/calls/2").text
    assert "Not in their safe hours now" in sheet and "after 3 please" in sheet


def test_a_call_is_safe_only_once_it_is_due_and_never_while_somebody_else_has_the_phone(world, browser, sqlite_database: Database, clock) -> None:
    sam = browser()

    def shown() -> tuple[str, str]:
        return re.search(r'class="ref">V5L<.*?</tr>', sam.get("/calls/list").text, re.DOTALL)[0], sam.get("/calls/1").text

    assert all("Safe to call now" in page for page in shown())
    sam.post("/calls/1/attempt", outcome="not_reached")
    row, sheet = shown()
    assert "Not before" in row and "17:00</time>, UK time" in row and "Not due yet" in sheet and "Safe to call now" not in row + sheet
    sam.post("/calls/1/attempt", outcome="someone_else")
    with sqlite_database.write() as session:
        session.get_one(WelfareCall, 1).due_from = clock.now
    for page in shown():
        assert "Do not call before you know who answered" in page and "Safe to call now" not in page
    page = sam.get("/calls/list").text
    assert page.index("Later, or not to be called now") < page.index(">V5L<")
    with sqlite_database.write() as session:
        session.execute(update(Address).where(Address.person_id == world.people["V5L"]).values(confirmed_at=clock.now + dt.timedelta(seconds=1)))
    assert all("Safe to call now" in page for page in shown()), "who has the phone is known"


@pytest.mark.parametrize("change", [{"review_by": cast.NOW.date() - dt.timedelta(days=1)}, {"opted_out_at": cast.NOW}, {"consent": False}])
def test_a_number_that_may_not_be_used_is_not_on_the_sheet(world, browser, sqlite_database: Database, change: dict[str, object]) -> None:
    sam = browser()
    assert "tel:" in sam.get("/calls/1").text
    with sqlite_database.write() as session:
        session.execute(update(Address).where(Address.person_id == world.people["V5L"]).values(change))
    sheet = sam.get("/calls/1").text
    assert "No number may be called now" in sheet and "tel:" not in sheet and "+4477" not in sheet


def test_a_phone_in_other_hands_is_not_called(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        session.get_one(Person, world.people["V5L"]).suspended_at = clock.now
    sheet = browser().get("/calls/1").text
    assert "Do not call this phone" in sheet and "tel:" not in sheet and "+4477" not in sheet


def test_a_call_s_outcome_is_recorded_and_ends_it(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    assert sam.post("/calls/1/attempt", outcome="").status_code == 422
    wrong = sam.post("/calls/1/attempt", outcome="reached_safe", follow_up_on="soon", notes="kept words")
    assert wrong.status_code == 422 and "kept words" in wrong.text
    page = sam.post("/calls/1/attempt", outcome="reached_concern", contact_band="this_week", notes="A man waits at the corner", follow_up="Ring tomorrow",
                    follow_up_on="2026-11-25").text
    assert "The call attempt is recorded." in page and "Reached: there is a concern" in page
    with sqlite_database.read() as session:
        tried = session.scalars(select(CallAttempt).order_by(CallAttempt.id.desc())).first()
        assert (tried.staff_id, tried.contact_band, tried.follow_up_on) == (world.sam, "this_week", dt.date(2026, 11, 25))
        assert session.get_one(WelfareCall, 1).done_at is not None
        assert any("trafficker_contact" in a.concerns for a in session.scalars(select(Alert).where(Alert.person_id == world.people["V5L"])))
    assert sam.post("/calls/1/attempt", outcome="not_reached").status_code == 422, "a call that is done takes no more tries"


def test_a_call_can_be_asked_for(empty, browser, sqlite_database: Database) -> None:
    page = browser().post("/people/7F3/calls", asked_for="about the letter").text
    assert "Call sheet" in page and "about the letter" in page
    with sqlite_database.read() as session:
        assert session.scalars(select(WelfareCall.person_id)).all() == [empty.people["7F3"]]


hours = st.integers(0, 100).map(lambda h: cast.NOW + dt.timedelta(hours=h))


@given(st.lists(st.tuples(hours, hours).map(lambda s: (min(s), max(s) + dt.timedelta(hours=1))), max_size=6))
def test_every_hour_is_covered_or_named_as_a_gap_and_never_both(shifts: list[tuple[dt.datetime, dt.datetime]]) -> None:
    end = cast.NOW + dt.timedelta(hours=90)
    found = gaps(shifts, cast.NOW, end)
    for hour in range(90):
        at = cast.NOW + dt.timedelta(hours=hour, minutes=30)
        assert any(a <= at < b for a, b in shifts) != any(a <= at < b for a, b in found)


def test_a_shift_of_a_colleague_who_cannot_be_paged_covers_nothing(world, browser, sqlite_database: Database) -> None:
    alex = browser("alex")
    with sqlite_database.write() as session:
        for shift in session.scalars(select(OnCallShift)):
            session.delete(shift)
        session.add(OnCallShift(staff_id=world.priya, position=0, starts_at=cast.NOW - dt.timedelta(days=1), ends_at=cast.NOW + dt.timedelta(days=20)))
    assert "The next 14 days are covered" in alex.get("/team").text
    with sqlite_database.write() as session:
        session.get_one(Staff, world.priya).phone = None
    assert "Not covered" in alex.get("/team").text


def test_managers_change_the_rota_and_others_only_see_it(world, browser, sqlite_database: Database) -> None:
    sam, alex = browser("sam"), browser("alex")
    shift = {"staff": str(world.priya), "position": "0", "starts": "2026-12-04T09:00", "ends": "2026-12-05T09:00"}
    assert "Add a shift" not in sam.get("/team").text and sam.post("/team/shifts", **shift).status_code == 404
    for change, said in (({"ends": "2026-12-03T09:00"}, "ends after it starts"), ({"starts": ""}, "when the shift starts"), ({"staff": "99"}, "Choose a colleague"),
                         ({"position": "9"}, "paged first")):
        answer = alex.post("/team/shifts", **{**shift, **change})
        assert answer.status_code == 422 and said in answer.text
    assert "The shift is added." in alex.post("/team/shifts", **shift).text
    with sqlite_database.read() as session:
        made = session.scalars(select(OnCallShift).order_by(OnCallShift.id.desc())).first()
        assert (made.staff_id, made.starts_at) == (world.priya, dt.datetime(2026, 12, 4, 9, tzinfo=dt.UTC))
    assert "The shift is removed." in alex.post(f"/team/shifts/{made.id}/remove").text


def test_shift_times_are_uk_times_in_summer_too() -> None:
    from dashboard.team import _moment
    assert _moment("2026-07-01T09:00") == dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)


def test_the_preview_is_what_the_plans_say(world, browser) -> None:
    page = browser().get("/team").text
    # The next one, as it stands in the plan, and two more by its rule.
    assert page.count('class="ref">7F3<') == 3 and "Tue 1 Dec 2026" in page
    assert "introduces itself" in page


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 40), max_size=8))
def test_no_small_number_is_shown_or_can_be_worked_out(counts: dict[str, int]) -> None:
    figures = dict(shown_together(counts))
    assert not {str(n) for n in range(1, FEWEST)} & set(figures.values())
    covered = [n for name, n in counts.items() if not figures[name].isdigit()]
    if any(0 < n < FEWEST for n in counts.values()) and len([n for n in counts.values() if n]) > 1:
        assert len(covered) > 1, "with the total known, a single hidden figure could be worked out"


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (1, "under 5"), (4, "under 5"), (5, "5"), (688, "688")])
def test_counts_under_five_are_hidden(count: int, text: str) -> None:
    assert shown(count) == text


def test_the_file_holds_counts_and_nobody(world, browser) -> None:
    answer = browser().get("/reports.csv?from=2026-11-01&to=2026-11-30")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0] == ["section", "what", "figure", "from", "to"] and len(rows) > 20
    assert ["Welfare contacts", "People in the record", "6", "2026-11-01", "2026-11-30"] in rows
    for private in (worlds.DANGER, "Arta", "7F3", "+447", "night shelter"):
        assert private.lower() not in answer.text.lower()
    assert answer.headers["content-disposition"].endswith('.csv"')


def test_a_report_counts_what_happened_in_its_days_only(world, browser) -> None:
    sam = browser()
    assert "None in this time" in sam.get("/reports?from=2020-01-01&to=2020-01-31").text
    assert sam.get("/reports?from=2026-02-01&to=2026-01-01").status_code == 422
    assert sam.get("/reports?from=yesterday").status_code == 422


def test_a_calendar_address_is_shown_once_works_without_signing_in_and_ends(world, browser, app) -> None:
    sam = browser()
    page = sam.post("/account/calendar").text
    path = re.search(r"/calendar/[\w-]+\.ics", page)[0]
    feed = Browser(app).get(path)
    assert feed.status_code == 200 and feed.headers["content-type"].startswith("text/calendar") and "BEGIN:VCALENDAR" in feed.text
    assert path not in sam.get("/account").text
    second = re.search(r"/calendar/[\w-]+\.ics", sam.post("/account/calendar").text)[0]
    assert Browser(app).get(path).status_code == 404 and Browser(app).get(second).status_code == 200
    assert "The calendar address is ended." in sam.post("/account/calendar/end").text
    assert Browser(app).get(second).status_code == 404
