"""Changes over weeks that no single message shows: misses, falling answers, odd hours, another language or style. Each is one routine task."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.encryption import readable
from casefile.models import Checkin, Inbound, Person
from casefile.vocabulary import AlertKind, CheckinState, Urgency
from escalation.alerts import raise_alert

WEEKS = dt.timedelta(weeks=10)
LATELY = dt.timedelta(days=14)
MISSES = 3
ODD_HOURS = 2


@dataclass(frozen=True)
class Past:
    """One past check-in: when it was planned, and whether and how soon she answered (None = not)."""

    planned_at: dt.datetime
    answered_after: dt.timedelta | None
    later: bool = False


@dataclass(frozen=True)
class Text:
    """One message of hers: when (UTC), its language as it seemed, how long it was."""

    at: dt.datetime
    language: str | None
    length: int = 0


def three_misses(past: Sequence[Past]) -> str | None:
    """The last three check-ins were all missed or put off (`past` oldest first)."""
    last = past[-MISSES:]
    if len(last) == MISSES and all(p.answered_after is None or p.later for p in last):
        return "The last three check-ins were missed or put off"
    return None


def falling_answers(past: Sequence[Past]) -> str | None:
    """She used to answer most check-ins, and lately answers less than half of them."""
    recent, before = past[-4:], past[-10:-4]
    if len(recent) < 4 or len(before) < 4:
        return None
    share = [sum(p.answered_after is not None for p in part) / len(part) for part in (before, recent)]
    return "She answers less than she used to" if share[0] >= 0.75 and share[1] < 0.5 else None


def odd_hours(texts: Sequence[Text], zone: str, now: dt.datetime) -> str | None:
    """Texts lately came between midnight and five, and did not before."""
    night = [t for t in texts if t.at.astimezone(ZoneInfo(zone)).hour < 5]
    lately = [t for t in night if t.at >= now - LATELY]
    return "Messages lately came at unusual hours of the night" if len(lately) >= ODD_HOURS and len(night) == len(lately) else None


def other_language(texts: Sequence[Text], now: dt.datetime) -> str | None:
    """The last two texts are in another language than the ones before (`texts` oldest first)."""
    known = [t.language for t in texts if t.language]
    if len(known) < 5:
        return None
    usual, last = set(known[:-2]), known[-2:]
    return "She writes in another language than before" if len(set(last)) == 1 and last[0] not in usual else None


def other_style(texts: Sequence[Text]) -> str | None:
    """The last three texts are much longer or much shorter than the ones before."""
    lengths = [t.length for t in texts if t.length]
    if len(lengths) < 8:
        return None
    before, last = sorted(lengths[:-3]), lengths[-3:]
    middle = before[len(before) // 2]
    changed = all(n > 4 * middle for n in last) or (middle >= 20 and all(n * 4 < middle for n in last))
    return "Her messages are much longer or shorter than before" if changed else None


def unusual_style(session: Session, person: Person) -> str | None:
    """Whether her newest message differs in language or hour from how she writes; why, in words for staff."""
    texts = _newest(session, person.id, dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    if not texts:
        return None
    newest, earlier = texts[-1], [t.language for t in texts[:-1] if t.language]
    usual = {person.language, *earlier}
    if newest.language and newest.language not in usual:
        return "It was written in another language than she uses"
    if newest.received_at.astimezone(ZoneInfo(person.time_zone)).hour < 5:
        return "It was written at an unusual hour of the night"
    return None


def look(session: Session, person: Person, now: dt.datetime) -> list[str]:
    """Every pattern seen for a person now."""
    since = now - WEEKS
    rows = session.execute(select(Checkin.planned_at, Checkin.asked_at, Checkin.answered_at, Checkin.outcome).where(
        Checkin.person_id == person.id, Checkin.planned_at >= since, Checkin.asked_at.is_not(None),
        Checkin.state.in_([CheckinState.ANSWERED, CheckinState.CALL_DUE, CheckinState.CLOSED])).order_by(Checkin.planned_at))
    past = [Past(r.planned_at, r.answered_at - r.asked_at if r.answered_at else None, r.outcome == "later") for r in rows]
    texts = _texts(session, person.id, since)
    seen = [three_misses(past), falling_answers(past), odd_hours(texts, person.time_zone, now), other_language(texts, now), other_style(texts)]
    return [why for why in seen if why]


def tell(session: Session, person_id: int, seen: list[str], now: dt.datetime) -> None:
    """Make one routine task of the patterns seen; the same ones raise nothing more for four weeks."""
    same = hashlib.sha256("".join(seen).encode()).hexdigest()[:12]
    raise_alert(session, key=f"pattern:{person_id}:{now.toordinal() // 28}:{same}", kind=AlertKind.PATTERN, urgency=Urgency.ROUTINE,
                person_id=person_id, why=seen, now=now)


def _texts(session: Session, person_id: int, since: dt.datetime) -> list[Text]:
    """Her newest texts, oldest first. One that cannot be read has no length."""
    rows = _newest(session, person_id, since)
    bodies = readable(lambda some: dict(session.execute(select(Inbound.id, Inbound.body).where(Inbound.id.in_(some))).all()),
                      [r.id for r in rows], "inbound")
    return [Text(r.received_at, r.language, len(bodies.get(r.id, ""))) for r in rows]


def _newest(session: Session, person_id: int, since: dt.datetime) -> list[Any]:
    """Her newest texts without their words, which may be beyond reading, oldest first: id, received_at, language."""
    return list(reversed(session.execute(select(Inbound.id, Inbound.received_at, Inbound.language).where(
        Inbound.person_id == person_id, Inbound.received_at >= since).order_by(Inbound.id.desc()).limit(20)).all()))
