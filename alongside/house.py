"""What the worker looks after between messages: check-ins, alerts, unknown sends, the bot's health, its own pulse."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

import checkins.run
import escalation.run
import messaging.run
from alongside.wiring import House
from casefile import live
from casefile.claims import free_orphans
from casefile.models import Alert, Checkin, Heartbeat, Inbound, Outbox
from casefile.vocabulary import AlertKind, AlertState, Channel, InboundState, OutboxState, Urgency
from checkins.outcomes import delivery_heard
from escalation.alerts import raise_alert, resolve_system
from messaging.redaction import forget, redact
from webhooks.catch_up import ON_ITS_WAY, catch_up

log = logging.getLogger(__name__)
BOT_FAILURES_BEFORE_ALARM = 2
BOT_STEADY = dt.timedelta(minutes=1)
BOT_STARTS = 60.0  # seconds it may take to start: longer than the worker, and no restart of the service may page anybody


class Keeper:
    """Runs each chore when its time has come; one chore failing does not hold up the others.

    `passed`: seconds on a clock that only goes forward, so that no chore stops while the machine's clock is put back.
    """

    def __init__(self, house: House, owner: str, passed: Callable[[], float] = time.monotonic):
        self.house, self.owner, self._passed = house, owner, passed
        self._bot_failures = 0
        self._bot_starts_until = passed() + BOT_STARTS
        self._caught_up_to: dt.datetime | None = None
        self._due: dict[str, float] = {}
        s = house.settings
        self.chores: list[tuple[str, float, Callable[[dt.datetime], object]]] = [
            ("alerts", 0.3, lambda now: escalation.run.escalate_due(house.database, owner, now)),
            ("ladder", 0.3, lambda now: checkins.run.wake_due(house.database, house.catalogue, owner, now, scale=s.ladder_scale)),
            ("plan", 1.0, lambda now: checkins.run.plan_due(house.database, now)),
            ("dead workers", 5.0, self._free_orphans),
            ("pulse", 5.0, self._pulse),
            ("bot", 5.0, self._bot),
            ("reminders", 300.0, lambda now: checkins.run.daily(house.database, now)),
            ("sweep", 3600.0, self._sweep),
        ]
        # A provider that hangs holds these up for minutes, and must never hold up an alert's next page.
        self.provider_chores: list[tuple[str, float, Callable[[dt.datetime], object]]] = [
            ("unknown sends", 5.0, self._reconcile),
            ("missed messages", s.catch_up_every, self._catch_up),
            ("redaction", 60.0, lambda now: redact(house.database, house.gateway, now)),
            ("retention", 3600.0, lambda now: forget(house.database, house.gateway, now, s.retention_days)),
        ]

    def step(self, now: dt.datetime) -> bool:
        """Do every chore of the house that is due. Returns False: the loop may rest."""
        return self._do(self.chores, now)

    def ask_provider(self, now: dt.datetime) -> bool:
        """Do every chore that is due and waits for the provider; on a thread of its own. Returns False: the loop may rest."""
        return self._do(self.provider_chores, now)

    def _do(self, chores: list[tuple[str, float, Callable[[dt.datetime], object]]], now: dt.datetime) -> bool:
        for name, every, chore in chores:
            passed = self._passed()
            if passed < self._due.get(name, passed):
                continue
            self._due[name] = passed + every
            try:
                chore(now)
            except Exception as error:
                log.exception("chore %s failed: %s", name, type(error).__name__)
        return False

    def _reconcile(self, now: dt.datetime) -> None:
        messaging.run.reconcile_unknown(self.house.database, self.house.gateway, self.house.senders, delivery_heard, self.owner, now,
                                        absent_after=dt.timedelta(seconds=self.house.settings.absent_after))

    def _catch_up(self, now: dt.datetime) -> None:
        """What reached the provider while our door was shut. Each look goes back over the last ones, and a day after a start."""
        since = self._caught_up_to - dt.timedelta(minutes=10) if self._caught_up_to else now - dt.timedelta(days=1)
        senders = self.house.senders
        numbers = {(Channel.SMS, senders.sms), (Channel.SMS, senders.voice), (Channel.WHATSAPP, senders.whatsapp)}
        on_its_way = min(ON_ITS_WAY, 2 * dt.timedelta(seconds=self.house.settings.catch_up_every))
        found = catch_up(self.house.database, self.house.book, self.house.gateway, sorted((c, n) for c, n in numbers if n), since, now, on_its_way)
        self._caught_up_to = now
        if found:
            log.warning("%s messages had not reached our door and were fetched", found)

    def _free_orphans(self, now: dt.datetime) -> None:
        with self.house.database.write() as session:
            free_orphans(session, Inbound, now, all_of_them=False, orphan=Inbound.state == InboundState.WORKING,
                         back={"state": InboundState.READY})
            free_orphans(session, Outbox, now, all_of_them=False, orphan=Outbox.state == OutboxState.SENDING,
                         back={"state": OutboxState.UNKNOWN, "run_at": now})
            free_orphans(session, Checkin, now, all_of_them=False, orphan=Checkin.owner.is_not(None), back={})
            free_orphans(session, Alert, now, all_of_them=False, orphan=Alert.owner.is_not(None), back={})

    def _pulse(self, now: dt.datetime) -> None:
        with self.house.database.write() as session:
            beat(session, "worker", "up", now)

    def _bot(self, now: dt.datetime) -> None:
        """A bot that does not answer is said to a person once, and again when it is back."""
        if self.house.bot.healthy():
            self._bot_failures, self._bot_starts_until = 0, 0.0  # one that has started and is silent then is down
        else:
            self._bot_failures += 1
        if 0 < self._bot_failures < BOT_FAILURES_BEFORE_ALARM:
            return
        with self.house.database.write() as session:
            before = session.get(Heartbeat, "bot")
            was = before.state if before else "starting"
            starting = was != "down" and self._passed() < self._bot_starts_until
            state = "up" if not self._bot_failures else "starting" if starting else "down"
            beat(session, "bot", state, now)
            if state == "down" and was != "down" and not self._bot_alert(session):
                raise_alert(session, key=f"system:bot:{now:%Y%m%d%H%M%S}", kind=AlertKind.SYSTEM, urgency=Urgency.URGENT, now=now,
                            why=["The understanding program does not answer. Messages are judged by phrase lists and, where it is loaded, our own copy of "
                                 "its model; a person must read every message that a keyword does not answer."])
            # Over only once it has stayed up: a bot that comes and goes is one alert, not a page a minute.
            since = before.since if before else None
            if state == "up" and was == "up" and since is not None and now - since >= BOT_STEADY and self._bot_alert(session):
                resolve_system(session, "system:bot:", "The understanding program answers again.", now)

    def _bot_alert(self, session: Session) -> bool:
        return session.scalar(select(Alert.id).where(Alert.key.startswith("system:bot:"), Alert.state != AlertState.RESOLVED).limit(1)) is not None

    def _sweep(self, now: dt.datetime) -> None:
        with self.house.database.write() as session:
            live.forget(session, now - dt.timedelta(days=1))


def beat(session: Session, name: str, state: str, now: dt.datetime) -> None:
    """Write down that a program is in a state now."""
    row = session.get(Heartbeat, name)
    if row is None:
        session.add(Heartbeat(name=name, at=now, since=now, state=state))
        return
    if row.state != state:
        row.since, row.state = now, state
        live.tell(session, "system", now)
    row.at = now
