"""Status by code, and "phiếu của tôi"; at any moment, then back to where one was."""

from __future__ import annotations

import re
from typing import Any

from bot.domain.deadline import in_words
from bot.domain.message import Button
from bot.domain.status import STATUSES, Status
from bot.services.handle_case import is_overdue
from bot.services.track_case import by_typed_code, cases_of, knows, owns, ward_name
from bot.store.models import Case
from bot.talk.turn import Talk

_LISTED = 5


def start(talk: Talk) -> None:
    """Every code that was typed is answered; without a code, the person's own cases."""
    codes = talk.heard.values("tracking_code")
    if not codes:
        return mine(talk)
    for code in dict.fromkeys(codes):
        by_code(talk, code)


def half_a_code(talk: Talk) -> str | None:
    """A code of which something is missing, such as "HN2611-MFY3K"."""
    found = re.search(rf"\b{talk.city.code_prefix}\s?-?\d{{4}}(?:[\s-]?[a-z0-9]{{2,5}})?\b", talk.text, re.I)
    return found[0] if found else None


def by_code(talk: Talk, typed: str) -> None:
    """One code: the answer, a slip told as a slip, or `not found`."""
    case, reading = by_typed_code(talk.session, talk.city, typed)
    if case is not None:
        return show(talk, case)
    if reading is None or reading.slip:
        return talk.say("utter_code_slip", code=typed)
    talk.say("utter_code_unknown", code=reading.code)


def show(talk: Talk, case: Case) -> None:
    """The owner and who follows see what was said and may act; a stranger the public view, and how to follow."""
    status = STATUSES[case.status]
    late = talk.words("status_overdue") if is_overdue(case, talk.now) else ""
    facts: dict[str, Any] = {
        "code": case.code,
        "status": label(talk, status),
        "topic": talk.city.topic_name(case.topic),
        "agency": talk.city.agency_name(case.agency),
        "due": (in_words(case.due_at) if case.due_at and status.open else talk.words("status_no_due")) + late,
        "ward": ward_name(talk.city, case.ward) or talk.words("status_no_ward"),
    }
    if not knows(talk.session, talk.conversation, case):
        follow = talk.button("follow", f"follow:{case.code}")
        return talk.say("utter_status_public", buttons=[follow], **facts)
    answer = talk.words("status_answer").format(answer=case.answer) if case.answer and not status.open else ""
    buttons: list[Button] = []
    if status.open:
        buttons = [talk.button("add", f"after:add:{case.code}")]
        if owns(talk.conversation, case):
            buttons.append(talk.button("withdraw", f"after:withdraw:{case.code}"))
    elif status.id in ("resolved", "closed"):
        buttons = [talk.button("not_done", f"after:not_done:{case.code}")]
    talk.say("utter_status_owner", answer=answer, place=case.place_raw or facts["ward"], buttons=buttons, **facts)


def label(talk: Talk, status: Status) -> str:
    """A status in the resident's language."""
    english = talk.city.texts["status_en"].get(status.id)
    return english if english and talk.conversation.language == "en" else status.label


def link(talk: Talk, case: Case) -> str:
    """The public page of a case."""
    return f"{talk.public_url}/tra-cuu/{case.code}"


def mine(talk: Talk) -> None:
    """The person's cases, newest first, each a button."""
    cases = cases_of(talk.session, talk.conversation)
    if not cases:
        return talk.say("utter_no_cases")
    if len(cases) == 1:
        return show(talk, cases[0])
    lines = [
        f"• {c.code}: {talk.city.topic_name(c.topic)} – {STATUSES[c.status].label.lower()}" for c in cases[:_LISTED]
    ]
    buttons = [Button(c.code, f"track:{c.code}") for c in cases[:_LISTED]]
    talk.say("utter_my_cases", list="\n".join(lines), count=len(cases), buttons=buttons)


def press(talk: Talk, code: str) -> None:
    by_code(talk, code)
