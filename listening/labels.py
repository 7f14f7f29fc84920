"""The labels, as in nlu_data/read.py (tests hold the two together): the running bot needs no training data beside it."""

DANGER = ("danger_now trafficker_contact exploitation threats suicide_self_harm medical no_safe_place "
          "child_at_risk detained").split()
OTHER = ("distress practical_need legal_case wants_contact fine chat stop reschedule change_language "
         "wrong_person unclear").split()
DIALOGUE = "pause start who_are_you is_person".split()
INTENTS = DANGER + OTHER + DIALOGUE
URGENCIES = ["none", "routine", "urgent", "immediate"]
CONCERNS = DANGER + "distress practical_need legal_case wants_contact wrong_person".split()  # what can escalate
FALLBACK = "nlu_fallback"

# Intents that the dialogue answers alike: to be sure of the answer is enough, whichever of them it was.
_ALIKE = {**dict.fromkeys(DANGER, "danger"), **dict.fromkeys(["distress", "practical_need", "legal_case"], "care"),
          **dict.fromkeys(["fine", "chat"], "fine"), **dict.fromkeys(["who_are_you", "is_person"], "who")}
KINDS = sorted({_ALIKE.get(intent, intent) for intent in INTENTS})
KIND_OF = [KINDS.index(_ALIKE.get(intent, intent)) for intent in INTENTS]  # for each intent, the index of its kind
