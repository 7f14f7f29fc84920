"""Rasa's training data straight from nlu_data/train: written out as Rasa's YAML, reading it alone took a tenth of the training."""

from __future__ import annotations

from typing import List, Optional, Text

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu_data.read import Phrase, spare, training


class PhraseImporter(RasaFileImporter):
    """Domain, rules and test conversations from Rasa's own files, the phrases from ours, but for those that need not be learned from."""

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        """Every phrase with urgency and language in its metadata. Raises nlu_data.read.BadFile."""
        needless = spare()
        return as_examples([p for p in training() if p.mark not in needless])


def as_examples(phrases: List[Phrase]) -> TrainingData:
    """What Rasa learns from; it takes a phrase that stands twice with the same labels once."""
    return TrainingData([Message({TEXT: p.text, INTENT: p.intent, METADATA: {METADATA_INTENT: {"urgency": p.urgency, "lang": p.lang}}}) for p in phrases])
