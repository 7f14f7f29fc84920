"""A reviewer's round trip: what comes back from people's spreadsheets, and what of it counts."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import unicodedata
from pathlib import Path

import openpyxl
import pytest

from messaging.catalogue import FOLDER, Catalogue, Review
from messaging.review import APPROVED, COLUMNS, ReviewWrong, export, sign_off

DAY = dt.date(2026, 11, 22)
HEAD = f"language,key,text,{APPROVED}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "texts", ignore=shutil.ignore_patterns("reviews.toml")))


def taken(file: Path, folder: Path) -> str:
    return sign_off(file, "A. Reviewer", DAY, Catalogue.load(folder), folder)


def reviewed(folder: Path, key: str = "reply.ok", language: str = "sq") -> Review | None:
    return Catalogue.load(folder).reviewed(key, language)


def answered(file: Path, answers: dict[str, str], words: dict[str, str] | None = None, below: tuple[tuple[str, ...], ...] = ()) -> Path:
    """The file as a reviewer sends it back: the language is the file's name; `words` are other words for keys, `below` rows under the table."""
    export(file.stem.lower(), file)
    rows = _read(file)
    for row in rows[1:]:
        row[3], row[5] = (words or {}).get(row[1], row[3]), answers.get(row[1], "")
    _save(file, [*rows, *map(list, below)])
    return file


def _read(file: Path) -> list[list[str]]:
    if file.suffix.lower() == ".xlsx":
        sheet = openpyxl.load_workbook(file).active
        assert sheet is not None
        return [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    with file.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.reader(source))


def _save(file: Path, rows: list[list[str]]) -> None:
    if file.suffix.lower() != ".xlsx":
        file.write_bytes(_csv(rows).encode("utf-8-sig"))
        return
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(file)


def _csv(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("name", ["sq.csv", "sq.xlsx", "SQ.CSV", "SQ.XLSX"])
def test_a_review_goes_out_and_comes_back(folder: Path, tmp_path: Path, name: str) -> None:
    answers = {"reply.ok": "Yes ", "reply.later": "no", "reply.received": "yes"}
    said = taken(answered(tmp_path / name, answers, {"reply.received": "other words"}), folder)
    assert reviewed(folder) == Review(Catalogue.load(folder).reviews["sq"]["reply.ok"].words, "A. Reviewer", "2026-11-22")
    assert reviewed(folder, "reply.later") is None and reviewed(folder, "reply.received") is None
    changed, refused, unanswered = said.splitlines()[1:]
    assert "sq reply.received" in changed and "sq reply.later" in refused
    assert f"{len(Catalogue.load(folder).keys()) - 3} texts have no answer" in unanswered


@pytest.mark.parametrize("name", ['Zoë "Zo" O\\Neil', "نرگس\u200cزاده"])
def test_a_reviewers_name_is_stored_as_it_is_written(folder: Path, tmp_path: Path, name: str) -> None:
    sign_off(answered(tmp_path / "sq.csv", {"reply.ok": "yes"}), name, DAY, Catalogue.load(folder), folder)
    found = reviewed(folder)
    assert found is not None and found.reviewer == name


@pytest.mark.parametrize("name", ["Jos\udce9", "A.\nReviewer", "A.\x7fReviewer"])
def test_a_name_that_cannot_be_stored_is_refused_and_costs_no_sign_off(folder: Path, tmp_path: Path, name: str) -> None:
    taken(answered(tmp_path / "sq.csv", {"reply.ok": "yes"}), folder)
    with pytest.raises(ReviewWrong, match="name has signs that cannot be stored"):
        sign_off(tmp_path / "sq.csv", name, DAY, Catalogue.load(folder), folder)
    assert reviewed(folder) is not None


def test_a_full_disk_costs_no_sign_off(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(answered(tmp_path / "sq.csv", {"reply.ok": "yes"}), folder)

    def full(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        taken(tmp_path / "sq.csv", folder)
    assert reviewed(folder) is not None


@pytest.mark.parametrize("damage", [b'[sq."reply.ok"]\nwords = "ab', b"\xff", b"sq = 1\n", b'[sq."reply.ok"]\nwords = "ab"\n'])
def test_with_damaged_sign_offs_nothing_counts_as_signed_off_and_they_are_not_overwritten(folder: Path, tmp_path: Path, damage: bytes) -> None:
    (folder / "reviews.toml").write_bytes(damage)
    catalogue = Catalogue.load(folder)
    assert catalogue.awaiting("sq") == catalogue.keys() and "reviews.toml is damaged" in catalogue.damaged
    with pytest.raises(ReviewWrong, match=r"reviews\.toml is damaged"):
        taken(answered(tmp_path / "sq.csv", {"reply.ok": "yes"}), folder)
    assert (folder / "reviews.toml").read_bytes() == damage


@pytest.mark.parametrize("name", ["sq.xlsx", "SQ.XLSX"])
def test_a_workbook_is_written_whatever_the_case_of_its_name(tmp_path: Path, name: str) -> None:
    export("sq", tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(b"PK")


def test_a_sign_off_ends_when_the_words_change(folder: Path, tmp_path: Path) -> None:
    taken(answered(tmp_path / "sq.csv", {"reply.ok": "yes"}), folder)
    catalogue = Catalogue.load(folder)
    words = (folder / "sq.toml").read_text("utf-8")
    (folder / "sq.toml").write_text(words.replace(catalogue.text("reply.ok", "sq"), catalogue.text("reply.later", "sq")), "utf-8")
    assert reviewed(folder) is None


@pytest.mark.parametrize(("answer", "stays"), [("no", False), ("N", False), ("not sure", False), ("", True), (" ", True)])
def test_a_later_no_drops_a_sign_off_and_no_answer_leaves_it(folder: Path, tmp_path: Path, answer: str, stays: bool) -> None:
    taken(answered(tmp_path / "sq.csv", {"reply.ok": "yes", "reply.later": "yes"}), folder)
    said = taken(answered(tmp_path / "sq.csv", {"reply.ok": answer}), folder)
    assert (reviewed(folder) is not None) is stays and ("sq reply.ok" not in said) is stays
    assert reviewed(folder, "reply.later") is not None


def test_a_text_that_a_later_reviewer_rewrote_is_no_longer_signed_off(folder: Path, tmp_path: Path) -> None:
    taken(answered(tmp_path / "sq.csv", {"reply.ok": "yes", "reply.later": "yes"}), folder)
    said = taken(answered(tmp_path / "sq.csv", {"reply.ok": "yes"}, {"reply.ok": "other words"}), folder)
    assert "(an earlier sign-off no longer counts)" in said and reviewed(folder) is None and reviewed(folder, "reply.later") is not None


@pytest.mark.parametrize("name", ["sq.csv", "sq.xlsx"])
def test_empty_rows_and_remarks_below_the_table_are_passed_over(folder: Path, tmp_path: Path, name: str) -> None:
    below = ((), ("",) * 7, ("", "", "", "thank you"), ("", "", "", "", "", "", "all read"), ("Read by a colleague too",))
    taken(answered(tmp_path / name, {"reply.ok": "yes"}, below=below), folder)
    assert reviewed(folder) is not None


def test_an_answer_without_a_key_is_refused_with_the_row_the_reviewer_sees(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(f"{HEAD}\n,,,\n,,some words,yes\n", "utf-8")
    with pytest.raises(ReviewWrong, match="row 4"):
        taken(file, folder)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_file_is_read_as_european_programs_save_it(folder: Path, tmp_path: Path, delimiter: str, encoding: str) -> None:
    file = answered(tmp_path / "vi.csv", {"reply.ok": "yes"}, below=(("", "", "", 'a remark, "quoted"; with\ta tab'),))
    file.write_bytes(_csv(_read(file), delimiter).encode(encoding))
    assert taken(file, folder).startswith("1 texts signed off") and reviewed(folder, language="vi") is not None


def test_utf_16_of_the_other_byte_order_is_read_too(folder: Path, tmp_path: Path) -> None:
    file = answered(tmp_path / "vi.csv", {"reply.ok": "yes"})
    file.write_bytes(("\ufeff" + file.read_text("utf-8-sig")).encode("utf-16-be"))
    assert taken(file, folder).startswith("1 texts signed off")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_named_as_what_is_wrong(folder: Path, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "sq.csv"
    file.write_bytes(f"{HEAD}sq,reply.ok,Shumë mirë,yes\n".encode(encoding))
    with pytest.raises(ReviewWrong, match="not UTF-8"):
        taken(file, folder)


def test_the_same_letters_stored_otherwise_are_no_change(folder: Path, tmp_path: Path) -> None:
    words = Catalogue.load(folder).text_raw("reply.ok", "vi")
    apart = unicodedata.normalize("NFD", words)
    assert apart != words
    said = taken(answered(tmp_path / "vi.csv", {"reply.ok": "yes"}, {"reply.ok": f"{apart} "}), folder)
    assert "Changed" not in said and reviewed(folder, language="vi") is not None


def test_a_damaged_workbook_is_refused(folder: Path, tmp_path: Path) -> None:
    whole = answered(tmp_path / "sq.xlsx", {"reply.ok": "yes"}).read_bytes()
    middle = len(whole) // 2
    for data in (b"", b"no workbook", whole[:middle], whole[:middle] + bytes(200) + whole[middle + 200:]):
        (tmp_path / "sq.xlsx").write_bytes(data)
        with pytest.raises(ReviewWrong, match="cannot be read as an .xlsx workbook"):
            taken(tmp_path / "sq.xlsx", folder)
    assert not (folder / "reviews.toml").exists()


@pytest.mark.parametrize(("content", "said"), [
    (f"{HEAD}sq,no.such.key,,\n", "row 2: no text 'no.such.key'"), (f"{HEAD}xx,reply.ok,,yes\n", "row 2"), ("", "missing: language, key, text"),
    ("language|key|text\n", "first row must name the columns"), (HEAD.replace(APPROVED, "approved"), r"missing: approved \(yes/no\)"),
    (f'{HEAD}sq,reply.ok,"words,yes\n', "line 2 is broken"),
])
def test_a_file_that_is_no_review_is_refused_and_nothing_is_stored(folder: Path, tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "x.csv"
    file.write_text(content, "utf-8")
    with pytest.raises(ReviewWrong, match=said):
        taken(file, folder)
    assert not (folder / "reviews.toml").exists()


def test_the_columns_may_stand_in_another_order_and_case(folder: Path, tmp_path: Path) -> None:
    file = answered(tmp_path / "sq.csv", {"reply.ok": "yes"})
    rows = [list(reversed(row)) for row in _read(file)]
    assert rows[0] == list(reversed(COLUMNS))
    rows[0] = [f"{name} ".title() for name in rows[0]]
    _save(file, rows)
    assert taken(file, folder).startswith("1 texts signed off")
