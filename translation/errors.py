"""What can go wrong with translation, as a tree. Messages are for the operator at the command line; none ever holds a text.

    TranslationError
    +-- PackageRefused          a file that is not installed; nothing on disk has changed
    |   +-- WrongChecksum       it is not the file whose SHA-256 was given: fetch it again, or ask where it came from
    |   +-- NotAPackage         it is not an Argos package, or a damaged one
    |   +-- UnsafePackage       it would write outside its folder, or unpack to too much
    |   +-- AlreadyInstalled    another package for this pair is installed: remove that one first
    |   +-- PackageUnusable     it installs, but the engine cannot load it; it was removed again
    +-- NotInstalled            there is no such package to remove or use
    +-- EngineRefused           Argos would print, log or send texts as it is set up: the service must not start

That a text cannot be translated is not an error: see translate.NoTranslation.
"""

from __future__ import annotations


class TranslationError(Exception):
    """Anything in the tree above."""


class PackageRefused(TranslationError):
    """The package file is not installed, and nothing on disk has changed."""


class WrongChecksum(PackageRefused):
    """The file is not the one whose SHA-256 was given."""


class NotAPackage(PackageRefused):
    """The file is not an Argos package, or a damaged one."""


class UnsafePackage(PackageRefused):
    """The file would write outside its own folder, or unpack to far too much."""


class AlreadyInstalled(PackageRefused):
    """Another package for the same pair of languages is installed."""


class PackageUnusable(PackageRefused):
    """The engine cannot load the package."""


class NotInstalled(TranslationError):
    """No package for this pair of languages is installed."""


class EngineRefused(TranslationError):
    """Argos Translate is set up in a way that would print, log or send what people write."""
