"""Tokens for Rasa, for texts in any script or several at once (see words.tokens)."""

from __future__ import annotations

from typing import List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from listening.words import tokens


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MixedScriptTokenizer(Tokenizer):
    """Words, single characters of scripts written without spaces, runs of emoji, single signs."""

    @staticmethod
    def get_default_config() -> dict:
        """The options every tokenizer of Rasa has; none is used here."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """The tokens of one attribute of a message."""
        return [Token(text, start) for text, start in tokens(message.get(attribute))]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """As it came: nothing here learns from tokens, and Rasa would work out a fingerprint of each, an eighth of the training."""
        return training_data
