"""A channel that must wait, or that a person has to repair. Kept in the database, so that all workers hold it alike."""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.database import ensure
from bot.store.models import ChannelState

log = logging.getLogger(__name__)

_DOWN = timedelta(minutes=5)
"""How long until a channel is tried again whose keys were refused: a person may have repaired it meanwhile."""
_FIRST, _LONGEST = 2.0, 300.0
_IN_A_ROW = 3
"""So many failures without a success between them are an outage; fewer are bad luck, and only their messages wait."""
_JUST = timedelta(seconds=1)
"""Where a message went through so lately, failures in a row are bad luck, too: many are under way side by side."""


def paused(session: Session, now: datetime) -> list[str]:
    """Names of the channels over which nothing goes out now."""
    return list(session.scalars(select(ChannelState.channel).where(ChannelState.until > now)))


def mark_waiting(
    session: Session, channel: str, reason: str, after: float | None, now: datetime, well_at: datetime | None = None
) -> float:
    """The platform asks everyone to wait, or does not answer.

    Args:
        after: the seconds that the platform itself named for everyone.
        well_at: when we last know a message to have gone through.

    Returns for how many seconds nobody's message goes out: the platform's own figure; else as long as the outage has
    lasted, so that each pause is about twice the one before; else 0 for the first few failures.
    """
    state = _state(session, channel, now)
    state.failures += 1
    if after is None:
        if state.failures < _IN_A_ROW or (well_at is not None and now - well_at < _JUST):
            return 0.0
        if state.until is not None and state.until > now:
            # It was under way when the pause began, and tells nothing new.
            return (state.until - now).total_seconds()
    lasted = (now - (state.since or now)).total_seconds()
    grown = min(max(lasted, _FIRST), _LONGEST) * random.uniform(0.8, 1.2)
    seconds = after if after is not None else grown
    state.until = max(state.until or now, now + timedelta(seconds=seconds))
    state.reason = reason[:300]
    return seconds


def mark_down(session: Session, channel: str, reason: str, now: datetime) -> datetime:
    """The platform refuses our keys or our account: an alarm. Returns when it is tried again."""
    state = _state(session, channel, now)
    if not state.down:
        log.error("ALARM: channel %s is down: %s", channel, reason)
    state.down, state.until, state.reason = True, now + _DOWN, reason[:300]
    return state.until


def mark_well(session: Session, channel: str, now: datetime) -> None:
    """A message went through."""
    state = session.get(ChannelState, channel)
    if state is None or not (state.failures or state.down):
        return
    if state.until is not None and state.until > now:
        # It was under way when the channel was told to wait: that it arrived does not end the waiting.
        return
    if state.until is not None:
        log.info("channel %s is well again", channel)
    state.down, state.failures, state.until, state.reason, state.since = False, 0, None, None, None


def troubles(session: Session) -> list[ChannelState]:
    """Channels that are not well, for the console, `doctor` and the metrics."""
    return list(session.scalars(select(ChannelState).where(ChannelState.since.is_not(None))))


def unwell(session: Session, now: datetime) -> list[ChannelState]:
    """The troubles that hold messages up now: a single failure, or a pause that is over, is none."""
    return [s for s in troubles(session) if s.down or (s.until is not None and s.until > now)]


def _state(session: Session, channel: str, now: datetime) -> ChannelState:
    state = ensure(session, ChannelState, channel=channel)
    state.since = state.since or now
    return state
