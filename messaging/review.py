"""A reviewer's round trip: texts out to CSV or XLSX, sign-offs back in. A text the reviewer changed is listed, never taken over silently."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import openpyxl

from messaging.catalogue import FOLDER, Catalogue, Review, words_hash

COLUMNS = ("language", "key", "english", "text", "words", "approved (yes/no)", "comment")


class ReviewWrong(ValueError):
    """The file cannot be read as a review; the message says why."""


def export(language: str, file: Path, catalogue: Catalogue | None = None) -> str:
    """Write one language's texts for a reviewer; returns what to say to the operator. Raises ReviewWrong."""
    catalogue = catalogue or Catalogue.load()
    if language not in catalogue.texts:
        raise ReviewWrong(f"{language} is not one of our languages")
    rows = [(language, key, catalogue.text_raw(key, "en"), catalogue.text_raw(key, language), words_hash(catalogue.text_raw(key, language)), "", "")
            for key in catalogue.keys()]
    if file.suffix == ".xlsx":
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
    """Store the sign-offs of a returned file in reviews.toml; returns a summary. Raises ReviewWrong."""
    catalogue = catalogue or Catalogue.load()
    if not reviewer.strip():
        raise ReviewWrong("the reviewer's name is missing")
    taken, changed, refused = 0, [], []
    reviews = {code: dict(keys) for code, keys in catalogue.reviews.items()}
    for number, row in enumerate(_rows(file), 2):
        language, key, text = row.get("language", ""), row.get("key", ""), row.get("text", "")
        if language not in catalogue.texts or key not in catalogue.texts[language]:
            raise ReviewWrong(f"row {number}: no text {key!r} in {language!r}")
        if row.get("approved (yes/no)", "").strip().lower() not in ("yes", "y"):
            refused.append(f"{language} {key}")
        elif words_hash(text) != words_hash(catalogue.text_raw(key, language)):
            changed.append(f"{language} {key}")
        else:
            reviews.setdefault(language, {})[key] = Review(words_hash(text), reviewer.strip(), on.isoformat())
            taken += 1
    _write(folder / "reviews.toml", reviews)
    lines = [f"{taken} texts signed off by {reviewer.strip()}."]
    lines += [f"Changed by the reviewer, to be edited in texts/ and reviewed again: {', '.join(changed)}"] if changed else []
    lines += [f"Not approved: {', '.join(refused)}"] if refused else []
    return "\n".join(lines)


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        if file.suffix == ".xlsx":
            sheet = openpyxl.load_workbook(file, read_only=True).active
            assert sheet is not None
            head, *body = [[str(c or "") for c in row] for row in sheet.iter_rows(values_only=True)]
            return [dict(zip(head, row, strict=False)) for row in body]
        with file.open(encoding="utf-8-sig", newline="") as source:
            return list(csv.DictReader(source))
    except (OSError, ValueError, KeyError, AssertionError) as error:
        raise ReviewWrong(f"the file cannot be read: {type(error).__name__}") from None


def _write(path: Path, reviews: dict[str, dict[str, Review]]) -> None:
    lines = ["# Written by `alongside texts sign-off`: who approved exactly which words (their hash), and when."]
    for code in sorted(reviews):
        for key, r in sorted(reviews[code].items()):
            name = r.reviewer.replace("\\", "").replace('"', "'")
            lines += [f'[{code}."{key}"]', f'words = "{r.words}"', f'reviewer = "{name}"', f'on = "{r.on}"', ""]
    path.write_text("\n".join(lines) + "\n", "utf-8")
