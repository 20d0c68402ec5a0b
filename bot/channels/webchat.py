"""The chat page and everybody who speaks its JSON. The page fetches its messages from the outbox itself, so that
sending only means that they may be fetched; a fetch is the proof of delivery."""

from __future__ import annotations

from bot.channels.base import Abilities, File, Rate, Store, Vault
from bot.domain.message import Incoming, Outgoing
from bot.domain.reach import PushRules, Way
from bot.errors import BrokenRequest
from bot.settings import Settings


class WebChat:
    """Always on; needs no keys."""

    name = "webchat"
    label = "Chat trên web"
    abilities = Abilities(buttons=50, pictures=True, text=20000, typing=True)
    push = PushRules()
    rate = Rate(overall=1000, one=100, burst=100)

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        return ""

    def verify(self, headers: dict[str, str], raw: bytes) -> bool:
        return False

    def parse(self, payload: dict) -> list[Incoming]:
        return []

    def fetch(self, remote: str) -> bytes:
        raise BrokenRequest("web chat stores its files when they arrive")

    def typing(self, address: str) -> None:
        return None

    def receiver(self, store: Store) -> None:
        return None

    def close(self) -> None:
        return None


def open_channel(settings: Settings, vault: Vault) -> WebChat:
    return WebChat()
