"""Signs in a message of whose hands it comes from, and which message of ours it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from casefile.encryption import KeyRing
from casefile.models import Address, Inbound, Outbox
from casefile.vocabulary import Purpose
from triage.normalise import clean, cleaned

_PROFILE = load_only(Address.id, Address.profile_hash)


@dataclass(frozen=True)
class Replied:
    """The message of ours that she chose to reply to."""

    purpose: Purpose
    checkin_id: int | None
    text_key: str | None


def replied_to(session: Session, row: Inbound) -> Replied | None:
    """The message of ours to this person that hers is a reply to; None when it names none."""
    sid = (row.extras or {}).get("reply_to")
    if not sid or row.person_id is None:
        return None
    found = session.execute(select(Outbox.purpose, Outbox.checkin_id, Outbox.text_key).where(
        Outbox.provider_sid == str(sid), Outbox.person_id == row.person_id)).first()
    return Replied(*found) if found else None


def _form(extras: dict[str, Any] | None) -> str:
    """The account's name in comparable form."""
    return _letters(clean(_profile(extras)))


def _profile(extras: dict[str, Any] | None) -> str:
    return str((extras or {}).get("profile", ""))


def _letters(form: str) -> str:
    """Letters only: a flower more is no other person."""
    return "".join(c for c in form if c.isalnum())


def _hashes(ring: KeyRing, extras: dict[str, Any] | None) -> set[str]:
    """Every hash under which the account's name may be kept."""
    return {found for form in cleaned(_profile(extras)) for found in ring.lookups("profile:" + _letters(form))}


def other_profile(session: Session, ring: KeyRing, address_id: int | None, extras: dict[str, Any]) -> bool:
    """Whether her WhatsApp account (found as the message was stored: `webhooks.receive`), or the name on it, is another than the one last seen at this
    address."""
    if "other_account" in extras:
        return True
    form = _form(extras)
    known = session.scalar(select(Address.profile_hash).where(Address.id == address_id)) if form and address_id else None
    return known is not None and known not in _hashes(ring, extras)


def keep_profile(session: Session, ring: KeyRing, row: Inbound) -> None:
    """Remember the account's name as a hash, so that the same change is told once. The name itself stays in the message only."""
    form = _form(row.extras)
    address = session.get(Address, row.address_id, options=[_PROFILE]) if form and row.address_id else None
    if address is not None and address.profile_hash not in _hashes(ring, row.extras):
        address.profile_hash = ring.lookup("profile:" + form)
