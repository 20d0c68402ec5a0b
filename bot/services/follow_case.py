"""A case is followed from another conversation than the one that filed it: whoever knows the last four digits of the
phone number given with the case hears of it there as well.

Four digits are soon guessed, so wrong ones are counted for the conversation and for the case alike: the third within
an hour locks both for an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from bot.store.models import Case, Conversation, Follower, FollowTry, Resident

DIGITS = 4
TRIES = 3
SPAN = timedelta(hours=1)
"""In which the tries are counted, and for which it is locked then."""


class Outcome(StrEnum):
    """What came of it."""

    FOLLOWED = "followed"
    WRONG = "wrong"
    LOCKED = "locked"
    NO_PHONE = "no_phone"


@dataclass(frozen=True)
class Answer:
    """`left`: tries that remain after a wrong one; `until`: when a lock ends."""

    outcome: Outcome
    left: int = TRIES
    until: datetime | None = None


def phone_digits(session: Session, case: Case) -> str | None:
    """The last four digits of the phone number given with the case, else of its resident's; None for none."""
    resident = session.get(Resident, case.resident_id) if case.resident_id else None
    for number in (case.fields.get("contact_phone"), resident.phone if resident else None):
        digits = "".join(c for c in str(number or "") if c.isdigit())
        # "người gửi không rõ" stands where somebody was asked and had none.
        if len(digits) >= 2 * DIGITS:
            return digits[-DIGITS:]
    return None


def may_try(session: Session, conversation: Conversation, case: Case, now: datetime) -> Answer | None:
    """Why nobody needs to be asked for digits now; None when they may be given."""
    if phone_digits(session, case) is None:
        return Answer(Outcome.NO_PHONE)
    until = _locked_until(session, conversation, case, now)
    return Answer(Outcome.LOCKED, 0, until) if until else None


def follow(session: Session, conversation: Conversation, case: Case, digits: str, now: datetime) -> Answer:
    """Link this conversation to the case if the digits are right. Following twice is following once."""
    # One at a time for each case, so that tries made at the same moment are all counted.
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    refusal = may_try(session, conversation, case, now)
    if refusal is not None:
        return refusal
    if digits != phone_digits(session, case):
        return _wrong(session, conversation, case, now)
    if not follows(session, conversation, case):
        session.add(Follower(case_id=case.id, conversation_id=conversation.id, since=now))
        session.flush()
    return Answer(Outcome.FOLLOWED)


def unfollow(session: Session, conversation: Conversation, case: Case) -> None:
    """This conversation hears no more of the case."""
    session.execute(delete(Follower).where(Follower.case_id == case.id, Follower.conversation_id == conversation.id))


def follows(session: Session, conversation: Conversation, case: Case) -> bool:
    """Whether this conversation is linked to the case."""
    query = select(Follower.since).where(Follower.case_id == case.id, Follower.conversation_id == conversation.id)
    return session.scalar(query) is not None


def _wrong(session: Session, conversation: Conversation, case: Case, now: datetime) -> Answer:
    session.add(FollowTry(case_id=case.id, conversation_id=conversation.id, at=now))
    session.flush()
    until = _locked_until(session, conversation, case, now)
    if until is not None:
        return Answer(Outcome.LOCKED, 0, until)
    counted = max(len(_recent(session, key, now)) for key in _keys(conversation, case))
    return Answer(Outcome.WRONG, TRIES - counted)


def _keys(conversation: Conversation, case: Case) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return FollowTry.conversation_id == conversation.id, FollowTry.case_id == case.id


def _recent(session: Session, key: ColumnElement[bool], now: datetime) -> list[datetime]:
    return list(session.scalars(select(FollowTry.at).where(key, FollowTry.at > now - SPAN)))


def _locked_until(session: Session, conversation: Conversation, case: Case, now: datetime) -> datetime | None:
    """When the lock of the conversation or of the case ends; None when neither is locked."""
    ends = []
    for key in _keys(conversation, case):
        query = select(FollowTry.at).where(key).order_by(FollowTry.at.desc()).limit(TRIES)
        last = list(session.scalars(query))
        if len(last) == TRIES and last[0] - last[-1] < SPAN and now < last[0] + SPAN:
            ends.append(last[0] + SPAN)
    return max(ends, default=None)
