"""What a channel is. One module = one channel; it is found by its folder (see bot/channels/__init__.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.message import Incoming, Outgoing
from bot.settings import Settings


@dataclass(frozen=True)
class Abilities:
    """What a platform can show. What it cannot is degraded: buttons to numbered text, pictures to links."""

    buttons: int = 0
    """The most buttons of one message; 0 = none."""
    pictures: bool = True
    text: int = 2000
    """Characters of one message."""
    typing: bool = False


@dataclass(frozen=True)
class File:
    """A picture or file to send: its bytes and type."""

    content: bytes
    content_type: str
    name: str


Store = Callable[[list[Incoming]], None]
"""Keeps messages before the platform is told that they arrived."""


class Receiver(Protocol):
    """Runs in the background of the one process that receives."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Channel(Protocol):
    """One platform."""

    name: str
    label: str
    abilities: Abilities

    def send(self, address: str, message: Outgoing, files: list[File]) -> str:
        """Hand a message to the platform. Returns its message id. Raises a DeliveryError."""
        ...

    def verify(self, headers: dict[str, str], raw: bytes) -> bool:
        """Whether a webhook call is the platform's own, judged on the raw bytes."""
        ...

    def parse(self, payload: dict) -> list[Incoming]:
        """The messages in a webhook's payload; what is not understood is left out."""
        ...

    def fetch(self, remote: str) -> bytes:
        """The bytes of a file that came with a message. Raises RetryLater or BrokenRequest."""
        ...

    def typing(self, address: str) -> None:
        """Show that an answer is being written; failures are of no account."""
        ...

    def receiver(self, store: Store) -> Receiver | None:
        """What asks the platform for messages, or tells it where to bring them; None when neither is needed."""
        ...

    def close(self) -> None:
        """Let go of connections and threads."""
        ...


Factory = Callable[[Settings], "Channel | None"]
"""What a channel's module offers as `open_channel`: None when its keys are missing."""
