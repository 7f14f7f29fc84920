"""Rasa's view of heads.py and understanding.py: the classifier that says what was heard."""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from alongside_bot.featurizer import PARTS, VECTORS, worked_out
from alongside_bot.learn import Lesson, learn
from listening.heads import Heads
from listening.labels import INTENTS, URGENCIES
from listening.listener import gather, split
from listening.understanding import understand
from listening.weights import grown_heads
from listening.words import spoken
from nlu_data.read import Phrase, development

FILE = "heads.npz"


def lesson(training_data: TrainingData) -> Lesson:
    """The training phrases as they are learned from. Raises ValueError when one has no urgency or unknown labels."""
    found = Lesson()
    for example in training_data.intent_examples:
        if not example.get(TEXT):
            continue
        about = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
        if example.get(INTENT) not in INTENTS or about.get("urgency") not in URGENCIES:
            raise ValueError(f"training data: intent {example.get(INTENT)} and urgency {about.get('urgency')} are not both known")
        found.heard.append(example.get(PARTS))
        found.vectors.append(np.asarray(example.get(VECTORS)))
        found.intents.append(INTENTS.index(example.get(INTENT)))
        found.urgencies.append(URGENCIES.index(about["urgency"]))
        found.langs.append(about.get("lang", ""))
    return found


def for_calibration(phrases: List[Phrase]) -> Lesson:
    """The development replies as they would be judged: whole and part by part."""
    heard, needed = split([p.text for p in phrases])
    return Lesson(heard, gather(heard, needed, worked_out([spoken(t) for t in needed])), [INTENTS.index(p.intent) for p in phrases],
                  [URGENCIES.index(p.urgency) for p in phrases], [p.lang for p in phrases])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HeardClassifier(IntentClassifier, GraphComponent):
    """Intent, urgency, and whether a person is needed, from meaning and character n-grams together.

    Sets Rasa's intent and intent_ranking, and "understanding": everything the app is told (understanding.py).
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """MeaningFeaturizer comes before it."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Nothing to configure: thresholds are learned."""
        return {}

    @classmethod
    def create(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> "HeardClassifier":
        """An untrained one."""
        return cls(model_storage, resource, None)

    @classmethod
    def load(cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> "HeardClassifier":
        """A trained one. Raises ValueError when the model holds none, so that a broken model never answers."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, Heads.load(folder / FILE))

    def __init__(self, model_storage: ModelStorage, resource: Resource, heads: Heads | None) -> None:
        self._storage, self._resource, self._heads = model_storage, resource, heads

    def train(self, training_data: TrainingData) -> Resource:
        """Learn, and save what was learned with the model."""
        def say(line: str) -> None:
            print(line, flush=True)

        self._heads = learn(lesson(training_data), for_calibration(development()), say, grown_heads())
        with self._storage.write_to(self._resource) as folder:
            self._heads.save(folder / FILE)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing after it needs its opinion of what it learned from."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Understand all messages in one go."""
        texts = [m for m in messages if m.get(PARTS) is not None]
        heard = understand(self._heads, [m.get(PARTS) for m in texts], [m.get(VECTORS) for m in texts])
        for message, found in zip(texts, heard):
            message.set("intent", {"name": found["intent"], "confidence": found["confidence"]}, add_to_output=True)
            message.set("intent_ranking", found["ranking"], add_to_output=True)
            message.set("understanding", found, add_to_output=True)
        return messages
