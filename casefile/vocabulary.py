"""The words used everywhere: urgency, concern, channel, languages, states. Pure; the handbook's taxonomy in code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Urgency(StrEnum):
    """What a human must do. Ordered: `rank` grows with seriousness."""

    NONE = "none"
    ROUTINE = "routine"
    URGENT = "urgent"
    IMMEDIATE = "immediate"

    @property
    def rank(self) -> int:
        return _RANK[self]

    @property
    def escalates(self) -> bool:
        """True when a person must be alarmed, not only given a task."""
        return self in (Urgency.URGENT, Urgency.IMMEDIATE)


_RANK = {u: i for i, u in enumerate(Urgency)}


def most_urgent(*urgencies: Urgency) -> Urgency:
    """The most serious of several urgencies; NONE when there are none."""
    return max(urgencies, key=lambda u: u.rank, default=Urgency.NONE)


class Concern(StrEnum):
    """What a message is about."""

    DANGER_NOW = "danger_now"
    TRAFFICKER_CONTACT = "trafficker_contact"
    EXPLOITATION = "exploitation"
    THREATS = "threats"
    SUICIDE_SELF_HARM = "suicide_self_harm"
    MEDICAL = "medical"
    NO_SAFE_PLACE = "no_safe_place"
    CHILD_AT_RISK = "child_at_risk"
    DETAINED = "detained"
    DISTRESS = "distress"
    PRACTICAL_NEED = "practical_need"
    LEGAL_CASE = "legal_case"
    WANTS_CONTACT = "wants_contact"
    FINE = "fine"
    CHAT = "chat"
    STOP = "stop"
    RESCHEDULE = "reschedule"
    CHANGE_LANGUAGE = "change_language"
    WRONG_PERSON = "wrong_person"
    UNCLEAR = "unclear"


DANGER_CONCERNS = frozenset(list(Concern)[:9])

CONCERN_WORDS = {
    Concern.DANGER_NOW: "In danger now",
    Concern.TRAFFICKER_CONTACT: "Contact by a trafficker",
    Concern.EXPLOITATION: "Exploitation",
    Concern.THREATS: "Threats",
    Concern.SUICIDE_SELF_HARM: "Suicide or self-harm",
    Concern.MEDICAL: "Medical",
    Concern.NO_SAFE_PLACE: "No safe place",
    Concern.CHILD_AT_RISK: "Child at risk",
    Concern.DETAINED: "Detained",
    Concern.DISTRESS: "Distress",
    Concern.PRACTICAL_NEED: "Practical need",
    Concern.LEGAL_CASE: "Legal case",
    Concern.WANTS_CONTACT: "Wants contact",
    Concern.FINE: "Fine",
    Concern.CHAT: "Small talk",
    Concern.STOP: "Stop",
    Concern.RESCHEDULE: "Another time",
    Concern.CHANGE_LANGUAGE: "Another language",
    Concern.WRONG_PERSON: "Someone else may be answering",
    Concern.UNCLEAR: "Unclear",
}


class Channel(StrEnum):
    """How a person is reached."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    VOICE = "voice"


@dataclass(frozen=True)
class Language:
    """A language the service speaks: ISO 639 code, English and own name, writing direction, languages' own calendar locale."""

    code: str
    english: str
    own: str
    rtl: bool = False
    locale: str = ""


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "English", "English", locale="en_GB"),
        Language("sq", "Albanian", "Shqip"),
        Language("vi", "Vietnamese", "Tiếng Việt"),
        Language("ro", "Romanian", "Română"),
        Language("ar", "Arabic", "العربية", rtl=True),
        Language("ti", "Tigrinya", "ትግርኛ"),
        Language("am", "Amharic", "አማርኛ"),
        Language("so", "Somali", "Soomaali"),
        Language("fa", "Persian / Dari", "فارسی / دری", rtl=True),
        Language("ur", "Urdu", "اردو", rtl=True),
        Language("hi", "Hindi", "हिन्दी"),
        Language("bn", "Bengali", "বাংলা"),
        Language("zh", "Chinese", "中文", locale="zh_Hans"),
        Language("pl", "Polish", "Polski"),
        Language("bg", "Bulgarian", "Български"),
        Language("hu", "Hungarian", "Magyar"),
        Language("lt", "Lithuanian", "Lietuvių"),
        Language("pt", "Portuguese", "Português"),
        Language("es", "Spanish", "Español"),
        Language("fr", "French", "Français"),
        Language("tr", "Turkish", "Türkçe"),
        Language("uk", "Ukrainian", "Українська"),
        Language("ru", "Russian", "Русский"),
        Language("tl", "Tagalog", "Tagalog", locale="fil"),
    )
}


class Role(StrEnum):
    """What a member of staff may do. Managers and admins may do all that a caseworker may."""

    CASEWORKER = "caseworker"
    MANAGER = "manager"
    ADMIN = "admin"


class InboundState(StrEnum):
    """A received message: READY waits for triage, WORKING is claimed, DONE handled, ASIDE set aside after failing (a person was told)."""

    READY = "ready"
    WORKING = "working"
    DONE = "done"
    ASIDE = "aside"


class OutboxState(StrEnum):
    """A text or call to be sent.

    READY -> SENDING -> SENT | FAILED | UNKNOWN (the provider may or may not have it: reconciled, never resent blindly);
    CANCELLED before sending (stop, out of hours, life moved on).
    """

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """Why something is sent; safe hours and caps hold for check-ins, not for pages to staff."""

    CHECKIN = "checkin"
    REPLY = "reply"
    HUMAN = "human"
    PAGE = "page"


class CheckinState(StrEnum):
    """A check-in's life; `checkins.ladder` holds every transition."""

    PLANNED = "planned"
    ASKED = "asked"
    CALL_DUE = "call_due"
    ANSWERED = "answered"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    SUSPENDED = "suspended"


class AlertState(StrEnum):
    """OPEN until a named person acknowledges it; RESOLVED only by a person, with an outcome."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class AlertKind(StrEnum):
    """Where an alert came from."""

    MESSAGE = "message"
    SILENCE = "silence"
    DURESS = "duress"
    STOPPED = "stopped"
    DELIVERY = "delivery"
    UNKNOWN_SENDER = "unknown_sender"
    SYSTEM = "system"
    PATTERN = "pattern"
    REQUEST = "request"


class Lane(StrEnum):
    """Order of work: danger before inbound before replies before ladder before bulk. Values sort in that order."""

    DANGER = "0danger"
    INBOUND = "1inbound"
    REPLY = "2reply"
    LADDER = "3ladder"
    BULK = "4bulk"
