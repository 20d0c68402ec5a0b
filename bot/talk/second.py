"""Two matters in one message: each keeps its own words and its own place."""

from __future__ import annotations

import re

from bot.talk import place
from bot.talk.draft import Body
from bot.talk.turn import Talk

_CUT = re.compile(
    r"(?<=[.!?;…])\s+|\n+|,?\s(?=(?:ngoài ra|với lại|tiện thể|nhân tiện|đồng thời|à mà|còn cái|còn vụ|"
    r"ngoai ra|voi lai|tien the|nhan tien|dong thoi|a ma)\b)",
    re.IGNORECASE,
)
_SHORTEST = 4
"""Syllables of a part that can tell a matter."""


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
