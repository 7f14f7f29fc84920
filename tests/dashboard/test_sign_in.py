from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from casefile import staff
from casefile.database import Database
from casefile.models import Audit, Staff, StaffSession
from casefile.vocabulary import Role
from tests import cast
from tests.dashboard import world as worlds
from tests.dashboard.conftest import Browser


def test_e_mail_password_and_code_open_the_door(world, browser) -> None:
    assert browser("sam").get("/").status_code == 200


@pytest.mark.parametrize(("who", "password", "code"), [
    ("sam", "wrong words here", None), ("sam", worlds.PASSWORD, "000000"), ("sam", worlds.PASSWORD, "12"), ("nobody", worlds.PASSWORD, "123456")])
def test_a_wrong_part_opens_nothing_and_says_the_same(world, app, clock, who: str, password: str, code: str | None) -> None:
    answer = Browser(app).sign_in(who, clock.now, password, code or (worlds.code("sam", clock.now) if who == "sam" else "123456"))
    assert answer.status_code == 403
    assert "We could not sign you in" in answer.text


def test_a_code_works_once(world, app, clock) -> None:
    code = worlds.code("sam", clock.now)
    assert Browser(app).sign_in("sam", clock.now, code=code).status_code == 303
    assert Browser(app).sign_in("sam", clock.now, code=code).status_code == 403
    clock.on(seconds=30)
    assert Browser(app).sign_in("sam", clock.now).status_code == 303


def test_a_code_of_the_step_before_is_still_good_and_older_ones_are_not() -> None:
    secret, now = worlds.SECRETS["sam"], cast.NOW
    assert staff.used_step(secret, worlds.code("sam", now - dt.timedelta(seconds=30)), 0, now) is not None
    assert staff.used_step(secret, worlds.code("sam", now - dt.timedelta(seconds=90)), 0, now) is None


def test_six_failures_lock_for_half_an_hour(world, app, clock, sqlite_database: Database) -> None:
    for _ in range(6):
        assert Browser(app).sign_in("sam", clock.now, "wrong words here").status_code == 403
    right = Browser(app).sign_in("sam", clock.now)
    assert right.status_code == 403 and "locked" in right.text
    assert "is locked after too many" not in Browser(app).sign_in("sam", clock.now, "wrong words here").text, "who does not know the password learns nothing"
    clock.on(minutes=30, seconds=1)
    assert Browser(app).sign_in("sam", clock.now).status_code == 303
    with sqlite_database.read() as session:
        assert "account locked" in session.scalars(select(Audit.action)).all()


def test_a_good_sign_in_forgets_the_failures_before(world, app, clock, sqlite_database: Database) -> None:
    for _ in range(5):
        Browser(app).sign_in("sam", clock.now, "wrong words here")
    Browser(app).sign_in("sam", clock.now)
    with sqlite_database.read() as session:
        assert session.get_one(Staff, world.sam).failed_sign_ins == 0


def test_an_idle_hour_signs_out(world, browser, clock) -> None:
    sam = browser()
    clock.on(minutes=59)
    assert sam.get("/").status_code == 200
    clock.on(minutes=59)
    assert sam.get("/").status_code == 200, "doing something begins the hour anew"
    clock.on(minutes=61)
    assert sam.get("/queue").headers["location"] == "/sign-in?next=/queue"


def test_what_a_page_does_by_itself_does_not_keep_it_signed_in(world, browser, clock) -> None:
    sam = browser()
    for _ in range(5):
        clock.on(minutes=14)
        answer = sam.get("/alerts/list", x_live="1")
    assert answer.status_code == 401


def test_twelve_hours_end_every_session(world, browser, clock) -> None:
    sam = browser()
    for _ in range(15):
        clock.on(minutes=50)
        answer = sam.get("/")
    assert answer.status_code == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(world, sqlite_database: Database, clock) -> None:
    plain = Browser(worlds.app(sqlite_database, clock)).sign_in("sam", clock.now).headers.get_list("set-cookie")
    cookie = next(c for c in plain if c.startswith("alongside="))
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    clock.on(minutes=1)
    secure = Browser(worlds.app(sqlite_database, clock, secure_cookies=True))
    secure.client.base_url = "https://testserver"
    cookie = next(c for c in secure.sign_in("sam", clock.now).headers.get_list("set-cookie") if c.startswith("__Host-alongside="))
    assert "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie


def test_only_a_hash_of_the_cookie_is_kept(world, browser, sqlite_database: Database) -> None:
    cookie = browser().client.cookies["alongside"]
    with sqlite_database.read() as session:
        assert all(cookie not in str(vars(row)) for row in session.scalars(select(StaffSession)))


def test_signing_out_ends_the_session(world, browser) -> None:
    sam = browser()
    cookie = sam.client.cookies["alongside"]
    sam.post("/sign-out")
    sam.client.cookies.set("alongside", cookie)
    assert sam.get("/").status_code == 303


@pytest.mark.parametrize("path", ["/alerts/1/acknowledge", "/people/7F3/take-over", "/people/7F3/phone-lost", "/sign-out", "/account/stay", "/people"])
def test_a_post_without_our_token_does_nothing(world, browser, sqlite_database: Database, path: str) -> None:
    sam = browser()
    with sqlite_database.read() as session:
        before = session.scalar(select(func.count()).select_from(Audit))
    for data in ({}, {"csrf": "guess"}):
        assert sam.client.post(path, data=data).status_code == 403
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Audit)) == before


def test_the_sign_in_form_has_a_token_of_its_own(world, app, clock) -> None:
    answer = Browser(app).client.post("/sign-in", data={"email": "sam@demo.example", "password": worlds.PASSWORD, "code": worlds.code("sam", clock.now)})
    assert answer.status_code == 403 and "Nothing was done" in answer.text


@pytest.mark.parametrize(("wanted", "gone_to"), [("/queue", "/queue"), ("https://evil.example", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("", "/")])
def test_signing_in_leads_only_to_pages_of_ours(world, app, clock, wanted: str, gone_to: str) -> None:
    from dashboard.sign_in import _own_path
    assert _own_path(wanted) == gone_to


@pytest.mark.parametrize("path", ["/", "/queue", "/checkins", "/calls", "/people", "/people/7F3", "/people/7F3/conversation", "/people/7F3/plan", "/alerts/1",
                                  "/team", "/reports", "/reports.csv", "/languages", "/account", "/messages/1/translation", "/calls/1", "/live", "/alerts/summary"])
def test_nothing_is_shown_to_a_stranger(world, app, path: str) -> None:
    assert Browser(app).get(path).status_code == 303
    assert Browser(app).get(path, x_live="1").status_code == 401


def test_a_closed_account_is_out_at_once(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    with sqlite_database.write() as session:
        session.get_one(Staff, world.sam).active = False
    assert sam.get("/").status_code == 303


@pytest.mark.parametrize(("change", "field"), [
    ({"name": " "}, "name"), ({"email": "sam"}, "email"), ({"email": "SAM@demo.example "}, "email"), ({"password": "short"}, "password"),
    ({"password": "aaaaaaaaaaaaaaaa"}, "password"), ({"password": "my password 12345"}, "password"), ({"password": "robinson crusoe 1"}, "password"),
    ({"phone": "12"}, "phone")])
def test_an_account_that_is_wrong_is_not_made(sqlite_database: Database, empty, change: dict[str, str], field: str) -> None:
    good = {"name": "Jo Robinson", "email": "jo@demo.example", "password": "eleven loud geese", "phone": "07700 900123"}
    with sqlite_database.write() as session, pytest.raises(staff.StaffWrong) as wrong:
        staff.create_staff(session, **{**good, **change}, role=Role.CASEWORKER, now=cast.NOW)  # type: ignore[arg-type]
    assert set(wrong.value.problems) == {field}
    with sqlite_database.write() as session:
        made = staff.create_staff(session, **good, role=Role.CASEWORKER, now=cast.NOW)  # type: ignore[arg-type]
        assert made.staff.phone == "+447700900123" and made.totp_uri.startswith("otpauth://totp/Alongside:jo%40demo.example")


def test_a_new_password_signs_every_browser_out(world, browser, clock) -> None:
    sam = browser()
    clock.on(minutes=1)
    other = browser()
    wrong = sam.post("/account/password", old="no", password="ten green bottles", again="ten green bottles")
    assert wrong.status_code == 422 and "not your present password" in wrong.text
    assert sam.post("/account/password", follow=False, old=worlds.PASSWORD, password="ten green bottles", again="ten green bottles").status_code == 303
    assert other.get("/").status_code == 303 and sam.get("/").status_code == 303


def test_a_manager_unlocks_and_a_caseworker_does_not(world, browser, app, clock, sqlite_database: Database) -> None:
    for _ in range(6):
        Browser(app).sign_in("priya", clock.now, "wrong words here")
    assert browser("sam").post(f"/team/{world.priya}/unlock").status_code == 404
    browser("alex").post(f"/team/{world.priya}/unlock")
    with sqlite_database.read() as session:
        assert session.get_one(Staff, world.priya).locked_until is None


def test_staying_signed_in_on_request(world, browser, clock) -> None:
    sam = browser()
    clock.on(minutes=58)
    assert sam.post("/account/stay", follow=False).status_code == 204
    clock.on(minutes=58)
    assert sam.get("/").status_code == 200
