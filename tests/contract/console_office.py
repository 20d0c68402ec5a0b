"""One office with its people, for the tests of the console: accounts, residents' reports, looks into the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from fastapi import Response
from sqlalchemy import select

from bot.domain.message import Button, Incoming, Outgoing
from bot.services.file_case import Report, file_case
from bot.services.handle_case import Actor
from bot.services.notify import queue
from bot.services.receive import open_conversation, receive
from bot.store.models import Case, Staff
from bot.web.app import create_app
from bot.web.security import COOKIE, keep_visitor, new_visitor
from tests.contract.console_browser import Browser, picture
from tests.scripted import Desk

PASSWORD = "một mật khẩu dài"
WARD, OTHER_WARD = "00004", "00070"
UNIT, OTHER_UNIT = f"commune-{WARD}", f"commune-{OTHER_WARD}"
PEOPLE = {
    "dieuphoi": ("Đỗ Điều Phối", "dispatcher", None),
    "canbo": ("Cao Cán Bộ", "officer", UNIT),
    "lanhdao": ("Lê Lãnh Đạo", "leader", UNIT),
    "noikhac": ("Ngô Nơi Khác", "officer", OTHER_UNIT),
    "quantri": ("Quách Quản Trị", "admin", None),
}


@cache
def hashed() -> str:
    return PasswordHasher().hash(PASSWORD)


class Office:
    """The console of one installation and the people who work there."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = create_app(desk.system)
        self.serial = 0

    def knows(self, username: str) -> Staff:
        """The account of one of PEOPLE. All share one hash: hashing is slow on purpose."""
        name, role, unit = PEOPLE[username]
        with self.desk.system.db.write() as session:
            known = session.scalar(select(Staff).where(Staff.username == username))
            if known is None:
                known = Staff(username=username, name=name, role=role, agency=unit, password_hash=hashed(),
                              created_at=self.desk.now)  # fmt: skip
                session.add(known)
        return known

    def at(self, username: str) -> Browser:
        """This person's browser with a session as signing in gives it."""
        browser, answer = Browser(self.app), Response()
        keep_visitor(self.desk.system, answer, new_visitor(self.desk.system, self.knows(username)))
        value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        browser.client.cookies.set(COOKIE, value, domain="city.test", path="/staff")
        return browser

    def report(self, text: str = "Nắp cống vỡ trước cổng trường", **more: Any) -> str:
        """A resident's report of the web chat, with a photo and the talk that led to it. Returns the code."""
        self.serial += 1
        who, values = more.pop("who", f"resident-{self.serial}"), {"topic": "manhole_cover", "ward": WARD, **more}
        with self.desk.system.db.write() as session:
            conversation = open_conversation(session, "webchat", who, self.desk.now)
            receive(session, Incoming("webchat", f"m{self.serial}", who, text), self.desk.now)
            queue(session, conversation.id, Outgoing("Ở đâu ạ?", (Button("Gửi phiếu", "report:x:send"),)),
                  f"q{self.serial}", "reply", self.desk.now)  # fmt: skip
            photo = self.desk.system.media.put(session, picture(), "photo", conversation.id, self.desk.now)
            report = Report(text, attachments=((photo.id, "photo", ""),), **values)
            case = file_case(session, self.desk.system.city, report, conversation, "webchat", Actor.resident(),
                             self.desk.now)  # fmt: skip
        return case.code

    def case(self, code: str) -> Case:
        with self.desk.system.db.read() as session:
            case = session.scalars(select(Case).where(Case.code == code)).one()
            _ = case.events, case.messages, case.attachments
            return case

    def rows(self, table: Any) -> list[Any]:
        with self.desk.system.db.read() as session:
            return list(session.scalars(select(table)))

    def change(self, deed: Callable[[Any], Any]) -> Any:
        with self.desk.system.db.write() as session:
            return deed(session)
