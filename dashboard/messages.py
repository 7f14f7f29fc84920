"""One received message: its machine translation, and what came with it, opened only when a person chooses to."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import APIRouter, Depends
from fastapi.responses import Response

from casefile.access import NotFound
from casefile.models import Inbound, Person
from dashboard import words
from dashboard.desk import Desk, signed_in
from dashboard.security import SANDBOX

log = logging.getLogger(__name__)
router = APIRouter()
LARGEST = 20 * 1024 * 1024
# Shown in the browser; anything else is only saved, so that nothing in it can run.
SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/amr", "audio/aac", "video/mp4",
         "video/3gpp")
PROVIDERS = (".twilio.com", ".twiliocdn.com", ".amazonaws.com")
# A page that comes anew after each step need not wait for its translations again. No longer: the words may be removed from the record meanwhile.
KEPT = dt.timedelta(minutes=10)
_made: dict[tuple[int, str], tuple[dt.datetime, Any]] = {}


def _row(desk: Desk, message_id: int, looked_at: str) -> tuple[Inbound, Person | None]:
    with desk.read() as session:
        row = session.get(Inbound, message_id)
        if row is None:
            raise NotFound("no such message")
        person = session.get(Person, row.person_id) if row.person_id else None
    desk.look(row.person_id, looked_at)
    return row, person


@router.get("/messages/{message_id:int}/translation")
def translation(message_id: int, desk: Desk = Depends(signed_in)) -> Response:
    """The English of a message by machine; always beside the original."""
    row, person = _row(desk, message_id, "conversation")
    code = words.written_in(row, person, "en")
    made = _kept(row, code, desk.now) or desk.house.translator.translate(row.body, code, "en")
    done = hasattr(made, "text")
    if done:  # what failed may do so only at this moment
        _made.setdefault((row.id, code), (desk.now, made))
    return desk.show("parts/translation.html" if desk.live else "translation.html", row=row, made=made, code=code, done=done,
                     ref=person.ref if person else "")


def _kept(row: Inbound, code: str, now: dt.datetime) -> Any:
    """The translation that was made a moment ago, if any, while the message has its words; old ones are forgotten."""
    for key, (at, _) in list(_made.items()):
        if abs(now - at) > KEPT or (key[0] == row.id and not row.body):
            _made.pop(key, None)
    kept = _made.get((row.id, code))
    return kept[1] if kept else None


@router.get("/messages/{message_id:int}/enclosed/{number:int}")
def enclosed(message_id: int, number: int, desk: Desk = Depends(signed_in)) -> Response:
    """A picture, file or voice note, fetched from the provider at this moment and kept nowhere."""
    row, _ = _row(desk, message_id, "a picture or voice note")
    media = (row.extras or {}).get("media", [])
    if not 0 <= number < len(media):
        raise NotFound("no such enclosure")
    try:
        kind, content = _fetch(desk, media[number]["url"])
    except (httpx.HTTPError, ValueError) as error:
        log.warning("enclosure of message %s cannot be fetched: %s", row.id, type(error).__name__)
        return desk.show("problem.html", 502, heading="This cannot be opened now",
                         text="The provider did not hand it over; it may have been removed already. The message itself is kept.")
    shown = kind in SHOWN
    return Response(content, media_type=kind if shown else "application/octet-stream", headers={
        "content-security-policy": SANDBOX, "content-disposition": "inline" if shown else 'attachment; filename="enclosed.bin"'})


def _fetch(desk: Desk, url: str) -> tuple[str, bytes]:
    """Fetch from the provider and nowhere else. Raises httpx.HTTPError, ValueError."""
    settings = desk.house.settings
    simulator = urlsplit(settings.twilio_api_url or "").netloc
    auth = (settings.twilio_account_sid, settings.twilio_auth_tokens[0])
    with httpx.Client(timeout=15, follow_redirects=False) as client:
        for hop in range(4):
            where = urlsplit(url)
            provider = where.scheme == "https" and ("." + (where.hostname or "")).endswith(PROVIDERS)
            if simulator and (where.hostname or "").endswith("twilio.com"):
                where = where._replace(scheme=urlsplit(settings.twilio_api_url).scheme, netloc=simulator)
            elif not provider and not (simulator and where.netloc == simulator):
                raise ValueError("not an address of the provider")
            own = ("." + (where.hostname or "")).endswith(".twilio.com") or where.netloc == simulator
            with client.stream("GET", where.geturl(), auth=auth if own and hop == 0 else None) as answer:
                if answer.is_redirect:
                    url = str(answer.url.join(answer.headers["location"]))
                    continue
                answer.raise_for_status()
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > LARGEST:
                        raise ValueError("too large")
                return answer.headers.get("content-type", "").split(";")[0].strip().lower(), content
    raise ValueError("sent from one address to the next")
