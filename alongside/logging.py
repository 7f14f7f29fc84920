"""One line a fact on standard error: time, level, program, words. Never message text, names or numbers.

A filter stands behind the rule: anything that looks like a phone number is masked, whoever logged it.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType

_NUMBER = re.compile(r"\+\d{6,15}|\b\d{9,15}\b")


class WithoutValues(logging.Formatter):
    """A traceback as places and the kinds of errors: the words of an error may hold what somebody wrote."""

    converter = time.gmtime

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:  # noqa: N802
        lines, error = [], ei[1]
        while error is not None:
            lines += [f"  {Path(f.filename).name}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__)]
            lines.append(f"{type(error).__module__}.{type(error).__name__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


class MaskNumbers(logging.Filter):
    """Masks what looks like a phone number in the finished line."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        masked = _NUMBER.sub("[number]", text)
        if masked != text:
            record.msg, record.args = masked, ()
        return True


def set_up(program: str, level: str = "INFO") -> None:
    """Send this process's log to standard error; libraries that print requests or statements are kept quiet."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = WithoutValues(f"%(asctime)sZ %(levelname)-7s {program} %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    handler.setFormatter(formatter)
    handler.addFilter(MaskNumbers())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "twilio.http_client", "urllib3", "sqlalchemy", "uvicorn.access", "argostranslate", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
