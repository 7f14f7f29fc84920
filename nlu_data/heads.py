"""The first line of a phrase file, of the triage lists too: it awaits native review, or says who reviewed it and when."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

# Not in read.py: whatever changes there trains the bot anew.
from nlu_data.read import PROVENANCE

_REVIEWED = re.compile(r"# provenance: reviewed by \S(?:.*\S)? on ([0-9]{4}-[0-9]{2}-[0-9]{2})")


def head_of(file: Path) -> str:
    """The first line of a file, whatever a reviewer's editor put before it (the mark of UTF-8) and behind it (spaces)."""
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        return lines.readline().rstrip()


def reviewed(head: str) -> bool:
    """Whether a first line is a native reviewer's sign-off, with a name and a day."""
    found = _REVIEWED.fullmatch(head)
    try:
        return found is not None and bool(dt.date.fromisoformat(found[1]))
    except ValueError:
        return False


def in_order(head: str) -> bool:
    """Whether a first line is one of the two that a phrase file may have."""
    return head == PROVENANCE or reviewed(head)
