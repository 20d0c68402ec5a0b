"""Codes, phones, plates, routes, times and the place of a message, by rule."""

from dataclasses import asdict
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.normalizer import ROOT
from nlu.text.entities import find_entities
from nlu.text.places import Gazetteer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class RuleEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Adds `entities` (entity, value, raw, start, end) and `place` (a dictionary, or None)."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"places": "data/places"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "RuleEntityExtractor":
        """Reads the gazetteer; a relative path counts from the root of the project."""
        return cls(Gazetteer(ROOT / config["places"]))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            place = self.gazetteer.resolve(text)
            message.set(ENTITIES, [asdict(entity) for entity in find_entities(text)], add_to_output=True)
            message.set("place", asdict(place) if place else None, add_to_output=True)
        return messages
