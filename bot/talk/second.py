"""Two matters in one message: each keeps its own words and its own place. A question and a matter are two as well."""

from __future__ import annotations

import re

from bot.talk import place
from bot.talk.draft import Body
from bot.talk.turn import Talk

_JOINS = r"ngoài ra|với lại|tiện thể|nhân tiện|đồng thời|à mà|ngoai ra|voi lai|tien the|nhan tien|dong thoi|a ma"
_CUT = re.compile(rf"(?<=[.!?;…])\s+|\n+|,?\s(?=(?:{_JOINS}|còn cái|còn vụ)\b)", re.IGNORECASE)
_JOINED = re.compile(rf"(?:{_JOINS})\b[\s,:]*(?:thì |là )?", re.IGNORECASE)
_SHORTEST = 4
"""Syllables of a part that can tell a matter."""
_SURE = 0.5
"""Confidence from which a part of a question is a report of its own."""


def parts(talk: Talk, body: Body) -> dict[str, tuple[str, str]]:
    """Topic -> (its words, the place that they name or ""), for the two matters of a draft."""
    wanted = {body.guessed, body.second}
    found: dict[str, tuple[str, str]] = {}
    for part in _CUT.split(body.text()):
        if len(part.split()) < _SHORTEST:
            continue
        heard = talk.understand(part)
        if heard.label in wanted and heard.label not in found:
            found[str(heard.label)] = (part, (heard.place or {}).get("raw", ""))
    return found


def matter_in(talk: Talk) -> dict[str, str] | None:
    """The part of a question that reports something: "… cần giấy gì ạ? Với lại đèn ngõ 5 hỏng mấy hôm nay"."""
    told = [_JOINED.sub("", part, 1) for part in _CUT.split(talk.text) if len(part.split()) >= _SHORTEST]
    for part in told if len(told) > 1 else ():
        heard = talk.understand(part)
        if heard.intent == "report" and heard.confidence >= _SURE and heard.label in talk.city.topics:
            return {"text": part, "topic": heard.label, "place": (heard.place or {}).get("raw", "")}
    return None


def own_place(talk: Talk, body: Body) -> None:
    """The place of the first matter is the one that its own words name, not that of the second."""
    if body.second is None or len(body.story) != 1 or body.place.lat is not None:
        return
    told = parts(talk, body)
    _, raw = told.get(str(body.guessed), ("", ""))
    if len(told) == 2 and raw and raw != body.place.raw:
        place.set_raw(body.place, raw, talk)


def note(talk: Talk, body: Body) -> None:
    """Remember the second matter, to be offered as soon as the first is sent."""
    text, raw = parts(talk, body).get(str(body.second), (body.text(), body.place.raw))
    talk.remember(second={"text": text, "topic": body.second, "place": raw or body.place.raw})
