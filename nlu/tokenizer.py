"""Vietnamese words from underthesea, with spans in the text as it was written."""

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from underthesea import word_tokenize


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class WordTokenizer(Tokenizer):
    """One token for each word, of one or more syllables; a text without diacritics falls into its syllables."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @staticmethod
    def required_packages() -> list[str]:
        return ["underthesea"]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing of ours learns from words: thirty thousand sentences are not cut for it."""
        return training_data

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = message.get(attribute)
        return align(text, word_tokenize(text, use_token_normalize=False)) if text.strip() else []


def align(text: str, words: list[str]) -> list[Token]:
    """The words as tokens of the text; the segmenter may change white space inside a word, never its letters."""
    tokens, at = [], 0
    for word in words:
        start = end = None
        for char in word:
            if char.isspace():
                continue
            found = text.find(char, at)
            if found < 0:
                continue
            start = found if start is None else start
            end = at = found + 1
        if start is not None:
            tokens.append(Token(text[start:end], start, end))
    return tokens
