"""Programs are kept alive, and ended with all they started."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from alongside import processes
from alongside.processes import BotMissing, Program, bot_command, bot_environment, own
from alongside.settings import Settings

# Writes its own id, starts a child that would stay for a minute, and waits.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
print("ids", __import__("os").getpid(), child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ids', __import__('os').getpid(), flush=True); time.sleep(60)"


def until(seen: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "not seen in time"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[str], Program]]:
    made: list[Program] = []

    def make(code: str, **environ: str) -> Program:
        made.append(Program("test", [sys.executable, "-S", "-c", code], tmp_path / "log" / "test.log", environ))
        return made[-1]

    yield make
    for each in made:
        each.stop(1)


def ids(program: Program, starts: int = 1) -> list[list[int]]:
    """The ids that each start of the program wrote down."""

    def lines() -> list[str]:
        return [line for line in program.log_file.read_text().splitlines() if line.startswith("ids ")] if program.log_file.exists() else []

    until(lambda: len(lines()) >= starts)
    return [[int(part) for part in line.split()[1:]] for line in lines()]


def test_a_program_that_ends_is_started_again(program: Callable[..., Program]) -> None:
    kept = program("print('ids', __import__('os').getpid(), flush=True)")
    kept.start()
    first, second = ids(kept, 2)[:2]
    assert first != second


def test_a_killed_program_comes_back_and_all_it_had_started_is_gone(program: Callable[..., Program]) -> None:
    kept = program(PARENT)
    kept.start()
    (parent, child), = ids(kept)
    kept.kill()
    until(lambda: gone(parent) and gone(child))
    _, (again, _) = ids(kept, 2)
    assert again != parent and not gone(again)


def test_what_a_crashed_program_left_behind_is_ended_before_it_starts_again(program: Callable[..., Program]) -> None:
    kept = program(PARENT)
    kept.start()
    (parent, child), = ids(kept)
    os.kill(parent, signal.SIGKILL)
    until(lambda: gone(child))
    assert len(ids(kept, 2)) == 2


def test_stopping_ends_the_program_with_all_it_started_and_it_does_not_come_back(program: Callable[..., Program]) -> None:
    kept = program(PARENT)
    kept.start()
    (parent, child), = ids(kept)
    kept.stop()
    until(lambda: gone(parent) and gone(child), 5)
    time.sleep(1.2)  # the first pause before a new start is one second
    assert len(ids(kept)) == 1
    kept.stop()
    kept.kill()


def test_who_does_not_end_when_asked_is_ended(program: Callable[..., Program]) -> None:
    kept = program(STUBBORN)
    kept.start()
    (stubborn,), = ids(kept)
    began = time.monotonic()
    kept.stop(patience=0.2)
    assert gone(stubborn) and time.monotonic() - began < 5


def test_stopping_in_the_pause_before_a_new_start_starts_nothing(program: Callable[..., Program]) -> None:
    kept = program("print('ids', 1, flush=True)")
    kept.start()
    ids(kept)
    until(lambda: kept.process is not None and kept.process.poll() is not None)
    kept.stop()
    time.sleep(1.3)
    assert len(ids(kept)) == 1


def test_a_program_that_cannot_be_started_for_a_while_is_tried_again(program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch) -> None:
    kept = program("print('ids', 1, flush=True)")
    kept.start()
    spawn, failures = kept._spawn, []

    def too_many_files() -> None:
        if not failures:
            failures.append(1)
            raise OSError(24, "Too many open files")
        spawn()

    monkeypatch.setattr(kept, "_spawn", too_many_files)
    assert len(ids(kept, 2)) == 2 and failures


def test_its_words_go_to_the_log_file_with_its_environment(program: Callable[..., Program]) -> None:
    kept = program("import os, sys; print('ids 1', flush=True); print(os.environ['ALONGSIDE_TEST'], file=sys.stderr)", ALONGSIDE_TEST="seen there")
    kept.start()
    ids(kept)
    until(lambda: "seen there" in kept.log_file.read_text())


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("[::1]", "::1")])
def test_the_bots_program_is_told_address_port_token_and_key_and_nothing_else(settings: Settings, host: str, address: str) -> None:
    found = bot_environment(replace(settings, bot_url=settings.bot_url.replace("127.0.0.1", host)))
    assert found == {"ALONGSIDE_BOT_HOST": address, "ALONGSIDE_BOT_PORT": settings.bot_url.rpartition(":")[2], "ALONGSIDE_BOT_TOKEN": settings.bot_key, "ALONGSIDE_BOT_KEY": settings.bot_key}


def test_a_bot_that_is_not_installed_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "BOT_PYTHON", tmp_path / "python")
    with pytest.raises(BotMissing, match="make setup"):
        bot_command()
    (tmp_path / "python").touch()
    assert bot_command()[0] == str(tmp_path / "python") and bot_command()[1].endswith("bot/serve.py")


def test_the_services_own_programs_run_under_the_same_python() -> None:
    assert own("work", "--x") == [sys.executable, "-m", "alongside.cli", "work", "--x"]
