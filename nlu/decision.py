"""From probabilities over all labels to what the rest of the system hears."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlu.labels import COMMANDS, OUTCOMES, REPORT

RANKED = 5
# A command below this, or in a text longer than this many syllables, is read as the best topic or outcome.
COMMAND_SURE = 0.6
COMMAND_LONGEST = 25
# In doubt for the resident's safety: named even when a topic is somewhat likelier.
SAFETY_SURE = {"emergency": 0.3, "denunciation": 0.4, "formal_complaint": 0.4}


@dataclass(frozen=True)
class Decision:
    """`label` and `ranking` speak of topics and outcomes only; `intent` may be a dialogue intent."""

    intent: str
    intent_confidence: float
    label: str
    confidence: float
    ranking: list[dict[str, Any]]


def decide(labels: list[str], probabilities: np.ndarray, topics: Collection[str], syllables: int) -> Decision:
    """`probabilities` belong to `labels` in order; `topics` are those of the labels that are topics."""
    chance = dict(zip(labels, (float(p) for p in probabilities)))
    cases = sorted((label for label in labels if label in topics or label in OUTCOMES), key=lambda name: -chance[name])
    for label, sure in SAFETY_SURE.items():
        if chance.get(label, 0.0) >= sure:
            cases.remove(label)
            cases.insert(0, label)
            break
    label = cases[0]
    best = max(labels, key=lambda name: chance[name])
    intent = best if _may_talk(best, chance[best], topics, syllables) else label
    name = REPORT if intent in topics else intent
    ranking = [{"id": case, "confidence": round(chance[case], 4)} for case in cases[:RANKED]]
    return Decision(name, round(chance[intent], 4), label, round(chance[label], 4), ranking)


def _may_talk(best: str, confidence: float, topics: Collection[str], syllables: int) -> bool:
    if best in topics or best in OUTCOMES:
        return False
    return best not in COMMANDS or (confidence >= COMMAND_SURE and syllables <= COMMAND_LONGEST)
