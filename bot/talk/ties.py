"""Messages that belong to an earlier one: a correction by editing it, a late picture of its album."""

from __future__ import annotations

from sqlalchemy import select

from bot.domain.message import clean_text
from bot.services import answer_case
from bot.store.models import Attachment, Case, Inbox
from bot.talk import place
from bot.talk.draft import Body, find_draft, save
from bot.talk.turn import Talk

_LOOKED_AT = 50
"""Messages back; what is older is not corrected any more but said anew."""


def need_no_answer(talk: Talk) -> bool:
    """An edit that changed no word (platforms report those, too), or a picture that joins its album."""
    earlier = original(talk)
    if earlier is not None and clean_text(earlier.body.get("text")) == talk.text:
        return True
    return _joins_album(talk)


def original(talk: Talk) -> Inbox | None:
    """The message that this one corrects."""
    number = talk.message.handle.get("edits")
    if number is None:
        return None
    return next((row for row in _recent(talk) if _handle(row).get("number") == number), None)


def correct(talk: Talk, body: Body) -> bool:
    """Exchange the words of the corrected message wherever they stand in the draft. False when they do not."""
    earlier = original(talk)
    old = clean_text(earlier.body.get("text")) if earlier is not None else ""
    if not old:
        return False
    told = old in body.story
    body.story = [talk.text if part == old else part for part in body.story]
    kept = {**body.fields}
    body.fields = {name: talk.text if value == old else value for name, value in kept.items()}
    body.said = {question: talk.text if answer == old else answer for question, answer in body.said.items()}
    body.attachments = [[m, kind, talk.text if caption == old else caption] for m, kind, caption in body.attachments]
    placed = _correct_place(talk, body, old)
    return told or placed or body.fields != kept


def _correct_place(talk: Talk, body: Body, old: str) -> bool:
    """The place that the old words named gives way to the one that the new words name."""
    before, after = talk.understand(old).place, talk.heard.place
    old_raw = before["raw"] if before else old
    new_raw = after["raw"] if after else ("" if before else talk.text)
    if body.place.raw and old_raw in body.place.raw:
        place.set_raw(body.place, body.place.raw.replace(old_raw, new_raw).strip(" ,."), talk)
        return True
    if after and not before:
        place.merge(body.place, after, talk)
    return False


def _joins_album(talk: Talk) -> bool:
    """A picture that comes after its album was answered goes where the album went: nothing is asked twice."""
    if talk.text or not talk.message.media:
        return False
    album = _album(talk)
    if not any(row.turn for row in album):
        return False
    files = {item["media_id"] for row in album for item in row.body.get("media") or () if item.get("media_id")}
    return _held(talk, album) or _into_draft(talk, files) or _into_case(talk, files)


def _album(talk: Talk) -> list[Inbox]:
    """The parts that came before. Zalo has no albums: its pictures only wait for one another, under the sender's id."""
    group = talk.message.handle.get("media_group_id")
    if not group or group == talk.message.sender:
        return []
    return [row for row in _recent(talk) if _handle(row).get("media_group_id") == group]


def _held(talk: Talk, album: list[Inbox]) -> bool:
    """The album waits for the resident's consent."""
    held = talk.state("held", [])
    if not any(row.id in held for row in album):
        return False
    talk.remember(held=[*held, talk.inbox_id])
    return True


def _into_draft(talk: Talk, files: set[str]) -> bool:
    """A question is open. A summary is not: it counts the pictures, so it is shown again."""
    draft = find_draft(talk.session, talk.conversation)
    body = Body.from_json(draft.body) if draft is not None else Body()
    if draft is None or body.question in (None, "confirm") or not any(kept[0] in files for kept in body.attachments):
        return False
    body.attachments += [[item.media_id, item.kind, ""] for item in talk.message.media if item.media_id]
    save(draft, body, talk.now)
    return True


def _into_case(talk: Talk, files: set[str]) -> bool:
    """The report was sent meanwhile."""
    mine = Case.conversation_id == talk.conversation.id
    case = talk.session.scalar(select(Case).join(Attachment).where(Attachment.media_id.in_(files), mine).limit(1))
    if case is None:
        return False
    media = tuple(item.media_id for item in talk.message.media if item.media_id)
    answer_case.add_from_resident(talk.session, talk.city, case, "", media, talk.now, f"inbox-{talk.inbox_id}")
    talk.say("utter_added", code=case.code)
    return True


def _recent(talk: Talk) -> list[Inbox]:
    """The conversation's messages before this one, newest first."""
    mine = (Inbox.conversation_id == talk.conversation.id, Inbox.id < talk.inbox_id)
    return list(talk.session.scalars(select(Inbox).where(*mine).order_by(Inbox.id.desc()).limit(_LOOKED_AT)))


def _handle(row: Inbox) -> dict:
    return row.body.get("handle") or {}
