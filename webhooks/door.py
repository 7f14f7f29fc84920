"""What every route of Twilio's shares: read the form, check the signature, refuse the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response
from starlette.datastructures import ImmutableMultiDict

from casefile.database import Database, utc_now
from triage.phrases import PhraseBook
from webhooks import forms
from webhooks.counts import REFUSED, STORED
from webhooks.receive import store
from webhooks.signature import Signatures

log = logging.getLogger(__name__)
# Twilio drops a webhook after 15 s. Well before, it must hear that nothing was stored: then it sends a text again, and she is asked for her key again.
PATIENCE = 10.0


@dataclass(frozen=True)
class Door:
    """Everything the routes work with."""

    database: Database
    book: PhraseBook
    signatures: Signatures
    account_sid: str

    async def form(self, request: Request) -> ImmutableMultiDict[str, str] | Response:
        """The form when Twilio signed it for our account; otherwise the answer to give (403, 413, 415, 400)."""
        try:
            form = await forms.read(request)
        except forms.FormWrong as wrong:
            REFUSED.labels("form").inc()
            return Response(str(wrong), wrong.status)
        if not self.signatures.valid(request, form) or form.get("AccountSid", self.account_sid) != self.account_sid:
            REFUSED.labels("signature").inc()
            return Response("not signed", 403)
        return form

    def keep(self, read: Callable[[ImmutableMultiDict[str, str]], forms.InboundForm], form: ImmutableMultiDict[str, str]) -> Response | None:
        """Store what came, as `read` finds it in the form; the answer to give when that cannot be done (400, 413, 503), None when it is stored."""
        try:
            received = read(form)
        except forms.FormWrong as wrong:
            REFUSED.labels("form").inc()
            return Response(str(wrong), wrong.status)
        try:
            new = store(self.database, self.book, received, utc_now())
        except Exception as error:  # whatever failed, Twilio must know that it was not stored
            log.error("a message could not be stored: %s", type(error).__name__)
            STORED.labels("failed").inc()
            return Response("not stored", 503, headers={"Retry-After": "5"})
        STORED.labels("new" if new else "repeat").inc()
        return None
