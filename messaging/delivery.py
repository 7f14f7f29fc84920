"""Delivery statuses: which are later than which, and what each means for a check-in. Pure."""

from __future__ import annotations

RANK = {"accepted": 0, "scheduled": 0, "queued": 1, "initiated": 1, "sending": 2, "ringing": 2, "sent": 3, "in-progress": 3, "answered": 3,
        "delivered": 4, "completed": 4, "read": 5, "canceled": 6, "failed": 6, "undelivered": 6, "busy": 6, "no-answer": 6}
FAILED = frozenset({"failed", "undelivered", "canceled"})
# A call that nobody took: her phone rang, so what follows is silence.
RANG = frozenset({"busy", "no-answer"})
# Twilio's error codes: the person blocked us; the number is gone (and may belong to a stranger soon); the fault is on our side (queue, account,
# sender, a text that is filtered or needs a template).
OPTED_OUT = frozenset({21610, 30004, 63014})
NUMBER_GONE = frozenset({30005})  # not 63024: no WhatsApp, or an old one, says nothing of the number
OUR_FAULT = frozenset({30001, 30002, 30007, 63016, 63018, 63051, 63112, 20003, 21606})


def newer(status: str, code: int | None, known: str | None, known_rank: int) -> int | None:
    """The rank to store when `status` moves a message forward; None when it is late, repeated or unknown.

    "delivered" after a failure happens on some carriers and is believed: it is the better news and the truer one.
    """
    rank = RANK.get(status)
    if rank is None:
        return None
    if known in FAILED and status in ("delivered", "read"):
        return rank
    return rank if rank > known_rank else None


def meaning(status: str, code: int | None) -> str | None:
    """What a status means for whoever waits for an answer: sent, delivered, read, undelivered, opted_out, number_gone, our_fault."""
    if status in ("read", "delivered", "sent"):
        return status
    if status not in FAILED | RANG:
        return None
    if code in OPTED_OUT:
        return "opted_out"
    if code in NUMBER_GONE:
        return "number_gone"
    return "our_fault" if code in OUR_FAULT else "undelivered"
