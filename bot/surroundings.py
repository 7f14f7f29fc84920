"""What Rasa must find in its environment before it is imported: quiet, no telemetry, no cache of its own."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

BOT = Path(__file__).resolve().parent
SETTINGS = {
    "RASA_TELEMETRY_ENABLED": "false",
    "RASA_MAX_CACHE_SIZE": "0",              # we keep embeddings and models ourselves
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "SQLALCHEMY_WARN_20": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TQDM_DISABLE": "1",
    "LOG_LEVEL": "ERROR",                    # below ERROR Rasa logs what people write
    "LOG_LEVEL_LIBRARIES": "ERROR",
    "PYTHONWARNINGS": "ignore",
    "OMP_NUM_THREADS": "1",                  # one core is the app's
    "PYTHONPATH": os.pathsep.join((str(BOT), str(BOT.parent))),
}


def prepare() -> None:
    """Set it all, whatever was there, and work from the bot's folder."""
    os.environ.update(SETTINGS)
    warnings.showwarning = lambda *_, **__: None  # Rasa and its libraries set filters of their own
    sys.path[:0] = [str(BOT), str(BOT.parent)]
    os.chdir(BOT)
