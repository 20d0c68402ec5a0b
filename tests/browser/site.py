"""What browser tests stand on: the real web with a scripted understanding, and a person with a browser."""

from __future__ import annotations

import threading
import time
from typing import Any

import uvicorn
from playwright.sync_api import expect
from sqlalchemy import func, select

from bot.domain.message import Outgoing
from bot.store.models import Conversation, Inbox, Outbox
from bot.web.app import create_app
from tests.scripted import Desk


class Site:
    """The web on a free port; a thread answers what arrives, a second of the city's time for each message."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.server = uvicorn.Server(uvicorn.Config(create_app(desk.system), port=0, log_level="critical"))
        self.running = True
        self.threads = [threading.Thread(target=self.server.run), threading.Thread(target=self._work)]

    def __enter__(self) -> Site:
        for thread in self.threads:
            thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.running = False
        self.server.should_exit = self.server.force_exit = True
        for thread in self.threads:
            thread.join()

    @property
    def url(self) -> str:
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def _work(self) -> None:
        while self.running:
            if self.desk.converse.step():
                self.desk.passes(seconds=1)
            self.desk.deliver.step()
            time.sleep(0.02)

    def count(self, model: Any) -> int:
        with self.desk.system.db.read() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def newest(self) -> dict[str, Any]:
        """The resident's newest message as it is stored."""
        with self.desk.system.db.read() as session:
            return session.scalars(select(Inbox.body).order_by(Inbox.id.desc())).first() or {}

    def writes(self, kind: str, message: Outgoing) -> None:
        """A notice or a word of staff to the only resident."""
        with self.desk.system.db.write() as session:
            person = session.scalars(select(Conversation.id)).one()
            now = self.desk.now
            session.add(
                Outbox(
                    key=f"{kind}-{now}",
                    conversation_id=person,
                    channel="webchat",
                    kind=kind,
                    body=message.to_json(),
                    available_at=now,
                    created_at=now,
                )
            )


class Visit:
    """One person's browser."""

    def __init__(self, chromium: Any, site: Site, **options: Any) -> None:
        options = {"viewport": {"width": 1000, "height": 720}, "locale": "vi-VN"} | options
        self.context = chromium.new_context(**options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.site = site
        self.page.goto(site.url)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def says(self, text: str) -> None:
        self.page.get_by_label("Tin nhắn", exact=True).fill(text)
        self.page.keyboard.press("Enter")

    def presses(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).last.click()

    @property
    def own(self) -> Any:
        return self.page.locator(".turn.resident")

    @property
    def answers(self) -> Any:
        return self.page.locator(".turn.assistant")

    def agrees(self) -> None:
        self.says("xin chào")
        self.presses("Đồng ý")
        expect(self.answers).to_have_count(2)
        expect(self.own).to_have_count(2)
        expect(self.page.locator(".unsent")).to_have_count(0)
