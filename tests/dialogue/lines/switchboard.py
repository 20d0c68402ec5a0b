"""One running system with all channels on, joined to the fake platforms; and the office, for people on any of them."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from bot.__main__ import main
from bot.services.receive import open_conversation
from bot.services.track_case import full_view
from bot.settings import ROOT, Settings, load
from bot.store.models import Case, Conversation
from bot.wiring import System, build
from tests.dialogue.lines.apps import App, MessengerApp, TelegramApp, ZaloApp, ZaloBotApp
from tests.dialogue.lines.line import Line
from tests.running import Running
from tests.servers import messenger, telegram, zalo_bot, zalo_oa


class Switchboard:
    """The system and the platforms. `start` it, give a `Caller` to each conversation, `stop` it.

    Args:
        folder: an empty folder for its data.
    """

    def __init__(self, folder: Path) -> None:
        self.running = Running(folder)
        self.telegram = telegram.FakeTelegram()
        self.zalo_oa = zalo_oa.FakeZaloOA(hook=f"{self.running.url}/hooks/zalo-oa")
        self.messenger = messenger.FakeMessenger()
        self.zalo_bot = zalo_bot.FakeZaloBot()
        zalo_oa.city_templates(self.zalo_oa, ROOT / "data")
        self.messenger.push_to(f"{self.running.url}/hooks/messenger")
        self.running.env |= self.settings()
        self.office = threading.Lock()
        self.numbers = itertools.count(1)
        self.system: System | None = None

    def settings(self) -> dict[str, str]:
        """The environment that joins a system to the fakes."""
        given: dict[str, Any] = {
            "telegram_token": telegram.TOKEN,
            "telegram_api_base": self.telegram.url,
            "zalo_bot_token": zalo_bot.TOKEN,
            "zalo_bot_api_base": self.zalo_bot.url,
            "messenger_app_secret": messenger.APP_SECRET,
            "messenger_verify_token": messenger.VERIFY_TOKEN,
            "messenger_page_token": messenger.PAGE_TOKEN,
            "messenger_graph_base": self.messenger.url,
            **self.zalo_oa.settings(),
        }
        joined = {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in given.items()}
        return {f"LANGNGHE_{name.upper()}": value for name, value in joined.items()}

    def start(self) -> Switchboard:
        self.running.start()
        self.system = build(self._own_settings())
        return self

    def stop(self) -> None:
        """The system must stop in time."""
        try:
            if self.running.process is not None:
                self.running.stop()
        finally:
            for fake in (self.telegram, self.zalo_oa, self.messenger, self.zalo_bot):
                fake.close()

    def _own_settings(self) -> Settings:
        """The office needs no platform: it writes into the outbox."""
        names = ("LANGNGHE_DATA_DIR", "LANGNGHE_PUBLIC_URL")
        return load({name: self.running.env[name] for name in names})

    def app(self, channel: str) -> App:
        """A new person with one platform's app."""
        number = next(self.numbers)
        made: dict[str, App] = {
            "telegram": TelegramApp(self.telegram, number),
            "zalo_oa": ZaloApp(self.zalo_oa, number),
            "messenger": MessengerApp(self.messenger, number),
            "zalo_bot": ZaloBotApp(self.zalo_bot, number),
        }
        return made[channel]

    def command(self, *arguments: str) -> Any:
        """A command of `langnghe`, on the system that is open already: opening it takes a third of a second."""
        said, failed = io.StringIO(), io.StringIO()
        with (
            self.office,
            patch("bot.commands.cases.build", lambda settings: self.system),
            patch("bot.commands.cases.load", self._own_settings),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(failed),
        ):
            status = main(list(arguments))
        assert status == 0, f"langnghe {' '.join(arguments)}:\n{failed.getvalue()}"
        return json.loads(said.getvalue()) if "--json" in arguments else said.getvalue()


class Caller:
    """What one conversation (tests/dialogue/runner.py) sees of the system: people on one channel, and the office."""

    def __init__(self, board: Switchboard, channel: str) -> None:
        self.board, self.channel = board, channel
        self.url = board.running.url
        self.lines: list[Line] = []

    def chat(self) -> Line:
        """A new person on this channel."""
        self.lines.append(Line(self.channel, self.board.app(self.channel), self.database))
        return self.lines[-1]

    def command(self, *arguments: str) -> Any:
        if arguments[:2] != ("case", "add"):
            return self.board.command(*arguments)
        self._has_written(arguments[arguments.index("--session") + 1])
        return self.board.command(*arguments, "--channel", self.channel)

    def _has_written(self, address: str) -> None:
        """Who has a case has written to us before."""
        system = self._system
        with system.db.write() as session:
            conversation = open_conversation(session, self.channel, address, system.clock())
            conversation.last_seen_at = system.clock()

    def cases(self, since: str) -> list[dict[str, Any]]:
        """The cases of the people in this conversation: others are talking at the same time."""
        system, addresses = self._system, [line.session for line in self.lines]
        query = select(Case).join(Conversation, Conversation.id == Case.conversation_id)
        query = query.where(Conversation.channel == self.channel, Conversation.address.in_(addresses))
        with system.db.read() as session:
            found = session.scalars(query.order_by(Case.id))
            return [full_view(session, system.city, case, system.clock()) for case in found]

    def database(self) -> sqlite3.Connection:
        """What is stored, to look at only. Close it."""
        path = self.board.running.folder / "langnghe.db"
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)

    def stop(self) -> float:
        return self.board.running.stop()

    def start(self) -> Running:
        return self.board.running.start()

    def kill(self, name: str) -> None:
        self.board.running.kill(name)

    def wait_ready(self) -> None:
        self.board.running.wait_ready()

    @property
    def _system(self) -> System:
        assert self.board.system is not None
        return self.board.system


@contextlib.contextmanager
def joined(folder: Path) -> Iterator[Switchboard]:
    """A running system, stopped at the end."""
    board = Switchboard(folder)
    try:
        yield board.start()
    finally:
        board.stop()
