"""One line a fact on standard error; what looks like a phone number is masked wherever it stands."""

from __future__ import annotations

import logging
import re

import pytest

from alongside.logging import set_up


def test_a_line_says_when_in_utc_how_serious_which_program_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("worker")
    logging.getLogger("alongside.worker").info("freed %s pieces of work", 3)
    logging.getLogger("alongside.worker").debug("not at this level")
    captured = capsys.readouterr()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO    worker alongside\.worker: freed 3 pieces of work\n", captured.err) and not captured.out


@pytest.mark.parametrize(("message", "arguments", "line"), [
    ("sent to +447700900201", (), "sent to [number]"), ("sent to %s and %s", ("+447700900201", "07700900201"), "sent to [number] and [number]"),
    ("whatsapp:+447700900201 failed", (), "whatsapp:[number] failed"), ("GET /phones/%2B447700900201", (), "GET /phones/%2B447700900201"),
    ("alert 12345678 after 30 s", (), "alert 12345678 after 30 s"), ("port 5005, 100%% of 250", (), "port 5005, 100%% of 250"),
])
def test_numbers_of_people_are_masked_and_other_figures_are_not(capsys: pytest.CaptureFixture[str], message: str, arguments: tuple[str, ...], line: str) -> None:
    set_up("app")
    logging.getLogger("x").warning(message, *arguments)
    assert capsys.readouterr().err.endswith(f": {line}\n")


def test_of_an_error_its_kind_and_places_are_shown_and_never_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("app")

    def inner() -> None:
        raise KeyError("he is outside, +447700900201")

    for cause in (True, False):
        try:
            try:
                inner()
            except KeyError as error:
                raise ValueError("purple heron") from (error if cause else None)
        except ValueError:
            logging.getLogger("x").exception("step failed")
        shown = capsys.readouterr().err
        assert not any(words in shown for words in ("7700900201", "outside", "heron"))
        assert "step failed" in shown and "builtins.ValueError" in shown and "test_logging.py:" in shown
        assert ("builtins.KeyError" in shown and "in inner" in shown) is cause


def test_libraries_that_print_requests_or_statements_are_kept_quiet_at_any_level(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("app", "DEBUG")
    for name in ("httpx", "httpcore.connection", "urllib3.connectionpool", "twilio.http_client", "sqlalchemy.engine.Engine", "uvicorn.access", "alembic.runtime"):
        logging.getLogger(name).info("GET /phones/+447700900201/texts he is outside")
    logging.getLogger("alongside").debug("said")
    assert capsys.readouterr().err.count("\n") == 1


def test_setting_up_again_does_not_say_everything_twice(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("app")
    set_up("worker")
    logging.getLogger("x").error("once")
    assert capsys.readouterr().err.count("once") == 1
