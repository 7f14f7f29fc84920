"""How things look in Twilio's JSON."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from messaging.simulator.addresses import rfc2822
from messaging.simulator.errors import DELIVERY
from messaging.simulator.store import Call, Media, Message, OwnedNumber

Json = dict[str, Any]


def account_uri(account_sid: str) -> str:
    """The path below which everything of the account lies."""
    return f"/2010-04-01/Accounts/{account_sid}"


def message_json(account_sid: str, m: Message) -> Json:
    """A Message resource."""
    uri = f"{account_uri(account_sid)}/Messages/{m.sid}"
    return {
        "account_sid": account_sid, "api_version": "2010-04-01", "body": m.body, "date_created": rfc2822(m.created),
        "date_sent": rfc2822(m.sent), "date_updated": rfc2822(m.updated), "direction": m.direction, "error_code": m.error_code,
        "error_message": DELIVERY.get(m.error_code, "Unknown error") if m.error_code else None, "from": m.from_,
        "messaging_service_sid": m.service_sid, "num_media": str(len(m.media)), "num_segments": str(m.num_segments), "price": None,
        "price_unit": "USD", "sid": m.sid, "status": m.status, "subresource_uris": {"media": f"{uri}/Media.json"}, "to": m.to,
        "uri": f"{uri}.json",
    }


def media_json(account_sid: str, m: Message, media: Media) -> Json:
    """A Media resource of a message."""
    uri = f"{account_uri(account_sid)}/Messages/{m.sid}/Media/{media.sid}.json"
    return {
        "account_sid": account_sid, "content_type": media.content_type, "date_created": rfc2822(m.created),
        "date_updated": rfc2822(m.created), "parent_sid": m.sid, "sid": media.sid, "uri": uri,
    }


def call_json(account_sid: str, c: Call) -> Json:
    """A Call resource."""
    uri = f"{account_uri(account_sid)}/Calls/{c.sid}"
    parts = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")
    return {
        "account_sid": account_sid, "answered_by": c.answered_by, "api_version": "2010-04-01", "caller_name": None,
        "date_created": rfc2822(c.created), "date_updated": rfc2822(c.updated), "direction": c.direction,
        "duration": None if c.duration_s is None else str(c.duration_s), "end_time": rfc2822(c.ended), "forwarded_from": None,
        "from": c.from_, "from_formatted": c.from_, "group_sid": None, "parent_call_sid": None, "phone_number_sid": None,
        "price": None, "price_unit": "USD", "queue_time": "0", "sid": c.sid, "start_time": rfc2822(c.started), "status": c.status,
        "subresource_uris": {part: f"{uri}/{part.capitalize()}.json" for part in parts}, "to": c.to, "to_formatted": c.to,
        "trunk_sid": None, "uri": f"{uri}.json",
    }


def number_json(account_sid: str, n: OwnedNumber) -> Json:
    """An IncomingPhoneNumber resource."""
    return {
        "account_sid": account_sid, "address_sid": None, "address_requirements": "none", "api_version": "2010-04-01", "beta": False,
        "capabilities": {"mms": False, "sms": True, "voice": True, "fax": False}, "date_created": rfc2822(n.created),
        "date_updated": rfc2822(n.created), "friendly_name": n.friendly_name, "identity_sid": None, "phone_number": n.number,
        "origin": "twilio", "sid": n.sid, "sms_application_sid": None, "sms_fallback_method": "POST",
        "sms_fallback_url": n.sms_fallback_url, "sms_method": "POST", "sms_url": n.sms_url, "status_callback": None,
        "status_callback_method": "POST", "trunk_sid": None, "uri": f"{account_uri(account_sid)}/IncomingPhoneNumbers/{n.sid}.json",
        "voice_receive_mode": "voice", "voice_application_sid": None, "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST", "voice_fallback_url": n.voice_fallback_url, "voice_method": "POST", "voice_url": n.voice_url,
        "emergency_status": "Inactive", "emergency_address_sid": None, "emergency_address_status": "unregistered",
        "bundle_sid": None, "status": "in-use", "type": "mobile",
    }


def account_json(account_sid: str, created: str | None) -> Json:
    """The Account resource. The token is never given out, not even a simulated one."""
    uri = account_uri(account_sid)
    return {
        "auth_token": None, "date_created": created, "date_updated": created, "friendly_name": "Simulated account",
        "owner_account_sid": account_sid, "sid": account_sid, "status": "active", "type": "Full", "uri": f"{uri}.json",
        "subresource_uris": {
            "messages": f"{uri}/Messages.json", "calls": f"{uri}/Calls.json", "incoming_phone_numbers": f"{uri}/IncomingPhoneNumbers.json",
        },
    }


def page_json(uri: str, key: str, items: Sequence[Json], filters: dict[str, str], page: int, size: int, next_token: str | None) -> Json:
    """One page of a list in the 2010 API's form."""

    def link(number: int, token: str | None = None) -> str:
        query = filters | {"PageSize": str(size), "Page": str(number)} | ({"PageToken": token} if token else {})
        return f"{uri}?{urlencode(query)}"

    return {
        key: list(items), "page": page, "page_size": size, "start": page * size, "end": page * size + max(len(items) - 1, 0),
        "uri": link(page), "first_page_uri": link(0), "previous_page_uri": None,
        "next_page_uri": link(page + 1, next_token) if next_token else None,
    }
