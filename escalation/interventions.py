"""What staff did for a person: one record an action, append-only, facts apart from opinion ("the information you enter is disclosable", NRM form)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casefile import audit, live
from casefile.models import Intervention

TYPES = {
    "safeguarding_referral": "Safeguarding referral", "police_report": "Police report", "msvcc_liaison": "MSVCC liaison",
    "solicitor_liaison": "Solicitor liaison", "housing_move": "Housing move", "medical": "Medical", "mental_health": "Mental health",
    "destitution": "Money or destitution", "benefits": "Benefits", "education_work": "Education or work", "social": "Social",
    "device_safety": "Device safety", "safety_plan": "Safety-plan change", "interpreter": "Interpreter",
    "welfare_call": "Welfare call", "internal_referral": "Internal referral",
}
CONSENT = {
    "consent": "With the person's consent", "life_at_risk": "Without consent: life at risk", "child": "Without consent: a child at risk",
}


class InterventionWrong(ValueError):
    """Something is missing; `problems` maps a field to what is wrong with it."""

    def __init__(self, problems: dict[str, str]):
        super().__init__("; ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Done:
    """What was done, as the form gives it."""

    type: str
    consent_basis: str
    facts: str
    opinion: str = ""
    organisation: str = ""
    minutes: int | None = None
    outcome: str = ""
    next_step: str = ""
    next_due: dt.date | None = None


def record(session: Session, person_id: int, staff_id: int, done: Done, now: dt.datetime, alert_id: int | None = None) -> Intervention:
    """Write an intervention down. Raises InterventionWrong naming every problem."""
    problems = {}
    if done.type not in TYPES:
        problems["type"] = "Choose what kind of action it was"
    if done.consent_basis not in CONSENT:
        problems["consent_basis"] = "Choose the basis"
    if not done.facts.strip():
        problems["facts"] = "Write what was done"
    if done.minutes is not None and not 0 <= done.minutes <= 24 * 60:
        problems["minutes"] = "Minutes must be between 0 and 1440"
    if problems:
        raise InterventionWrong(problems)
    row = Intervention(person_id=person_id, staff_id=staff_id, alert_id=alert_id, at=now, type=done.type, organisation=done.organisation or None,
                       minutes=done.minutes, consent_basis=done.consent_basis, facts=done.facts.strip(), opinion=done.opinion.strip() or None,
                       outcome=done.outcome.strip() or None, next_step=done.next_step.strip() or None, next_due=done.next_due)
    session.add(row)
    session.flush()
    audit.note(session, now, "recorded an intervention", staff_id, person_id, f"intervention {row.id}, {done.type}")
    live.tell(session, "person", now, person_id, alert_id)
    return row
