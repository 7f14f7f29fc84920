"""The server starts only where it is safe."""

import pytest
import serve

GOOD = {"ALONGSIDE_BOT_KEY": "k" * 16, "ALONGSIDE_BOT_TOKEN": "t" * 16, "ALONGSIDE_BOT_PORT": "5055"}


@pytest.fixture
def settings(monkeypatch, tmp_path):
    model = tmp_path / "alongside.tar.gz"
    model.touch()
    monkeypatch.setattr(serve, "MODEL", model)
    for name in ("ALONGSIDE_BOT_HOST", "ALONGSIDE_BOT_KEY_FILE", "ALONGSIDE_BOT_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_rasa_is_told_everything(settings):
    command = serve.arguments()
    assert command[command.index("-i") + 1] == "127.0.0.1"
    assert command[command.index("-p") + 1] == "5055"
    assert command[command.index("--auth-token") + 1] == "t" * 16


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", ""])
def test_only_loopback_is_served(settings, host):
    settings.setenv("ALONGSIDE_BOT_HOST", host)
    with pytest.raises(SystemExit, match="ALONGSIDE_BOT_HOST"):
        serve.arguments()


@pytest.mark.parametrize("name, value", [("ALONGSIDE_BOT_KEY", ""), ("ALONGSIDE_BOT_KEY", "short"),
                                         ("ALONGSIDE_BOT_TOKEN", ""), ("ALONGSIDE_BOT_PORT", "0"),
                                         ("ALONGSIDE_BOT_PORT", "http"), ("ALONGSIDE_BOT_PORT", "70000")])
def test_a_wrong_setting_is_named(settings, name, value):
    settings.setenv(name, value)
    with pytest.raises(SystemExit, match=name):
        serve.arguments()


def test_secrets_may_be_files(settings, tmp_path):
    (tmp_path / "token").write_text("from a file, long enough\n")
    settings.delenv("ALONGSIDE_BOT_TOKEN")
    settings.setenv("ALONGSIDE_BOT_TOKEN_FILE", str(tmp_path / "token"))
    assert "from a file, long enough" in serve.arguments()


def test_without_a_model_it_says_so(settings, tmp_path):
    settings.setattr(serve, "MODEL", tmp_path / "none")
    with pytest.raises(SystemExit, match="train.py"):
        serve.arguments()
