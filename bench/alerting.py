"""From a signed danger text to the alarm on an open dashboard, and what memory everything takes meanwhile."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, insert, select

from alongside.seed import PASSWORD, TOTP_SECRET
from alongside.story_people import Caseworker, until
from bench.load import message, percentile, run, signed_form
from bench.people import CASEWORKER, add_caseworker, add_people, number
from bench.place import SENDER, Place, place
from casefile.database import utc_now
from casefile.models import Alert, Inbound
from casefile.numbers import address_hash
from casefile.vocabulary import Channel, InboundState, Lane, Urgency

DANGER = "he is outside my door please help me"
ROUTINE_PEOPLE = 500
PATIENCE = 30.0


def measure(texts: int, waiting: int) -> dict[str, Any]:
    """Seconds from the text's arrival to the alarm at the dashboard: idle, and with `waiting` routine messages before it."""
    with place() as made:
        bot = made.bot is not None
        add_people(made.house, 1, ROUTINE_PEOPLE + 3 * texts)
        add_caseworker(made.house)
        made.start(bot=bot)
        made.start_workers(1)
        watcher = open_dashboard(made)
        found: dict[str, Any] = {"bot": "the real one" if bot else "none (not trained): judged by the phrase lists"}
        timed(made, watcher, range(ROUTINE_PEOPLE + 1, ROUTINE_PEOPLE + 3))  # warm
        found["idle"] = spread(timed(made, watcher, range(ROUTINE_PEOPLE + 3, ROUTINE_PEOPLE + 3 + texts)))
        _routine(made, waiting)
        began, left = time.monotonic(), ready(made)
        found["busy"] = spread(timed(made, watcher, range(ROUTINE_PEOPLE + 3 + texts, ROUTINE_PEOPLE + 3 + 2 * texts)))
        after = ready(made)
        found["busy"] |= {"waiting_before": left, "waiting_after": after, "routine_per_second": round((left - after) / (time.monotonic() - began), 1)}
        found["memory_mb"] = made.memory()
        watcher.close()
        return found


def open_dashboard(made: Place) -> Caseworker:
    """A caseworker with the dashboard open."""
    return Caseworker(made.url, CASEWORKER, PASSWORD, TOTP_SECRET)


def timed(made: Place, watcher: Caseworker, people: Iterable[int], pause: float = 0.5) -> list[float]:
    """Each of these people sends a danger text, one after the other; seconds from before the webhook to the event at the dashboard."""
    seconds = []
    for n in people:
        text = message("SM" + secrets.token_hex(16), number(n), SENDER, DANGER, made.settings.twilio_account_sid)
        began = time.monotonic()
        run(made.url, [signed_form(made.url, "/twilio/messages", made.settings.twilio_auth_tokens[0], text)], 1)
        alert = until(lambda n=n: _alarm(made, n), PATIENCE)
        if alert is None or until(lambda alert=alert: alert in watcher.seen, PATIENCE) is None:
            raise RuntimeError(f"a danger text was not alarmed within {PATIENCE:.0f} s")
        seconds.append(watcher.seen[alert] - began)
        time.sleep(pause)
    return seconds


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum, in seconds."""
    return {"texts": len(seconds), "p50_s": round(percentile(seconds, 0.5), 3), "p95_s": round(percentile(seconds, 0.95), 3), "max_s": round(max(seconds), 3)}


def _alarm(made: Place, person_id: int) -> int | None:
    with made.house.database.read() as session:
        return session.scalar(select(Alert.id).where(Alert.person_id == person_id, Alert.urgency == Urgency.IMMEDIATE))


def ready(made: Place) -> int:
    """How many received messages wait."""
    with made.house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Inbound).where(Inbound.state == InboundState.READY)) or 0


def _routine(made: Place, count: int) -> None:
    """Routine messages that came a moment ago and wait."""
    now = utc_now()
    rows = [{"provider_sid": "SM" + secrets.token_hex(16), "channel": Channel.SMS, "person_id": n, "from_address": number(n), "to_address": SENDER,
             "from_hash": address_hash(number(n)), "body": f"the bus was late, number {i}", "received_at": now, "state": InboundState.READY,
             "lane": Lane.INBOUND, "run_at": now, "attempt": 0, "concerns": [], "duress": False}
            for i in range(count) for n in [1 + i % ROUTINE_PEOPLE]]
    with made.house.database.write() as session:
        session.execute(insert(Inbound), rows)
