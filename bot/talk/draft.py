"""The open draft: everything said about one matter, merged in one place, wherever and in which order it came."""

from __future__ import annotations

import copy
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import Conversation, Draft

_SHORT = 9
"""Syllables up to which a fragment is joined with a comma and not with a full stop."""


@dataclass
class Place:
    """Where it is. `wards` are (code, name) candidates, best first; `ward` the chosen or likely one."""

    raw: str = ""
    ward: str | None = None
    ward_name: str | None = None
    wards: list[list[str]] = field(default_factory=list)
    ambiguous: bool = False
    too_wide: bool = False
    lat: float | None = None
    lon: float | None = None
    outside: str | None = None

    def known(self) -> bool:
        return bool(self.raw or self.lat is not None)


@dataclass
class Body:
    """What `Draft.body` holds."""

    story: list[str] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    fields: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """question -> the whole message that answered it, so that "quay lại" can take it out of the story"""
    attachments: list[list[str]] = field(default_factory=list)
    """(media id, kind, caption)"""
    topic: str | None = None
    topic_sure: bool = False
    topic_chosen: bool = False
    guessed: str | None = None
    confidence: float = 0.0
    ranking: list[list[Any]] = field(default_factory=list)
    second: str | None = None
    kind: str = "report"
    level: str | None = None
    question: str | None = None
    asked: dict[str, int] = field(default_factory=dict)
    trail: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Body:
        # A copy: the body is changed in place, and the row must see a difference when it is saved.
        data = copy.deepcopy(data)
        return cls(**{**data, "place": Place(**data.get("place", {}))})

    def text(self) -> str:
        """The whole story, readable in one piece."""
        told = ""
        for part in self.story:
            if not told:
                told = part
            elif told[-1] in ".!?…\n,;:":
                told += " " + part
            else:
                told += (", " if len(part.split()) <= _SHORT else ". ") + part
        return told

    def add_story(self, text: str) -> None:
        if text and text not in self.story:
            self.story.append(text)

    def replace(self, old: str, new: str) -> bool:
        """Correct a word or number everywhere. True when it stood somewhere."""
        pattern = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)", re.IGNORECASE)
        hit = any(pattern.search(s) for s in [*self.story, self.place.raw])
        self.story = [pattern.sub(lambda _: new, s) for s in self.story]
        self.place.raw = pattern.sub(lambda _: new, self.place.raw)
        self.fields = {k: pattern.sub(lambda _: new, v) for k, v in self.fields.items()}
        return hit


def find_draft(session: Session, conversation: Conversation) -> Draft | None:
    """The open draft of this conversation."""
    return session.scalar(select(Draft).where(Draft.conversation_id == conversation.id, Draft.state == "open"))


def open_draft(session: Session, conversation: Conversation, now: datetime) -> Draft:
    """The open draft, made when there is none."""
    draft = find_draft(session, conversation)
    if draft is None:
        draft = Draft(conversation_id=conversation.id, body=asdict(Body()), created_at=now, updated_at=now)
        session.add(draft)
        session.flush()
    return draft


def save(draft: Draft, body: Body, now: datetime) -> None:
    draft.body, draft.updated_at = asdict(body), now
