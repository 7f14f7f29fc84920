"""One frozen object with every setting, read once at start and handed down by value.

Every setting is an environment variable with the prefix ALONGSIDE_, or a line of a .env file; secrets may be given as
NAME_FILE instead. A wrong or missing value is named, all at once, and nothing starts half-configured.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import phonenumbers
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ALONGSIDE_"


class SettingsWrong(ValueError):
    """One or more settings are wrong or missing; the message lists each."""

    def __init__(self, problems: list[str]):
        super().__init__("Alongside cannot start:\n" + "\n".join(f"  - {p}" for p in problems))
        self.problems = problems


def _setting(what: str, *, secret: bool = False, default: object = None) -> object:
    return field(default=default, metadata={"what": what, "secret": secret})  # type: ignore[return-value]


@dataclass(frozen=True)
class Settings:
    """What the organisation configured. `repr` never shows a secret."""

    database_url: str = _setting("Where the record lies; SQLite under var/ unless PostgreSQL is named", secret=True, default="")
    public_url: str = _setting("What Twilio calls; signatures are checked against it", default="")
    bot_url: str = _setting("Where the bot answers; loopback only", default="http://127.0.0.1:5005")
    bot_key: str = _setting("Shared with the bot; signs what it is asked", secret=True)
    bot_token: str = _setting("Rasa's own API token", secret=True)
    secret_keys: tuple[str, ...] = _setting("Keys of the encrypted record, newest first, separated by commas", secret=True, default=())
    twilio_account_sid: str = _setting("Twilio's account, AC...", default="")
    twilio_auth_tokens: tuple[str, ...] = _setting("TWILIO_AUTH_TOKEN: the auth token, or two separated by a comma during rotation", secret=True, default=())
    twilio_api_url: str = _setting("Another host than Twilio's: the simulator", default="")
    sms_sender: str = _setting("Our own number for texts, +44...", default="")
    whatsapp_sender: str = _setting("Our own WhatsApp number, +44...; empty = WhatsApp is off", default="")
    voice_sender: str = _setting("Our own number for calls; empty = the number for texts", default="")
    whatsapp_templates: str = _setting("File (JSON) naming the approved WhatsApp template of each text and language", default="")
    packages_dir: Path = _setting("Folder of installed translation packages", default=ROOT / "var" / "languages")
    recordings_dir: Path = _setting("Folder of recorded voice prompts, <language>/<key>.wav", default=ROOT / "var" / "recordings")
    var_dir: Path = _setting("Folder for everything the service writes", default=ROOT / "var")
    bot_timeout: float = _setting("Seconds the bot may take before a message is judged without it", default=1.5)
    reserve_model: Path = _setting("The bot's trained model, asked in the worker when the bot does not answer", default=ROOT / "bot" / "models" / "heads.npz")
    ladder_scale: float = _setting("Ladder times are multiplied by this (the demo shortens them)", default=1.0)
    sends_per_second: float = _setting("Most texts a second from one of our numbers", default=10.0)
    absent_after: float = _setting("Seconds after which a send of unknown outcome, not listed by the provider, is proved absent", default=180.0)
    catch_up_every: float = _setting("Seconds between looks for messages that reached the provider but not our door", default=60.0)
    secure_cookies: bool = _setting("Sign-in cookies over https only; on unless PUBLIC_URL is plain http on loopback", default=True)
    retention_days: int = _setting("Days after which message bodies are removed from the record; 0 = keep", default=0)
    log_level: str = _setting("DEBUG, INFO, WARNING or ERROR", default="INFO")

    def __repr__(self) -> str:
        shown = (f"{f.name}={'***' if f.metadata['secret'] else getattr(self, f.name)!r}" for f in fields(self))
        return f"Settings({', '.join(shown)})"


# The environment's name of a setting, where it is not simply the field's.
_NAMES = {"twilio_auth_tokens": "TWILIO_AUTH_TOKEN"}


def environment_name(name: str) -> str:
    """ALONGSIDE_... for a field's name."""
    return PREFIX + _NAMES.get(name, name.upper())


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines of a .env file; missing file = nothing. Quotes around a value are dropped, and without quotes a comment
    after it (space, #). Raises SettingsWrong for a line that is neither, naming its number only: it may hold a secret."""
    if not path.exists():
        return {}
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SettingsWrong([f"{path.name} cannot be read as text (UTF-8)"]) from None
    said = {n: line.strip() for n, line in enumerate(lines, 1) if line.strip() and not line.strip().startswith("#")}
    if wrong := [n for n, line in said.items() if "=" not in line]:
        raise SettingsWrong([f"{path.name} line {n} is not NAME=value" for n in wrong])
    pairs = (line.partition("=") for line in said.values())
    return {name.removeprefix("export ").strip(): _value(value) for name, _, value in pairs}


_QUOTED = re.compile(r"""\s*(['"])(.*)\1\s*(#.*)?""")


def _value(written: str) -> str:
    quoted = _QUOTED.fullmatch(written)
    return quoted[2] if quoted else re.sub(r"\s#.*", "", written).strip()


def load(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Read and check all settings. Raises SettingsWrong naming every problem."""
    outside = os.environ if environ is None else environ
    # The environment wins, by whichever name it gives a setting.
    written = {name: value for name, value in read_env_file(env_file or ROOT / ".env").items() if not outside.get(name + "_FILE")}
    env = {**written, **outside}
    problems: list[str] = []
    values: dict[str, object] = {}
    for f in fields(Settings):
        name = environment_name(f.name)
        raw = env.get(name)
        if raw is None and (file := env.get(name + "_FILE")):
            try:
                raw = Path(file).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name}_FILE cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}")
        if raw is None or raw == "":
            continue
        try:
            values[f.name] = _convert(f.type, raw)
        except ValueError:
            problems.append(f"{name} is not {_KINDS.get(str(f.type), 'valid')}")
    known = {environment_name(f.name) for f in fields(Settings)}
    problems += [f"{name} is not a setting (see the list in docs/operating.md)" for name in sorted(env)
                 if name.startswith(PREFIX) and name not in known and name.removesuffix("_FILE") not in known
                 and name not in OTHER_PROGRAMS]
    settings = _with_defaults(values)
    problems += _problems(settings)
    if problems:
        raise SettingsWrong(problems)
    return settings


# Read by the set-up, the bot's own program or the tests, not by the service.
OTHER_PROGRAMS = frozenset(PREFIX + n for n in
                           ["CACHE", "BOT_HOST", "BOT_PORT", "SHARED", "TEST_DATABASE_URL", "CHROMIUM"])
_KINDS = {"float": "a number", "int": "a whole number", "bool": "true or false"}


def _convert(kind: object, raw: str) -> object:
    if kind == "float":
        return float(raw)
    if kind == "int":
        return int(raw)
    if kind == "bool":
        if raw.lower() not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
            raise ValueError(raw)
        return raw.lower() in ("true", "1", "yes", "on")
    if kind == "Path":
        return Path(raw)
    if str(kind).startswith("tuple"):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    return raw


def _with_defaults(values: dict[str, object]) -> Settings:
    var = Path(str(values.get("var_dir", ROOT / "var")))
    values.setdefault("database_url", f"sqlite:///{var / 'alongside.db'}")
    values.setdefault("packages_dir", var / "languages")
    values.setdefault("recordings_dir", var / "recordings")
    values.setdefault("voice_sender", values.get("sms_sender", ""))
    if values.get("twilio_api_url"):
        values.setdefault("public_url", "http://127.0.0.1:8000")  # the simulator is on this machine too
    public = _parts(str(values.get("public_url", "")))
    values.setdefault("secure_cookies", not (public.scheme == "http" and public.hostname in LOOPBACK))
    url = str(values["database_url"])
    if url.startswith(("postgres://", "postgresql://")):
        values["database_url"] = "postgresql+psycopg://" + url.partition("://")[2]
    return Settings(**values)  # type: ignore[arg-type]


LOOPBACK = ("127.0.0.1", "localhost", "::1")
A_DAY = 86400


def _parts(url: str) -> SplitResult:
    """The parts of an address; of one that cannot be read, nothing."""
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else urlsplit("")
    except ValueError:
        return urlsplit("")


def _here(url: str) -> bool:
    """Whether an address is a web address of this machine."""
    return _parts(url).scheme in ("http", "https") and _parts(url).hostname in LOOPBACK


def _problems(s: Settings) -> list[str]:
    wrong: list[str] = []

    def need(ok: object, name: str, why: str) -> None:
        if not ok:
            wrong.append(f"{environment_name(name)} {why}")

    public = _parts(s.public_url)
    need(s.public_url, "public_url", "is missing: the address that Twilio calls, https://...")
    if s.public_url:
        need(public.scheme in ("http", "https") and public.hostname, "public_url", "must be a full address, https://...")
        need(not public.username and public.path in ("", "/") and not public.query and not public.fragment, "public_url",
             "must have no user name, path, query or fragment")
        need(public.scheme == "https" or public.hostname in LOOPBACK, "public_url", "must be https unless it is this machine")
    need(_here(s.bot_url), "bot_url", "must be on this machine (http://127.0.0.1:5005)")
    need(s.secret_keys and all(len(k) >= 32 for k in s.secret_keys), "secret_keys",
         "is missing or too short: give at least 32 random characters (`alongside new-key` makes one)")
    need(s.bot_key and len(s.bot_key) >= 16, "bot_key", "is missing: the bot and the service share it, at least 16 characters")
    need(s.twilio_account_sid.startswith("AC") and len(s.twilio_account_sid) == 34, "twilio_account_sid",
         "is missing or not an account: AC and 32 more characters")
    need(1 <= len(s.twilio_auth_tokens) <= 2, "twilio_auth_tokens", "is missing: one token, or two during rotation")
    need(not s.twilio_api_url or _here(s.twilio_api_url), "twilio_api_url", "may only be this machine (the simulator)")
    for name in ("sms_sender", "whatsapp_sender", "voice_sender"):
        number = getattr(s, name)
        left_out = name != "sms_sender" and number in ("", s.sms_sender)
        need(left_out or _is_number(number), name, "must be a full number such as +447700900100")
    need(0.05 <= s.bot_timeout <= 3, "bot_timeout", "must be between 0.05 and 3 seconds: a claimed message must be judged within its lease")
    need(0 < s.ladder_scale <= 1, "ladder_scale", "must be above 0 and at most 1")
    need(0 < s.sends_per_second <= 1000, "sends_per_second", "must be above 0 and at most 1000")
    need(0 < s.absent_after <= A_DAY, "absent_after", "must be above 0 and at most a day")
    need(0 < s.catch_up_every <= A_DAY, "catch_up_every", "must be above 0 and at most a day")
    need(0 <= s.retention_days <= 36500, "retention_days", "must not be negative, and at most 100 years")
    need(s.log_level in ("DEBUG", "INFO", "WARNING", "ERROR"), "log_level", "must be DEBUG, INFO, WARNING or ERROR")
    need(_is_database(s.database_url), "database_url", "must be sqlite:/// and a file, or postgresql://user:password@host/name; in the password @ is written %40 and / %2F")
    return wrong


def _is_database(url: str) -> bool:
    try:
        named = make_url(url)
    except (ArgumentError, ValueError):
        return False
    before = url.partition("?")[0]
    # Behind a database's name "?" begins its options, which may hold an @; anywhere else it is a piece of the password.
    named_so_far = before if "/" in before.partition("://")[2].rpartition("@")[2] else url
    if "@" in named_so_far and not named_so_far.rpartition("@")[2].lstrip("[").startswith(named.host or ""):
        return False  # an @ that is not written as %40: a piece of the password would be taken for the host, and shown
    return named.drivername == "postgresql+psycopg" or named.drivername == "sqlite" and named.database not in (None, "", ":memory:")


def _is_number(number: str) -> bool:
    try:
        return number.startswith("+") and phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
