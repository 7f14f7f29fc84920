"""Twilio's door for messages and statuses: verify, store, answer in milliseconds; everything else happens afterwards."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict

from casefile.database import utc_now
from checkins.outcomes import delivery_heard
from messaging.status import record_status
from webhooks import forms
from webhooks.door import Door

log = logging.getLogger(__name__)
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def routes(door: Door) -> APIRouter:
    """POST /twilio/messages (also as /twilio/fallback, for Twilio's fallback URL) and /twilio/status."""
    router = APIRouter()

    @router.post("/twilio/messages")
    @router.post("/twilio/fallback")
    async def message(request: Request) -> Response:
        form = await door.form(request)
        if isinstance(form, Response):
            return form
        refused = await run_in_threadpool(door.keep, forms.inbound, form)
        return refused or Response(NOTHING, media_type="text/xml")

    @router.post("/twilio/status")
    async def status(request: Request) -> Response:
        form = await door.form(request)
        if isinstance(form, Response):
            return form
        return await run_in_threadpool(_status, form, request.query_params.get("ob"))

    def _status(form: ImmutableMultiDict[str, str], token: str | None) -> Response:
        code = form.get("ErrorCode", "")
        try:
            with door.database.write() as session:
                record_status(session, token=token, sid=form.get("MessageSid", ""), status=form.get("MessageStatus", "")[:24],
                              error_code=int(code) if code.isdigit() else None, heard=delivery_heard, now=utc_now())
        except Exception as error:
            log.error("a status could not be stored: %s", type(error).__name__)
            return Response("not stored", 503)
        return Response(status_code=204)

    return router
