"""The phones page and what it asks for, the command line, and how fast it all is."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import twilio.http.http_client

from messaging.simulator.app import create_app
from messaging.simulator.config import Config
from messaging.simulator.serve import serve
from tests.simulator.conftest import ARTA, BINH, OURS, PUBLIC, App, Bench


def test_the_page_and_its_files_allow_no_script_but_their_own(bench: Bench) -> None:
    for path, kind in (("/", "text/html"), ("/page/phones.css", "text/css"), ("/page/phones.js", "text/javascript")):
        answer = bench.http.get(path)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    html = bench.http.get("/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|style=", html)
    assert bench.http.get("/page/../config.py").status_code == 404 and bench.http.get("/page/phones.py").status_code == 404


def test_every_field_of_the_page_has_a_label_and_every_script_id_exists(bench: Bench) -> None:
    html, script = bench.http.get("/").text, bench.http.get("/page/phones.js").text
    for field in re.findall(r'<(?:input|textarea)[^>]*\bid="([^"]+)"', html):
        assert f'for="{field}"' in html
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r'\$\("([^"]+)"\)', script)) <= ids
    assert "innerHTML" not in script and "insertAdjacentHTML" not in script


def test_changes_tells_only_what_changed(bench: Bench) -> None:
    first = bench.http.get("/changes").json()
    assert [p["name"] for p in first["phones"]] == ["Arta"]
    assert bench.http.get("/changes", params={"after": first["version"]}).json()["phones"] == []
    bench.send(BINH, "xin chào")
    second = bench.http.get("/changes", params={"after": first["version"]}).json()
    assert [(p["number"], p["last"]) for p in second["phones"]] == [(BINH, "xin chào")]
    assert second["version"] > first["version"] and second["run"] == first["run"]
    assert bench.http.get("/changes?after=x").status_code == 422


def test_it_says_it_is_alive(bench: Bench) -> None:
    assert bench.http.get("/healthz").json() == {"ok": True}


@pytest.mark.parametrize(
    "given",
    [{"account_sid": "AC1"}, {"auth_token": ""}, {"public_url": "alongside.example"}, {"deliver_url": "ftp://x"}, {"numbers": ("0770",)},
     {"phones": (("nobody", "Arta"),)}, {"pace": -1}, {"clock_factor": 0}, {"webhook_timeout_s": 0}],
)  # fmt: skip
def test_settings_that_cannot_work_are_named(given: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(given)).split("_")[0]):
        Config(**given)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", "::"])
def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve(Config(), host)


def test_the_command_names_a_wrong_option_and_starts_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "messaging.simulator", "--phone", "nobody=Arta"], capture_output=True, text=True, timeout=20, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 2 and "numbers and phones" in done.stderr


def test_no_live_package_imports_the_simulator() -> None:
    root = Path(__file__).resolve().parents[2]
    for package in ("messaging", "webhooks", "dashboard", "triage", "checkins", "escalation", "translation", "casefile"):
        for file in (root / package).rglob("*.py"):
            if "simulator" not in file.parts:
                assert "messaging.simulator" not in file.read_text(), file


def test_a_new_app_has_an_empty_memory() -> None:
    first, second = create_app(Config(numbers=(OURS,))), create_app(Config())
    assert list(first.state.simulation.store.numbers) == [OURS] and second.state.simulation.store.numbers == {}


def test_many_messages_take_a_moment_and_all_arrive(bench_with, app: App) -> None:
    bench = bench_with(status_callbacks=False)
    session = twilio.http.http_client.Session()
    url = f"{bench.running.url}/2010-04-01/Accounts/{bench.client.account_sid}/Messages.json"
    started = time.monotonic()
    for i in range(400):
        form = {"To": f"+4477008{i:05}", "From": OURS, "Body": "How are you?", "StatusCallback": f"{PUBLIC}/twilio/status?ob={i}"}
        assert session.post(url, data=form, auth=bench.client.auth).status_code == 201
    assert time.monotonic() - started < 10  # the client's own cost is most of it; the bench measures the server
    store = bench.running.simulation.store
    assert len(store.order) == 400 and all(m.status == "delivered" for m in store.order)
    assert bench.thread(ARTA) == [] and len(bench.client.messages.list(to="+447700800042")) == 1


def test_phones_that_all_answer_at_once_are_all_heard(bench: Bench, app: App) -> None:
    for i in range(50):
        bench.text(f"+4477009001{i:02}", f"text {i}", wait=False)
    app.wait_for(50, "/twilio/messages")
    assert {w.form["Body"] for w in app.got} == {f"text {i}" for i in range(50)} and all(w.is_signed() for w in app.got)
