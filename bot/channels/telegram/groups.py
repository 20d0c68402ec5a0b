"""Which groups have been told today that we talk in private only.

Kept for all processes, so that neither a second worker nor a restart says it again; of a group nothing is kept but its
number, and that until the next day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.channels.base import Vault
from bot.domain.reach import LOCAL

_KEPT = "telegram-groups"


class Groups:
    """The groups of one day, local time.

    Args:
        clock: the time, aware.
    """

    def __init__(self, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._vault = vault
        self._clock = clock

    def first_today(self, group: str) -> bool:
        """Whether this group has not been told today; from now on it has."""
        day = self._clock().astimezone(LOCAL).date().isoformat()
        # A look is cheap, a change is not, and a lively group writes all day.
        if group in _told(self._vault.read(_KEPT), day):
            return False
        before: list[str] = []

        def add(kept: dict[str, Any] | None) -> dict[str, Any]:
            before[:] = _told(kept, day)
            return {"day": day, "told": sorted({*before, group})}

        self._vault.change(_KEPT, add)
        return group not in before


def _told(kept: dict[str, Any] | None, day: str) -> list[str]:
    return list(kept["told"]) if kept and kept.get("day") == day else []
