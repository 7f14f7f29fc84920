"""How the look 14 days ahead grows with the number of people."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from bench.people import add_people
from bench.place import place
from casefile.database import utc_now
from checkins import preview


def measure(server: str | None, sizes: Sequence[int]) -> dict[str, Any]:
    """Seconds for everybody's and for one person's next 14 days, by the number of people; plans as they differ in life."""
    found: dict[str, Any] = {}
    with place(server) as made:
        known = 0
        for size in sizes:
            add_people(made.house, known + 1, size - known, varied=True)
            known, now = size, utc_now()
            with made.house.database.read() as session:
                began = time.monotonic()
                coming = len(preview.team(session, now))
                team = time.monotonic() - began
            with made.house.database.read() as session:
                began = time.monotonic()
                preview.person(session, 1, now)
                one = time.monotonic() - began
            found[str(size)] = {"check_ins": coming, "team_s": round(team, 2), "ms_per_person": round(1000 * team / size, 3), "one_person_ms": round(1000 * one, 1)}
    return found
