"""Voice check-ins: a content-free first prompt, one key, then recorded prompts. Nothing to voicemail; any doubt hangs up in silence.

Rules: handbook safety 16-17, twilio 6. Every document is static or made of recorded files; no word of ours is spoken by a machine voice.
"""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from twilio.twiml.voice_response import VoiceResponse

from casefile.database import utc_now
from casefile.models import DeliveryEvent, Outbox
from casefile.vocabulary import LANGUAGES
from checkins.introduction import SPOKEN
from checkins.outcomes import delivery_heard
from messaging.recordings import PROMPTS, available, recording
from messaging.status import record_status
from webhooks import forms
from webhooks.door import Door
from webhooks.receive import store_key

log = logging.getLogger(__name__)
KEYS = {"1": "1", "2": "2", "9": "9"}


def routes(door: Door, public_url: str, recordings: Path) -> APIRouter:
    """POST /twilio/voice/{open,ask,answer,hangup,status,incoming}, GET /p/{language}/{prompt}.wav."""
    router = APIRouter()
    public = public_url.rstrip("/")

    def language_of(token: str) -> str | None:
        with door.database.read() as session:
            return session.scalar(select(Outbox.language).where(Outbox.token == token))

    def introduces(token: str) -> bool:
        """Whether this call says that it is automated; that it now does is written down, so that the next one need not."""
        with door.database.read() as session:
            row_id = session.scalar(select(Outbox.id).where(Outbox.token == token, Outbox.text_key == "voice.intro"))
        if row_id is None:
            return False
        try:
            with door.database.write() as session:
                session.add(DeliveryEvent(outbox_id=row_id, at=utc_now(), status=SPOKEN))
        except Exception as error:  # then it is said once more next time; the call goes on
            log.error("a call's introduction could not be noted: %s", type(error).__name__)
        return True

    def ask(language: str, then: str, token: str, *prompts: str, again: str = "") -> Response:
        answer = VoiceResponse()
        gather = answer.gather(input="dtmf", num_digits=1, timeout=6, action=f"{public}/twilio/voice/{then}?ob={token}{again}", method="POST",
                               action_on_empty_result=True)
        for prompt in prompts:
            gather.play(f"{public}/p/{language}/{prompt}.wav")
        answer.hangup()
        return _document(answer)

    async def signed(request: Request) -> tuple[ImmutableMultiDict[str, str], str] | Response:
        form = await door.form(request)
        return form if isinstance(form, Response) else (form, request.query_params.get("ob", ""))

    @router.post("/twilio/voice/open")
    async def opened(request: Request) -> Response:
        asked = await signed(request)
        if isinstance(asked, Response):
            return asked
        form, token = asked
        language = await run_in_threadpool(language_of, token)
        if form.get("AnsweredBy") != "human" or language is None or not available(recordings, language):
            return _hang_up()
        return ask(language, "ask", token, "open")

    @router.post("/twilio/voice/ask")
    async def first_key(request: Request) -> Response:
        asked = await signed(request)
        if isinstance(asked, Response):
            return asked
        form, token = asked
        language = await run_in_threadpool(language_of, token)
        if form.get("Digits") == "1" and language is not None:
            # That it is automated is said only once she pressed a key: the first prompt stays free of content.
            first = await run_in_threadpool(introduces, token)
            return ask(language, "answer", token, *(["intro"] if first else []), "ask")
        # Who knows what 9 means may press it at once.
        body = {"2": "later", "9": "9"}.get(form.get("Digits", ""))
        if body is not None and language is not None:
            try:
                await run_in_threadpool(store_key, door.database, token, form.get("CallSid", ""), "open", body, utc_now())
            except Exception as error:
                log.error("a key could not be stored: %s", type(error).__name__)
                return ask(language, "ask", token, "open")
        return _hang_up()

    @router.post("/twilio/voice/answer")
    async def answered(request: Request) -> Response:
        asked = await signed(request)
        if isinstance(asked, Response):
            return asked
        form, token = asked
        language = await run_in_threadpool(language_of, token)
        body = KEYS.get(form.get("Digits", ""))
        if body is None and language is not None and "again" not in request.query_params:
            return ask(language, "answer", token, "ask", again="&again=1")
        if body is None or language is None:
            return _hang_up()
        # Stored before it is answered; all keys are answered alike, so that a bystander hears nothing.
        try:
            await run_in_threadpool(store_key, door.database, token, form.get("CallSid", ""), "answer", body, utc_now())
        except Exception as error:
            log.error("a key could not be stored: %s", type(error).__name__)
            return ask(language, "answer", token, "ask")  # she hears the question again; a "9" must not be lost
        answer = VoiceResponse()
        answer.play(f"{public}/p/{language}/thanks.wav")
        answer.hangup()
        return _document(answer)

    @router.post("/twilio/voice/incoming")
    async def incoming(request: Request) -> Response:
        """Somebody rings our number: it is engaged, without a word, and a person is told."""
        form = await door.form(request)
        if isinstance(form, Response):
            return form
        if refused := await run_in_threadpool(door.keep, forms.incoming_call, form):
            return refused
        engaged = VoiceResponse()
        engaged.reject(reason="busy")
        return _document(engaged)

    @router.post("/twilio/voice/hangup")
    async def hang_up(request: Request) -> Response:
        # Also when the signature is wrong: the one document that says nothing at all.
        return _hang_up()

    @router.post("/twilio/voice/status")
    async def status(request: Request) -> Response:
        asked = await signed(request)
        if isinstance(asked, Response):
            return asked
        form, token = asked

        def record() -> Response:
            try:
                with door.database.write() as session:
                    record_status(session, token=token or None, sid=form.get("CallSid", ""), status=form.get("CallStatus", "")[:24], error_code=None,
                                  heard=delivery_heard, now=utc_now(), answered_by=form.get("AnsweredBy"))
            except Exception as error:
                log.error("a call's status could not be stored: %s", type(error).__name__)
                return Response("not stored", 503)
            return Response(status_code=204)

        return await run_in_threadpool(record)

    @router.get("/p/{language}/{prompt}.wav")
    async def play(language: str, prompt: str) -> Response:
        file = recording(recordings, language, prompt) if language in LANGUAGES and prompt in PROMPTS else None
        if file is None:
            return Response(status_code=404)
        return FileResponse(file, media_type="audio/wav", headers={"Cache-Control": "public, max-age=86400"})

    return router


def _document(answer: VoiceResponse) -> Response:
    return Response(str(answer), media_type="text/xml")


def _hang_up() -> Response:
    answer = VoiceResponse()
    answer.hangup()
    return _document(answer)
