"""First component of the pipeline: one Unicode form, and the text in the words the classifier was trained on."""

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.text.entities import mask_codes
from nlu.text.lexicon import Lexicon
from nlu.text.normalize import marked_share, nfc
from nlu.text.times import UNACCENTED_BELOW

ROOT = Path(__file__).resolve().parents[1]
PLAIN = "plain_text"  # message key: small letters, codes masked, teencode and dialect rewritten
UNACCENTED = "unaccented"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Normalizer(GraphComponent):
    """Makes `text` NFC, so that all later spans count its characters, and adds `plain_text` and `unaccented`."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"lexicon": "data/nlu/lexicon.tsv"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Normalizer":
        """Reads the lexicon; a relative path counts from the root of the project."""
        return cls(Lexicon.read(ROOT / config["lexicon"]))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = nfc(message.get(TEXT) or "")
            message.set(TEXT, text, add_to_output=True)
            message.set(PLAIN, self.lexicon.rewrite(mask_codes(text)))
            message.set(UNACCENTED, bool(text) and marked_share(text) < UNACCENTED_BELOW, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process([example for example in training_data.training_examples if example.get(TEXT)])
        return training_data
