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
