"""The benchmark's own tools: a figure is only worth something if what it counts really happened."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request, Response
from twilio.request_validator import RequestValidator

from alongside.standalone import free_port
from bench import hearing, planning
from bench.__main__ import show
from bench.alerting import spread
from bench.load import message, run, signed_form
from casefile import encryption
from tests.conftest import TEST_KEY
from tests.serving import serving


def test_every_request_is_sent_once_signed_and_its_answer_counted() -> None:
    port = free_port()
    url, seen, app = f"http://127.0.0.1:{port}", [], FastAPI()

    @app.post("/twilio/messages")
    async def take(request: Request) -> Response:
        form = await request.form()
        valid = RequestValidator("token").validate(f"{url}/twilio/messages", dict(form), request.headers["x-twilio-signature"])
        seen.append(form["MessageSid"])
        return Response(status_code=503 if form["Body"] == "broken" else 200 if valid else 403, headers={"connection": "close"} if len(seen) % 5 == 0 else {})

    texts = [message(f"SM{n}", "+447000000001", "+447700900100", "broken" if n == 3 else "ደሓን", "AC1") for n in range(20)]
    with serving(app, port):
        load = run(url, [signed_form(url, "/twilio/messages", "token", text) for text in texts], 4)
    assert sorted(seen) == sorted(t["MessageSid"] for t in texts)
    assert (load.count, load.statuses) == (20, {200: 19, 503: 1})
    assert 0 < load.p50 <= load.p99 and load.per_second > 0


def test_a_spread_names_median_and_worst() -> None:
    assert spread([0.5, 0.1, 0.3]) == {"texts": 3, "p50_s": 0.3, "p95_s": 0.5, "max_s": 0.5}


def test_planning_is_measured_for_each_size(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        found = planning.measure(None, (6, 30))
    finally:
        encryption.configure((TEST_KEY,))
    assert found["30"]["check_ins"] > found["6"]["check_ins"] > 0
    show("planning", found)
    assert "30  " in capsys.readouterr().out


def test_hearing_is_measured_with_the_real_bot() -> None:
    try:
        found = hearing.measure(10)
    finally:
        encryption.configure((TEST_KEY,))
    assert 0 < found["replies"]["p50_ms"] <= found["replies"]["p99_ms"]
    assert found["1600 letters"]["p50_ms"] > found["replies"]["p50_ms"]
    assert found["start_s"] > 0 and found["size"]["bot_memory_mb"] > found["size"]["model_mb"] > 1
