"""A web chat that behaves like the stricter platforms: ordinary words only for a day after a person's last message."""

from __future__ import annotations

from datetime import timedelta

from bot.channels.base import File
from bot.channels.webchat import WebChat
from bot.domain.message import Incoming, Outgoing
from bot.domain.reach import PushRules, Way
from bot.services.receive import open_conversation, receive
from tests.scripted import Desk


class Strict(WebChat):
    """Fails as the test says, then takes everything; remembers what it took and by which way."""

    def __init__(self, template: bool = False) -> None:
        self.push = PushRules(free=timedelta(hours=24), template=template)
        self.failures: list[Exception] = []
        self.taken: list[tuple[Way, str]] = []

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((way, message.text))
        return f"p-{len(self.taken)}"


def strict(desk: Desk, template: bool = False) -> Strict:
    """Put such a web chat in the place of the easy one."""
    desk.system.channels["webchat"] = channel = Strict(template)
    return channel


def writes(desk: Desk, who: str, phone: str | None = None) -> None:
    """A resident writes; who gives a phone number has it kept."""
    with desk.system.db.write() as session:
        receive(session, Incoming("webchat", f"w{next(desk.numbers)}", who, "alô"), desk.now)
        if phone:
            open_conversation(session, "webchat", who, desk.now).resident.phone = phone


def delivers(desk: Desk) -> None:
    """The worker sends what can be sent now."""
    while desk.deliver.step():
        pass
