"""Send what is queued: claim, check the rules, commit `sending`, call the provider outside any transaction, record what came of it.

A crash between `sending` and the record leaves the row claimed; the sweeper makes it `unknown`, and `reconcile` finds out.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import live
from casefile.claims import any_due, claim, release
from casefile.database import Database, utc_now
from casefile.models import Address, Outbox
from casefile.vocabulary import Channel, Lane, OutboxState, Purpose
from messaging.buckets import take
from messaging.gateway import Accepted, Ambiguous, Call, Gateway, GatewayError, Later, Message, OptedOut
from messaging.outbox import WORDLESS, lock_people, locked, words
from messaging.recordings import available
from messaging.rules import Cancel, Go, Move, may_send
from messaging.status import Heard, taken
from messaging.templates import Templates
from messaging.views import Views

log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=60)
BATCH = 40
PARALLEL = 12
TOGETHER = 0.1
MOST_ATTEMPTS = 6
# A page may come twice, never not at all: it does not wait until the provider proves that it has none.
PAGE_ATTEMPTS = 3
READY = Outbox.state == OutboxState.READY


@dataclass(frozen=True)
class Senders:
    """Our own numbers and how fast each may send."""

    sms: str
    whatsapp: str
    voice: str
    per_second: float

    def of(self, channel: Channel) -> str:
        return {Channel.SMS: self.sms, Channel.WHATSAPP: self.whatsapp, Channel.VOICE: self.voice}[channel]


@dataclass(frozen=True)
class _Job:
    """One send decided and committed as `sending`."""

    row_id: int
    attempt: int
    person_id: int | None
    what: Message | Call


@dataclass(frozen=True)
class _Refused:
    """One claimed row that the rules do not let go, or that cannot be read."""

    row_id: int
    attempt: int
    person_id: int | None
    why: str
    what: str = "not_sent"


class Post:
    """Sends for one worker. `recordings`: the folder of voice prompts; nobody is called in a language that lacks any of them."""

    def __init__(self, database: Database, gateway: Gateway, senders: Senders, templates: Templates, heard: Heard, owner: str, recordings: Path):
        self.database, self.gateway, self.senders, self.templates, self.heard = database, gateway, senders, templates, heard
        self.owner, self.recordings = owner, recordings
        # Not more than the rate lets go in a second: the others would only be claimed to be put back.
        self._batch = min(BATCH, max(1, int(senders.per_second)))
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="send")

    def close(self) -> None:
        self._pool.shutdown(wait=False)

    def send_due(self, now: dt.datetime, owner: str | None = None, lanes: Sequence[Lane] | None = None) -> int:
        """Send one batch, most pressing first, of these lanes only when given; returns how many rows are no longer waiting (0 = rest a moment)."""
        owner = owner or self.owner
        with self.database.read() as session:
            if not any_due(session, Outbox, READY, now, lanes):
                return 0
        with self.database.write() as session:
            rows = claim(session, Outbox, READY, owner=owner, now=now, lease=LEASE, limit=self._batch, lanes=lanes, options=WORDLESS)
            jobs, refused = self._prepare(session, rows, now)
        # In a transaction of its own, which locks people before their messages: a STOP of hers may be under way at this moment.
        self._cancel(refused, owner, now)
        pending: dict[Future[Accepted], _Job] = {self._pool.submit(self._hand_over, job): job for job in jobs}
        while pending:
            # What ends at about the same time is written down together.
            done, _ = wait(pending, timeout=TOGETHER)
            if not done:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
            self._record([(pending.pop(f), f) for f in done], owner)
        return sum(row.state is not OutboxState.READY for row in rows) + len(refused)

    def _prepare(self, session: Session, rows: list[Outbox], now: dt.datetime) -> tuple[list[_Job], list[_Refused]]:
        views, said, refused = Views(session, rows, now), words(session, [row.id for row in rows]), []
        allowed: dict[str, list[tuple[Outbox, Go, str]]] = {}
        for row in rows:
            if row.id not in said:
                # Of a reply that is not sent nobody is told, since the rules held it back; this one failed by our fault.
                what = "our_fault" if row.purpose is Purpose.REPLY else "not_sent"
                refused.append(_Refused(row.id, row.attempt, row.person_id, "its words cannot be read", what))
                continue
            verdict = Go(3600) if row.purpose is Purpose.PAGE else _judged(views, row, now)
            if isinstance(verdict, Go) and (to := self._where(views, row, verdict)) is not None:
                views.count(row)
                allowed.setdefault(views.sender(row) or self.senders.of(row.channel), []).append((row, verdict, to))
            elif isinstance(verdict, Move):
                _put_back(row, verdict.at)
            else:
                why = verdict.why if isinstance(verdict, Cancel) else "no way to send this there"
                refused.append(_Refused(row.id, row.attempt, row.person_id, why))
        jobs = []
        for sender, waiting in allowed.items():
            tokens = take(session, sender, len(waiting), self.senders.per_second, now)
            for number, (row, go, to) in enumerate(waiting):
                if number >= tokens and row.purpose is not Purpose.PAGE:  # the rate holds back no page
                    _put_back(row, now + dt.timedelta(seconds=(number - tokens + 1) / self.senders.per_second))
                    continue
                row.state, row.sent_at = OutboxState.SENDING, now
                jobs.append(_Job(row.id, row.attempt, row.person_id, self._what(row, said[row.id], go, to, sender)))
        return jobs, refused

    def _where(self, views: Views, row: Outbox, go: Go) -> str | None:
        """The number to send to; None when there is no way: a call without recorded prompts would ring and say nothing.

        A WhatsApp text outside the window without a template goes as an SMS where her plan names that too.
        """
        if row.purpose is Purpose.PAGE:
            return views.staff_phone(row)
        if go.template and self.templates.find(row.text_key, row.language) is None:
            other: Address | None = views.other_address(row, Channel.SMS)
            if other is None:
                return None
            row.channel, row.address_id = Channel.SMS, other.id
            return other.address
        if row.channel is Channel.VOICE and not available(self.recordings, row.language or ""):
            return None
        return views.address(row)

    def _what(self, row: Outbox, body: str, go: Go, to: str, sender: str) -> Message | Call:
        if row.channel is Channel.VOICE:
            return Call(row.token, to, sender)
        row.content_sid = self.templates.find(row.text_key, row.language) if go.template and row.channel is Channel.WHATSAPP else None
        return Message(row.token, row.channel, to, sender, body, go.valid_for, row.content_sid)

    def _hand_over(self, job: _Job) -> Accepted:
        return self.gateway.call(job.what) if isinstance(job.what, Call) else self.gateway.send(job.what)

    def _record(self, finished: list[tuple[_Job, Future[Accepted]]], owner: str) -> None:
        now = utc_now()
        with self.database.write() as session:
            lock_people(session, (job.person_id for job, future in finished if future.exception() is not None))
            found = {r.id: r for r in session.scalars(select(Outbox).where(Outbox.id.in_([j.row_id for j, _ in finished])).order_by(Outbox.id)
                                                  .options(*WORDLESS).with_for_update())}
            for job, future in finished:
                row = found[job.row_id]
                try:
                    accepted = future.result()
                except Exception as error:  # whatever went wrong, the row must say so
                    if row.owner == owner and row.attempt == job.attempt:
                        self._failed(session, row, error, now)
                    continue
                # That the provider has it is true whoever holds the row by now.
                taken(row, accepted.sid, now)
                if row.status_rank < 0:
                    row.provider_status, row.status_rank = accepted.status, 0
                live.tell(session, "delivery", now, row.person_id, row.alert_id)

    def _failed(self, session: Session, row: Outbox, error: Exception, now: dt.datetime) -> None:
        log.warning("outbox %s: %s", row.id, error if isinstance(error, GatewayError) else type(error).__name__)
        row.error_code = error.code if isinstance(error, GatewayError) else None
        row.fault = str(error)[:200] if isinstance(error, GatewayError) else type(error).__name__
        release(row)
        again = MOST_ATTEMPTS if isinstance(error, Later) else PAGE_ATTEMPTS if isinstance(error, Ambiguous) and row.purpose is Purpose.PAGE else 0
        if row.attempt < again:
            row.state, row.sent_at = OutboxState.READY, None
            row.run_at = now + dt.timedelta(seconds=2 ** row.attempt * (0.5 + random.random()))
        elif isinstance(error, Ambiguous) or not isinstance(error, GatewayError):
            row.state, row.run_at = OutboxState.UNKNOWN, now + dt.timedelta(seconds=5)
        else:
            row.state, row.run_at = OutboxState.FAILED, None
            self.heard(session, row, "opted_out" if isinstance(error, OptedOut) else "refused", now)
        live.tell(session, "delivery", now, row.person_id, row.alert_id)

    def _cancel(self, refused: list[_Refused], owner: str, now: dt.datetime) -> None:
        """Whoever else finished with a row meanwhile was right; after a crash here the claim ends and the rules are asked again."""
        if not refused:
            return
        with self.database.write() as session:
            lock_people(session, (each.person_id for each in refused))
            for each in refused:
                row = session.scalar(select(Outbox).where(Outbox.id == each.row_id, Outbox.owner == owner, Outbox.attempt == each.attempt, READY)
                                     .options(*WORDLESS).with_for_update().execution_options(populate_existing=True))
                if row is None:
                    continue
                row.state, row.run_at, row.fault = OutboxState.CANCELLED, None, each.why
                release(row)
                self.heard(session, row, each.what, now)
                live.tell(session, "delivery", now, row.person_id, row.alert_id)


def _put_back(row: Outbox, at: dt.datetime) -> None:
    """Claimed, but not tried: waiting uses up no attempt. In the transaction of the claim, so that nobody ever saw the higher number; a claim of
    before whose lease ran out is fenced by its owner, and an owner has one claim at a time."""
    row.run_at, row.attempt = at, row.attempt - 1
    release(row)


def _judged(views: Views, row: Outbox, now: dt.datetime) -> Go | Move | Cancel:
    try:
        return may_send(views.of(row), now)
    except Exception as error:
        # A plan or an address that cannot be read stops its own message, of which a person is told, and nobody else's.
        log.error("outbox %s: the rules cannot be applied: %s", row.id, type(error).__name__)
        return Cancel("the plan or the number cannot be read")


def reconcile_unknown(database: Database, gateway: Gateway, senders: Senders, heard: Heard, owner: str, now: dt.datetime,
                      absent_after: dt.timedelta = dt.timedelta(minutes=3), give_up_after: dt.timedelta = dt.timedelta(hours=1)) -> int:
    """Find out about sends whose outcome is unknown; returns how many were settled.

    Known to the provider: sent. Proved absent after `absent_after`: queued once more (a call never is). Neither: a person is told. A page to staff
    waits for no proof.
    """
    unknown = Outbox.state == OutboxState.UNKNOWN
    with database.read() as session:
        if not any_due(session, Outbox, unknown, now):
            return 0
    with database.write() as session:
        # A look is no attempt to send.
        rows = claim(session, Outbox, unknown, owner=owner, now=now, lease=LEASE, limit=20, working={"attempt": Outbox.attempt}, options=WORDLESS)
        views, said = Views(session, rows, now), words(session, [row.id for row in rows])
        asked = [(row.id, row.attempt, row.channel, views.number(row), said.get(row.id), row.created_at) for row in rows]
    settled, answers = 0, True
    for row_id, attempt, channel, number, body, created_at in asked:
        seen: list[Any] | None = None
        try:
            # Once it does not answer, it is not asked for the others now: their leases would run out.
            if answers:
                seen = gateway.recent(channel, number, created_at - dt.timedelta(minutes=1)) if number else []
        except GatewayError as error:
            log.warning("outbox %s: cannot ask the provider: %s", row_id, error)
            answers = False
        with database.write() as session:
            row = locked(session, Outbox.id == row_id, Outbox.owner == owner, Outbox.attempt == attempt)
            if row is not None:
                settled += _settle(session, row, seen, body, heard, now, absent_after, give_up_after)
    return settled


def _settle(session: Session, row: Outbox, seen: list[Any] | None, body: str | None, heard: Heard, now: dt.datetime, absent_after: dt.timedelta,
            give_up_after: dt.timedelta) -> bool:
    release(row)
    if seen:
        ours = set(session.scalars(select(Outbox.provider_sid).where(Outbox.provider_sid.in_([s.sid for s in seen]))))
        match = next((s for s in seen if s.sid not in ours and (s.body == body or row.channel is Channel.VOICE or row.content_sid)), None)
        if match is not None:
            taken(row, match.sid, now)
            return True
    if row.purpose is Purpose.PAGE and row.attempt < PAGE_ATTEMPTS:
        row.state, row.run_at, row.sent_at = OutboxState.READY, now, None
        return True
    age = now - (row.sent_at or row.created_at)
    # What cannot be read is not found by its words, and so not proved absent; a call is never made twice.
    never_again = row.channel is Channel.VOICE or body is None
    if seen is not None and age >= absent_after and not never_again and row.attempt < MOST_ATTEMPTS:
        row.state, row.run_at, row.sent_at = OutboxState.READY, now, None
        return True
    if age >= give_up_after or (seen is not None and never_again and age >= absent_after):
        row.state, row.run_at = OutboxState.FAILED, None
        heard(session, row, "lost", now)
        return True
    row.run_at = now + min(absent_after / 4, dt.timedelta(seconds=30))
    return False
