"""A person's conversation: the whole thread, taking it over, answering, handing it back."""

from __future__ import annotations

import datetime as dt
import re
import secrets

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select

from casefile.models import Inbound, Person, Plan
from casefile.vocabulary import LANGUAGES
from checkins import changes, plans
from dashboard import lookups, replies, timeline
from dashboard.desk import Desk, signed_in
from escalation.takeover import InUse, hand_back, take_over

router = APIRouter()


def _thread(desk: Desk, person: Person) -> dict[str, object]:
    with desk.read() as session:
        person = session.get_one(Person, person.id)
        names = lookups.names(session)
        before = _before(desk)
        entries, older = timeline.thread(session, person.id, desk.now, names, before)
        alerts = lookups.open_alerts(session, person.id)
    catalogue = desk.house.catalogue
    # What a message was given to say (a day, an hour) stands in its own words beside this.
    english = {key: re.sub(r"{\w+}", "…", catalogue.text_raw(key, "en")) for key in catalogue.keys()}
    return {"person": person, "names": names, "entries": entries, "older": older, "before": before, "alerts": alerts, "english": english,
            "can_translate": lambda code: bool(code) and code != "en" and desk.house.translator.available(code, "en")}


def _before(desk: Desk) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(desk.request.query_params.get("before", ""))
        return moment.astimezone(dt.UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):  # the latter: a moment at the calendar's edge
        return None


def shown(desk: Desk, person: Person, *, found: dict[str, str] | None = None, words: str = "", until: str = "", status: int = 200) -> Response:
    """The page; what is wrong in `found` stands at its field, with what was typed there (`words`, `until`)."""
    values = _thread(desk, person)
    fresh = values["person"]
    assert isinstance(fresh, Person)
    cannot, there = "", None
    with desk.read() as session:
        plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
        wrote_in = session.scalar(select(Inbound.language).where(Inbound.person_id == person.id).order_by(Inbound.id.desc()).limit(1))
        try:
            there = replies.way(session, fresh, desk.now)
        except replies.CannotReply as error:
            cannot = str(error)
    catalogue = desk.house.catalogue
    phrases = [(key, catalogue.text(key, "en"), catalogue.text(key, fresh.language), catalogue.reviewed(key, fresh.language) is not None)
               for key in catalogue.keys("human.")]
    return desk.show("conversation.html", status, **values, plan=plan, cannot=cannot, there=there, phrases=phrases, found=found or {}, words=words, until=until,
                     token=secrets.token_urlsafe(12), own_language=fresh.language == "en",
                     wrote_in=wrote_in if wrote_in in LANGUAGES and wrote_in != fresh.language else None,
                     into=fresh.language == "en" or desk.house.translator.available("en", fresh.language))


@router.get("/people/{ref}/conversation")
def page(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    return shown(desk, desk.person(ref, "conversation"))


@router.get("/people/{ref}/conversation/thread")
def fragment(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("parts/thread.html", **_thread(desk, desk.person(ref, "conversation")))


@router.get("/people/{ref}/conversation/state")
def state(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "conversation")
    with desk.read() as session:
        plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
        return desk.show("parts/holding.html", person=person, plan=plan, names=lookups.names(session), alerts=lookups.open_alerts(session, person.id))


@router.post("/people/{ref}/take-over")
def take(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "conversation")
    try:
        with desk.write() as session:
            take_over(session, person.id, desk.staff.id, desk.now)
    except InUse as error:
        return shown(desk, person, found={"": str(error)}, status=409)
    return desk.go(f"/people/{ref}/conversation#reply", "taken")


@router.post("/people/{ref}/hand-back")
def back(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "conversation")
    try:
        with desk.write() as session:
            hand_back(session, person.id, desk.staff.id, desk.now, by_manager=desk.manages)
    except InUse as error:
        return shown(desk, person, found={"": str(error)}, status=409)
    return desk.go(f"/people/{ref}/conversation", "handed_back")


@router.post("/people/{ref}/language")
def write_in(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Write in the language that she wrote in from now on: a colleague's decision, never the machine's."""
    person, code = desk.person(ref, "conversation"), desk.form.text("language", 12)
    if code not in LANGUAGES:
        return shown(desk, person, found={"": "Choose one of our languages"}, status=422)
    with desk.write() as session:
        changes.make(session, person.id, "language", {"language": code}, desk.now, desk.staff.id)
    return desk.go(f"/people/{ref}/conversation", "saved")


@router.post("/people/{ref}/phrase")
def phrase(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Send a vetted phrase in the person's language."""
    person, key = desk.person(ref, "conversation"), desk.form.text("phrase")
    catalogue = desk.house.catalogue
    if key not in catalogue.keys("human."):
        return shown(desk, person, found={"phrase": "Choose a phrase"}, status=422)
    return _send(desk, person, body=catalogue.text(key, person.language), text_key=key, language=person.language,
                 own_words=catalogue.text(key, "en") if person.language != "en" else None)


@router.post("/people/{ref}/words")
def own_words(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Own words: sent at once only in English to somebody who uses English; otherwise shown for confirmation first."""
    person, written = desk.person(ref, "conversation"), desk.form.whole("words")
    if found := _wrong(desk, written):
        return shown(desk, person, found=found, words=written, status=422)
    revealing = replies.revealing(written)
    if person.language == "en" and not revealing:
        return _send(desk, person, body=written, language="en", words=written)
    return _check(desk, person, written, revealing)


def _wrong(desk: Desk, written: str) -> dict[str, str]:
    return desk.form.too_long(replies.LONGEST, "words") if written else {"words": "Write what to send"}


def _check(desk: Desk, person: Person, written: str, revealing: list[str], found: dict[str, str] | None = None) -> Response:
    both = None if person.language == "en" else desk.house.translator.check_back(written, "en", person.language)
    translated = both is not None and hasattr(both, "there")
    return desk.show("reply.html", 422 if found else 200, person=person, written=written, revealing=revealing, both=both if translated else None,
                     why=getattr(both, "reason", ""), token=desk.form.text("token") or secrets.token_urlsafe(12), address=desk.form.text("address", 10),
                     found=found or {})


@router.post("/people/{ref}/words/send")
def confirmed(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Own words after they were checked: as translated and read back, or untranslated when that was said explicitly."""
    person, written = desk.person(ref, "conversation"), desk.form.whole("words")
    if desk.form.text("change"):
        return shown(desk, person, words=written)
    translated = desk.form.text("translated", 4000)
    if found := _wrong(desk, written):
        return shown(desk, person, found=found, words=written, status=422)
    if desk.form.text("language") != person.language:
        # She or a colleague changed it meanwhile: what was checked is in a language that she may not read.
        return _check(desk, person, written, replies.revealing(written), {"": f"The language is now {LANGUAGES[person.language].english}: check once more"})
    if person.language != "en" and not translated and desk.form.text("untranslated") != "yes":
        return _check(desk, person, written, replies.revealing(written), {"untranslated": "Confirm that these words go out untranslated"})
    if translated:
        return _send(desk, person, body=translated, language=person.language, own_words=written, words=written)
    return _send(desk, person, body=written, language="en", words=written)


def _send(desk: Desk, person: Person, *, body: str, language: str, text_key: str | None = None, own_words: str | None = None,
          words: str = "") -> Response:
    token, to = desk.form.text("token", 60) or secrets.token_urlsafe(12), desk.form.text("address", 10)
    try:
        with desk.write() as session:
            row = replies.send(session, person.id, desk.staff.id, token=token, body=body, now=desk.now, text_key=text_key, language=language,
                               own_words=own_words, address_id=int(to) if to.isdecimal() else None)
            said = "queued_before" if row is None else "queued_later" if row.run_at and row.run_at > desk.now else "queued"
    except replies.CannotReply as error:
        return shown(desk, person, found={"": str(error)}, words=words, status=409)
    return desk.go(f"/people/{person.ref}/conversation#reply", said)


@router.post("/people/{ref}/phone-lost")
def phone_lost(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Stop everything at once."""
    person = desk.person(ref, "conversation")
    with desk.write() as session:
        plans.phone_lost(session, person.id, desk.staff.id, desk.now, "phone not in their control")
    return desk.go(f"/people/{ref}/conversation", "suspended")


@router.post("/people/{ref}/phone-back")
def phone_back(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "conversation")
    if desk.form.text("sure") != "yes":
        return shown(desk, person, found={"sure": "Confirm that they told you so by another way"}, status=422)
    with desk.write() as session:
        plans.phone_back(session, person.id, desk.staff.id, desk.now)
    return desk.go(f"/people/{ref}/conversation", "unsuspended")
