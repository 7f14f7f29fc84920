"""The texts of the same few minutes, which are judged together as well: "he came" / "my ex boss" / "he is outside"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.encryption import Unreadable
from casefile.models import Inbound
from casefile.numbers import address_hashes
from casefile.vocabulary import Urgency, most_urgent
from triage.bot_client import MOST_BYTES
from triage.phrases import Heard, Hit, PhraseBook

TOGETHER = dt.timedelta(minutes=5)
_MOST = 4  # other texts


@dataclass(frozen=True)
class Said:
    """One of the other texts, and what people were told of it; NONE when it still waits to be judged."""

    text: str
    urgency: Urgency = Urgency.NONE
    concerns: tuple[str, ...] = ()

    def told(self, hit: Hit) -> bool:
        return hit.concern in self.concerns and self.urgency.rank >= hit.urgency.rank


@dataclass(frozen=True)
class Burst:
    """The texts that were stored before a certain one, as they were written before or after it; oldest first."""

    before: tuple[Said, ...] = ()
    after: tuple[Said, ...] = ()

    @property
    def others(self) -> tuple[Said, ...]:
        return self.before + self.after

    @property
    def told(self) -> Urgency:
        """The most serious that people were told of the others."""
        return most_urgent(*(said.urgency for said in self.others))

    def joined(self, text: str) -> str:
        """The text with the others, as many of these as the bot takes at once; empty when there is nothing to join."""
        if not self.others or not text.strip():
            return ""
        before, after = [said.text for said in self.before], [said.text for said in self.after]
        while len(before + after) > 1 and len(" . ".join([*before, text, *after]).encode("utf-8", "replace")) > MOST_BYTES:
            del (before or after)[0 if before else -1]
        return " . ".join([*before, text, *after])

    def nearby(self, book: PhraseBook, text: str, languages: Collection[str]) -> Heard:
        """What the phrase lists hear in the texts together. What people were told of one of them is not told again: "ok thank you" would take the
        alert from whoever acknowledged it. What the rest say without it is new, even if it is the same danger; so is what has no words (she rings us,
        or sends a picture)."""
        if not self.others:
            return Heard()
        hits = self._hits(book, text, languages)
        if self.told.escalates and text.strip():
            rest = Burst(*(tuple(said for said in part if not any(map(said.told, hits))) for part in (self.before, self.after)))
            hits = (*(hit for hit in hits if not any(said.told(hit) for said in self.others)), *rest._hits(book, text, languages))
        return Heard(hits)

    def _hits(self, book: PhraseBook, text: str, languages: Collection[str]) -> tuple[Hit, ...]:
        return book.hear(" ".join((*(said.text for said in self.before), text, *(said.text for said in self.after))), languages).hits


def burst_of(session: Session, row: Inbound) -> Burst:
    """The others of the same minutes from the same person or, where nobody knows who it is, the same number. Of two texts the one stored later sees
    the other, whichever was written first: they may be fetched, or come by two channels, in any order."""
    same = Inbound.person_id == row.person_id if row.person_id else Inbound.from_hash.in_(address_hashes(row.from_address)) & Inbound.person_id.is_(None)
    found = session.execute(select(Inbound.id, Inbound.received_at, Inbound.urgency, Inbound.concerns).where(
        same, Inbound.id < row.id, Inbound.received_at.between(row.received_at - TOGETHER, row.received_at + TOGETHER), Inbound.redacted_at.is_(None))
        .order_by(Inbound.id.desc()).limit(_MOST)).all()
    before: list[Said] = []
    after: list[Said] = []
    for each in sorted(found, key=lambda other: (other.received_at, other.id)):
        if (words := _words(session, each.id)).strip():
            (before if each.received_at <= row.received_at else after).append(Said(words, each.urgency or Urgency.NONE, tuple(each.concerns or ())))
    return Burst(tuple(before), tuple(after))


def _words(session: Session, inbound_id: int) -> str:
    """Another text; nothing when it cannot be read, which must not keep this one from being heard."""
    try:
        return session.scalars(select(Inbound.body).where(Inbound.id == inbound_id)).one()
    except Unreadable:
        return ""
