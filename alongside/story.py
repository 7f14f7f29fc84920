"""The story of the demo, told over real HTTP with signed webhooks; each outcome is looked for and named when it is missed."""

from __future__ import annotations

import datetime as dt
import html
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import select

from alongside.seed import CAST, PASSWORD, STAFF, TOTP_SECRET
from alongside.story_people import Caseworker, Phones, until
from alongside.wiring import House
from casefile.database import utc_now
from casefile.models import Alert, Checkin, Inbound, Intervention, Outbox, Person, Plan, WelfareCall
from casefile.vocabulary import AlertKind, AlertState, OutboxState, Purpose, Urgency
from messaging.recordings import available

if TYPE_CHECKING:
    from alongside.demo import Demo

NUMBERS = {person.ref: person.number for person in CAST}


class Story:
    """Plays the scenes and keeps what was seen."""

    def __init__(self, demo: Demo, say: Callable[[str], None]):
        self.demo, self.say = demo, say
        self.house = House(demo.settings)
        self.phones = Phones(demo.simulator_url)
        self.worker = Caseworker(demo.url, STAFF[0].email, PASSWORD, TOTP_SECRET)
        self.missed: list[str] = []

    def close(self) -> None:
        self.worker.close()
        self.phones.close()
        self.house.close()

    def check(self, scene: str, what: str, seen: object, took: float | None = None) -> None:
        """Print an outcome; remember it when it was missed."""
        self.say(f"  {'seen  ' if seen else 'MISSED'} ({scene}) {what}" + (f"  [{took:.1f} s]" if took is not None and seen else ""))
        if not seen:
            self.missed.append(f"({scene}) {what}")

    # What can be looked up

    def due(self, ref: str) -> None:
        """Make a person's check-in due now, as if its hour had come."""
        with self.house.database.write() as session:
            plan = session.scalars(select(Plan).join(Person, Person.id == Plan.person_id).where(Person.ref == ref)).one()
            plan.next_at = utc_now()

    def alert(self, ref: str, since: dt.datetime, *, kind: AlertKind | None = None, alarm: bool = True) -> Alert | None:
        """The newest alert of a person that was opened or had a message since then."""
        with self.house.database.read() as session:
            query = select(Alert).join(Person, Person.id == Alert.person_id).where(Person.ref == ref, Alert.last_message_at >= since)
            if kind:
                query = query.where(Alert.kind == kind)
            if alarm:
                query = query.where(Alert.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE]))
            return session.scalars(query.order_by(Alert.id.desc())).first()

    def checkin(self, ref: str) -> Checkin | None:
        with self.house.database.read() as session:
            return session.scalars(select(Checkin).join(Person, Person.id == Checkin.person_id).where(Person.ref == ref).order_by(Checkin.id.desc())).first()

    def words(self, key: str, language: str) -> str:
        return self.house.catalogue.text(key, language)

    # The scenes

    def a_and_b(self) -> None:
        self.due("ARTA")
        began, asked = time.monotonic(), self.words("checkin.intro", "sq")
        seen = until(lambda: asked in self.phones.received(NUMBERS["ARTA"]), 15)
        self.check("a", f"a due check-in went out in Albanian: “{asked}”", seen, time.monotonic() - began)
        began = time.monotonic()
        self.phones.text(NUMBERS["ARTA"], "mirë jam, faleminderit")
        thanks = self.words("reply.ok", "sq")
        seen = until(lambda: thanks in self.phones.received(NUMBERS["ARTA"]), 15)
        self.check("b", f"“mirë jam, faleminderit” got a kind short reply: “{thanks}”", seen, time.monotonic() - began)
        self.check("b", "the check-in is closed as answered", until(lambda: self._answered("ARTA"), 5))

    def c(self) -> Alert | None:
        words = "người đàn ông trước kia đã tìm được số của tôi"
        since, began = utc_now(), time.monotonic()
        self.phones.text(NUMBERS["LINH"], words)
        alert = until(lambda: self.alert("LINH", since), 10)
        on_screen = alert and until(lambda: alert.id in self.worker.seen, 5)
        took = self.worker.seen.get(alert.id, began) - began if alert else None
        self.check("c", "Vietnamese “the man from before has found my number”: an alarm stood on the open dashboard without reloading, within two seconds",
                   on_screen and took is not None and took <= 2.0, took)
        if alert is None:
            return None
        page = html.unescape(self.worker.page(f"/alerts/{alert.id}"))
        self.check("c", "the alert shows her original words, the concern and why", words in page and "trafficker" in page.lower() and bool(alert.why))
        paged = until(lambda: [t for t in self.phones.received(STAFF[0].phone) if "LINH" in t], 10)
        self.check("c", f"the on-call caseworker's phone got a page without her words: “{paged[0] if paged else ''}”", paged and words not in paged[0])
        reply = self.words("reply.received", "vi")
        self.check("c", f"she got a vetted reply that promises nothing: “{reply}”", until(lambda: reply in self.phones.received(NUMBERS["LINH"]), 10))
        return alert

    def d(self) -> None:
        asked = self.words("checkin.intro", "ro")
        began = time.monotonic()
        since = utc_now()
        self.due("IOANA")
        self.check("d", "a Romanian check-in went out and nobody answered", until(lambda: asked in self.phones.received(NUMBERS["IOANA"]), 15))
        self._silence_since, self._silence_began = since, began

    def d_end(self) -> None:
        asked = self.words("checkin.ask.plain", "ro")
        self.check("d", "one neutral reminder", until(lambda: self.phones.received(NUMBERS["IOANA"]).count(asked) == 1, 40))
        alert = until(lambda: self.alert("IOANA", self._silence_since, kind=AlertKind.SILENCE, alarm=False), 60)
        self.check("d", "then an alert for a human call (ladder times shortened)", alert, time.monotonic() - self._silence_began)
        self.check("d", "no third text", self.phones.received(NUMBERS["IOANA"]).count(asked) == 1)

    def e(self) -> None:
        selam = next(p for p in CAST if p.ref == "SELAM")
        since, began = utc_now(), time.monotonic()
        self.phones.text(selam.number, selam.duress or "")
        ok = self.words("reply.ok", "ti")
        replied = until(lambda: self.phones.received(selam.number), 10)
        self.check("e", f"the duress word got exactly the reply an “I am fine” gets: “{ok}”", replied == [ok])
        alert = until(lambda: self.alert("SELAM", since), 10)
        self.check("e", "an immediate alert opened, silently", alert and alert.urgency is Urgency.IMMEDIATE, time.monotonic() - began)

    def f(self) -> None:
        number = NUMBERS["GRACE"]
        since = utc_now()
        self.phones.text(number, "STOP")
        told = until(lambda: self.alert("GRACE", since, alarm=False), 10)
        self.check("f", "STOP: the caseworker is told", told)
        since = utc_now()
        self.phones.text(number, "he is at my door")
        self.check("f", "a later “he is at my door” still raises an alarm", until(lambda: self.alert("GRACE", since), 10))
        time.sleep(2)
        self.check("f", "nothing more was sent to her", self.phones.received(number) == [])

    def g(self) -> None:
        self.demo.bot.stop(patience=3)
        try:
            since, began = utc_now(), time.monotonic()
            self.phones.text(NUMBERS["AMAL"], "هو واقف عند بابي الحين")
            alert = until(lambda: self.alert("AMAL", since), 15)
            self.check("g", "the bot is stopped and an Arabic danger text still raises an alarm", alert, time.monotonic() - began)
            since = utc_now()
            self.phones.text(NUMBERS["HANA"], "ዛሬ ትምህርት ቤት ነበርኩ ጥሩ ነበር")
            queued = until(lambda: self.alert("HANA", since, alarm=False), 15)
            self.check("g", "an ordinary text lands in the human queue", queued and queued.urgency is Urgency.ROUTINE)
        finally:
            self.demo.bot.start()

    def h(self, alert: Alert | None) -> None:
        if alert is None:
            self.check("h", "the caseworker has an alert to work on", False)
            return
        worker, path = self.worker, f"/alerts/{alert.id}"
        worker.do(path, "/acknowledge")
        self.check("h", "the caseworker acknowledged the alert", self._state(alert.id).acknowledged_by is not None)
        talk = worker.page("/people/LINH/conversation")
        self.check("h", "she reads the thread; without a translation package it says so", "người đàn ông trước kia" in html.unescape(talk)
                   and "no translation" in talk.lower())
        worker.do("/people/LINH/conversation", "/take-over")
        before = len(self.phones.received(NUMBERS["LINH"]))
        self.phones.text(NUMBERS["LINH"], "cảm ơn")
        time.sleep(3)
        self.check("h", "she took the conversation over: the bot is silent", len(self.phones.received(NUMBERS["LINH"])) == before)
        worker.do("/people/LINH/conversation", "/phrase", phrase="human.can_talk")
        words = self.words("human.can_talk", "vi")
        self.check("h", f"she answered with a vetted phrase in Vietnamese: “{words}”", until(lambda: words in self.phones.received(NUMBERS["LINH"]), 10))
        worker.do("/people/LINH/conversation", "/hand-back")
        self.check("h", "she handed the conversation back", self._person("LINH").taken_over_by is None)
        worker.do("/people/LINH/interventions/new", "/interventions", type="device_safety", consent_basis="consent", facts="Agreed to change the number.")
        with self.house.database.read() as session:
            recorded = session.scalars(select(Intervention)).first()
        self.check("h", "she recorded the intervention", recorded)
        worker.do(path, "/resolve", outcome="safety_plan", note="New number agreed.")
        resolved = self._state(alert.id)
        self.check("h", "she resolved the alert with an outcome", resolved.state is AlertState.RESOLVED and resolved.outcome == "safety_plan")

    def _state(self, alert_id: int) -> Alert:
        with self.house.database.read() as session:
            return session.get_one(Alert, alert_id)

    def _person(self, ref: str) -> Person:
        with self.house.database.read() as session:
            return session.scalars(select(Person).where(Person.ref == ref)).one()

    def i(self) -> None:
        number, asked = NUMBERS["MARIA"], self.words("checkin.intro", "pt")
        self.due("MARIA")
        sent = until(lambda: asked in self.phones.received(number), 15)
        self.check("i", "a WhatsApp check-in went out in Portuguese as an approved template", sent)
        self.phones.text(number, self.words("button.ok", "pt"), channel="whatsapp", button_payload="ok")
        thanks = self.words("reply.ok", "pt")
        self.check("i", "a tap on its button answered it", until(lambda: thanks in self.phones.received(number) and self._answered("MARIA"), 15))

    def j(self) -> None:
        if not available(self.house.settings.recordings_dir, "sq"):
            self.say("  left out (j) the voice check-in: no recorded prompts in Albanian (install espeak-ng for synthetic ones)")
            return
        self.phones.answers_calls(NUMBERS["ELIRA"], "human", ["1", "1"])
        self.due("ELIRA")
        self.check("j", "a voice check-in rang in Albanian; two keys answered it", until(lambda: self._answered("ELIRA"), 40))

    def k(self) -> None:
        """The silence of (d) ended in a call for a person to make."""
        with self.house.database.read() as session:
            call = session.scalars(select(WelfareCall).join(Person, Person.id == WelfareCall.person_id).where(Person.ref == "IOANA")).first()
        self.check("k", "the silent person stands on today's call list", call and "IOANA" in self.worker.page("/calls"))
        if call is None:
            return
        self.worker.do(f"/calls/{call.id}", "/attempt", outcome="reached_safe", contact_band="over_a_year", notes="Phone was broken. All well.")
        with self.house.database.read() as session:
            done = session.get_one(WelfareCall, call.id)
        self.check("k", "the caseworker called, and wrote down that she is well", done.done_at is not None and done.outcome == "reached_safe")

    def _answered(self, ref: str) -> bool:
        checkin = self.checkin(ref)
        return checkin is not None and checkin.answered_at is not None

    def whole(self) -> None:
        """Nothing was left behind."""
        def left() -> bool:
            with self.house.database.read() as session:
                waiting = session.scalars(select(Inbound).where(Inbound.handled_at.is_(None))).all()
                unsent = session.scalars(select(Outbox).where(Outbox.state.in_([OutboxState.UNKNOWN, OutboxState.SENDING]))).all()
            return not waiting and not unsent

        self.check("all", "every message was handled and every send accounted for", until(left, 15))
        with self.house.database.read() as session:
            replies = session.scalars(select(Outbox).where(Outbox.purpose == Purpose.REPLY)).all()
        self.check("all", "no message was answered twice", len({r.inbound_id for r in replies}) == len(replies))


def play(demo: Demo, say: Callable[[str], None]) -> list[str]:
    """Play every scene; returns the outcomes that were not seen."""
    story = Story(demo, say)
    try:
        story.d()
        story.a_and_b()
        alert = story.c()
        story.e()
        story.f()
        story.h(alert)
        story.i()
        story.j()
        story.d_end()
        story.k()
        story.g()
        story.whole()
    finally:
        story.close()
    say(f"\n{'All outcomes were seen.' if not story.missed else f'{len(story.missed)} outcomes were not seen.'}")
    return story.missed
