"""How long the bot takes to hear a message, asked as a live one is, one after another."""

from __future__ import annotations

import random
import time
from typing import Any

from bench.load import percentile
from bench.place import MODEL, place
from nlu_data.read import held_out
from triage.bot_client import Bot

LONGEST = 1600  # letters


def measure(messages: int) -> dict[str, Any]:
    """Start-up, milliseconds a message for held-out replies in all languages and for the longest texts, size of the model, memory; nothing
    where no bot is trained."""
    if not MODEL.exists():
        return {"bot": "is not trained (make setup)"}
    chosen = random.Random(0)
    replies = chosen.sample(held_out(), messages)
    long = [". ".join(p.text for p in chosen.sample(held_out(["en", "ar", "vi"]), 60))[:LONGEST] for _ in range(20)]
    with place() as made:
        began = time.monotonic()
        made.start(simulator=False, bot=True)
        ready = time.monotonic() - began
        bot = Bot(made.settings.bot_url, made.settings.bot_key, timeout=30)

        def spread(texts: list[str]) -> dict[str, float]:
            times = []
            for n, text in enumerate(texts):
                began = time.perf_counter()
                bot.turn(f"bench-{n}", text)
                times.append(1000 * (time.perf_counter() - began))
            return {"p50_ms": round(percentile(times, 0.5), 1), "p99_ms": round(percentile(times, 0.99), 1)}

        try:
            spread([p.text for p in replies[:20]])  # the first ones warm it up
            return {"start_s": round(ready, 1), "replies": spread([p.text for p in replies]), f"{LONGEST} letters": spread(long),
                    "size": {"model_mb": round(MODEL.stat().st_size / 2**20, 1), "bot_memory_mb": made.memory()["bot"]}}
        finally:
            bot.close()
