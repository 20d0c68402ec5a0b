"""Promises of the training: a model of what the files say, or a reason that a person can act on, and no model."""

from typing import Any

import pytest

from tests.unit.nlu.rasa_side import ask

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained() -> dict[str, Any]:
    return ask("train")


def test_the_model_holds_what_was_learned(trained: dict[str, Any]) -> None:
    assert {"lexical.npz", "restorer.npz", "topics.json", "metadata.json"} <= set(trained["made"].split())


def test_a_handful_of_sentences_is_enough(trained: dict[str, Any]) -> None:
    assert "lexical.npz" in trained["few"].split()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("no_topic", "a report sentence without metadata {topic: …}: rác chất đống"),
        ("no_yaml", "nlu.yml"),
        ("no_domain", "domain.yml"),
        ("no_component", "nlu.standardizer"),
    ],
)
def test_what_is_wrong_is_told(trained: dict[str, Any], broken: str, reason: str) -> None:
    assert trained[broken].startswith("Rasa trained no model")
    assert reason in trained[broken]
