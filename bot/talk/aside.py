"""Words beside the matter, which no report may swallow: about the assistant itself, "bao giờ xong", "để em chụp ảnh
đã", a lone "bác", commands typed in English. Phrases and answers stand in data/texts (cues.yml, about.yml)."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.status import STATUSES
from bot.services.track_case import cases_of
from bot.talk.turn import Talk, syllables

_SHORT = 9
"""Syllables up to which such phrases are taken at their word; a longer text tells something of its own."""
_FEW = 6
_SURELY = 0.6
"""Probability from which even a few words are believed to tell of a danger."""
_FLOWS = {"my_cases": "track", "delete_data": "privacy"}


def translate(talk: Talk) -> None:
    """Who writes English types commands in English: "status", "delete my data"."""
    if talk.conversation.language != "en":
        return
    intent = talk.city.texts["english_commands"].get(syllables(talk.text).strip())
    if intent:
        talk.heard = replace(talk.heard, intent=intent, intent_confidence=1.0)
        talk.flow = _FLOWS.get(intent, "small_talk")


def watch(talk: Talk) -> None:
    """Danger in so many words is one, whatever the machine takes it for; a few words without any are none."""
    if talk.cue("danger_to_oneself") or talk.cue("danger_now"):
        talk.heard = replace(talk.heard, intent="emergency", intent_confidence=1.0)
        talk.flow = "guide"
    elif talk.heard.intent == "emergency" and _harmless(talk):
        label, confidence = next(((t, c) for t, c in talk.heard.ranking if t != "emergency"), ("unclear", 0.0))
        intent = "report" if label in talk.city.topics else label
        talk.heard = replace(
            talk.heard, intent=intent, intent_confidence=confidence, label=label, confidence=confidence
        )
        talk.flow = "report"


def _harmless(talk: Talk) -> bool:
    """Impatience, or hardly more than a place ("gan so nha 234"): nothing in it that could hurt anybody."""
    few = len(talk.text.split()) <= _FEW and talk.heard.intent_confidence < _SURELY
    return hurries(talk) or few and not talk.cue("danger_words")


def short(talk: Talk, most: int = _SHORT) -> bool:
    """Few words and nothing else: no file, no place, no code."""
    return len(talk.text.split()) <= most and not (
        talk.message.media or talk.message.location or talk.heard.place or talk.heard.values("tracking_code")
    )


def about_us(talk: Talk) -> str | None:
    """The response to a question about the assistant or this service: what it costs, who reads it, other ways."""
    if not short(talk):
        return None
    told = syllables(talk.text)
    for name, phrases in talk.city.texts["about"].items():
        if any(syllables(phrase) in told for phrase in phrases):
            return f"utter_about_{name}"
    return None


def asks_status(talk: Talk) -> bool:
    """ "bao giờ xong", "sao lâu thế", "chưa ai đến" from somebody who has an open case."""
    if not (short(talk) and (talk.cue("asks_status") or hurries(talk))):
        return False
    return any(STATUSES[case.status].open for case in cases_of(talk.session, talk.conversation))


def asks_to_wait(talk: Talk) -> bool:
    """ "khoan đã", "để em chụp ảnh": nothing is to be done yet."""
    return short(talk) and talk.cue("wait")


def hurries(talk: Talk) -> bool:
    """ "nhanh lên nhé", "gấp lắm rồi": neither a danger ("cháy rồi nhanh lên") nor a part of the matter."""
    tells = talk.heard.intent == "report" and talk.heard.confidence >= _SURELY
    return short(talk, _FEW) and talk.cue("hurry") and not (tells or talk.cue("danger_words"))


def mere_word(talk: Talk) -> bool:
    """Words that only call or nod ("bác", "ông ơi"), whatever the machine makes of them."""
    told = syllables(talk.text).split()
    return bool(told) and short(talk, 3) and set(told) <= set(talk.city.texts["mere_words"])
