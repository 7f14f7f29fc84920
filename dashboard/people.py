"""People: the list, one record with its addresses, enrolling somebody, and who looked."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from functools import cache
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casefile import audit, encryption, live
from casefile.access import NotFound
from casefile.models import Address, Alert, Audit, Inbound, Person, Plan, PlanChange
from casefile.numbers import NumberWrong, address_hashes, canonical
from casefile.vocabulary import LANGUAGES, AlertState, Channel
from checkins import changes
from checkins.changes import locked_person
from checkins.people import number_hash
from dashboard import lookups, words
from dashboard.desk import Desk, signed_in
from dashboard.forms import Form
from dashboard.page import sentence
from dashboard.plan_changes import describe, kept
from triage.agreed_words import AgreedWordWrong, duress_hashes, safe_hash, too_common
from triage.normalise import clean
from triage.phrases import PhraseBook

router = APIRouter()
# Without letters and digits that are taken for each other on the phone.
_LETTERS = "23456789ACDEFGHJKMNPQRTUVWXY"
ADULT = {"yes": "Yes, 18 or over", "no": "No, or not known"}
PERSON_FIELDS = ("version", "name", "language", "dialect", "interpreter", "time_zone", "caseworker", "adult", "safe_word", "duress_word")
# Columns of the record whose changes are written down.
_WRITTEN_DOWN = ("language", "dialect", "interpreter_needed", "time_zone", "caseworker_id", "adult")
ADDRESS_FIELDS = ("stamp", "channel", "number", "whose", "shared", "consent", "safe", "review_by")


@router.get("/people")
@router.post("/people/find")
def page(desk: Desk = Depends(signed_in)) -> Response:
    """Everybody, or those who fit. What is searched for is a name perhaps, so it is posted and never part of an address."""
    wanted, whose = desk.form.text("find", 100).casefold(), desk.form.text("whose")
    with desk.read() as session:
        plans = {p.person_id: p for p in session.scalars(select(Plan))}
        heard = dict(session.execute(select(Inbound.person_id, func.max(Inbound.received_at)).group_by(Inbound.person_id)).all())
        alarms = set(session.scalars(select(Alert.person_id).where(Alert.state != AlertState.RESOLVED, Alert.urgency.in_(["urgent", "immediate"]))))
        found = [p for p in session.scalars(select(Person))
                 if (not wanted or wanted in p.name.casefold() or wanted == p.ref.casefold()) and (whose != "mine" or p.caseworker_id == desk.staff.id)]
        names = lookups.names(session)
    found.sort(key=lambda p: p.name.casefold())
    return desk.show("people.html", people=found, plans=plans, heard=heard, alarms=alarms, names=names, whose=whose, searched=bool(wanted))


@router.get("/people/new")
def ask(desk: Desk = Depends(signed_in)) -> Response:
    return _person_form(desk, None, {"time_zone": "Europe/London", "caseworker": str(desk.staff.id)})


def _person_form(desk: Desk, person: Person | None, wanted: dict[str, str], found: dict[str, str] | None = None) -> Response:
    with desk.read() as session:
        colleagues = lookups.colleagues(session)
    return desk.show("person_form.html", 422 if found else 200, person=person, wanted={n: wanted.get(n, "") for n in PERSON_FIELDS}, found=found or {},
                     colleagues=colleagues, adult=ADULT, languages={c: f"{x.english}, {x.own}" for c, x in LANGUAGES.items()},
                     unsigned=sum(bool(desk.house.catalogue.awaiting(c)) for c in LANGUAGES))


@router.post("/people")
def enrol(desk: Desk = Depends(signed_in)) -> Response:
    person = Person(ref="", conversation=secrets.token_hex(16), awaiting="", created_at=desk.now, duress_hashes=[], name="", language="en")
    if found := _fill(person, desk.form):
        return _person_form(desk, None, {n: desk.form.whole(n) for n in PERSON_FIELDS}, found)
    with desk.write() as session:
        _known_caseworker(session, person)
        person.ref = _new_ref(session)
        session.add(person)
        session.flush()
        audit.note(session, desk.now, "made a record", desk.staff.id, person.id)
        live.tell(session, "person", desk.now, person.id)
    return desk.go(f"/people/{person.ref}", "enrolled")


@router.get("/people/{ref}")
def record(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref)
    with desk.read() as session:
        addresses = list(session.scalars(select(Address).where(Address.person_id == person.id).order_by(Address.id)))
        made = list(session.scalars(select(PlanChange).where(PlanChange.person_id == person.id).order_by(PlanChange.id.desc()).limit(30)))
        plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
        names, alerts = lookups.names(session), lookups.open_alerts(session, person.id)
    return desk.show("record.html", person=person, addresses=[(a, _why_not(a, lookups.today(desk.now))) for a in addresses], plan=plan, names=names,
                     alerts=alerts, changes=[(c, describe(c, names), kept(c, person, plan)) for c in made])


def _why_not(a: Address, today: dt.date) -> str:
    """Why nothing is sent to an address; empty when it may be used."""
    if a.suspended_at:
        return f"Suspended: {_why_suspended(a)}"
    if a.opted_out_at:
        return "Blocked by them at the provider"
    if not a.consent or not a.safe_to_contact:
        return "No consent, or not confirmed as safe"
    return "The review date has passed" if a.review_by is not None and a.review_by < today else ""


def _version(p: Person) -> str:
    """Differs when what the form shows or sets did. Her texts, and a conversation that is taken over, change other columns."""
    return _short(*(getattr(p, n) for n in ("name", *_WRITTEN_DOWN, "safe_word_hash", "duress_hashes")))


def _short(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()


@router.get("/people/{ref}/edit")
def edit(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    p = desk.person(ref)
    return _person_form(desk, p, {"version": _version(p), "name": p.name, "language": p.language, "dialect": p.dialect or "",
                                  "interpreter": "yes" if p.interpreter_needed else "",
                                  "time_zone": p.time_zone, "caseworker": str(p.caseworker_id or ""), "adult": "yes" if p.adult else "no"})


@router.post("/people/{ref}/edit")
def save(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person, wanted = desk.person(ref), Person()
    if found := _fill(wanted, desk.form):
        return _person_form(desk, person, {n: desk.form.whole(n) for n in PERSON_FIELDS}, found)
    with desk.write() as session:
        row = locked_person(session, person.id)
        if _version(row) != desk.form.text("version", 100):
            return desk.go(f"/people/{ref}", "read_again")
        _known_caseworker(session, wanted)
        values = {n: getattr(wanted, n) for n in _WRITTEN_DOWN if getattr(wanted, n) != getattr(row, n)}
        if values:
            changes.make(session, row.id, "changed the record", values, desk.now, desk.staff.id)
        row.name = wanted.name
        row.safe_word_hash, row.duress_hashes = wanted.safe_word_hash or row.safe_word_hash, wanted.duress_hashes or row.duress_hashes
        audit.note(session, desk.now, "changed the record", desk.staff.id, row.id)
        live.tell(session, "person", desk.now, row.id)
    return desk.go(f"/people/{ref}", "saved")


def _fill(person: Person, form: Form) -> dict[str, str]:
    """Set what the form says; returns what is wrong with it. An agreed word is set only when one is given, and never shown again."""
    found = {}
    person.name, person.language, person.time_zone = form.text("name", 200), form.text("language"), form.text("time_zone")
    person.dialect, person.interpreter_needed = form.text("dialect", 40) or None, form.has("interpreter")
    person.adult = form.text("adult") == "yes"
    person.caseworker_id = int(form.text("caseworker")) if form.text("caseworker").isdigit() else None
    if not person.name:
        found["name"] = "Give a name, or what they want to be called"
    if person.language not in LANGUAGES:
        found["language"] = "Choose a language"
    if person.time_zone not in available_timezones():
        found["time_zone"] = "Give a time zone such as Europe/London"
    if form.text("adult") not in ADULT:
        found["adult"] = "Say whether they are 18 or over"
    for name, hash_it in (("safe_word", safe_hash), ("duress_word", duress_hashes)):
        try:
            if form.text(name):
                hashed = hash_it(encryption.ring(), form.text(name))
                setattr(person, "safe_word_hash" if name == "safe_word" else "duress_hashes", hashed)
        except AgreedWordWrong as wrong:
            found[name] = sentence(str(wrong))
    safe, duress = form.text("safe_word"), form.text("duress_word")
    if safe and clean(safe) == clean(duress):
        found["duress_word"] = "The two words must differ"
    elif duress and too_common(duress, _phrases().everyday({person.language})):
        found["duress_word"] = "This is an everyday answer, or one letter from one: choose a word that is never sent by chance"
    for name, word in (("safe_word", safe), ("duress_word", duress)):
        if found and word:
            found.setdefault(name, "Type the word again: it was not kept")  # it is not sent back to the page
    return found


@cache
def _phrases() -> PhraseBook:
    return PhraseBook.load()


def _known_caseworker(session: Session, person: Person) -> None:
    if person.caseworker_id not in lookups.colleagues(session):
        person.caseworker_id = None


def _new_ref(session: Session) -> str:
    for length in (3, 3, 3, 4, 5, 6):
        ref = "".join(secrets.choice(_LETTERS) for _ in range(length))
        if session.scalar(select(Person.id).where(Person.ref == ref)) is None:
            return ref
    return secrets.token_hex(6).upper()


def _address_form(desk: Desk, person: Person, address_id: int | None, wanted: dict[str, str], found: dict[str, str] | None = None,
                  suspended: str = "") -> Response:
    return desk.show("address_form.html", 422 if found else 200, person=person, address_id=address_id, found=found or {}, suspended=suspended,
                     wanted={n: wanted.get(n, "") for n in ADDRESS_FIELDS}, channels={str(c): words.CHANNEL[c] for c in Channel}, shared=words.SHARED)


@router.get("/people/{ref}/addresses/new")
def ask_address(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    return _address_form(desk, desk.person(ref), None, {"channel": "sms", "whose": "own", "shared": "unknown"})


@router.get("/people/{ref}/addresses/{address_id:int}")
def edit_address(ref: str, address_id: int, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref)
    with desk.read() as session:
        a = _address(session, person.id, address_id)
    held = a.suspended_at is not None  # what was agreed before does not count: both are to be ticked anew
    return _address_form(desk, person, address_id, {
        "stamp": _stamp(a), "channel": str(a.channel), "number": a.address, "whose": a.whose, "shared": a.shared,
        "consent": "yes" if a.consent and not held else "", "safe": "yes" if a.safe_to_contact and not held else "",
        "review_by": a.review_by.isoformat() if a.review_by else ""}, suspended=_why_suspended(a))


def _address(session: Session, person_id: int, address_id: int) -> Address:
    row = session.get(Address, address_id)
    if row is None or row.person_id != person_id:
        raise NotFound("no such address")
    return row


def _stamp(a: Address) -> str:
    """Differs when the address or what was agreed about it did: an older form is then read again instead of saved."""
    return _short(a.suspended_at, a.confirmed_at, a.consent, a.safe_to_contact, str(a.channel), a.address, a.whose, a.shared, a.review_by)


def _why_suspended(a: Address | None) -> str:
    return (a.suspended_why or "not in use") if a is not None and a.suspended_at else ""


@router.post("/people/{ref}/addresses")
@router.post("/people/{ref}/addresses/{address_id:int}")
def save_address(ref: str, address_id: int | None = None, desk: Desk = Depends(signed_in)) -> Response:
    """A new address, or what was agreed about a known one. Whoever saves it confirms it."""
    person, form = desk.person(ref), desk.form
    wanted, found, number, review = {n: form.text(n, 100) for n in ADDRESS_FIELDS}, {}, "", None
    consent, safe = form.has("consent"), form.has("safe")
    try:
        number = canonical(wanted["number"])
    except NumberWrong as wrong:
        found["number"] = sentence(str(wrong))
    try:
        review = form.date("review_by")
    except ValueError:
        found["review_by"] = "Give a date such as 2026-12-24"
    if wanted["channel"] not in list(Channel):
        found["channel"] = "Choose how this address is used"
    if wanted["shared"] not in words.SHARED:
        found["shared"] = "Say whether others use the phone"
    if consent and safe and "review_by" not in found and (review is None or not desk.now.date() < review <= desk.now.date() + dt.timedelta(days=366)):
        found["review_by"] = "Give a date within a year on which you ask again whether this is still safe"
    with desk.write() as session:
        locked_person(session, person.id)
        known = _address(session, person.id, address_id) if address_id else None
        if known is not None and _stamp(known) != wanted["stamp"]:
            return desk.go(f"/people/{ref}", "read_again")
        if not found:
            same = session.scalar(select(Address.id).where(Address.channel == wanted["channel"], Address.address_hash.in_(address_hashes(number))))
            if same is not None and same != address_id:
                found["number"] = "This number is in a record already for this channel"
        if not found:
            row = known or Address(person_id=person.id, address=number, address_hash="")
            changed = row.address != number or row.channel != wanted["channel"]
            row.channel, row.address, row.address_hash = Channel(wanted["channel"]), number, number_hash(session, number)
            row.whose, row.shared, row.consent, row.safe_to_contact, row.review_by = wanted["whose"][:40] or "own", wanted["shared"], consent, safe, review
            row.confirmed_by, row.confirmed_at = (desk.staff.id, desk.now) if consent and safe else (None, None)
            if changed or (consent and safe):
                row.suspended_at = row.suspended_why = None
            if changed:
                # They belong to the old number.
                row.opted_out_at = row.last_inbound_at = row.profile_hash = row.external_user_hash = None
            session.add(row)
            session.flush()
            audit.note(session, desk.now, "saved an address", desk.staff.id, person.id,
                       f"address {row.id}, {row.channel}, consent {'yes' if consent else 'no'}, safe {'yes' if safe else 'no'}")
            live.tell(session, "person", desk.now, person.id)
    if found:
        wanted |= {"consent": "yes" if consent else "", "safe": "yes" if safe else ""}
        return _address_form(desk, person, address_id, wanted, found, _why_suspended(known))
    return desk.go(f"/people/{ref}", "saved")


@router.get("/people/{ref}/looks")
def looks(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Who looked at the record and did what, for managers: the newest, or those before `?before=` (an id of the audit trail)."""
    desk.require_manager()
    person, before, most = desk.person(ref, "who looked"), desk.request.query_params.get("before", ""), 300
    earlier = [Audit.id < int(before)] if before.isdecimal() and len(before) < 19 else []
    with desk.read() as session:
        found = list(session.scalars(select(Audit).where(Audit.person_id == person.id, *earlier).order_by(Audit.id.desc()).limit(most + 1)))
        names = lookups.names(session)
    return desk.show("looks.html", person=person, looks=found[:most], older=len(found) > most, newest=not earlier, most=most, names=names)
