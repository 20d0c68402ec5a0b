"""From probabilities over all labels to what the rest of the system hears."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from nlu.labels import COMMANDS, OUTCOMES, REPORT, UNCLEAR

RANKED = 5
# Below these, or a command in a text of more syllables than this, the best topic or outcome stands.
TALK_SURE, COMMAND_SURE, COMMAND_LONGEST = 0.4, 0.6, 25
# In doubt for the resident's safety: named even when something else is likelier. The least probability, and the least
# share of the likeliest one's: a denunciation is what a text that says little is also taken for.
SAFETY_SURE = {"emergency": (0.08, 0.3), "denunciation": (0.08, 0.5), "formal_complaint": (0.45, 0.0)}


@dataclass(frozen=True)
class Decision:
    """`label` and `ranking` speak of topics and outcomes only; `intent` may be a dialogue intent.

    `intent_confidence` is the probability of the intent (of any topic at all, for a report). `confidence` is that of
    the label made cautious: 0.5 or more means right in 93 of 100.
    """

    intent: str
    intent_confidence: float
    label: str
    confidence: float
    ranking: list[dict[str, Any]]


def decide(
    labels: list[str], probabilities: Sequence[float], topics: Collection[str], syllables: int, caution: float = 1.0
) -> Decision:
    """`probabilities` belong to `labels` in order; `topics` are those of the labels that are topics."""
    chance = dict(zip(labels, (float(p) for p in probabilities)))
    cases = _cases(chance, topics)
    best = max(labels, key=lambda name: chance[name])
    intent = best if _may_talk(best, chance[best], topics, syllables) else cases[0]
    if not syllables:
        intent = UNCLEAR
    ranking = [{"id": case, "confidence": round(chance[case] ** caution, 4)} for case in cases[:RANKED]]
    sure = chance.get(intent, 0.0)
    if intent in topics:
        intent, sure = REPORT, sum(chance[topic] for topic in topics)
    return Decision(intent, round(sure, 4), cases[0], ranking[0]["confidence"], ranking)


def _cases(chance: dict[str, float], topics: Collection[str]) -> list[str]:
    """Topics and outcomes, best first, a likely matter of safety before all."""
    cases = sorted((label for label in chance if label in topics or label in OUTCOMES), key=lambda name: -chance[name])
    for label, (sure, share) in SAFETY_SURE.items():
        if chance.get(label, 0.0) >= max(sure, share * chance[cases[0]]):
            cases.remove(label)
            return [label, *cases]
    return cases


def _may_talk(best: str, confidence: float, topics: Collection[str], syllables: int) -> bool:
    if best in topics or best in OUTCOMES:
        return False
    if best in COMMANDS:
        return confidence >= COMMAND_SURE and syllables <= COMMAND_LONGEST
    return confidence >= TALK_SURE
