"""All of the bot's own checks, with its own Python: trains first if something changed.

    bot/.venv/bin/python bot/check.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

from surroundings import BOT, prepare

RASA = [sys.executable, "-W", "ignore", "-m", "rasa"]


def steps(out: str) -> list[tuple[str, list[str]]]:
    """Name and command of each check; `out` is a folder for what Rasa writes."""
    return [
        ("the model is trained", [sys.executable, "train.py"]),
        ("the files fit together", [*RASA, "data", "validate", "--data", "rules.yml"]),
        ("the conversations go as told", [*RASA, "test", "core", "-m", "models/alongside.tar.gz", "-s", "tests",
                                          "--endpoints", "endpoints.yml", "--out", out, "--no-plot",
                                          "--fail-on-prediction-errors"]),
        ("the tests pass", [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", "tests"]),
    ]


def main() -> int:
    """Run each; exit status 1 and its output if one fails."""
    prepare()
    failed = 0
    with tempfile.TemporaryDirectory() as out:
        for name, command in steps(out):
            began = time.monotonic()
            done = subprocess.run(command, cwd=BOT, capture_output=True, text=True)
            print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - began:.0f} s)",
                  flush=True)
            if done.returncode:
                failed = 1
                print(done.stdout[-8000:], done.stderr[-4000:], sep="\n")
            elif "pytest" in command:
                print(done.stdout.strip().splitlines()[-1])
    return failed


if __name__ == "__main__":
    sys.exit(main())
