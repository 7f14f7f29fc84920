"""`make bench`: measure on this machine, print a table, write JSON under var/bench/. Figures are for comparing within one run.

    python -m bench [webhooks] [alerts] [hearing] [checkins] [planning] [--full] [--people N]
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil

from bench import alerting, due, hearing, planning, webhooks
from bench.place import OUT, postgresql
from casefile.database import Database, utc_now

FULL, SHORT = 100_000, 12_000


def main() -> None:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help="webhooks, alerts, hearing, checkins, planning; all when left out")
    parser.add_argument("--full", action="store_true", help=f"{FULL} people due at once (takes about half an hour)")
    parser.add_argument("--people", type=int, help=f"people due at once on PostgreSQL, a tenth of them on SQLite (default {SHORT})")
    parser.add_argument("--requests", type=int, default=1500, help="texts for each number of connections")
    parser.add_argument("--texts", type=int, default=20, help="danger texts in each state")
    parser.add_argument("--waiting", type=int, default=5000, help="routine messages waiting")
    parser.add_argument("--messages", type=int, default=600, help="held-out replies for the bot to hear")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped then, too
    people = given.people or (FULL if given.full else SHORT)
    with postgresql() as server:
        known: dict[str, Callable[[], Any]] = {
            "webhooks": lambda: webhooks.measure(server, given.requests),
            "alerts": lambda: alerting.measure(given.texts, given.waiting),
            "hearing": lambda: hearing.measure(given.messages),
            "checkins": lambda: {"postgresql": due.measure(server, people, (1, 2, 4)), "sqlite": due.measure(None, max(people // 10, 10), (1,))},
            "planning": lambda: planning.measure(server, [n for n in (1_000, 10_000, 100_000) if n <= max(people, 10_000)]),
        }
        if unknown := set(given.names) - set(known):
            parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        results = {"machine": _machine(server)}
        show("machine", results["machine"])
        for name in given.names or known:
            began = time.monotonic()
            results[name] = known[name]()
            show(f"{name} ({time.monotonic() - began:.0f} s)", results[name])
    file = OUT / f"bench-{utc_now():%Y%m%d-%H%M%S}.json"
    file.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nwritten to {file.relative_to(OUT.parent.parent)}")


def _machine(server: str) -> dict[str, Any]:
    database = Database(server)
    with database.engine.connect() as connection:
        version, fsync = (connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("server_version", "fsync"))
    database.close()
    return {"cores": psutil.cpu_count(), "memory_gb": round(psutil.virtual_memory().total / 2**30), "python": platform.python_version(),
            "busy_before_%": psutil.cpu_percent(1.0), "postgresql": f"{version}, fsync {fsync}", "sqlite": "WAL, synchronous=FULL"}


def show(title: str, found: dict[str, Any]) -> None:
    """Print one benchmark's figures: a line for each row, its figures beside it."""
    print(f"\n== {title}", flush=True)
    for name, figures in _rows("", found):
        print(f"{name:<34}" + "   ".join(f"{k} {v}" for k, v in figures.items()), flush=True)


def _rows(path: str, found: dict[Any, Any]) -> list[tuple[str, dict[Any, Any]]]:
    plain = {k: v for k, v in found.items() if not isinstance(v, dict)}
    rows = [(path, plain)] if plain else []
    for key, value in found.items():
        if isinstance(value, dict):
            rows += _rows(f"{path} {key}".strip(), value)
    return rows


if __name__ == "__main__":
    main()
