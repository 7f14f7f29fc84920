"""The set-up's steps: one that was finished is passed over, one that failed is not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from alongside.settings import ROOT


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location("install", ROOT / "setup" / "install.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "STAMPS", tmp_path / "stamps")
    return module


def test_going_back_after_a_step_failed_half_way_does_it_again(install: ModuleType, tmp_path: Path) -> None:
    needs, made, done = tmp_path / "requirements.txt", tmp_path / "environment", []

    def work() -> None:
        made.write_text("half")
        done.append(needs.read_text())
        if needs.read_text() == "new":
            raise install.CannotInstall("disk full")
        made.write_text(needs.read_text())

    def step() -> None:
        install.step("bot", made, [needs], work, "packages")

    needs.write_text("old")
    step()
    step()
    needs.write_text("new")
    with pytest.raises(install.CannotInstall):
        step()
    needs.write_text("old")
    step()
    assert (made.read_text(), done) == ("old", ["old", "new", "old"])
