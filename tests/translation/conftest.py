"""The two trained test packages, installed; and packages made up for one test."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import zipfile
from pathlib import Path

import pytest

from translation import packages
from translation.translate import Translator

FIXTURES = Path(__file__).parent.parent / "fixtures" / "translation"
SUMS = {name: sha for sha, name in (line.split() for line in (FIXTURES / "SHA256SUMS").read_text().splitlines())}
METADATA = {"package_version": "1.0", "argos_version": "1.9", "from_code": "ro", "from_name": "Romanian", "to_code": "en",
            "to_name": "English"}


def sha(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def installed_once(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("languages")
    for name, checksum in SUMS.items():
        packages.install(FIXTURES / name, checksum, folder)
    return folder


@pytest.fixture
def languages(installed_once, tmp_path) -> Path:
    """A folder with both fixtures installed, free to be spoiled."""
    return Path(shutil.copytree(installed_once, tmp_path / "languages"))


@pytest.fixture(scope="session")
def translator(installed_once) -> Translator:
    """One that may use the fixtures; shared, so that the models load once."""
    return Translator(installed_once, fixtures=True, seconds=120)


@pytest.fixture
def package_file(tmp_path):
    """Write an .argosmodel of given entries over a minimal good one; None leaves an entry out."""

    def write(entries: dict | None = None, name: str = "ro_en.argosmodel", **metadata) -> Path:
        whole = {"ro_en/metadata.json": json.dumps(METADATA | metadata), "ro_en/model/model.bin": b"weights",
                 "ro_en/model/shared_vocabulary.json": "[]", "ro_en/sentencepiece.model": b"pieces", **(entries or {})}
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for entry, content in whole.items():
                if content is not None:
                    archive.writestr(entry, content)
        return tmp_path / name

    return write


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("translation reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
