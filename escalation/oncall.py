"""Who is paged: the rota first, managers last, and everybody rather than nobody. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from casefile.vocabulary import Role
from escalation.policy import Whom


@dataclass(frozen=True)
class Colleague:
    """A member of staff who can be paged (active, with a phone)."""

    staff_id: int
    role: Role


@dataclass(frozen=True)
class Shift:
    """On call from `starts_at` until `ends_at`; position 0 first."""

    staff_id: int
    position: int
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class Paged:
    """Whom to page; `nobody_on_call` says that the rota was empty and everybody is paged instead."""

    staff_ids: tuple[int, ...]
    nobody_on_call: bool = False


def who(shifts: Sequence[Shift], colleagues: Sequence[Colleague], whom: Whom, now: dt.datetime) -> Paged:
    """The people to page now. Empty only when no active member of staff has a phone."""
    reachable = {c.staff_id for c in colleagues}
    on = [s.staff_id for s in sorted(shifts, key=lambda s: (s.position, s.staff_id))
          if s.starts_at <= now < s.ends_at and s.staff_id in reachable]
    on = list(dict.fromkeys(on))
    managers = [c.staff_id for c in colleagues if c.role in (Role.MANAGER, Role.ADMIN)]
    if whom is Whom.MANAGER:
        return Paged(tuple(managers)) if managers else Paged(tuple(sorted(reachable)), nobody_on_call=True)
    if not on:
        return Paged(tuple(sorted(reachable)), nobody_on_call=True)
    if whom is Whom.NEXT:
        return Paged((on[1],)) if len(on) > 1 else Paged(tuple(dict.fromkeys([on[0], *managers])))
    return Paged((on[0],))
