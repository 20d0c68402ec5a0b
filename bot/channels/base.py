"""What a channel is. One module = one channel; it is found by its folder (see bot/channels/__init__.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.message import Incoming, Outgoing
from bot.domain.reach import PushRules, Way
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
    lasting: bool = True
    """Whether buttons stay when another message follows them."""


@dataclass(frozen=True)
class Rate:
    """What a platform lets through: messages a second over all, and to one person after a short burst."""

    overall: float = 30.0
    one: float = 1.0
    burst: int = 5


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
    push: PushRules
    rate: Rate

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        """Hand a message to the platform, in a way that its `push` rules have. Returns its message id.

        For `template` and `phone` only `message.template` counts; for `phone` the address is a number such as
        `84901234567`. Raises a DeliveryError.
        """
        ...

    def verify(self, headers: dict[str, str], raw: bytes) -> bool:
        """Whether a webhook call is the platform's own, judged on the raw bytes."""
        ...

    def parse(self, payload: dict) -> list[Incoming]:
        """The messages and receipts in a webhook's payload; what is not understood is left out."""
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


class Vault(Protocol):
    """Tokens that change by themselves, kept for all processes of an installation."""

    def read(self, name: str) -> dict[str, Any] | None:
        """What is kept under a name."""
        ...

    def change(self, name: str, make: Callable[[dict[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
        """Replace what is kept by `make(kept)`, one at a time over all processes, and return the new.

        `make` may call the platform. What it returns is stored before anybody sees it; when it raises, nothing changes.
        """
        ...


Factory = Callable[[Settings, Vault], "Channel | None"]
"""What a channel's module offers as `open_channel`: None when its keys are missing."""
