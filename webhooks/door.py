"""What every route of Twilio's shares: read the form, check the signature, refuse the rest."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response
from starlette.datastructures import ImmutableMultiDict

from casefile.database import Database
from triage.phrases import PhraseBook
from webhooks import forms
from webhooks.counts import REFUSED
from webhooks.signature import Signatures

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
