"""The dashboard's styles and scripts: built from npm packages at set-up (`python -m dashboard.assets build`), served with a hash for caching.

GOV.UK and MOJ Frontend without their fonts, crowns and crests (those belong to government); only the components our pages use.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
STATIC = FOLDER / "static"
VENDOR = STATIC / "vendor"
MODULES = FOLDER / "node_modules"

_GOVUK = "node_modules/govuk-frontend/dist/govuk"
_MOJ = "node_modules/@ministryofjustice/frontend/moj"
_GOVUK_PARTS = ("button checkboxes date-input details error-message error-summary fieldset hint input inset-text label notification-banner panel "
                "password-input radios select service-navigation skip-link summary-list table tag textarea warning-text").split()
_MOJ_PARTS = "alert badge sub-navigation timeline".split()
_STYLES = "\n".join([
    # Our languages' scripts all have a system font; nothing is fetched from anywhere.
    f'@use "{_MOJ}/base" with ($moj-font-family: (system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", '
    '"Noto Sans Ethiopic", "Noto Sans Bengali", "Noto Sans Devanagari", sans-serif));',
    *(f'@use "{_GOVUK}/{part}";' for part in ("core", "objects")),
    *(f'@use "{_GOVUK}/components/{part}" as govuk-{part};' for part in _GOVUK_PARTS),
    *(f'@use "{_MOJ}/components/{part}/{part}" as moj-{part};' for part in _MOJ_PARTS),
    *(f'@use "{_GOVUK}/{part}";' for part in ("utilities", "overrides")),
])


class AssetsMissing(RuntimeError):
    """The styles and scripts were not built yet; the message says how."""


def build() -> None:
    """Install the packages named in the lock and make `static/vendor/` from them. Raises CalledProcessError."""
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--omit=optional", "--loglevel=error"], cwd=FOLDER, check=True)
    fresh = FOLDER / "static" / ".vendor"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    subprocess.run([MODULES / ".bin" / "sass", "--stdin", "--load-path=.", "--style=compressed", "--no-source-map", "--quiet"],
                   input=_STYLES, text=True, cwd=FOLDER, check=True, stdout=(fresh / "frontend.css").open("w", encoding="utf-8"))
    shutil.copy(MODULES / "govuk-frontend" / "dist" / "govuk" / "govuk-frontend.min.js", fresh / "govuk-frontend.min.js")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


@cache
def url(name: str) -> str:
    """The address of a static file, with a hash of its content. Raises AssetsMissing."""
    try:
        digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    except FileNotFoundError:
        raise AssetsMissing("the dashboard's styles are not built: run `python -m dashboard.assets build`") from None
    return f"/static/{name}?v={digest}"


if __name__ == "__main__":
    if sys.argv[1:] != ["build"]:
        raise SystemExit("usage: python -m dashboard.assets build")
    build()
