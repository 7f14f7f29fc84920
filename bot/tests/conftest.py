"""Tests that need Rasa: run with the bot's own Python (bot/check.py does)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from surroundings import prepare  # noqa: E402

prepare()
