"""What machines can check of the house's rules."""

from __future__ import annotations

import ast
import logging
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from alongside.logging import MaskNumbers
from alongside.settings import Settings, environment_name
from casefile.database import Database
from casefile.migrate import differences
from casefile.models import Base

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = "alongside webhooks dashboard triage checkins escalation messaging translation casefile".split()
# "P" in the architecture: standard library and the vocabulary only; no clock, no database, no network.
PURE = {
    "casefile/vocabulary.py": (), "triage/normalise.py": (), "triage/decide.py": ("triage.phrases", "triage.reply", "triage.terms", "triage.wishes"),
    "triage/reply.py": ("triage.terms",), "triage/terms.py": ("triage.wishes",),
    "triage/wishes.py": ("triage.normalise", "triage.phrases", "triage.trimmings"), "triage/phrases.py": ("triage.normalise", "triage.trimmings"),
    "triage/trimmings.py": (), "triage/hours_in_words.py": ("triage.normalise", "triage.phrases"),
    "escalation/policy.py": (), "escalation/oncall.py": ("escalation.policy",), "messaging/segments.py": (), "messaging/safe_hours.py": (),
    "messaging/rules.py": ("messaging.safe_hours",), "messaging/delivery.py": (), "messaging/gateway.py": (),
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def test_a_package_imports_only_to_its_right() -> None:
    done = subprocess.run([str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_code_is_clean() -> None:
    done = subprocess.run([str(Path(sys.executable).parent / "ruff"), "check", "--no-cache", "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(("module", "allowed"), PURE.items())
def test_pure_modules_stay_pure(module: str, allowed: tuple[str, ...]) -> None:
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    ours = {name for name in imported if name.split(".")[0] in PACKAGES}
    assert ours <= {"casefile.vocabulary", *allowed}
    assert not {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names) - set(PACKAGES)
    calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert not {c for c in calls if re.search(r"\.(now|utcnow|today)$|^open$|^time\.", c)}


def test_modules_stay_short() -> None:
    long = {str(p.relative_to(ROOT)): n for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] != "tests" and "migrations/versions" not in str(p)
            if (n := len(p.read_text("utf-8").splitlines())) > 300}
    assert not long


def test_nothing_is_left_open_in_code() -> None:
    words = r"\b" + "|".join(("TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error", "pragma: no " + "cover", "x" + "fail\\b"))
    found = [f"{p.relative_to(ROOT)}:{n}" for p in tracked() if p.suffix == ".py"
             for n, line in enumerate(p.read_text("utf-8").splitlines(), 1) if re.search(words, line)]
    assert not found


def test_no_registry_and_no_machine_is_named() -> None:
    hosts = re.compile("|".join(("pypi" + r"\.org", "python" + "hosted", r"registry\." + "npmjs", "deb" + r"\.debian", r"(?<![\w.])/" + "(?:root|home|work)/[a-z]")))
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(text.splitlines(), 1) if hosts.search(line)]
    assert not found


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = set(re.findall(r"`(ALONGSIDE_[A-Z_]+)`", (ROOT / "docs" / "operating.md").read_text("utf-8")))
    assert {environment_name(f.name) for f in fields(Settings)} <= documented


def test_the_migrated_tables_are_the_models(database: Database) -> None:
    assert differences(database) == []


def test_personal_columns_lie_encrypted() -> None:
    personal = re.compile(r"(^|_)(name|email|phone|body|address|secret|words|notes?|facts|opinion|sender)($|_)")
    fine = {("heartbeat", "name"), ("address", "address_hash"), ("staff", "email_hash"), ("staff", "password_hash"), ("person", "safe_word_hash"),
            ("sender_bucket", "sender_hash"), ("outbox", "address_id"), ("inbound", "address_id")}
    plain = [(t.name, c.name) for t in Base.metadata.tables.values() for c in t.columns
             if personal.search(c.name) and (t.name, c.name) not in fine and type(c.type).__name__ not in ("Encrypted", "EncryptedJson")]
    assert not plain


def test_a_number_that_slips_into_a_log_line_is_masked() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "sent to %s and %s", ("+447700900201", "07700900201"), None)
    MaskNumbers().filter(record)
    assert "7700" not in record.getMessage()


def test_log_lines_never_name_what_people_wrote() -> None:
    """No log call passes a body, number, name or text."""
    wrong = []
    for path in tracked():
        if path.suffix != ".py" or path.relative_to(ROOT).parts[0] not in PACKAGES:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("log", "logging", "logger"):
                said = " ".join(ast.unparse(a) for a in node.args[1:])
                if re.search(r"\b(body|number|phone|text|words|sender|from_address|person\.name)\b", re.sub(r"__name__|type\([^)]*\)", "", said)):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong


def test_every_document_that_code_names_is_there() -> None:
    named = [(p, name) for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] != "tests"
             for name in re.findall(r"[\w./-]+\.md\b", p.read_text("utf-8"))]
    assert named and not [f"{p.relative_to(ROOT)}: {name}" for p, name in named if not (ROOT / name).exists() and not (p.parent / name).exists()]


def test_the_licence_is_the_one_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.startswith(f"{project['license']['text']} License\n\nCopyright (c) 2026 the Alongside contributors\n")
    assert "Permission is hereby granted, free of charge" in text and 'THE SOFTWARE IS PROVIDED "AS IS"' in text


def test_every_story_the_docs_name_is_there() -> None:
    named = set(re.findall(r"\btest_\w+", (ROOT / "docs" / "stories.md").read_text("utf-8")))
    there = {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)}
    assert named and not named - there
    stories = {name for path in (ROOT / "tests" / "stories").glob("test_*.py") if path.name != "test_journeys.py"
               for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)}
    assert not stories - named, "a story that no promise names"
