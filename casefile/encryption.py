"""Encryption of personal columns, and keyed hashes to look numbers and agreed words up by.

Keys come from SECRET_KEYS, newest first: the first encrypts, all decrypt, so a key is rotated by putting a new one in front.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeDecorator

log = logging.getLogger(__name__)
# What a page shows in place of a value that cannot be decrypted (`marked`).
UNREADABLE = "(cannot be read: a key is missing)"
# Where values are marked, one entry for each that was; None = they raise.
_found: ContextVar[list[None] | None] = ContextVar("unreadable values found", default=None)


class KeysMissing(RuntimeError):
    """The key ring was used before `configure`."""


class Unreadable(RuntimeError):
    """A stored value cannot be decrypted with the keys at hand; the value itself is never shown."""


@contextmanager
def marked() -> Iterator[None]:
    """Read what cannot be decrypted as UNREADABLE instead of failing, for people's eyes only: one bad value must not take a whole page away.

    The mark itself is never stored: it would take the place of a value that the right key still opens.
    """
    found: list[None] = []
    token = _found.set(found)
    try:
        yield
    finally:
        _found.reset(token)
        if found:
            log.error("%s values of the record cannot be read: SECRET_KEYS lacks the key they were written with", len(found))


def _read(stored: bytes) -> str | None:
    """What is stored; None for what cannot be decrypted, where such values are marked."""
    try:
        return ring().decrypt(stored)
    except Unreadable:
        found = _found.get()
        if found is None:
            raise
        found.append(None)
        return None


def _refuse_mark(holds: bool) -> None:
    # Only where marks are made: a message with these very words is nobody's mark.
    if holds and _found.get() is not None:
        raise Unreadable("the mark of a value that cannot be read is not stored in its place")


def readable(read: Callable[[Collection[int]], dict[int, Any]], ids: Collection[int], what: str) -> dict[int, Any]:
    """What `read` finds of these rows (of `what`), by id. Only where one of them cannot be decrypted are they read one by one, and that one is left out.

    Left out also where values are marked: a mark is no number to send to.
    """
    token = _found.set(None)
    try:
        return _readable(read, ids, what)
    finally:
        _found.reset(token)


def _readable(read: Callable[[Collection[int]], dict[int, Any]], ids: Collection[int], what: str) -> dict[int, Any]:
    try:
        return read(ids)
    except Unreadable:
        found: dict[int, Any] = {}
    for row_id in ids:
        try:
            found |= read([row_id])
        except Unreadable:
            log.error("%s %s cannot be read", what, row_id)
    return found


def _derive(secret: str, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"alongside", info=info).derive(secret.encode())


class KeyRing:
    """All keys derived from the configured secrets. One a process, set by `configure`."""

    def __init__(self, secrets: tuple[str, ...]):
        if not secrets:
            raise KeysMissing("at least one secret key is needed")
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(s, b"encrypt"))) for s in secrets])
        self._lookup = [_derive(s, b"lookup") for s in secrets]

    def encrypt(self, text: str) -> bytes:
        # Lone surrogates survive: what a phone sent is kept, whatever it is.
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass"))

    def decrypt(self, data: bytes) -> str:
        try:
            return self._fernet.decrypt(data).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise Unreadable("a stored value cannot be decrypted: SECRET_KEYS lacks the key it was written with") from None

    def lookup(self, value: str) -> str:
        """The keyed hash (hex) a value is stored under."""
        return hmac.new(self._lookup[0], value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def lookups(self, value: str) -> list[str]:
        """The keyed hashes a value may be stored under, for every key still configured."""
        data = value.encode("utf-8", "surrogatepass")
        return [hmac.new(key, data, hashlib.sha256).hexdigest() for key in self._lookup]


_ring: KeyRing | None = None


def configure(secrets: tuple[str, ...]) -> KeyRing:
    """Set this process's keys; called once by the wiring before any record is read."""
    global _ring
    _ring = KeyRing(secrets)
    return _ring


def ring() -> KeyRing:
    """This process's keys. Raises KeysMissing before `configure`."""
    if _ring is None:
        raise KeysMissing("casefile.encryption.configure was not called")
    return _ring


class Encrypted(TypeDecorator[str]):
    """A text column that lies encrypted in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        _refuse_mark(value == UNREADABLE)
        # No words lie as no bytes, so that a query can tell what was emptied (`column != ""`).
        return None if value is None else ring().encrypt(value) if value else b""

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        if not value:
            return None if value is None else ""
        read = _read(value)
        return UNREADABLE if read is None else read


class EncryptedJson(TypeDecorator[Any]):
    """A JSON column that lies encrypted in the database. Assign a new value to change it; do not mutate in place."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:
        _refuse_mark(isinstance(value, list | dict) and UNREADABLE in value)
        return None if value is None else ring().encrypt(json.dumps(value))

    def process_result_value(self, value: bytes | None, dialect: Any) -> Any:
        if value is None:
            return None
        read = _read(value)
        # Gone through as a list of reasons it is the mark; asked for a detail it has none.
        return {UNREADABLE: None} if read is None else json.loads(read)
