"""What a message means and what is done about it: every rule on one page (which text answers it: reply.py). Pure.

Laws (tests/triage/test_decide.py): no message is met with nothing; a danger phrase always escalates whatever the bot thought; losing the
bot never loses the words; STOP gets no further reply, and danger with STOP still escalates; duress is answered exactly like an
ordinary OK; context may raise, never lower; who is told that a person reads it is read by a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from casefile.vocabulary import CONCERN_WORDS, DANGER_CONCERNS, Concern, Urgency, most_urgent
from triage.phrases import Heard
from triage.reply import answering, reply_to, silent
from triage.terms import BotAnswer, Setting, Understanding, Verdict
from triage.wishes import Wish

# Rasa's intents that are not concerns of the taxonomy, and what they mean for a person.
DIALOGUE = {
    "pause": (Concern.STOP, Urgency.NONE),
    "start": (Concern.CHAT, Urgency.NONE),
    "who_are_you": (Concern.WRONG_PERSON, Urgency.ROUTINE),
    "is_person": (Concern.CHAT, Urgency.NONE),
    "nlu_fallback": (Concern.UNCLEAR, Urgency.ROUTINE),
}
# The least urgency a recognised concern has (taxonomy: "usual urgency").
FLOOR = dict.fromkeys((Concern.DISTRESS, Concern.PRACTICAL_NEED, Concern.LEGAL_CASE, Concern.WANTS_CONTACT, Concern.WRONG_PERSON,
                       Concern.UNCLEAR, Concern.MEDICAL), Urgency.ROUTINE)
# A second concern counts when the model gives it at least this share.
SECOND_CONCERN = 0.25
# From this chance of a person being needed on, the model is heard beside a keyword.
CLEAR_ALARM = 0.9


@dataclass
class _Reading:
    """What has been gathered so far, most serious first."""

    urgency: Urgency = Urgency.NONE
    concerns: dict[Concern, Urgency] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)

    def add(self, concern: Concern, urgency: Urgency, why: str | None) -> None:
        urgency = most_urgent(urgency, FLOOR.get(concern, Urgency.NONE))
        self.concerns[concern] = most_urgent(urgency, self.concerns.get(concern, Urgency.NONE))
        self.urgency = most_urgent(self.urgency, urgency)
        if why:
            self.why.append(why)

    def at_least(self, urgency: Urgency, why: str) -> None:
        # The reason is kept also when another one has raised it as far: whoever reads the alert must see that a picture came, too.
        self.urgency = most_urgent(self.urgency, urgency)
        self.why.append(why)


_KEYWORD_MEANS = {
    "ok": (Concern.FINE, "checkin_answered"), "yes": (Concern.FINE, "checkin_answered"),
    "call": (Concern.WANTS_CONTACT, "call_requested"), "person": (Concern.WANTS_CONTACT, "call_requested"),
    "later": (Concern.RESCHEDULE, "reschedule"), "thanks": (Concern.CHAT, "checkin_answered"), "hello": (Concern.CHAT, "checkin_answered"),
    "stop": (Concern.STOP, "stop"), "pause": (Concern.STOP, "pause"), "start": (Concern.CHAT, "start"),
}
# What a list of wishes heard: its concern, how serious, and what staff read.
_WISH_MEANS = {
    "less_often": (Concern.RESCHEDULE, Urgency.NONE, "Asks to be written to less often"),
    "change_channel": (Concern.RESCHEDULE, Urgency.NONE, "Asks to be reached another way"),
    "change_language": (Concern.CHANGE_LANGUAGE, Urgency.NONE, "Asks for another language"),
    "reschedule": (Concern.RESCHEDULE, Urgency.NONE, "Asks to be written to at another time"),
    "phone_lost": (Concern.WRONG_PERSON, Urgency.URGENT, "Says that the phone is lost, taken, not hers or to change: everything to it has stopped. Reach her by "
                                                         "another agreed route"),
    "wrong_number": (Concern.WRONG_PERSON, Urgency.ROUTINE, "Says that this is not her number"),
    "under_age": (Concern.CHILD_AT_RISK, Urgency.URGENT, "Says to be under 18: automatic messages have ended. A person must make contact within the "
                                                         "hour; the local authority comes first"),
}
# Acts that change what is sent where; never at the word of whoever holds a phone that may not be hers.
_STEERS = frozenset({"less_often", "change_channel", "reschedule", "change_language"})
# Said of the phone or the person, they hold whatever else is said, alarm or not.
_ALWAYS = ("under_age", "phone_lost")
# Heard whatever was asked.
OF_THE_PHONE = (*_ALWAYS, "wrong_number")
_NUMBER_MEANS = {1: "ok", 2: "call", 9: "help"}  # 9 is "things are bad" in a call, and never anything harmless
_ORDERS = ("stop", "start", "pause", "help")
# Asked when to call, or by a colleague: "6", "tomorrow", "ok" answer that, and are for a person. Only orders are still heard.
_OTHERS_ASK = ("call_when", "human")
# What the app tells the bot a keyword is, so that its dialogue takes the same turn.
HINTS = {"ok": "fine", "yes": "fine", "call": "wants_contact", "person": "wants_contact", "later": "reschedule", "thanks": "chat",
         "hello": "chat", "stop": "stop", "pause": "pause", "start": "start"}


def keyword_of(heard: Heard, awaiting: str) -> str | None:
    """The keyword a whole message amounts to, in the light of what was asked; None when it is more than a keyword."""
    if awaiting in _OTHERS_ASK:
        return next((k for k in _ORDERS if k in heard.keywords), None)
    if heard.number is not None:
        return _NUMBER_MEANS.get(heard.number)
    return next((k for k in (*_ORDERS, "call", "later", "no", "ok", "yes", "thanks", "hello", "person") if k in heard.keywords), None)


def hint_of(heard: Heard, awaiting: str, wish: Wish | None = None) -> str | None:
    """The intent to hand to the bot for a keyword, number or wish; None lets it judge by itself."""
    if heard.hits or awaiting in ("call_when", "language"):
        return None
    keyword = keyword_of(heard, awaiting)
    if keyword is not None:
        return HINTS.get(keyword)
    if wish is None or wish.act not in _STEERS:
        return None
    return "change_language" if wish.act == "change_language" else "reschedule"


def decide(heard: Heard, bot: BotAnswer | None, setting: Setting, nearby: Heard = Heard(), reserve: Understanding | None = None,
           wish: Wish | None = None, together: Understanding | None = None, told: Urgency = Urgency.NONE) -> Verdict:
    """Judge one message. `heard`: the phrase lists on it; `bot`: None when it did not answer, then `reserve` is what our own copy of its model
    makes of the text (None = that is missing too); `wish`: the lists of wishes on it. `nearby`, `together`: the phrase lists and the model on the
    texts of the last few minutes together; `told`: the most serious that people were told of the others among these."""
    reading, bot = _Reading(), answering(bot, setting.awaiting) if bot is not None else None
    for hit in (*heard.hits, *nearby.hits):
        reading.add(hit.concern, hit.urgency, f"Phrase list ({hit.lang}): “{hit.phrase}”")
    keyword = None if heard.hits else keyword_of(heard, setting.awaiting)
    acts = _hear_keyword(reading, keyword, heard, setting.awaiting)
    if acts or (heard.hits and wish is not None and wish.act not in _ALWAYS):
        wish = None
    acts = acts or _hear_wish(reading, wish)
    certain = bool(acts)
    understood = bot.understanding if bot is not None else reserve
    counts = understood is not None and _counts(understood, certain, wish)
    if understood is not None and counts:
        _hear_bot(reading, understood)
    if together is not None and _adds(together, understood, counts, told if certain else Urgency.NONE):
        _hear_bot(reading, together, " with the texts before it")
    pauses = understood is not None and understood.intent == "pause"
    if setting.awaiting == "human" and not certain and not heard.hits:
        reading.at_least(Urgency.ROUTINE, "Answers what a colleague wrote")
    if bot is not None and not certain:
        acts = list(bot.acts) if setting.awaiting != "human" else [a for a in bot.acts if a in _ORDERS] or ["handover"]
    elif bot is None and not certain:
        if not reading.concerns:
            reading.add(Concern.UNCLEAR, Urgency.ROUTINE, None)
        if not setting.empty:
            reading.at_least(Urgency.ROUTINE, "The bot did not answer; a person must read this")
        acts = ["pause" if pauses and setting.awaiting != "call_when" else "handover"]
    _hear_setting(reading, setting)
    # Only her own plain word takes a stop back, never a guess of the model; and whoever holds a suspended phone steers nothing.
    if (setting.stopped and "start" in acts and keyword != "start") or (setting.suspended and _STEERS & set(acts)):
        acts = ["handover"]
    if setting.duress:
        return _duress(reading, setting)
    concerns = tuple(sorted(reading.concerns, key=lambda c: -reading.concerns[c].rank)) or (Concern.UNCLEAR,)
    acts = _settle(acts, reading, asked_to_stop=Concern.STOP in concerns and not pauses, provider_stopped=setting.opt_out_type == "STOP")
    if wish is not None and wish.act == "wrong_number":
        reading.why.append("Nothing more is sent there: agree a new number by another route" if "wrong_number" in acts else
                           "Who writes there may be in danger, so the number is not suspended: suspend it yourself if it is not hers")
    # What the bot proposes to say answers another turn than a wish that only the lists heard; and one that is lost has no answer to a keyword.
    lost = bot is not None and "handover" in bot.acts
    reply = reply_to(reading.urgency, concerns, acts, None if wish or (certain and lost) or setting.awaiting == "human" else bot, setting)
    promised = "handover" in acts or (reply == "reply.person_reads" and "change_channel" not in acts)  # that wish becomes a task by itself
    if promised and reading.urgency is Urgency.NONE:
        reading.at_least(Urgency.ROUTINE, "The machine has no answer to this: she is told that a person reads it")
    return Verdict(reading.urgency, concerns, tuple(dict.fromkeys(reading.why)), tuple(acts), reply, wish=wish)


def _hear_wish(reading: _Reading, wish: Wish | None) -> list[str]:
    if wish is None:
        return []
    concern, urgency, why = _WISH_MEANS[wish.act]
    reading.add(concern, urgency, f"{why} (“{wish.written}”)")
    return [wish.act]


def _hear_keyword(reading: _Reading, keyword: str | None, heard: Heard, awaiting: str) -> list[str]:
    if keyword is None and awaiting == "human" and not heard.hits and (heard.number is not None or heard.keywords):
        reading.add(Concern.UNCLEAR, Urgency.ROUTINE, "Answers what a colleague wrote")
        return ["handover"]
    if keyword is None and awaiting == "call_when":
        if heard.number is not None:
            reading.at_least(Urgency.ROUTINE, "Answered with a number when asked for a time")  # 9 means "things are bad" in a call
        return []
    if keyword == "help":
        reading.add(Concern.DANGER_NOW, Urgency.IMMEDIATE, f"Answered “{heard.number}”: things are bad" if heard.number else "Asked for help in one word")
        return ["concern"]
    if keyword in _KEYWORD_MEANS:
        concern, act = _KEYWORD_MEANS[keyword]
        reading.add(concern, Urgency.NONE, f"Answered “{heard.number}”" if heard.number is not None else f"Keyword: {keyword}")
        return [act]
    if keyword == "no" or heard.number is not None:
        asked = heard.number == 3 and awaiting == "clarify"
        reading.add(Concern.UNCLEAR, Urgency.ROUTINE, "Answered “3”: something else" if asked else "Answered with a word or number that was not asked for")
        return ["handover"]
    return []


def _hear_bot(reading: _Reading, u: Understanding, heard_with: str = "") -> None:
    concern, least = _meaning(u.intent)
    urgency = urgency_of(u)
    if urgency.escalates and concern not in DANGER_CONCERNS:
        # The urgency head is alarmed: name the concern by the likeliest danger the intents hold.
        likeliest = next((_meaning(i)[0] for i, _ in u.ranking if _meaning(i)[0] in DANGER_CONCERNS), Concern.UNCLEAR)
        if concern not in (Concern.WRONG_PERSON, Concern.PRACTICAL_NEED, Concern.LEGAL_CASE, Concern.DISTRESS):
            concern = likeliest
    reading.add(concern, most_urgent(urgency, least), _because(concern, u, heard_with))
    for intent, share in u.ranking[1:]:
        second, _ = _meaning(intent)
        if share >= SECOND_CONCERN and second not in reading.concerns and second in DANGER_CONCERNS:
            reading.add(second, Urgency.ROUTINE, None)
    if not urgency.escalates and concern in DANGER_CONCERNS:
        reading.at_least(Urgency.ROUTINE, "Sounds like a concern, though not an urgent one")


def _counts(u: Understanding, certain: bool, wish: Wish | None) -> bool:
    """Whether the model is heard beside what the lists are certain of. What is said of the phone or the person says nothing of the rest of the
    message; a wish may hold any words ("write at 3 he is watching"); of one-word texts the model has seen few, so beside a keyword only a clear
    alarm counts."""
    if not certain or (wish is not None and wish.act in _ALWAYS):
        return True
    return u.alarms and (wish is not None or u.escalate >= CLEAR_ALARM)


def _adds(together: Understanding, alone: Understanding | None, counts: bool, told: Urgency) -> bool:
    """Whether the texts together alarm beyond what was heard in this one `alone`, and beyond what people were told of the others (`told`), which a
    plain answer sent after it only repeats. Where the model is alarmed at an answer that does not count, it must be more so with them."""
    if not together.alarms or urgency_of(together).rank <= told.rank:
        return False
    if alone is None or urgency_of(together).rank > urgency_of(alone).rank:
        return True
    return not counts and together.escalate > alone.escalate


def urgency_of(u: Understanding) -> Urgency:
    """How serious an understanding is, by its own thresholds."""
    immediate = u.urgency.get("immediate", 0.0)
    if u.alarms:
        # Among those that escalate, immediate when the model leans to it at all: a page too many is cheaper than one too late.
        return Urgency.IMMEDIATE if immediate >= u.immediate_from or immediate >= u.urgency.get("urgent", 0.0) else Urgency.URGENT
    return Urgency.ROUTINE if u.to_be_read else Urgency.NONE


def _meaning(intent: str) -> tuple[Concern, Urgency]:
    if intent in DIALOGUE:
        return DIALOGUE[intent]
    try:
        return Concern(intent), Urgency.NONE
    except ValueError:
        return Concern.UNCLEAR, Urgency.ROUTINE


def _because(concern: Concern, u: Understanding, heard_with: str) -> str:
    near = (f"; in “{u.sentence}”" if u.sentence else "") + (f"; most like “{u.nearest[0]}”" if u.nearest else "")
    return f"Model{heard_with}: {CONCERN_WORDS[concern]} ({u.confidence:.0%}, {u.chance}){near}"


def _hear_setting(reading: _Reading, s: Setting) -> None:
    if s.attachment:
        reading.at_least(Urgency.ROUTINE, f"Came with {s.attachment}; a person must look at it")
    if s.emptied or (s.empty and not s.attachment):
        reading.at_least(Urgency.ROUTINE, "Without words, perhaps emptied at the provider: ask her what she wrote" if s.emptied else "The message was empty")
    if not s.known:
        reading.at_least(Urgency.ROUTINE, "The sender is not known; held for a person")
    if s.safe_word:
        reading.at_least(Urgency.ROUTINE, "The agreed safe word was used")
    worrying = {Concern.DISTRESS, Concern.UNCLEAR, Concern.WRONG_PERSON} & reading.concerns.keys()
    if s.recent_alarm and worrying:
        reading.at_least(Urgency.URGENT, "An alarm of hers is still open")
    if s.other_language and Concern.WRONG_PERSON in reading.concerns:
        reading.at_least(Urgency.URGENT, "Another language than usual, and asks who is writing")
    if s.unexpected_language or (s.other_language and (s.odd_hour or s.after_silence)):
        reading.at_least(Urgency.ROUTINE, f"In another language than usual{f': {s.language}' if s.language else ''}")
    if Concern.DISTRESS in reading.concerns and (s.stopped or s.attachment == "a place"):
        reading.at_least(Urgency.URGENT, "Distress after asking us to stop" if s.stopped else "Distress, and says where she is")
    if s.suspended or s.left_alone or (s.stopped and Concern.STOP not in reading.concerns):
        # The machine is silent here, so a person must at least see it.
        reading.at_least(Urgency.ROUTINE, "The phone is suspended: somebody else may be writing" if s.suspended else
                         "She wrote, and nothing is sent to her: she asked us to stop, or withdrew her consent" if s.stopped else "A colleague took over and has not written for an hour")
    if s.minor:
        reading.at_least(Urgency.ROUTINE, "She is or may be under 18: nothing answers automatically")
    if s.other_profile:
        reading.at_least(Urgency.ROUTINE, "The WhatsApp account at this number, or its name, has changed: somebody else may be writing")
    if s.opt_out_type == "STOP" and Concern.STOP not in reading.concerns:
        reading.add(Concern.STOP, Urgency.NONE, "The provider took this as STOP and blocks us")
    if s.opt_out_type == "HELP":
        reading.at_least(Urgency.IMMEDIATE, "Asked for help in one word")


def _duress(reading: _Reading, setting: Setting) -> Verdict:
    """Outwardly what an OK gets; inwardly an immediate alert. The word itself is named nowhere."""
    return Verdict(Urgency.IMMEDIATE, (Concern.DANGER_NOW, *(c for c in reading.concerns if c in DANGER_CONCERNS - {Concern.DANGER_NOW})),
                   ("The agreed sign was used",), ("checkin_answered",),
                   None if silent(setting) else "reply.ok", duress=True)


def _settle(acts: list[str], reading: _Reading, asked_to_stop: bool, provider_stopped: bool) -> list[str]:
    """What the app does, whatever the bot proposed: no act of the bot survives an alarm except stopping; nor does a wrong number, unless that is
    all the alarm there is (whoever is in danger there is not cut off)."""
    stops = provider_stopped or (asked_to_stop or "stop" in acts) and not {"pause", "start"} & set(acts)
    if reading.urgency.escalates:
        danger = any(urgency.escalates for concern, urgency in reading.concerns.items() if concern is not Concern.WRONG_PERSON)
        return ["concern", *(["stop"] if stops else []), *(a for a in acts if a in (_ALWAYS if danger else OF_THE_PHONE))]
    if stops:
        return ["stop"]
    return acts or ["handover" if reading.urgency is Urgency.ROUTINE else "checkin_answered"]
