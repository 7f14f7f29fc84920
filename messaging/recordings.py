"""Recorded voice prompts: files a charity supplies, <language>/<prompt>.wav; clearly marked synthetic ones for the demo.

Human recordings are what people should hear; espeak-ng stands in where it knows the language and nothing better is there.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from messaging.catalogue import Catalogue

PROMPTS = ("open", "intro", "ask", "thanks")
SYNTHETIC = "SYNTHETIC-DEMO-RECORDINGS.txt"
_VOICES = {"zh": "cmn", "tl": "fil", "en": "en-gb"}


def recording(folder: Path, language: str, prompt: str) -> Path | None:
    """The file of a prompt; None when there is none in this language."""
    file = folder / language / f"{prompt}.wav"
    return file if file.is_file() else None


def available(folder: Path, language: str) -> bool:
    """Whether every prompt is recorded in a language: without all of them nobody is called."""
    return all(recording(folder, language, prompt) for prompt in PROMPTS)


def make_demo(folder: Path, catalogue: Catalogue) -> list[str]:
    """Make synthetic recordings (8 kHz mono) where espeak-ng knows the language and none are there; returns the languages made."""
    if not shutil.which("espeak-ng"):
        return []
    voices = subprocess.run(["espeak-ng", "--voices"], capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    known = {line.split()[1] for line in voices}
    made = []
    for language in catalogue.languages:
        voice = _VOICES.get(language, language)
        if voice not in known or available(folder, language):
            continue
        (folder / language).mkdir(parents=True, exist_ok=True)
        for prompt in PROMPTS:
            words, file = catalogue.text(f"voice.{prompt}", language), folder / language / f"{prompt}.wav"
            if file.exists():
                continue  # a human voice is never replaced
            subprocess.run(["espeak-ng", "-v", voice, "-s", "130", "-w", str(file), words], check=True, capture_output=True)
        (folder / language / SYNTHETIC).write_text("Made by espeak-ng for trying things out. Replace with a human voice before anybody is called.\n")
        made.append(language)
    return made
