"""A vault in memory, for channels that are tested without a database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class MemoryVault:
    """What bot/channels/base.py asks of a vault; one change at a time."""

    def __init__(self, **kept: dict[str, Any]) -> None:
        self.kept: dict[str, dict[str, Any]] = dict(kept)
        self._lock = threading.Lock()

    def read(self, name: str) -> dict[str, Any] | None:
        return self.kept.get(name)

    def change(self, name: str, make: Callable[[dict[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
        with self._lock:
            self.kept[name] = make(self.kept.get(name))
            return self.kept[name]
