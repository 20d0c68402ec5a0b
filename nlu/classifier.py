"""One decision over topics, outcomes and dialogue intents; everything the service hears about a text is set here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import fastpath
from nlu.decision import decide
from nlu.encoder.view import EncoderView
from nlu.labels import REPORT
from nlu.lexical import LexicalView
from nlu.normalizer import PLAIN
from nlu.pool import pool
from nlu.restorer import Restorer
from nlu.second_core import second_core
from nlu.second_topic import second_topic

fastpath.install()

ROOT = Path(__file__).resolve().parents[1]
Example = tuple[str, str, bool]  # rewritten text, label, is a topic


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Sets `intent`, `label`, `confidence`, `ranking` and `second`; nlu/decision.py tells how they hang together.

    `adapter` is a file of nlu/encoder/adapter.py, or null: the lexical view answers alone.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"adapter": "nlu/encoder/adapter.npz"}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self.view = LexicalView()
        self.encoder: EncoderView | None = None
        self.restorer = Restorer.fit(())
        self.topics: frozenset[str] = frozenset()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TopicClassifier":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the examples that have text; a report's label is the topic in its metadata."""
        examples = [labelled(example) for example in training_data.intent_examples if example.get(TEXT)]
        self.topics = frozenset(label for _, label, is_topic in examples if is_topic)
        texts = [text for text, _, _ in examples]
        with self._storage.write_to(self._resource) as folder, second_core(len(texts)) as another:
            adapter = self._config["adapter"]  # a relative path counts from the root of the project
            network = adapter and another.submit(EncoderView.build, folder, ROOT / adapter)
            self.view.fit(texts, [label for _, label, _ in examples], another)
            self.view.save(folder)
            self.restorer = Restorer.fit(texts)
            self.restorer.save(folder)
            if network:
                network.result()
            (folder / "topics.json").write_text(json.dumps(sorted(self.topics)), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TopicClassifier":
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component.view = LexicalView.load(folder)
            component.restorer = Restorer.load(folder)
            component.encoder = EncoderView.load(folder)
            component.topics = frozenset(json.loads((folder / "topics.json").read_text(encoding="utf-8")))
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._classify(message)
        return messages

    def _lexical(self, texts: list[str]) -> np.ndarray:
        """(texts, labels)."""
        return np.exp(self.view.log_probabilities(texts))

    def _pooled(self, text: str) -> tuple[np.ndarray, float]:
        """(labels,) probabilities, and how cautious a confidence must be made of them."""
        lexical, encoder = self.view.log_probabilities([text]), self.encoder
        if encoder is None:
            return np.exp(lexical[0]), self.view.caution
        adapter = encoder.adapter
        encoded = encoder.log_probabilities([self.restorer.where_bare(text)])
        chances = pool(lexical, self.view.labels, encoded, encoder.labels, adapter.share, adapter.sharpness)
        return np.exp(chances[0]), adapter.caution

    def _classify(self, message: Message) -> None:
        text = message.get(PLAIN) or ""
        chances, caution = self._pooled(text)
        decision = decide(self.view.labels, chances, self.topics, len(text.split()), caution)
        second = None
        if decision.intent == REPORT:
            # Many pieces are asked about: only the quick view can answer for all of them.
            second = second_topic(text, decision.label, self.view.labels, self.topics, self._lexical)
        intent = {"name": decision.intent, "confidence": decision.intent_confidence}
        message.set(INTENT, intent, add_to_output=True)
        message.set("label", decision.label, add_to_output=True)
        message.set("confidence", decision.confidence, add_to_output=True)
        message.set("ranking", decision.ranking, add_to_output=True)
        message.set("second", second, add_to_output=True)


def labelled(example: Message) -> Example:
    """What a training example teaches; raises ValueError for a report that names no topic."""
    intent = example.get(INTENT)
    if intent != REPORT:
        return example.get(PLAIN), intent, False
    topic = ((example.get("metadata") or {}).get("intent") or {}).get("topic")
    if not topic:
        raise ValueError(f"a report sentence without metadata {{topic: …}}: {example.get(TEXT)[:40]}…")
    return example.get(PLAIN), topic, True
