"""Plain words for what the record holds: states, deliveries, events. One place, so that every page says it alike."""

from __future__ import annotations

import datetime as dt

from casefile.models import AlertEvent, Inbound, Outbox, Person
from casefile.vocabulary import AlertKind, Channel, CheckinState, OutboxState, Purpose, Urgency
from messaging.delivery import meaning

URGENCY = {Urgency.IMMEDIATE: "Immediate", Urgency.URGENT: "Urgent", Urgency.ROUTINE: "Routine", Urgency.NONE: "Nothing to do"}
KIND = {
    AlertKind.MESSAGE: "From a message", AlertKind.SILENCE: "No answer to a check-in", AlertKind.DURESS: "The agreed sign was used",
    AlertKind.STOPPED: "Asked us to stop", AlertKind.DELIVERY: "Could not be reached", AlertKind.UNKNOWN_SENDER: "Unknown sender",
    AlertKind.SYSTEM: "Our own service", AlertKind.PATTERN: "A pattern over time", AlertKind.REQUEST: "A request",
}
CHANNEL = {Channel.SMS: "Text message", Channel.WHATSAPP: "WhatsApp", Channel.VOICE: "Phone call"}
PURPOSE = {Purpose.CHECKIN: "Check-in", Purpose.REPLY: "Automatic reply", Purpose.HUMAN: "A colleague", Purpose.PAGE: "Page to staff"}
CHECKIN = {
    CheckinState.PLANNED: "Planned", CheckinState.ASKED: "Asked", CheckinState.CALL_DUE: "No answer: a call is due",
    CheckinState.ANSWERED: "Answered", CheckinState.CLOSED: "Closed", CheckinState.CANCELLED: "Cancelled", CheckinState.SUSPENDED: "Suspended",
}
# The NRM form's seven bands of last contact with exploiters.
CONTACT_BANDS = {
    "this_week": "This week", "this_month": "This month", "3_months": "In the last 3 months", "6_months": "In the last 6 months",
    "12_months": "6 to 12 months ago", "over_a_year": "Over a year ago", "not_sure": "Not sure",
}
SHARED = {"no": "No, only they", "yes": "Yes, others use it", "unknown": "Not known"}

# What a page says after something was done: the address holds only the name, never words of anybody.
SAID = {
    "calendar_ended": "The calendar address is ended.",
    "acknowledged": "You have acknowledged this alert. It is now yours.",
    "assigned": "The alert is assigned.",
    "resolved": "The alert is resolved.",
    "taken": "You hold this conversation. The automatic messages are silent until you hand it back.",
    "handed_back": "You handed the conversation back. Automatic messages are no longer held back.",
    "queued": "Your message is on its way. Its delivery is shown below.",
    "queued_later": "Your message waits for the person’s safe hours and is then sent.",
    "queued_before": "This message was sent already; it was not sent twice.",
    "suspended": "Everything is stopped for this person. Nothing is sent until you say that the phone is theirs again.",
    "unsuspended": "The phone is noted as theirs again. The plan’s next 14 days show what will be sent.",
    "paused": "Check-ins are paused.",
    "resumed": "The pause is over. The plan’s next 14 days show what will be sent.",
    "stopped": "Nothing more is sent. What they write still reaches you.",
    "withdrawn": "Consent is noted as withdrawn. Nothing more is sent; their support does not change. What they write still reaches you.",
    "started": "They may be written to again. The next 14 days show what will be sent.",
    "recorded": "The intervention is recorded.",
    "saved": "Saved.",
    "confirmed": "The plan is confirmed. The next 14 days show what will be sent.",
    "reverted": "The change was put back.",
    "call_noted": "The call attempt is recorded.",
    "call_asked": "The call is on the list.",
    "enrolled": "The record is made. Nothing is sent before an address is confirmed as safe and the plan is confirmed.",
    "shift_added": "The shift is added.",
    "shift_removed": "The shift is removed.",
    "password": "Your password is changed.",
    "unlocked": "The account is unlocked.",
    "closed": "The account is closed. Give their people another caseworker.",
    "read_again": "Somebody changed this a moment before you. Nothing of yours was saved: look again, then decide.",
}

_UNDELIVERED = {
    "opted_out": "Not delivered: blocked by the phone or its network", "number_gone": "Not delivered: the number is no longer in use",
    "our_fault": "Not delivered: a fault on our side, not theirs", "undelivered": "Not delivered",
}
_SENT = {"delivered": "Delivered", "read": "Delivered and read", "completed": "Call made", "in-progress": "Call going on", "answered": "Call answered",
         "ringing": "Ringing", "initiated": "Being called"}


def delivery(row: Outbox, now: dt.datetime) -> tuple[str, str]:
    """What became of a message, and its tone: good, wait or bad."""
    match row.state:
        case OutboxState.READY if row.run_at is not None and row.run_at > now + dt.timedelta(minutes=2):
            return "Waits for safe hours", "wait"
        case OutboxState.READY:
            return "Waiting to be sent", "wait"
        case OutboxState.SENDING:
            return "Being sent", "wait"
        case OutboxState.UNKNOWN:
            return "Not known whether it was sent; we are finding out", "bad"
        case OutboxState.CANCELLED:
            return f"Not sent: {row.fault or 'cancelled'}", "bad"
    what = meaning(row.provider_status or "", row.error_code)
    if row.state is OutboxState.FAILED:
        return _UNDELIVERED.get(what or "", "Could not be sent: our service or the provider refused it"), "bad"
    if what in _UNDELIVERED:
        return _UNDELIVERED[what], "bad"
    if row.provider_status in _SENT:
        return _SENT[row.provider_status], "good"
    return "Sent, not yet delivered", "wait"


def event(row: AlertEvent, names: dict[int, str]) -> str:
    """One line of an alert's history."""
    detail = row.detail or {}
    # What could not be added to the alert's own reasons
    why = "".join(f". {reason}" for reason in detail.get("why", ()))
    who = names.get(row.staff_id or 0, "")
    match row.what:
        case "opened":
            return f"Opened as {detail.get('urgency', 'an alert')}"
        case "opened again":
            return "Opened again: " + ("the colleague who held it has left" if "left" in detail else "something new came after it was acknowledged")
        case "rose":
            return f"Became {detail.get('urgency', 'more serious')}: its time begins anew"
        case "another message":
            return f"Another message, heard as {detail.get('urgency', 'routine')}{why}"
        case "paged":
            return f"Page queued to {names.get(detail.get('staff_id', 0), 'a colleague')} ({detail.get('as', 'on call')})"
        case "a page failed":
            return f"The page to {names.get(detail.get('staff_id', 0), 'a colleague')} did not arrive: the next person is told"
        case "no page arrives":
            return "No page to anybody arrives now: look at this page yourselves"
        case "nobody on call":
            return f"Nobody is on the rota: {detail.get('paged', 0)} colleagues were paged instead"
        case "not acknowledged in time":
            return "Nobody acknowledged in time: the next person is told"
        case "acknowledged" | "resolved":
            return f"{row.what.capitalize()} by {who}"
        case "assigned":
            return f"{who} assigned it to {names.get(detail.get('to', 0), 'a colleague')}"
        case "a calm answer came since":
            return "A calm answer came since; the alert stays open"
        case "over":
            return "The trouble is over"
    return row.what.capitalize() + (f" by {who}" if who else "") + why


def span(seconds: float) -> str:
    """A length of time in short words: 45 s, 4 min 10 s, 2 h 5 min, 3 days."""
    whole = int(abs(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} days"


def written_in(row: Inbound, person: Person | None, unknown: str = "") -> str:
    """The code of the language a message is in. What the machine has not judged has none yet, or never, and is taken for hers (`unknown` when nobody
    knows whose it is); what is in none of ours has an empty one."""
    if row.language is not None:
        return row.language
    return person.language if person else unknown
