"""Promises of the classifier: what it decides from probabilities, that it learns, and that it stays as it was saved."""

import subprocess
from typing import Any

import pytest

from bot.settings import ROOT
from nlu.decision import decide
from tests.unit.nlu.rasa_side import PYTHON, ask

LABELS = ["cancel", "emergency", "greeting", "noise", "praise", "street_lighting", "unclear"]
TOPICS = {"noise", "street_lighting"}


def chances(**given: float) -> list[float]:
    """The given probabilities; the others share the rest."""
    rest = (1 - sum(given.values())) / (len(LABELS) - len(given))
    return [given.get(label, rest) for label in LABELS]


def test_a_topic_is_a_report_and_any_topic_counts_for_its_confidence() -> None:
    heard = decide(LABELS, chances(noise=0.5, street_lighting=0.3), TOPICS, syllables=12)
    assert (heard.intent, heard.label) == ("report", "noise")
    assert heard.intent_confidence == pytest.approx(0.8)
    assert [place["id"] for place in heard.ranking[:2]] == ["noise", "street_lighting"]


def test_ranking_never_names_a_dialogue_intent() -> None:
    heard = decide(LABELS, chances(greeting=0.9), TOPICS, syllables=2)
    assert heard.intent == "greeting"
    assert {"greeting", "cancel"}.isdisjoint(place["id"] for place in heard.ranking)
    assert len(heard.ranking) == 5


@pytest.mark.parametrize(
    ("chance", "syllables", "intent"), [(0.9, 3, "cancel"), (0.55, 3, "report"), (0.9, 26, "report")]
)
def test_a_command_must_be_sure_and_short(chance: float, syllables: int, intent: str) -> None:
    assert decide(LABELS, chances(cancel=chance, noise=0.08), TOPICS, syllables).intent == intent


def test_danger_to_life_is_named_although_a_topic_is_likelier() -> None:
    heard = decide(LABELS, chances(emergency=0.25, noise=0.6), TOPICS, syllables=9)
    assert (heard.intent, heard.label, heard.ranking[0]["id"]) == ("emergency", "emergency", "emergency")


def test_a_denunciation_is_named_when_it_is_at_least_half_as_likely_as_the_best() -> None:
    labels = [*LABELS, "denunciation"]

    def named(best: float) -> str:
        spread = (1 - best - 0.11) / (len(labels) - 3)
        given = {"noise": best, "denunciation": 0.1, "emergency": 0.01}
        return decide(labels, [given.get(label, spread) for label in labels], TOPICS, 12).label

    assert named(0.19) == "denunciation"
    assert named(0.21) == "noise"


def test_caution_lowers_the_confidence_and_keeps_the_order() -> None:
    plain = decide(LABELS, chances(noise=0.8, street_lighting=0.1), TOPICS, 9)
    careful = decide(LABELS, chances(noise=0.8, street_lighting=0.1), TOPICS, 9, caution=3.0)
    assert careful.confidence == pytest.approx(0.8**3, abs=1e-4)
    assert [place["id"] for place in careful.ranking] == [place["id"] for place in plain.ranking]
    assert careful.intent_confidence == plain.intent_confidence


def test_an_empty_text_is_unclear() -> None:
    assert decide(LABELS, chances(greeting=0.7), TOPICS, syllables=0).intent == "unclear"


@pytest.fixture(scope="module")
def learned() -> dict[str, Any]:
    return ask("learn")


def test_it_learns_topics_and_commands_also_for_text_without_diacritics(learned: dict[str, Any]) -> None:
    assert learned["said"] == ["street_lighting", "waste_collection", "cancel"]


def test_probabilities_sum_to_one_even_for_words_never_seen(learned: dict[str, Any]) -> None:
    assert learned["sums"] + learned["unknown_words"] == pytest.approx([1.0] * 5)


def test_training_twice_and_loading_give_the_same_numbers(learned: dict[str, Any]) -> None:
    assert learned["same_again"]
    assert learned["same_after_loading"]


def test_a_second_topic_is_named_only_when_there_are_two(learned: dict[str, Any]) -> None:
    assert learned["second"] == "waste_collection"
    assert learned["no_second"] is None


def test_calibration_holds_out_every_sentence_once(learned: dict[str, Any]) -> None:
    assert learned["held_out_once"]
    assert sum(learned["fold_sizes"]) == 18


@pytest.fixture(scope="module")
def rasa() -> dict[str, Any]:
    return ask("rasa")


@pytest.mark.slow
def test_the_patched_method_belongs_to_this_version_of_rasa(rasa: dict[str, Any]) -> None:
    assert rasa["version"] == "3.6.21"


@pytest.mark.slow
def test_answers_of_the_action_server_are_still_validated(rasa: dict[str, Any]) -> None:
    assert rasa["accepts"] is True
    assert rasa["refuses"] is True


@pytest.mark.slow
def test_words_keep_their_place_in_the_text(rasa: dict[str, Any]) -> None:
    assert rasa["tokens"][:3] == [["Đường", 0], ["Hoà Bình", 7], ["ngập", 16]]
    assert rasa["spans_hold"]


@pytest.mark.slow
def test_the_topic_of_a_report_comes_from_its_metadata(rasa: dict[str, Any]) -> None:
    assert rasa["label"] == ["noise", True]


@pytest.mark.slow
def test_the_text_of_a_message_is_composed(rasa: dict[str, Any]) -> None:
    assert rasa["text"] == "Đèn tắt"


@pytest.mark.slow
def test_messages_of_one_person_at_once_do_not_wait_for_seconds(rasa: dict[str, Any]) -> None:
    assert rasa["seconds_for_six"] < 1.0


@pytest.mark.skipif(not PYTHON.exists(), reason="no environment for Rasa: make setup")
def test_the_server_starts_without_what_it_never_uses() -> None:
    ask_for_jax = "from nlu.quiet import leave_out_jax; leave_out_jax(); import jax"
    done = subprocess.run([str(PYTHON), "-c", ask_for_jax], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "import of jax halted" in done.stderr
