"""Installing, listing and removing packages; what a bad file cannot do."""

from __future__ import annotations

import stat
import zipfile

import pytest

from translation import commands, packages
from translation.errors import AlreadyInstalled, NotAPackage, NotInstalled, PackageRefused, PackageUnusable, UnsafePackage, WrongChecksum

from .conftest import FIXTURES, SUMS, sha

FIXTURE = "sq_en_test_fixture.argosmodel"


def everything_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_the_committed_fixtures_have_the_checksums_that_are_committed_with_them():
    assert {file.name: sha(file) for file in FIXTURES.glob("*.argosmodel")} == SUMS


def test_a_package_is_installed_listed_and_removed(tmp_path):
    home = tmp_path / "not" / "yet" / "there"
    package = packages.install(FIXTURES / FIXTURE, SUMS[FIXTURE].upper() + " ", home)
    assert (package.source, package.target, package.fixture, package.sha256) == ("sq", "en", True, SUMS[FIXTURE])
    assert packages.installed(home) == [package]
    packages.remove("sq", "en", home)
    assert packages.installed(home) == []
    assert everything_in(home) == []


def test_a_repeat_changes_nothing(package_file, tmp_path):
    file, home = package_file(), tmp_path / "home"
    first = packages.install(file, sha(file), home)
    before = everything_in(home)
    assert packages.install(file, sha(file), home) == first
    assert everything_in(home) == before


def test_another_package_for_the_same_pair_is_refused_and_the_first_stays(package_file, tmp_path):
    old, home = package_file(), tmp_path / "home"
    package = packages.install(old, sha(old), home)
    new = package_file(name="new.argosmodel", package_version="2.0")
    with pytest.raises(AlreadyInstalled, match="remove it first"):
        packages.install(new, sha(new), home)
    assert packages.installed(home) == [package]


@pytest.mark.parametrize("checksum", ["", "0" * 64, "abc", "sha256:" + "0" * 64])
def test_a_file_with_another_checksum_is_not_even_opened(package_file, tmp_path, monkeypatch, checksum):
    def opened(*_):
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(zipfile, "ZipFile", opened)
    with pytest.raises(WrongChecksum):
        packages.install(FIXTURES / FIXTURE, checksum, tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("entry", [
    "../escaped.txt", "ro_en/../../escaped.txt", "/escaped.txt", "ro_en/..\\..\\escaped.txt", "C:/escaped.txt", "ro_en/a\\b",
])
def test_a_file_that_would_be_written_elsewhere_is_refused(package_file, tmp_path, entry):
    file, home = package_file({entry: "x"}), tmp_path / "home"
    with pytest.raises(UnsafePackage):
        packages.install(file, sha(file), home)
    assert everything_in(home) == []
    assert not list(tmp_path.rglob("escaped*"))


def test_a_symbolic_link_is_refused(package_file, tmp_path):
    file, home = package_file(), tmp_path / "home"
    link = zipfile.ZipInfo("ro_en/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafePackage):
        packages.install(file, sha(file), home)
    assert everything_in(home) == []


@pytest.mark.parametrize("limit", ["MOST_BYTES", "MOST_FILES"])
def test_a_file_that_unpacks_to_too_much_is_refused(package_file, tmp_path, monkeypatch, limit):
    monkeypatch.setattr(packages, limit, 3)
    file = package_file()
    with pytest.raises(UnsafePackage):
        packages.install(file, sha(file), tmp_path / "home")


@pytest.mark.parametrize("entries", [
    {"other/readme.txt": "a second top folder"}, {"readme.txt": "outside any folder"}, {"ro_en/metadata.json": None},
    {"ro_en/metadata.json": "not json"}, {"ro_en/metadata.json": "[1]"}, {"ro_en/metadata.json": b"\xff\xfe"},
    {"ro_en/model/model.bin": None}, {"ro_en/sentencepiece.model": None},
])
def test_what_is_not_an_argos_package_is_refused(package_file, tmp_path, entries):
    file, home = package_file(entries), tmp_path / "home"
    with pytest.raises(NotAPackage):
        packages.install(file, sha(file), home)
    assert everything_in(home) == []


@pytest.mark.parametrize("metadata", [
    {"from_code": None}, {"from_code": "../x"}, {"from_code": "en"}, {"to_code": 7}, {"to_code": ""}, {"type": "sbd"},
    {"fixture": "yes"}, {"target_prefix": 3}, {"package_version": ["1"]},
])
def test_metadata_that_makes_no_sense_is_refused(package_file, tmp_path, metadata):
    file = package_file(**metadata)
    with pytest.raises(NotAPackage):
        packages.install(file, sha(file), tmp_path / "home")


def test_a_file_that_is_no_zip_or_is_cut_short_is_refused(package_file, tmp_path):
    plain = tmp_path / "plain.argosmodel"
    plain.write_bytes(b"not a zip at all")
    spoiled = tmp_path / "spoiled.argosmodel"
    good = (FIXTURES / FIXTURE).read_bytes()
    spoiled.write_bytes(good[:200_000] + bytes(1000) + good[201_000:])
    for file in (plain, spoiled):
        with pytest.raises(NotAPackage):
            packages.install(file, sha(file), tmp_path / "home")
    assert everything_in(tmp_path / "home") == []


def test_a_file_that_is_not_there_is_named_without_its_folders(tmp_path):
    with pytest.raises(NotAPackage, match="^there is no file nowhere.argosmodel$"):
        commands.add(tmp_path / "nowhere.argosmodel", "0" * 64, tmp_path)


def test_a_folder_that_install_did_not_make_is_named_and_never_used(package_file, tmp_path):
    home = tmp_path / "home"
    (home / "translate-ro_en").mkdir(parents=True)
    (home / "translate-ro_en" / "metadata.json").write_text("{}")
    assert packages.installed(home) == []
    assert packages.strangers(home) == ["translate-ro_en"]
    assert commands.list_installed(home) == ["translate-ro_en: ignored, it was not installed with `add`"]


def test_nothing_installed_is_no_error(tmp_path):
    assert packages.installed(tmp_path / "nowhere") == []
    assert "no translation packages" in commands.list_installed(tmp_path / "nowhere")[0]
    with pytest.raises(NotInstalled):
        commands.remove("ro", "en", tmp_path / "nowhere")


def test_the_command_says_what_it_installed_and_marks_a_fixture(tmp_path):
    line = commands.add(FIXTURES / FIXTURE, SUMS[FIXTURE], tmp_path)
    assert line.startswith("installed sq to en") and "TEST FIXTURE" in line
    assert commands.remove("sq", "en", tmp_path) == "removed sq to en"
    assert packages.installed(tmp_path) == []


def test_the_command_takes_back_a_package_that_does_not_load(package_file, tmp_path):
    file = package_file()  # in order on the outside, but its weights are nonsense
    with pytest.raises(PackageUnusable, match="removed again"):
        commands.add(file, sha(file), tmp_path / "home")
    assert everything_in(tmp_path / "home") == []


def test_every_refusal_is_one_kind_of_error():
    for kind in (WrongChecksum, NotAPackage, UnsafePackage, AlreadyInstalled, PackageUnusable):
        assert issubclass(kind, PackageRefused)
