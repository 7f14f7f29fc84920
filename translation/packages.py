"""Argos packages on disk: install one from a file, list, remove. Nothing is ever fetched.

A package file (.argosmodel) is a zip of one folder with metadata.json, a CTranslate2 model and a tokenizer. The operator gets
it elsewhere, with its SHA-256. Installed, it is the folder `packages_dir/<from>_<to>` with our record of it beside the rest;
a folder without that record was not put there by `install` and is never used.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import AlreadyInstalled, NotAPackage, NotInstalled, UnsafePackage, WrongChecksum

MOST_FILES = 500
MOST_BYTES = 3 * 2**30  # unpacked; official packages are about 0.1 GB, the largest known well under 1 GB
_RECORD = "installed.json"
_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Package:
    """One installed package. `source` and `target` are Argos codes; `fixture` marks the test packages that translate nothing."""

    source: str
    target: str
    version: str
    sha256: str
    fixture: bool
    folder: Path


def install(file: Path, sha256: str, packages_dir: Path) -> Package:
    """Install `file` if its SHA-256 is `sha256`. Installing the same file again changes nothing.

    Raises PackageRefused (see errors.py) with nothing changed, or OSError when the disk does not let us.
    """
    wanted = sha256.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise WrongChecksum("a SHA-256 is 64 digits and letters a to f; none was given, so nothing was installed")
    if not Path(file).is_file():
        raise NotAPackage(f"there is no file {Path(file).name}")
    with open(file, "rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != wanted:
            raise WrongChecksum(f"{Path(file).name} has SHA-256 {found}, not {wanted}; it was not installed")
        packages_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=packages_dir) as work:
            try:
                with zipfile.ZipFile(opened) as archive:
                    folder = _unpack(archive, Path(work))
            except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError) as e:
                raise NotAPackage(f"{Path(file).name} is not an Argos package: it does not unpack") from e
            about = _metadata(folder)
            record = {"source": about["from_code"], "target": about["to_code"], "sha256": wanted,
                      "version": str(about.get("package_version", "?"))[:20], "fixture": about.get("fixture", False)}
            (folder / _RECORD).write_text(json.dumps(record))
            return _publish(folder, record, packages_dir)


def installed(packages_dir: Path) -> list[Package]:
    """The installed packages, by pair; empty when the folder does not exist."""
    return [p for folder in _folders(packages_dir) if (p := _read(folder))]


def strangers(packages_dir: Path) -> list[str]:
    """Names of folders there that were not put there by `install`; they are not used."""
    return [folder.name for folder in _folders(packages_dir) if not _read(folder)]


def remove(source: str, target: str, packages_dir: Path) -> None:
    """Remove the package for this pair of Argos codes. Raises NotInstalled."""
    for package in installed(packages_dir):
        if (package.source, package.target) == (source, target):
            doomed = Path(tempfile.mkdtemp(prefix=".removed-", dir=packages_dir))
            os.replace(package.folder, doomed / "package")  # gone at once for whoever lists; the bytes follow
            shutil.rmtree(doomed)
            return
    raise NotInstalled(f"no package {source} to {target} is installed")


def _unpack(archive: zipfile.ZipFile, into: Path) -> Path:
    """Unpack entry by entry: nothing but plain files in one top folder."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > MOST_BYTES:
        raise UnsafePackage("it would unpack to far more than a translation package holds")
    tops, seen = set(), set()
    for entry in entries:
        parts = PurePosixPath(entry.filename).parts
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if not parts or parts[0] == "/" or ".." in parts or re.search(r"[\\:\x00]", entry.filename):
            raise UnsafePackage("it has a file that would be written outside its own folder")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UnsafePackage("it has links or devices, which a translation package never has")
        if not entry.is_dir() and (len(parts) < 2 or parts in seen):
            raise NotAPackage("not an Argos package: its files are not all in one folder, each once")
        tops.add(parts[0])
        seen.add(parts)
    if len(tops) != 1:
        raise NotAPackage("not an Argos package: it should hold exactly one folder")
    folder = into / "package"
    folder.mkdir()
    for entry in entries:
        path = folder.joinpath(*PurePosixPath(entry.filename).parts[1:])
        if entry.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as packed, open(path, "xb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
    return folder


def _metadata(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / "metadata.json").read_bytes())
        if not isinstance(about, dict):
            raise ValueError
    except (OSError, ValueError) as e:
        raise NotAPackage("not an Argos package: metadata.json is missing or unreadable") from e
    source, target = about.get("from_code"), about.get("to_code")
    if not all(isinstance(c, str) and _CODE.fullmatch(c) for c in (source, target)) or source == target:
        raise NotAPackage("metadata.json does not name two languages")
    if about.get("type", "translate") != "translate" or not isinstance(about.get("fixture", False), bool):
        raise NotAPackage("metadata.json is not that of a translation package")
    if not all(isinstance(about.get(key, ""), str) for key in ("package_version", "from_name", "to_name", "target_prefix")):
        raise NotAPackage("metadata.json has a number or list where Argos expects words")
    if not (folder / "model" / "model.bin").is_file():
        raise NotAPackage("it has no model/model.bin")
    if not any((folder / name).is_file() for name in ("sentencepiece.model", "bpe.model")):
        raise NotAPackage("it has no tokenizer (sentencepiece.model or bpe.model)")
    return about


def _publish(folder: Path, record: dict[str, Any], packages_dir: Path) -> Package:
    """Make the unpacked folder visible in one step, unless one for its pair is there already."""
    home = packages_dir / f"{record['source']}_{record['target']}"
    try:
        os.rename(folder, home)  # a folder with something in it is never replaced
    except OSError:
        there = _read(home)
        if there and there.sha256 == record["sha256"]:
            return there
        if home.exists():
            raise AlreadyInstalled(f"another package {record['source']} to {record['target']} is installed "
                                   f"in {home.name}; remove it first") from None
        raise
    return Package(folder=home, **record)


def _folders(packages_dir: Path) -> list[Path]:
    if not packages_dir.is_dir():
        return []
    return sorted(f for f in packages_dir.iterdir() if f.is_dir() and not f.name.startswith("."))


def _read(folder: Path) -> Package | None:
    try:
        record = json.loads((folder / _RECORD).read_bytes())
        return Package(folder=folder, **record)
    except (OSError, ValueError, TypeError):
        return None
