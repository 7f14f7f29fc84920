"""Every setting is checked at start, all wrong ones are named at once, and no value of theirs is shown."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from alongside import settings as configuration
from alongside.settings import OTHER_PROGRAMS, ROOT, Settings, SettingsWrong, environment_name, load, read_env_file
from casefile.database import Database

NOWHERE = Path(os.devnull)
SECRETS = [f.name for f in dataclasses.fields(Settings) if f.metadata["secret"]]
A = configuration.PREFIX


def problems(environ: dict[str, str], env_file: Path = NOWHERE) -> list[str]:
    with pytest.raises(SettingsWrong) as wrong:
        load(environ, env_file)
    return wrong.value.problems


WRONG = [
    ("DATABASE_URL", "mysql://x/y"), ("DATABASE_URL", "sqlite:///"), ("DATABASE_URL", "sqlite:///:memory:"), ("DATABASE_URL", "postgresql://host:port/x"),
    *(("DATABASE_URL", f"postgresql://u:{password}@host/x") for password in ("s3@cret", "s3@cr/et", "s3@cr?et", "s3@cr:et")),
    ("PUBLIC_URL", "checkins.example.org"), ("PUBLIC_URL", "http://checkins.example.org"), ("PUBLIC_URL", "https://user@example.org"),
    ("PUBLIC_URL", "https://example.org/?x=1"), ("PUBLIC_URL", "https://example.org/#x"), ("PUBLIC_URL", "https://example.org/path"), ("PUBLIC_URL", "http://[::1"), ("PUBLIC_URL", "ftp://127.0.0.1"),
    ("BOT_URL", "http://bot.example.org:5005"), ("BOT_URL", "127.0.0.1:5005"), ("BOT_URL", "http://127.0.0.1:99999"), ("BOT_URL", "http://[::1"),
    ("BOT_KEY", "short"), ("SECRET_KEYS", "short"), ("SECRET_KEYS", "long-enough-" * 4 + ",short"), ("SECRET_KEYS", ","),
    ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32), ("TWILIO_ACCOUNT_SID", "AC123"), ("TWILIO_AUTH_TOKEN", "a,b,c"), ("TWILIO_AUTH_TOKEN", ","),
    ("TWILIO_API_URL", "https://api.example.org"), ("TWILIO_API_URL", "127.0.0.1"), ("SMS_SENDER", "07700900100"), ("SMS_SENDER", "+44"), ("SMS_SENDER", "Alongside"),
    ("WHATSAPP_SENDER", "whatsapp:+447700900100"), ("VOICE_SENDER", "x"), ("BOT_TIMEOUT", "0"), ("BOT_TIMEOUT", "11"), ("BOT_TIMEOUT", "soon"),
    ("BOT_TIMEOUT", "nan"), ("LADDER_SCALE", "0"), ("LADDER_SCALE", "1.5"), ("SENDS_PER_SECOND", "0"), ("SENDS_PER_SECOND", "inf"), ("ABSENT_AFTER", "-1"),
    ("ABSENT_AFTER", "1e300"), ("CATCH_UP_EVERY", "0"), ("CATCH_UP_EVERY", "inf"), ("CATCH_UP_EVERY", "nan"), ("RETENTION_DAYS", "-1"),
    ("RETENTION_DAYS", "1.5"), ("RETENTION_DAYS", "9" * 12), ("SECURE_COOKIES", "maybe"), ("LOG_LEVEL", "LOUD"), ("LOG_LEVEL", "debug"),
]


def test_what_a_service_needs_is_enough(environ: dict[str, str], tmp_path: Path) -> None:
    found = load(environ, NOWHERE)
    assert found.secret_keys and found.voice_sender == found.sms_sender == "+447700900100" and found.whatsapp_sender == ""
    assert (found.packages_dir, found.recordings_dir) == (tmp_path / "languages", tmp_path / "recordings")
    assert (found.bot_timeout, found.retention_days, found.log_level) == (0.2, 0, "INFO")


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named_and_nothing_else_is(environ: dict[str, str], name: str, value: str) -> None:
    assert {line.split()[0] for line in problems({**environ, A + name: value})} == {A + name}


def test_no_wrong_value_is_shown() -> None:
    everything = {environment_name(f.name): f"s3ntinel://{f.name}," * 3 for f in dataclasses.fields(Settings)}
    assert "s3ntinel" not in str(SettingsWrong(problems({**everything, A + "NO_SUCH": "s3ntinel"})))


def test_all_wrong_values_are_named_at_once(environ: dict[str, str]) -> None:
    wrong = {**dict(WRONG), "BOT_KEY_FILE": "/nonexistent", "NO_SUCH": "1"}
    wrong.pop("BOT_KEY")
    said = problems({A + name: value for name, value in wrong.items()})
    assert {line.split()[0] for line in said} >= {A + name for name in wrong}
    assert str(SettingsWrong(said)).count("\n  - ") == len(said)


def test_without_anything_every_missing_setting_is_named() -> None:
    named = {line.split()[0] for line in problems({})}
    assert named == {A + name for name in ("PUBLIC_URL", "SECRET_KEYS", "BOT_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMS_SENDER")}


@pytest.mark.parametrize("name", ["PUBLIC_URL", "SECRET_KEYS", "BOT_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMS_SENDER"])
@pytest.mark.parametrize("given_as", [None, ""])
def test_it_never_starts_half_configured(environ: dict[str, str], name: str, given_as: str | None) -> None:
    environ.pop(A + "TWILIO_API_URL")  # beside the simulator the address may be left out
    environ.pop(A + name)
    said = problems(environ if given_as is None else {**environ, A + name: given_as})
    assert len(said) == 1 and said[0].startswith(A + name)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_from_a_file(environ: dict[str, str], tmp_path: Path, name: str) -> None:
    value = f"sqlite:///{tmp_path}/other.db" if name == "database_url" else "from-a-file-" * 4
    file = tmp_path / "secret"
    file.write_text(value + "\n")
    environ.pop(environment_name(name), None)
    found = getattr(load({**environ, environment_name(name) + "_FILE": str(file)}, NOWHERE), name)
    assert found in (value, (value,))


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00secret", b"", b"short"])
def test_a_secrets_file_that_cannot_be_used_is_named(environ: dict[str, str], tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    environ.pop(A + "BOT_KEY")
    said = problems({**environ, A + "BOT_KEY_FILE": str(file)})
    assert any(line.startswith(A + "BOT_KEY") for line in said) and not any("short" in line for line in said)
    if content is None or content.startswith(b"\xff"):
        assert any(f"{A}BOT_KEY_FILE cannot be read" in line for line in said)


@pytest.mark.parametrize(("line", "value"), [
    ("NAME=plain", "plain"), ("NAME = spaced ", "spaced"), ('NAME="double quotes"', "double quotes"), ("NAME='single'", "single"),
    ("export NAME=exported", "exported"), ("NAME=postgresql://x/y          # left out: SQLite", "postgresql://x/y"), ("NAME=a#b", "a#b"),
    ('NAME="a # b" # said', "a # b"), ("NAME=it's", "it's"), ("NAME='", "'"), ("NAME=", ""), ("NAME= # nothing", ""), ("NAME=a=b==", "a=b=="),
    ("# a comment\n\n  NAME=x", "x"), ("\ufeffNAME=written on Windows\r\n", "written on Windows"), ("NAME=first\nNAME=second", "second"), ("NAME=ключ", "ключ"),
])
def test_a_line_of_the_env_file_is_read_as_it_is_meant(tmp_path: Path, line: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(line.encode())
    assert read_env_file(file) == {"NAME": value}


@pytest.mark.parametrize(("content", "said"), [
    (b"ALONGSIDE_BOT_KEY=fine\nALONGSIDE_SECRET_KEYS my-secret\nhello", [".env line 2", ".env line 3"]), (b"ALONGSIDE_BOT_KEY=\xff\xfe", [".env cannot be read"]),
])
def test_an_env_file_that_cannot_be_read_stops_the_start_and_is_not_repeated(environ: dict[str, str], tmp_path: Path, content: bytes, said: list[str]) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    found = problems(environ, file)
    assert [line.startswith(start) for line, start in zip(found, said, strict=True)] == [True] * len(said)
    assert "my-secret" not in "".join(found)


def test_the_environment_goes_before_the_env_file_and_both_are_checked(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{A}LOG_LEVEL=ERROR\n{A}SENDS_PER_SECOND='5'\nOTHER=1\n")
    found = load({**environ, A + "LOG_LEVEL": "DEBUG"}, file)
    assert (found.log_level, found.sends_per_second) == ("DEBUG", 5.0)
    secret = tmp_path / "level"
    secret.write_text("WARNING\n")
    assert load({**environ, A + "LOG_LEVEL_FILE": str(secret)}, file).log_level == "WARNING", "also by its other name"
    file.write_text(f"{A}SMS_SENDERS=+447700900100\n")
    assert problems(environ, file) == [f"{A}SMS_SENDERS is not a setting (see the list in docs/operating.md)"]
    assert f"`{A}SMS_SENDER`" in (ROOT / "docs" / "operating.md").read_text("utf-8")


def test_the_readmes_example_is_read_as_it_says(tmp_path: Path) -> None:
    lines = [line.strip() for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.strip().startswith(A) and "=" in line]
    file = tmp_path / ".env"
    file.write_text("\n".join(lines))
    found = read_env_file(file)
    assert {environment_name(f.name) for f in dataclasses.fields(Settings)} >= set(found) and len(found) == len(lines) >= 7
    assert found[A + "DATABASE_URL"] == "postgresql://..."


@pytest.mark.parametrize("name", ["DEMO_PORT", "SKIP_SETUP", "SMS_SENDERS", "SECRET_KEY", "TWILIO_AUTH_TOKENS", "secret_keys", "FILE", "BOT_KEYS_FILE"])
def test_a_misspelt_setting_is_refused(environ: dict[str, str], name: str) -> None:
    assert [line.split()[0] for line in problems({**environ, A + name: "x"})] == [A + name]


def test_what_other_programs_read_is_left_to_them(environ: dict[str, str]) -> None:
    assert A + "BOT_HOST" in OTHER_PROGRAMS
    load({**environ, **dict.fromkeys(OTHER_PROGRAMS, "x"), "PATH": "/bin", "OTHER_SECRET_KEYS": "x"}, NOWHERE)


def test_what_is_shown_of_the_settings_holds_no_secret(environ: dict[str, str]) -> None:
    environ[A + "DATABASE_URL"] = "postgresql://user:s3cret-word@db/record"
    environ[A + "TWILIO_AUTH_TOKEN"] = "token-one,token-two"
    environ[A + "BOT_TOKEN"] = "a-token-for-rasa"
    found = load(environ, NOWHERE)
    for shown in (repr(found), str(found), f"{found}"):
        for name in SECRETS:
            values = getattr(found, name)
            assert not any(value in shown for value in ([values] if isinstance(values, str) else values)), name
        assert "s3cret-word" not in shown and "secret_keys='***'" in shown and "+447700900100" in shown


@pytest.mark.parametrize(("written", "driver"), [
    ("postgres://u:p@h:5432/d?sslmode=require", "postgresql+psycopg"), ("postgresql://u:p@h/d", "postgresql+psycopg"),
    ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg"), ("sqlite:///var/x.db", "sqlite"), ("postgresql://u:s3%40cr%2Fet@[::1]:5432/d", "postgresql+psycopg"),
])
def test_a_database_is_named_in_the_usual_ways(environ: dict[str, str], written: str, driver: str) -> None:
    found = make_url(load({**environ, A + "DATABASE_URL": written}, NOWHERE).database_url)
    assert found.drivername == driver and found.render_as_string(hide_password=False).partition("://")[2] == written.partition("://")[2]
    Database(found.render_as_string(hide_password=False)).close() if driver != "sqlite" else None


@pytest.mark.parametrize(("written", "host"), [("postgresql://u@server:p@h/d", "h"), ("postgresql://u@/d?host=/run/postgresql", None), ("postgresql://h/d", "h"), ("postgresql://u:p@h/d?application_name=a@b", "h"),
                                              ("postgresql://h/d?user=sam@example.org", "h")])
def test_an_at_sign_that_hides_no_host_is_taken(environ: dict[str, str], written: str, host: str | None) -> None:
    assert make_url(load({**environ, A + "DATABASE_URL": written}, NOWHERE).database_url).host == host


def test_without_a_database_the_record_lies_under_var(environ: dict[str, str], tmp_path: Path) -> None:
    environ.pop(A + "DATABASE_URL")
    assert load(environ, NOWHERE).database_url == f"sqlite:///{tmp_path / 'alongside.db'}"


@pytest.mark.parametrize(("public", "asked", "secure"), [
    ("http://127.0.0.1:8000", None, False), ("http://localhost:8000", None, False), ("http://[::1]:8000", None, False),
    ("https://checkins.example.org", None, True), ("https://127.0.0.1", None, True), ("http://127.0.0.1:8000", "true", True), ("http://127.0.0.1:8000", "1", True),
    ("http://127.0.0.1:8000", "on", True), ("https://checkins.example.org", "off", False),
])
def test_sign_in_cookies_go_over_https_only_unless_it_is_plain_http_on_this_machine(environ: dict[str, str], public: str, asked: str | None, secure: bool) -> None:
    more = {A + "SECURE_COOKIES": asked} if asked else {}
    assert load({**environ, A + "PUBLIC_URL": public, **more}, NOWHERE).secure_cookies is secure


@pytest.mark.parametrize(("name", "field", "written", "found"), [
    ("TWILIO_AUTH_TOKEN", "twilio_auth_tokens", "new", ("new",)), ("TWILIO_AUTH_TOKEN", "twilio_auth_tokens", "new, old", ("new", "old")),
    ("SECRET_KEYS", "secret_keys", f" {'n' * 32} ,{'o' * 32},", ("n" * 32, "o" * 32)),
])
def test_two_tokens_or_keys_serve_while_one_is_rotated(environ: dict[str, str], name: str, field: str, written: str, found: tuple[str, ...]) -> None:
    assert getattr(load({**environ, A + name: written}, NOWHERE), field) == found


def test_settings_are_frozen(settings: Settings) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.log_level = "DEBUG"  # type: ignore[misc]


@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([environment_name(f.name) for f in dataclasses.fields(Settings)]),
       value=st.one_of(st.text(max_size=40), st.from_regex(r"\A(https?|sqlite|postgresql)://[\[\]@:/?#.\w]{0,20}\Z"), st.floats().map(str), st.integers().map(str)))
def test_whatever_is_written_it_loads_or_says_what_is_wrong(environ: dict[str, str], name: str, value: str) -> None:
    try:
        found = load({**environ, name: value}, NOWHERE)
    except SettingsWrong as wrong:
        assert name in str(wrong)
    else:
        assert make_url(found.database_url).drivername in ("sqlite", "postgresql+psycopg")
