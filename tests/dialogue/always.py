"""What is true of every conversation, whatever it is about."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from datetime import datetime

from bot.city import read_yaml
from bot.domain.deadline import in_words
from bot.settings import ROOT
from tests.dialogue.expect import public_words
from tests.dialogue.runner import Heard, Play

_MACHINE = re.compile(r"trợ lý tự động|automatic", re.I)
_INTERNAL = re.compile(
    r"\b(intent|slots?|traceback|exception|none|null|nan|undefined|error|entity|fallback|payload|utter_\w+|action_\w+)\b"
    r"|\{\w*\}|</?[a-z]+>",
    re.I,
)
_NUMBER = re.compile(r"(?<![\w./-])(?:1900[\s.]?\d{4}|0[\d.\s]{7,11}\d|1\d\d)(?![\w/]|[.-]\d)")
_LAW = re.compile(r"(?:Luật|Bộ luật|Nghị định|Nghị quyết|Quyết định|Thông tư)(?:\s+\d+/|\s+[A-ZĐ])")
_HOUSE = re.compile(r"\b(?:số nhà|nhà số|sn|số)\s*:?\s*\d+", re.I)
_AGREES = re.compile(
    r"^(?!.*(?:không|do not)).*(?:đồng ý|i agree)|^(?:ok|okay|ừ|vâng|dạ|được|yes)\W*(?:ạ|em|nhé)?\W*$", re.I
)
_NEW_MATTER = re.compile(r"utter_(filed|dropped|restarted|erased|refused_consent)")
_SHOWN_AGAIN = frozenset(
    {"confirm", "drop", "change", "group", "topic_of_group", "more", "withdraw", "erase", "attach"}
)
"""Not questions about the matter: a summary after a change, menus, "are you sure?"."""
_LISTED = read_yaml(ROOT / "data" / "hotlines.yml")
_HOTLINES = {re.sub(r"\D", "", number): line["shown"] for number, line in _LISTED.items()}


def check(play: Play) -> list[str]:
    """All that is wrong."""
    return [
        *_says_that_it_is_a_machine(play),
        *_consent_was_given(play),
        *_no_question_more_than_twice(play),
        *_nothing_asked_that_was_answered(play),
        *[p for heard in play.heard for p in _words(play, heard)],
        *_due_as_filed(play),
        *_public(play),
    ]


def _says_that_it_is_a_machine(play: Play) -> list[str]:
    replies = [h for h in play.heard if h.kind == "reply"]
    first = [h.text for h in replies if h.group == replies[0].group]
    return [] if not first or _MACHINE.search("\n".join(first)) else [f"first reply names no machine: {first}"]


def _consent_was_given(play: Play) -> list[str]:
    """Silence is no consent, nor is a word that means something else; and nothing is filed without one."""
    query = """SELECT answer FROM consents JOIN conversations ON conversations.id = conversation_id WHERE address = ?"""
    with closing(play.running.database()) as database:
        answers = {row[0] for row in database.execute(query, [play.chat.session])}
    agreed = any(_AGREES.search(word) for word in [*play.pressed, *play.said])
    problems = ["consent was recorded and never given"] if "yes" in answers and not agreed else []
    return problems + (["filed without consent"] if play.filed and not answers & {"yes", "by_staff"} else [])


def _matters(play: Play) -> list[list[Heard]]:
    """What was heard, cut where one matter ended and another may begin."""
    parts: list[list[Heard]] = [[]]
    for heard in play.heard:
        parts[-1].append(heard)
        if heard.sentence and _NEW_MATTER.match(heard.sentence.name):
            parts.append([])
    return parts


def _no_question_more_than_twice(play: Play) -> list[str]:
    problems = []
    for matter in _matters(play):
        # The reminder that something waits is no question; the two forms of the question are.
        asked = [h for h in matter if h.sentence and not h.sentence.name.startswith("utter_consent_waiting")]
        # Shown again after something else was answered in between, it is the same question, not one more.
        times = Counter(h.question for n, h in enumerate(asked) if h.question and not _resumed(asked, n))
        problems += [f"{q} asked {n} times" for q, n in times.items() if n > 2 and q not in _SHOWN_AGAIN]
    return problems


def _resumed(asked: list[Heard], place: int) -> bool:
    """Whether something else was answered first, in the same breath."""
    before = asked[place - 1] if place else None
    return before is not None and before.group == asked[place].group and before.question is None


def _nothing_asked_that_was_answered(play: Play) -> list[str]:
    problems = []
    for group, question, answer in play.answered:
        if answer == "skip" or question in _SHOWN_AGAIN or question == "consent":
            continue
        after = [h for h in play.heard if h.group > group]
        end = next((n for n, h in enumerate(after) if h.sentence and _NEW_MATTER.match(h.sentence.name)), len(after))
        if any(h.question == question for h in after[:end]):
            problems.append(f"{question} asked again after {answer!r}")
    return problems


def _words(play: Play, heard: Heard) -> list[str]:
    """Every word comes from the data; nothing internal, no number or law that is not configured."""
    if heard.sentence is None:
        return [f"no sentence of the data: {heard.text!r}"]
    own, problems = heard.sentence.own, []
    internal = _INTERNAL.search(own)
    if internal:
        problems.append(f"internal word {internal[0]!r} in {own!r}")
    if heard.kind == "staff" or "answer" in heard.sentence.fills or "note" in heard.sentence.fills:
        return problems
    for number in _NUMBER.findall(own):
        if not _HOTLINES.get(re.sub(r"\D", "", number)) and number not in " ".join(play.said):
            problems.append(f"number {number!r} is not configured: {own!r}")
    if _LAW.search(own):
        problems.append(f"a law is named: {own!r}")
    return problems


def _due_as_filed(play: Play) -> list[str]:
    """The time that a resident is promised is the one the case has."""
    due = {v["code"]: in_words(datetime.fromisoformat(v["due_at"])) for v in play.filed if v["due_at"]}
    told = [h.sentence.fills for h in play.heard if h.sentence and h.sentence.name.startswith("utter_filed")]
    return [
        f"due told {f['due']!r}, stored {due[f['code']]!r}" for f in told if due.get(f["code"], f["due"]) != f["due"]
    ]


def _public(play: Play) -> list[str]:
    problems = []
    typed = [*play.said, *map(str, play.script.if_asked.values())]
    said = [re.sub(r"(?<=\d)[\s.-]+(?=\d)", "", text) for text in typed]
    phones = {p for text in said for p in re.findall(r"(?<!\d)(?:\+?84|0)\d{8,10}(?!\d)", text)}
    for view in play.filed:
        shown = re.sub(r"(?<=\d)[\s.-]+(?=\d)", "", public_words(play, view))
        problems += [f"phone {p} on the public view" for p in phones if p in shown]
        house = _HOUSE.search(str(view["public"].get("place")))
        problems += [f"house number on the public view: {house[0]!r}"] if house else []
    return problems
