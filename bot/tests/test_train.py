"""A kept model is put before the server whole, and is itself never written to."""

import io
import os
import tarfile

import pytest
import train


@pytest.fixture(params=["linked", "copied"])
def models(request, tmp_path, monkeypatch):
    """The server's folder, still to be made; kept models can be linked into it, or only copied."""
    monkeypatch.setattr(train, "MODEL", tmp_path / "models" / "alongside.tar.gz")
    if request.param == "copied":
        def refused(*_):
            raise OSError("another file system")

        monkeypatch.setattr(train.os, "link", refused)
    return tmp_path / "models"


def kept(path, heads):
    """A model's archive with nothing but these heads."""
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("components/heads.npz")
        entry.size = len(heads)
        archive.addfile(entry, io.BytesIO(heads))
    return path


def test_a_model_taken_twice_leaves_only_itself_and_its_heads(models, tmp_path):
    model = kept(tmp_path / "one.tar.gz", b"heads")
    for _ in range(2):
        train.take(model)
        assert sorted(file.name for file in models.iterdir()) == ["alongside.tar.gz", "heads.npz"]
    assert (models / "alongside.tar.gz").read_bytes() == model.read_bytes() and (models / "heads.npz").read_bytes() == b"heads"


def test_a_link_left_by_a_process_of_the_same_number_is_not_written_through(models, tmp_path):
    old, new = kept(tmp_path / "old.tar.gz", b"old heads"), kept(tmp_path / "new.tar.gz", b"new heads")
    before = old.read_bytes()
    models.mkdir()
    (models / f"alongside.tar.{os.getpid()}").hardlink_to(old)
    train.take(new)
    assert old.read_bytes() == before and (models / "alongside.tar.gz").read_bytes() == new.read_bytes()
    assert (models / "heads.npz").read_bytes() == b"new heads"


@pytest.fixture
def cache(models, tmp_path, monkeypatch):
    """The folder of kept models; a training makes one of two bytes, and its report is not read."""
    monkeypatch.setattr(train, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(train, "show", lambda model: None)
    monkeypatch.setattr(train, "fingerprint", lambda: "now")
    monkeypatch.setattr(train, "train", lambda path: kept(path, b"ok"))
    (tmp_path / "models").mkdir(exist_ok=True)
    return tmp_path / "models"


def test_a_damaged_kept_model_is_trained_anew_and_never_taken(cache, models, capsys):
    good = kept(cache / "now.tar.gz", b"good heads").read_bytes()
    (cache / "now.tar.gz").write_bytes(good[:len(good) // 2])
    with pytest.raises((EOFError, StopIteration, tarfile.TarError)):
        train.take(cache / "now.tar.gz")
    assert not (models / "alongside.tar.gz").exists()
    train.main()
    assert (models / "heads.npz").read_bytes() == b"ok" and "is damaged: trained anew" in capsys.readouterr().out


def test_what_changed_while_it_trained_is_not_kept_under_its_old_name(cache, models, monkeypatch):
    names = iter(["now", "other"])
    monkeypatch.setattr(train, "fingerprint", lambda: next(names))
    with pytest.raises(SystemExit, match="changed while it was trained"):
        train.main()
    assert not (cache / "now.tar.gz").exists() and not (models / "alongside.tar.gz").exists()
