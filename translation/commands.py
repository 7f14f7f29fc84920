"""What the operator can do with translation packages at the command line. Each returns what to print.

Raises TranslationError (errors.py), whose messages are made to be printed as they are, or OSError when the disk fails.
"""

from __future__ import annotations

from pathlib import Path

from . import packages
from .argos import Model
from .errors import EngineRefused, PackageUnusable


def add(file: Path, sha256: str, packages_dir: Path) -> str:
    """Install a package file after checking its SHA-256, and prove that it loads. A package that does not load is removed."""
    package = packages.install(Path(file), sha256, Path(packages_dir))
    try:
        Model(package.folder)
    except EngineRefused:
        raise
    except Exception as e:
        packages.remove(package.source, package.target, Path(packages_dir))
        raise PackageUnusable(f"{Path(file).name} unpacks, but the engine cannot load it ({type(e).__name__}); "
                              "it was removed again") from e
    return f"installed {_line(package)}"


def list_installed(packages_dir: Path) -> list[str]:
    """One line a package, and one for each folder there that is ignored because it was not installed with `add`."""
    lines = [_line(p) for p in packages.installed(Path(packages_dir))]
    lines += [f"{name}: ignored, it was not installed with `add`" for name in packages.strangers(Path(packages_dir))]
    return lines or ["no translation packages are installed; caseworkers see the original words only"]


def remove(source: str, target: str, packages_dir: Path) -> str:
    """Remove the package from `source` to `target` (codes as listed)."""
    packages.remove(source, target, Path(packages_dir))
    return f"removed {source} to {target}"


def _line(package: packages.Package) -> str:
    mark = "  TEST FIXTURE: never used to translate" if package.fixture else ""
    return f"{package.source} to {package.target}  version {package.version}  sha256 {package.sha256[:12]}{mark}"
