"""A typed number stands for a button: the one way to choose where a platform shows none, and a habit elsewhere. So
does a typed label."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.message import Outgoing
from bot.store.models import Outbox
from nlu.text.normalize import bare_words

_NUMBER = re.compile(r"\s*(?:(?:chọn|chon|số|so|ý|y|nút|nut|câu|cau)\s+)?[(\[]?(\d{1,2})[)\].:]?\s*", re.IGNORECASE)
_LONGEST_LABEL = 80
_LOOKED_AT = 5
"""Messages of one answer of ours, at most."""


def chosen(session: Session, conversation_id: str, text: str, numbered: bool) -> str | None:
    """The payload of the button that a text such as "2", "chọn 2" or "địa điểm" stands for; None when it is for none.

    Args:
        numbered: the platform showed numbers. Where it showed buttons a lone one ("Bỏ qua") is not meant by "1",
            which is rather a house number.
    """
    found = _NUMBER.fullmatch(text)
    if found is None and len(text) > _LONGEST_LABEL:
        return None
    query = select(Outbox).where(Outbox.conversation_id == conversation_id).order_by(Outbox.id.desc())
    newest = list(session.scalars(query.limit(_LOOKED_AT)))
    for row in newest:
        if row.inbox_id != newest[0].inbox_id:
            break
        buttons = Outgoing.from_json(row.body).buttons
        if buttons and found is None:
            return next((b.payload for b in buttons if plain(b.label) == plain(text)), None)
        if buttons and found is not None:
            number = int(found[1])
            few = len(buttons) < 2 and not numbered
            return buttons[number - 1].payload if 1 <= number <= len(buttons) and not few else None
    return None


def plain(text: str) -> str:
    """Small letters without diacritics, signs and manners at the end."""
    return re.sub(r"(?: (?:a|nhe|nha|em|ad))+$", "", bare_words(text))
