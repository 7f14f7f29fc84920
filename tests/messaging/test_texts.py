"""The vetted texts, their budgets and their reviews."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.vocabulary import LANGUAGES
from messaging.catalogue import FOLDER, Catalogue, NoSuchText, TextsIncomplete, problems
from messaging.delivery import newer
from messaging.segments import segments

# handbook, safety 1.2.7: nothing that whoever reads over her shoulder would understand
REVEALING = ("traffick", "slavery", "victim", "survivor", "police", "solicitor", "home office", "safe", "danger", "therapy", "charity", "nrm", "worry",
             "worried", "urgent", "help line", "http", "www")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def test_every_key_is_there_in_every_language(catalogue: Catalogue) -> None:
    assert set(catalogue.languages) == set(LANGUAGES)
    assert not [p for code in catalogue.languages for p in problems(code, catalogue.texts[code], catalogue.texts["en"])]


def test_a_check_in_is_one_text_in_every_language(catalogue: Catalogue) -> None:
    for code in catalogue.languages:
        for key in catalogue.keys("checkin.ask"):
            assert segments(catalogue.text(key, code)).count == 1, (code, key)


def test_english_texts_reveal_nothing(catalogue: Catalogue) -> None:
    for key in catalogue.keys():
        if key != "human.call_999":  # sent only by a person who chose it
            assert not [word for word in REVEALING if word in catalogue.text_raw(key, "en").lower()], key


def test_numbers_1_and_2_stand_in_every_check_in(catalogue: Catalogue) -> None:
    for code in catalogue.languages:
        for key in catalogue.keys("checkin.ask"):
            assert "1" in catalogue.text(key, code) and "2" in catalogue.text(key, code), (code, key)


def test_no_text_is_counted_as_reviewed_without_a_sign_off(catalogue: Catalogue) -> None:
    if not (FOLDER / "reviews.toml").exists():
        assert not [k for code in catalogue.languages for k in catalogue.keys() if catalogue.reviewed(k, code)]
    assert all("needs native review" in p for p in catalogue.provenance.values())


def test_a_missing_text_stops_the_start_and_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    shutil.copytree(FOLDER, folder)
    words = (folder / "sq.toml").read_text("utf-8").splitlines()
    (folder / "sq.toml").write_text("\n".join(line for line in words if not line.startswith('"reply.ok"')), "utf-8")
    (folder / "vi.toml").unlink()
    (folder / "ro.toml").write_text('language = "ro', "utf-8")
    with pytest.raises(TextsIncomplete, match="sq: reply.ok is missing") as error:
        Catalogue.load(folder)
    assert "vi: the file is missing" in str(error.value) and "ro: the file is damaged" in str(error.value)


def test_texts_are_read_as_windows_saves_them_and_a_damaged_file_is_named_by_their_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "texts"
    shutil.copytree(FOLDER, folder)
    written = (folder / "sq.toml").read_text("utf-8")
    spec = importlib.util.spec_from_file_location("texts_check", FOLDER / "check.py")
    assert spec is not None and spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    monkeypatch.setattr(check, "HERE", folder)
    (folder / "sq.toml").write_text("\ufeff" + written, "utf-8")
    assert check._texts("sq") == Catalogue.load(folder).texts["sq"]
    (folder / "sq.toml").write_text(written, "utf-16")
    with pytest.raises(SystemExit, match=r"sq\.toml"):
        check._texts("sq")


def test_an_unknown_text_is_an_error(catalogue: Catalogue) -> None:
    with pytest.raises(NoSuchText):
        catalogue.text("reply.nonsense", "en")


@pytest.mark.parametrize(("text", "encoding", "count"), [
    ("", "GSM-7", 1), ("a" * 160, "GSM-7", 1), ("a" * 161, "GSM-7", 2), ("€" * 80, "GSM-7", 1), ("€" * 81, "GSM-7", 2), ("ë" * 70, "UCS-2", 1),
    ("ë" * 71, "UCS-2", 2), ("😀" * 35, "UCS-2", 1), ("😀" * 36, "UCS-2", 2), ("ትግርኛ", "UCS-2", 1),
])
def test_segments_are_counted_as_they_are_billed(text: str, encoding: str, count: int) -> None:
    assert (segments(text).encoding, segments(text).count) == (encoding, count)


@given(st.lists(st.sampled_from(["accepted", "queued", "sending", "sent", "delivered", "read", "failed", "undelivered", "nonsense"]), max_size=12))
def test_statuses_in_any_order_end_at_the_furthest(statuses: list[str]) -> None:
    known, rank = None, -1
    for status in statuses:
        moved = newer(status, None, known, rank)
        if moved is not None:
            known, rank = status, moved
    seen = set(statuses)
    if "read" in seen and not {"failed", "undelivered"} & seen:
        assert known == "read"
    if known in ("sent", "queued"):
        assert "delivered" not in seen
