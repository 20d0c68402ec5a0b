"""What a script expects at the end of its conversation. Every check gives a list of what is wrong."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from contextlib import closing
from typing import Any

import requests

from tests.dialogue.runner import Play

_GUIDANCE = {
    "emergency": r"utter_emergency",
    "formal_complaint": r"utter_formal_complaint",
    "denunciation": r"utter_denunciation",
    "procedure_question": r"utter_procedure",
    "praise": r"utter_praise",
    "spam": r"utter_spam",
    "out_of_scope": r"utter_out_of_scope|utter_outside_province",
    "status_check": r"utter_status|utter_code|utter_my_cases|utter_no_cases",
    "suggestion": r"utter_summary_suggestion",
    "unclear": r"utter_ask_(clarify|description)",
}
"""Outcome kind -> the responses of data/domain that guide it."""


def check(play: Play) -> list[str]:
    """All that is wrong with the outcome of a conversation."""
    problems = list(play.problems)
    for name, wanted in play.script.expect.items():
        if name != "notes":
            problems += _CHECKS[name](play, wanted)
    return problems


def plain(text: str) -> str:
    """For comparing: NFC, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def replies(play: Play) -> str:
    """All that the assistant said, with the labels of its buttons."""
    return "\n".join(f"{h.text}\n{' '.join(label for label, _ in h.buttons)}" for h in play.heard)


def public_words(play: Play, view: dict[str, Any]) -> str:
    """What a stranger with the code may see: the public view and the page that shows it."""
    page = requests.get(f"{play.running.url}/tra-cuu/{view['code']}", timeout=10)
    assert page.status_code == 200, page.status_code
    shown = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.text, flags=re.S)
    return json.dumps(view["public"], ensure_ascii=False) + " " + shown


def _cases(play: Play, wanted: int) -> list[str]:
    codes = [v["code"] for v in play.filed]
    wrong = [] if len(codes) == wanted else [f"cases: {len(codes)} filed, not {wanted}"]
    told = replies(play)
    return wrong + [f"case {code} was filed without a word" for code in codes if code not in told]


def _topic(play: Play, wanted: Any) -> list[str]:
    return _topics(play, [wanted])


def _topics(play: Play, wanted: list[Any]) -> list[str]:
    found = [v["topic"] for v in play.filed]
    allowed = [w if isinstance(w, list) else [w] for w in wanted]
    good = len(found) >= len(allowed) and all(f in a for f, a in zip(found, allowed, strict=False))
    return [] if good else [f"topics: {found}, not {wanted}"]


def _place(play: Play, wanted: list[str]) -> list[str]:
    places = "\n".join(f"{v['place']['raw']}\n{v['place']['address']}" for v in play.filed)
    return [f"place: {w!r} is not in {places!r}" for w in wanted if not re.search(w, places, re.I)]


def _place_not(play: Play, unwanted: list[str]) -> list[str]:
    places = "\n".join(f"{v['place']['raw']}\n{v['place']['address']}\n{v['text']}" for v in play.filed)
    return [f"place: {w!r} must not be in {places!r}" for w in unwanted if re.search(w, places, re.I)]


def _ward_any(play: Play, wanted: list[str]) -> list[str]:
    return [f"ward: {v['place']['ward']!r}, not {wanted}" for v in play.filed if v["place"]["ward"] not in wanted]


def _pin(play: Play, wanted: bool) -> list[str]:
    there = [v["place"]["lat"] is not None for v in play.filed]
    return [] if all(t == wanted for t in there) else [f"pin: {there}"]


def _stored(play: Play) -> str:
    parts: list[str] = []
    for view in play.filed or play.views:
        parts += [view["text"], *(str(v) for v in view["fields"].values())]
        parts += [a["caption"] or "" for a in view["attachments"]] + [m["text"] for m in view["messages"]]
    return plain("\n".join(parts))


def _kept(play: Play, wanted: list[str]) -> list[str]:
    stored = _stored(play)
    return [f"lost: {w!r} is not in {stored[:600]!r}" for w in wanted if plain(str(w)) not in stored]


def _not_kept(play: Play, unwanted: list[str]) -> list[str]:
    stored = _stored(play)
    return [f"kept: {w!r} should be gone" for w in unwanted if plain(str(w)) in stored]


def _attachments(play: Play, wanted: int) -> list[str]:
    found = sum(len(v["attachments"]) for v in play.filed or play.views)
    return [] if found == wanted else [f"attachments: {found}, not {wanted}"]


def _guidance(play: Play, wanted: list[str]) -> list[str]:
    names = [h.sentence.name for h in play.heard if h.sentence]
    position = 0
    for kind in wanted:
        found = [n for n in range(position, len(names)) if re.match(_GUIDANCE[kind], names[n])]
        if not found:
            return [f"guidance: {kind} was not shown (in this order: {wanted})"]
        position = found[0]
    return []


def _show(play: Play, wanted: list[str]) -> list[str]:
    return [f"show: {w!r} was never said" for w in wanted if not re.search(w, replies(play), re.I)]


def _hide(play: Play, unwanted: list[str]) -> list[str]:
    return [f"hide: {w!r} was said" for w in unwanted if re.search(w, replies(play), re.I)]


def _public_hide(play: Play, unwanted: list[str]) -> list[str]:
    shown = " ".join(public_words(play, v) for v in play.filed or play.views)
    return [f"public view shows {w!r}" for w in unwanted if re.search(w, shown, re.I)]


def _flag(found: Callable[[Play], bool]) -> Callable[[Play, bool], list[str]]:
    def judge(play: Play, wanted: bool) -> list[str]:
        return [] if found(play) == wanted else [f"{found.__name__}: not {wanted}"]

    return judge


def said(play: Play, pattern: str) -> bool:
    """Whether a sentence with such a name was said."""
    return any(h.sentence and re.match(pattern, h.sentence.name) for h in play.heard)


def status_answered(play: Play) -> bool:
    named = [h for h in play.heard if h.sentence and re.match("utter_(status|my_cases)", h.sentence.name)]
    return any(code in h.text for h in named for code in play.codes.values())


def reopened(play: Play) -> bool:
    return any(v["reopened"] and v["status"] == "reopened" for v in play.views)


def withdrawn(play: Play) -> bool:
    return any(v["status"] == "withdrawn" for v in play.views)


def comment_added(play: Play) -> bool:
    return any(m["from"] == "resident" for v in play.views for m in v["messages"])


def handed_over(play: Play) -> bool:
    return said(play, "utter_handoff")


def supervised(play: Play) -> bool:
    return any(e["kind"] == "supervisor" for v in play.views for e in v["history"])


def erased(play: Play) -> bool:
    own = [m for m in play.chat.history() if m["from"] == "resident" and m["text"]]
    return said(play, "utter_erased") and not own


def _rated(play: Play, wanted: str) -> list[str]:
    found = [v["rating"] for v in play.views]
    return [] if wanted in found else [f"rated: {found}, not {wanted}"]


def _forgotten(play: Play, words: list[str]) -> list[str]:
    """Nowhere in the database, and not in the conversation after a reload."""
    with closing(play.running.database()) as database:
        dumped = "\n".join(database.iterdump())
    # JSON columns hold letters with marks as \\uXXXX.
    everything = plain(re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), dumped))
    shown = plain(json.dumps(play.chat.history(), ensure_ascii=False))
    return [f"not forgotten: {w!r}" for w in words if plain(w) in everything or plain(w) in shown]


_CHECKS: dict[str, Callable[[Play, Any], list[str]]] = {
    "cases": _cases,
    "topic": _topic,
    "topics": _topics,
    "place": _place,
    "place_not": _place_not,
    "ward_any": _ward_any,
    "pin": _pin,
    "kept": _kept,
    "not_kept": _not_kept,
    "attachments": _attachments,
    "guidance": _guidance,
    "show": _show,
    "hide": _hide,
    "public_hide": _public_hide,
    "rated": _rated,
    "forgotten": _forgotten,
    "status_answered": _flag(status_answered),
    "reopened": _flag(reopened),
    "withdrawn": _flag(withdrawn),
    "comment_added": _flag(comment_added),
    "handed_over": _flag(handed_over),
    "supervised": _flag(supervised),
    "erased": _flag(erased),
}
