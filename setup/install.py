"""Install everything that is missing, with visible progress; run again after an interruption and it carries on.

    python3 setup/install.py [--tests]

Standard library only and any Python from 3.8, for it runs before anything is installed. Each step leaves a stamp made of its
inputs' content, so a finished step is passed over. Debian packages are installed only when root and missing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
STAMPS = ROOT / ".cache" / "stamps"
UV = TOOLS / "bin" / "uv"
STARTED = time.monotonic()


class CannotInstall(Exception):
    """Something is missing that cannot be installed here; the message says what to do."""


def say(text: str) -> None:
    print(f"[set-up {time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def run(*command: object, cwd: Path = ROOT, quiet: bool = True, env: dict[str, str] | None = None) -> None:
    """Run a command; on failure show the end of what it said."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, text=True, env={**os.environ, **(env or {})},
                          stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None)
    if done.returncode:
        tail = "\n".join((done.stdout or "").splitlines()[-25:])
        raise CannotInstall(f"{Path(str(command[0])).name} {command[1] if len(command) > 1 else ''} failed:\n{tail}")


def content(*paths: Path) -> str:
    """A hash over files and folders."""
    digest = hashlib.sha256(sys.version.split()[0].encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()


def step(name: str, done_when: Path, inputs: list[Path], work, what: str) -> None:
    """Do `work` unless its stamp fits its inputs and its result is there."""
    stamp, wanted = STAMPS / name, content(*inputs)
    if done_when.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    say(what)
    began = time.monotonic()
    # A step that fails half-way leaves no result that fits an earlier stamp.
    stamp.unlink(missing_ok=True)
    work()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    say(f"  done in {time.monotonic() - began:.0f} s")


def install_uv() -> None:
    """A uv of our own, so that nothing on the machine is touched or relied on."""
    if UV.exists() and subprocess.run([str(UV), "--version"], stdout=subprocess.DEVNULL).returncode == 0:
        return
    say("a uv of our own (the installer of Python packages)")
    shutil.rmtree(TOOLS, ignore_errors=True)
    if subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).returncode:
        debian("python3-venv")
        run(sys.executable, "-m", "venv", TOOLS)
    run(TOOLS / "bin" / "pip", "install", "--quiet", "uv")


def debian(*packages: str) -> None:
    """Debian packages through apt, when root."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise CannotInstall(f"please install: {' '.join(packages)} (as root: apt-get install {' '.join(packages)}), then run this again")
    say(f"Debian packages: {' '.join(packages)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", env=quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=quiet)


def python(version: str) -> str:
    """An interpreter of this version: on PATH, pyenv's, or one that uv fetches."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}*/bin/python")), reverse=True)]
    for candidate in filter(None, candidates):
        # A pyenv shim is on PATH but answers only for the selected version: ask it.
        asked = subprocess.run([candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if asked.returncode == 0 and asked.stdout.strip() == version:
            return candidate
    return version


def environment(folder: Path, version: str, requirements: Path) -> None:
    if not (folder / "bin" / "python").exists():
        run(UV, "venv", "--quiet", "--clear", "--python", python(version), folder)
    run(UV, "pip", "sync", "--quiet", "--require-hashes", "--python", folder / "bin" / "python", requirements)


def app() -> None:
    environment(ROOT / ".venv", "3.11", ROOT / "requirements.txt")
    run(UV, "pip", "install", "--quiet", "--no-deps", "--python", ROOT / ".venv" / "bin" / "python", "-e", ROOT)


def assets() -> None:
    if not shutil.which("npm"):
        debian("nodejs", "npm")
    run(ROOT / ".venv" / "bin" / "python", "-m", "dashboard.assets", "build")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tests", action="store_true", help="also what only the tests need (Chromium)")
    parser.add_argument("--no-bot", action="store_true", help="leave the bot's environment and training out")
    arguments = parser.parse_args()
    try:
        # First: who is not root is asked for it before the downloads and the training.
        if arguments.tests and not (shutil.which("chromium") or os.environ.get("ALONGSIDE_CHROMIUM")):
            debian("chromium")
        install_uv()
        step("app", ROOT / ".venv" / "bin" / "alongside", [ROOT / "requirements.txt", ROOT / "pyproject.toml"], app,
             "the service's Python packages")
        step("assets", ROOT / "dashboard" / "static" / "vendor",
             [ROOT / "dashboard" / "package.json", ROOT / "dashboard" / "package-lock.json", ROOT / "dashboard" / "assets.py"], assets,
             "the dashboard's styles and scripts (npm)")
        if not arguments.no_bot:
            bot = ROOT / "bot"
            step("bot", bot / ".venv" / "bin" / "rasa", [bot / "requirements.txt"],
                 lambda: environment(bot / ".venv", "3.10", bot / "requirements.txt"),
                 "the bot's Python packages (Rasa and TensorFlow, about 1.5 GB; a minute or two)")
            run(bot / ".venv" / "bin" / "python", bot / "train.py", quiet=False)
        if not shutil.which("espeak-ng"):
            try:
                debian("espeak-ng")
            except CannotInstall as missing:
                say(f"no demo voice recordings ({missing})")
    except CannotInstall as error:
        say(f"stopped: {error}\nWhat was finished is kept; the same command carries on.")
        return 1
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept, the same command carries on")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
