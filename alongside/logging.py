"""One line a fact on standard error: time, level, program, words. Never message text, names or numbers.

A filter stands behind the rule: anything that looks like a phone number is masked, whoever logged it.
"""

from __future__ import annotations

import logging
import re
import sys
import time

_NUMBER = re.compile(r"\+\d{6,15}|\b\d{9,15}\b")


class MaskNumbers(logging.Filter):
    """Masks what looks like a phone number in the finished line and in the traceback below it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_text = _NUMBER.sub("[number]", record.exc_text) if record.exc_text else record.exc_text
        text = record.getMessage()
        masked = _NUMBER.sub("[number]", text)
        if masked != text:
            record.msg, record.args = masked, ()
        return True


def set_up(program: str, level: str = "INFO") -> None:
    """Send this process's log to standard error; libraries that print requests or statements are kept quiet."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(f"%(asctime)sZ %(levelname)-7s {program} %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(MaskNumbers())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "twilio.http_client", "urllib3", "sqlalchemy", "uvicorn.access", "argostranslate", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
