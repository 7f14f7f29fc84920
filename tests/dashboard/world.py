"""A small charity on one day, made through the models: what the dashboard's tests, browser tests and screenshots look at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import pyotp
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

import dashboard.routes
from casefile import live
from casefile.database import Database
from casefile.models import Address, Alert, CallAttempt, Checkin, Heartbeat, Inbound, OnCallShift, Outbox, Person, PlanChange, WelfareCall
from casefile.numbers import address_hash
from casefile.staff import create_staff
from casefile.vocabulary import AlertKind, Channel, CheckinState, Concern, InboundState, OutboxState, Purpose, Role, Urgency
from escalation.alerts import acknowledge, raise_alert
from escalation.interventions import Done, record
from messaging import outbox
from messaging.catalogue import Catalogue
from tests import cast
from translation.translate import NoTranslation, Translated

PASSWORD = "nine calm rivers 1849"
SECRETS = {"sam": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "priya": "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU", "alex": "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK"}
DANGER = "ai është jashtë derës time, kam shumë frikë"


@cache
def texts() -> Catalogue:
    return Catalogue.load()


class Clock:
    """A clock that tests set."""

    def __init__(self, now: dt.datetime):
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def on(self, **step: float) -> None:
        self.now += dt.timedelta(**step)


class Words:
    """Stands in for the translator, which has its own tests: knows Albanian and Arabic, and no Tigrinya."""

    def available(self, source: str, target: str) -> bool:
        return {source, target} <= {"en", "sq", "ar"} and source != target

    def translate(self, text: str, source: str, target: str) -> Translated | NoTranslation:
        if not self.available(source, target):
            return NoTranslation("no translation package is installed for this language")
        return Translated("he is outside my door, I am very afraid" if text == DANGER else f"{target}: {text}", "rough", "the machine was not very sure of the result")

    def check_back(self, text: str, source: str, target: str) -> Any:
        if not self.available(source, target):
            return NoTranslation("no translation package is installed for this language")
        return SimpleNamespace(there=Translated(f"{target}: {text}", "fair"), back=Translated(f"back: {text}", "fair"))


@dataclass
class World:
    """Ids to find things by."""

    sam: int
    priya: int
    alex: int
    people: dict[str, int]
    danger: int
    call: int
    now: dt.datetime


def settings(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"secure_cookies": False, "public_url": "https://checkins.example.org", "twilio_api_url": "", "twilio_account_sid": "AC" + "0" * 32, "twilio_auth_tokens": ("token",),
                              **changes})


def app(database: Database, clock: Any, **changes: Any) -> FastAPI:
    made = FastAPI()
    dashboard.routes.mount(made, database=database, settings=settings(**changes), catalogue=texts(), translator=Words(), clock=clock)
    return made


def code(who: str, now: dt.datetime) -> str:
    """The one-time code an authenticator app shows now."""
    return pyotp.TOTP(SECRETS[who]).at(now)


def heard(session: Session, person: Person, text: str, at: dt.datetime, *, urgency: Urgency = Urgency.NONE, concerns: tuple[Concern, ...] = (Concern.FINE,),
          why: tuple[str, ...] = (), language: str | None = None, alert: Alert | None = None, channel: Channel = Channel.SMS,
          extras: dict[str, Any] | None = None) -> Inbound:
    """A message of hers, already judged."""
    number = "+447700900201"
    row = Inbound(provider_sid=f"SM{at.timestamp()}{person.ref}{len(text)}", channel=channel, person_id=person.id, address_id=_address(session, person),
                  from_address=number, to_address=cast.OUR_NUMBER, from_hash=address_hash(number), body=text, received_at=at, state=InboundState.DONE,
                  lane="1inbound", attempt=1, urgency=urgency, concerns=[str(c) for c in concerns], why=list(why), language=language or person.language,
                  handled_at=at, alert_id=alert.id if alert else None, extras=extras, duress=False)
    session.add(row)
    session.flush()
    live.tell(session, "message", at, person.id)
    return row


def _address(session: Session, person: Person) -> int:
    return session.scalars(select(Address.id).where(Address.person_id == person.id)).first()  # type: ignore[return-value]


def sent(session: Session, person: Person, key: str, catalogue: Catalogue, at: dt.datetime, status: str, purpose: Purpose = Purpose.CHECKIN) -> Outbox:
    row = outbox.queue(session, dedupe=f"t:{person.id}:{at.timestamp()}", purpose=purpose, channel=Channel.SMS, body=catalogue.text(key, person.language),
                       now=at, person_id=person.id, address_id=_address(session, person), text_key=key, language=person.language)
    assert row is not None
    row.state, row.sent_at, row.provider_status, row.status_rank, row.run_at = OutboxState.SENT, at, status, 4, None
    return row


def people_only(session: Session, now: dt.datetime) -> World:
    """Three colleagues who can sign in, and people with plans; nothing has happened yet."""
    made = {}
    for name, full, role, phone in (("sam", "Sam Carter", Role.CASEWORKER, "+447700900801"), ("priya", "Priya Nair", Role.CASEWORKER, "+447700900802"),
                                    ("alex", "Alex Morgan", Role.MANAGER, "+447700900803")):
        made[name] = create_staff(session, name=full, email=f"{name}@demo.example", password=PASSWORD, role=role, phone=phone, now=now,
                                  totp_secret=SECRETS[name]).staff.id
    for position, name in enumerate(made):
        session.add(OnCallShift(staff_id=made[name], position=position, starts_at=now - dt.timedelta(days=1), ends_at=now + dt.timedelta(days=9)))
    people = {}
    for number, (ref, full, language) in enumerate((("7F3", "Arta", "sq"), ("K29", "Amal", "ar"), ("T4H", "Selam", "ti"), ("G6R", "Grace", "en"),
                                                    ("V5L", "Linh", "vi"), ("R8P", "Ioana", "ro")), 201):
        made_person = cast.person(session, ref, language, f"+447700900{number}", now=now, confirmed_by=made["sam"], next_at=now + dt.timedelta(days=2),
                                  consent={"taken_by": "Sam Carter", "on": now.date().isoformat(), "scope": ["sms"]})
        made_person.name, made_person.caseworker_id = full, made["sam"]
        people[ref] = made_person.id
    session.add(Heartbeat(name="worker", at=now, since=now, state="up"))
    return World(made["sam"], made["priya"], made["alex"], people, 0, 0, now)


def whole_day(session: Session, now: dt.datetime) -> World:
    """A day in full: alarms, tasks, conversations, check-ins in every state, calls, interventions."""
    world, catalogue = people_only(session, now), texts()
    p = {ref: session.get_one(Person, i) for ref, i in world.people.items()}

    def ago(**span: float) -> dt.datetime:
        return now - dt.timedelta(**span)

    def alert(ref: str | None, urgency: Urgency, at: dt.datetime, *concerns: Concern, kind: AlertKind = AlertKind.MESSAGE, why: tuple[str, ...] = ()) -> Alert:
        return raise_alert(session, key=f"{ref}:{at.timestamp()}", kind=kind, urgency=urgency, now=at, person_id=world.people.get(ref or ""),
                           concerns=concerns, why=why)

    danger = alert("7F3", Urgency.IMMEDIATE, ago(minutes=2), Concern.DANGER_NOW, Concern.TRAFFICKER_CONTACT, why=("Phrase list (sq): “jashtë derës”",))
    sent(session, p["7F3"], "checkin.ask.plain", catalogue, ago(minutes=40), "delivered")
    heard(session, p["7F3"], DANGER, ago(minutes=2), urgency=Urgency.IMMEDIATE, concerns=(Concern.DANGER_NOW, Concern.TRAFFICKER_CONTACT),
          why=("Phrase list (sq): “jashtë derës”", "Model: In danger now (97%, alarm 99%)"), alert=danger)
    sent(session, p["7F3"], "reply.received", catalogue, ago(minutes=2, seconds=-2), "delivered", Purpose.REPLY)
    threat = alert("K29", Urgency.URGENT, ago(minutes=21), Concern.THREATS)
    heard(session, p["K29"], "اتصلوا بأمي وقالوا إنهم سيحرقون البيت", ago(minutes=21), urgency=Urgency.URGENT, concerns=(Concern.THREATS,),
          why=("Model: Threats (88%, alarm 93%)",), alert=threat)
    rough = alert("T4H", Urgency.URGENT, ago(minutes=50), Concern.NO_SAFE_PLACE)
    heard(session, p["T4H"], "ሎሚ ለይቲ መደቀሲ የብለይን", ago(minutes=50), urgency=Urgency.URGENT, concerns=(Concern.NO_SAFE_PLACE,),
          why=("Model: No safe place (79%, alarm 90%)",), alert=rough)
    acknowledge(session, rough.id, world.priya, ago(minutes=44))
    legal = alert("G6R", Urgency.ROUTINE, ago(hours=2), Concern.LEGAL_CASE)
    heard(session, p["G6R"], "Hi, a letter came from the court, I dont understand it", ago(hours=2), urgency=Urgency.ROUTINE, concerns=(Concern.LEGAL_CASE,),
          alert=legal, extras={"media": [{"url": "https://api.twilio.com/x/Media/ME1", "type": "image/jpeg"}], "attachment": "a picture or file"})
    alert("V5L", Urgency.ROUTINE, ago(hours=1), kind=AlertKind.SILENCE, why=("No answer to the check-in for 48 hours",))
    alert(None, Urgency.ROUTINE, ago(minutes=30), Concern.UNCLEAR, kind=AlertKind.UNKNOWN_SENDER, why=("The sender is not known; held for a person",))
    for ref, state, extra in (("7F3", CheckinState.ANSWERED, {"answered_at": ago(minutes=2), "asked_at": ago(minutes=40)}),
                              ("K29", CheckinState.ASKED, {"delivery": "delivered", "asked_at": ago(hours=3), "run_at": now + dt.timedelta(hours=20)}),
                              ("V5L", CheckinState.CALL_DUE, {"delivery": "delivered", "step": 2, "asked_at": ago(hours=49), "step_at": ago(hours=1)}),
                              ("R8P", CheckinState.SUSPENDED, {"delivery": "our_fault", "asked_at": ago(hours=1)})):
        session.add(Checkin(person_id=world.people[ref], planned_at=ago(hours=1), state=state, lane="3ladder", attempt=0, **extra))
    call = WelfareCall(person_id=world.people["V5L"], why="silence", due_from=ago(hours=1), due_until=now + dt.timedelta(hours=23), created_at=ago(hours=1))
    session.add(call)
    session.add(WelfareCall(person_id=world.people["G6R"], why="asked", asked_for="after 3 please", due_from=ago(hours=1), created_at=ago(hours=2)))
    session.flush()
    session.add(CallAttempt(call_id=call.id, staff_id=world.priya, at=ago(minutes=30), outcome="no_answer"))
    session.add(PlanChange(person_id=world.people["R8P"], at=ago(hours=5), what="less often", before={"rule": "FREQ=WEEKLY;BYDAY=TU"},
                           after={"rule": "FREQ=WEEKLY;BYDAY=TU;INTERVAL=2"}))
    record(session, world.people["T4H"], world.priya, Done(type="housing_move", consent_basis="consent", facts="Called the night shelter; a bed is kept until 22:00.",
                                                           organisation="Night shelter", minutes=25), ago(minutes=20), rough.id)
    world.danger, world.call = danger.id, call.id
    return world
