"""A reviewer's round trip: texts out to CSV or XLSX, sign-offs back in. A text the reviewer changed is listed, never taken over silently."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import openpyxl

from casefile.spreadsheets import NotText, separator, text_of
from messaging.catalogue import FOLDER, Catalogue, Review, words_hash

APPROVED = "approved (yes/no)"
COLUMNS = ("language", "key", "english", "text", "words", APPROVED, "comment")
NEEDED = ("language", "key", "text", APPROVED)


class ReviewWrong(ValueError):
    """The file cannot be read as a review; the message says why."""


def export(language: str, file: Path, catalogue: Catalogue | None = None) -> str:
    """Write one language's texts for a reviewer; returns what to say to the operator. Raises ReviewWrong."""
    catalogue = catalogue or Catalogue.load()
    if language not in catalogue.texts:
        raise ReviewWrong(f"{language} is not one of our languages")
    rows = [(language, key, catalogue.text_raw(key, "en"), catalogue.text_raw(key, language), words_hash(catalogue.text_raw(key, language)), "", "")
            for key in catalogue.keys()]
    if _is_xlsx(file):
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (COLUMNS, *rows):
            sheet.append(row)
        for column, width in zip("ABCDEFG", (10, 26, 60, 60, 18, 18, 40), strict=True):
            sheet.column_dimensions[column].width = width
        book.save(file)
    else:
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows((COLUMNS, *rows))
    return f"{len(rows)} texts in {language} written to {file}. The reviewer fills in 'yes' or 'no' and a comment."


def sign_off(file: Path, reviewer: str, on: dt.date, catalogue: Catalogue | None = None, folder: Path = FOLDER) -> str:
    """Store the sign-offs of a returned file in reviews.toml and drop those of texts it does not approve as they are; a text without an
    answer stays as it was. Returns a summary. Raises ReviewWrong."""
    catalogue = catalogue or Catalogue.load()
    if not reviewer.strip():
        raise ReviewWrong("the reviewer's name is missing")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in reviewer):
        raise ReviewWrong("the reviewer's name has signs that cannot be stored: type it on one line, in a terminal that writes UTF-8")
    if catalogue.damaged:  # written anew, the file would lose every other sign-off
        raise ReviewWrong(catalogue.damaged)
    taken, unanswered, changed, refused = 0, 0, [], []
    reviews = {code: dict(keys) for code, keys in catalogue.reviews.items()}
    for number, row in _rows(file):
        language, key, answer = row["language"], row["key"], row[APPROVED].lower()
        if language not in catalogue.texts or key not in catalogue.texts[language]:
            raise ReviewWrong(f"row {number}: no text {key!r} in {language!r}")
        words = catalogue.text_raw(key, language)
        if not answer:
            unanswered += 1
        elif answer not in ("yes", "y"):
            reviews.get(language, {}).pop(key, None)
            refused.append(f"{language} {key}")
        elif row["text"] != _plain(words):
            reviews.get(language, {}).pop(key, None)
            changed.append(f"{language} {key}")
        else:
            reviews.setdefault(language, {})[key] = Review(words_hash(words), reviewer.strip(), on.isoformat())
            taken += 1
    _write(folder / "reviews.toml", reviews)
    lines = [f"{taken} texts signed off by {reviewer.strip()}."]
    lines += [f"Changed by the reviewer (an earlier sign-off no longer counts), to be edited in texts/ and reviewed again: {', '.join(changed)}"] if changed else []
    lines += [f"Not approved (an earlier sign-off no longer counts): {', '.join(refused)}"] if refused else []
    lines += [f"{unanswered} texts have no answer and stay as they were."] if unanswered else []
    return "\n".join(lines)


def _is_xlsx(file: Path) -> bool:
    return file.suffix.lower() == ".xlsx"


def _plain(cell: object) -> str:
    """A cell as it is compared: programs store the same letters in several ways and leave spaces behind."""
    return unicodedata.normalize("NFC", "" if cell is None else str(cell)).strip()


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the heading with the numbers the reviewer sees; empty ones and remarks (no key, no answer) are left out. Raises ReviewWrong."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ReviewWrong(f"the file cannot be read: {type(error).__name__}") from None
    head, *body = [[_plain(cell) for cell in row] for row in (_workbook(data) if _is_xlsx(file) else _csv(data))] or [[]]
    names = [name.lower() for name in head]
    if missing := [name for name in NEEDED if name not in names]:
        raise ReviewWrong(f"the first row must name the columns; missing: {', '.join(missing)}")
    for number, cells in enumerate(body, 2):
        row = dict.fromkeys(names, "") | dict(zip(names, cells, strict=False))
        if row["key"] or row[APPROVED]:
            yield number, row


def _workbook(data: bytes) -> list[Iterable[object]]:
    try:
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
        assert sheet is not None
        return list(sheet.iter_rows(values_only=True))
    except Exception as error:  # whatever is damaged speaks: the archive, its compression, the XML, a part that is missing
        raise ReviewWrong(f"the file cannot be read as an .xlsx workbook: {type(error).__name__}") from None


def _csv(data: bytes) -> list[list[str]]:
    try:
        text = text_of(data)
    except NotText as wrong:
        raise ReviewWrong(f"the file cannot be read: {wrong} or as .xlsx") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    try:
        return list(reader)
    except csv.Error:
        raise ReviewWrong(f"the file cannot be read: line {reader.line_num} is broken (a quotation mark that does not end?)") from None


def _write(path: Path, reviews: dict[str, dict[str, Review]]) -> None:
    lines = ["# Written by `alongside texts sign-off`: who approved exactly which words (their hash), and when."]
    for code in sorted(reviews):
        for key, r in sorted(reviews[code].items()):
            # A string of JSON, but for control characters, is one of TOML.
            lines += [f'[{code}."{key}"]', f'words = "{r.words}"', f"reviewer = {json.dumps(r.reviewer, ensure_ascii=False)}", f'on = "{r.on}"', ""]
    # Beside it first: a full disk must not cost the sign-offs of every language.
    new = path.with_name("reviews.toml.new")
    new.write_bytes(("\n".join(lines) + "\n").encode())
    os.replace(new, path)
