"""The service from inbox to outbox with a real database and a scripted understanding in place of Rasa.

Rules and sentences are the real ones of `data/`; codes, phones, times and places are found by the real extractors;
only what the classifier would say is given by the test.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.channels.webchat import WebChat
from bot.city import City, read_yaml
from bot.dialogue import BotMessage
from bot.domain.message import Incoming, Location, MediaRef, Outgoing
from bot.domain.roles import Role
from bot.services.handle_case import Actor
from bot.services.receive import receive
from bot.settings import ROOT, Settings
from bot.store.models import Case, Conversation, Inbox, Outbox
from bot.talk.once import Assistant
from bot.wiring import System, build
from nlu.text.entities import find_entities

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""9 o'clock in Hanoi on a working day."""


class Scripted:
    """Stands where `bot.dialogue.Dialogue` stands."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.assistant: Assistant | None = None
        self.meant: dict[str, dict[str, Any]] = {}
        self.down = False
        self.flows = {
            step["intent"]: rule["steps"][1]["action"].removeprefix("action_")
            for path in (ROOT / "data" / "rules").glob("*.yml")
            for rule in read_yaml(path)["rules"]
            for step in rule["steps"][:1]
        }
        self.sentences = {
            name: texts[0]["text"]
            for path in (ROOT / "data" / "domain").glob("*.yml")
            for name, texts in (read_yaml(path).get("responses") or {}).items()
        }

    def means(self, text: str, intent: str, label: str | None = None, confidence: float = 0.9, **more: Any) -> None:
        """From now on the classifier understands `text` so."""
        self.meant[text] = {"intent": intent, "label": label or intent, "confidence": confidence, **more}

    def parse(self, text: str) -> dict[str, Any]:
        said = self._meaning(text)
        place = self.city.gazetteer.resolve(text)
        ranking = said.get("ranking") or [(said["label"], said["confidence"])]
        return {
            "text": text,
            "intent": {"name": said["intent"], "confidence": said["confidence"]},
            "label": said["label"],
            "confidence": said["confidence"],
            "ranking": [{"id": i, "confidence": c} for i, c in ranking],
            "second": said.get("second"),
            "entities": [vars(e) for e in find_entities(text)],
            "place": asdict(place) if place else None,
        }

    def _meaning(self, text: str) -> dict[str, Any]:
        if text in self.meant:
            return self.meant[text]
        inside = [m for t, m in self.meant.items() if t in text and m["intent"] == "report"]
        return inside[0] if inside else {"intent": "unclear", "label": "unclear", "confidence": 0.1}

    def turn(self, sender: str, text: str, metadata: dict[str, Any]) -> list[BotMessage]:
        parse = self.parse(text)
        return self._run(metadata["inbox_id"], parse, self.flows[parse["intent"]["name"]])

    def command(self, sender: str, intent: str, metadata: dict[str, Any]) -> list[BotMessage]:
        return self._run(metadata["inbox_id"], {"intent": {"name": intent, "confidence": 1.0}}, self.flows[intent])

    def _run(self, inbox_id: int, parse: dict[str, Any], flow: str) -> list[BotMessage]:
        if self.down:
            from bot.errors import DialogueUnavailable

            raise DialogueUnavailable("down")
        assert self.assistant is not None
        said = []
        for reply in self.assistant.decide(inbox_id, flow, parse):
            text = self.sentences[reply["name"]].format(**reply["values"])
            buttons = tuple((b["label"], b["payload"]) for b in reply["buttons"])
            said.append(BotMessage(text, buttons, {"images": reply["images"], "ask": reply["ask"]}))
        return said

    def ready(self) -> bool:
        return not self.down


class Desk:
    """One installation and its residents, driven step by step; time stands still unless moved."""

    def __init__(self, url: str, folder: Path, city: City) -> None:
        self.now = MONDAY
        self.numbers = itertools.count(1)
        self.dialogue = Scripted(city)
        settings = Settings(data_dir=folder, database_url=url, secret_key="test")
        system = build(settings, clock=lambda: self.now)
        self.system: System = replace(system, city=city, dialogue=self.dialogue, channels={"webchat": WebChat()})
        self.dialogue.assistant = self.system.assistant()
        self.converse, self.deliver = self.system.converse(), self.system.deliver()
        self.admin = Actor("admin", Role.ADMIN)

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)

    def hears(self, who: str, text: str = "", **what: Any) -> list[Outgoing]:
        """One message comes in and is answered. Returns the answers."""
        message = Incoming("webchat", f"{who}:{next(self.numbers)}", who, text, **what)
        with self.system.db.write() as session:
            row_id = receive(session, message, self.now)
        while self.converse.step():
            pass
        while self.deliver.step():
            pass
        return self.answers(row_id)

    def answers(self, row_id: int | None) -> list[Outgoing]:
        with self.system.db.read() as session:
            rows = session.scalars(select(Outbox).where(Outbox.inbox_id == row_id).order_by(Outbox.id))
            return [Outgoing.from_json(r.body) for r in rows]

    def presses(self, who: str, label: str) -> list[Outgoing]:
        """Press the newest button with this label."""
        payload = self.button(who, label)
        return self.hears(who, payload=payload)

    def button(self, who: str, label: str) -> str:
        for message in reversed(self.sent(who)):
            for button in message.buttons:
                if button.label == label:
                    return button.payload
        raise AssertionError(f"no button {label!r}")

    def agrees(self, who: str) -> None:
        """A resident who has agreed already."""
        self.dialogue.means("xin chào", "greeting")
        self.hears(who, "xin chào")
        self.presses(who, "Đồng ý")

    def sends_photo(self, who: str, content: bytes, text: str = "") -> list[Outgoing]:
        with self.system.db.write() as session:
            self._open(session, who)
            media = self.system.media.put(session, content, "photo", None, self.now).id
        return self.hears(who, text, media=(MediaRef("photo", media, None, text),))

    def _open(self, session: Any, who: str) -> Conversation:
        from bot.services.receive import open_conversation

        return open_conversation(session, "webchat", who, self.now)

    def shares(self, who: str, lat: float, lon: float) -> list[Outgoing]:
        return self.hears(who, location=Location(lat, lon))

    def sent(self, who: str) -> list[Outgoing]:
        """Everything this person was sent, in order."""
        with self.system.db.read() as session:
            query = select(Outbox).join(Conversation).where(Conversation.address == who).order_by(Outbox.id)
            return [Outgoing.from_json(r.body) for r in session.scalars(query)]

    def cases(self) -> list[Case]:
        with self.system.db.read() as session:
            cases = list(session.scalars(select(Case).order_by(Case.id)))
            for case in cases:
                _ = case.events, case.messages, case.attachments
            return cases

    def inbox(self) -> list[Inbox]:
        with self.system.db.read() as session:
            return list(session.scalars(select(Inbox).order_by(Inbox.id)))


def said(messages: list[Outgoing]) -> str:
    """All texts in one."""
    return "\n".join(m.text for m in messages)
