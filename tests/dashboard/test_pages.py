from __future__ import annotations

PAGES = ("/", "/queue", "/queue?whose=mine", "/checkins", "/calls", "/people", "/people/new", "/team", "/reports", "/languages", "/languages/ar", "/account",
         "/people/7F3", "/people/7F3/conversation", "/people/T4H/conversation", "/people/7F3/plan", "/people/7F3/plan/edit", "/people/T4H/interventions",
         "/people/7F3/interventions/new", "/people/7F3/edit", "/people/7F3/addresses/new", "/people/7F3/calls/new", "/alerts/1", "/alerts/2", "/alerts/6",
         "/calls/1", "/alerts/list", "/queue/list", "/checkins/list", "/calls/list", "/alerts/1/state", "/people/7F3/conversation/thread",
         "/people/7F3/conversation/state", "/messages/1/translation", "/alerts/summary", "/reports.csv", "/people/G6R/conversation")


def test_every_page_stands_for_a_manager_and_says_where_one_is(world, browser) -> None:
    alex = browser("alex")
    for path in (*PAGES, "/people/7F3/looks"):
        answer = alex.get(path, accept="text/html")
        assert answer.status_code == 200, path
        if "<html" in answer.text:
            assert answer.text.count("<h1") == 1 and "<title>" in answer.text and 'id="main"' in answer.text, path
