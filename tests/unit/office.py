"""Cases and the people who work on them, for the tests of the services."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PIL import Image
from sqlalchemy import select

from bot.domain.deadline import WorkCalendar
from bot.domain.roles import Role
from bot.domain.status import STATUSES
from bot.services import handle_case
from bot.services.file_case import Report, file_case
from bot.services.handle_case import Actor
from bot.services.receive import open_conversation
from bot.store.models import Case, Outbox
from tests.scripted import Desk


def picture(colour: str = "grey", **saved: Any) -> bytes:
    """A small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG", **saved)
    return out.getvalue()


class Office:
    """One installation, seen by those who handle cases: each deed is a transaction of its own."""

    def __init__(self, desk: Desk) -> None:
        # Without holidays: when each year's are announced, the expected times here must not change.
        self.desk, self.city = desk, replace(desk.system.city, calendar=WorkCalendar())
        self.ward = self.city.gazetteer.wards[0].code
        self.unit, self.other = f"commune-{self.ward}", f"commune-{self.city.gazetteer.wards[1].code}"
        self.dispatcher = Actor("dieuphoi", Role.DISPATCHER)
        self.officer = Actor("canbo", Role.OFFICER, self.unit)
        self.leader = Actor("lanhdao", Role.LEADER, self.unit)
        self.stranger = Actor("noikhac", Role.OFFICER, self.other)
        self.admin = Actor("quantri", Role.ADMIN)
        self.resident = Actor.resident()

    def change(self, deed: Callable[[Any], Any]) -> Any:
        with self.desk.system.db.write() as session:
            return deed(session)

    def file(self, who: str | None = "an", **more: Any) -> str:
        """A report about a street light at a known ward, unless said otherwise. Returns the code."""
        report = Report(**{"text": "đèn tắt", "topic": "street_lighting", "ward": self.ward, **more})

        def filing(session: Any) -> str:
            conversation = open_conversation(session, "webchat", who, self.desk.now) if who else None
            return file_case(session, self.city, report, conversation, "webchat", Actor.resident(), self.desk.now).code

        return self.change(filing)

    def case(self, code: str) -> Case:
        with self.desk.system.db.read() as session:
            case = handle_case.find(session, code)
            _ = case.events, case.messages, case.attachments
            return case

    def act(self, code: str, deed: Callable[..., Any], *args: Any, **more: Any) -> Case:
        """Do `deed(session, city, case, …, now)` to the case with this code."""
        self.change(lambda s: deed(s, self.city, handle_case.find(s, code), *args, self.desk.now, **more))
        return self.case(code)

    def move(self, code: str, target: str, actor: Actor, **more: Any) -> Case:
        return self.act(code, handle_case.move, target, actor, **more)

    def photo(self, colour: str = "green") -> str:
        return self.change(lambda s: self.desk.system.media.put(s, picture(colour), "photo", None, self.desk.now).id)

    def notices(self, who: str = "an") -> list[Outbox]:
        with self.desk.system.db.read() as session:
            rows = select(Outbox).where(Outbox.kind != "reply").order_by(Outbox.id)
            return [r for r in session.scalars(rows) if self._address(session, r) == who]

    def _address(self, session: Any, row: Outbox) -> str:
        from bot.store.models import Conversation

        return session.get_one(Conversation, row.conversation_id).address

    def told(self, who: str = "an") -> str:
        """All notices in one text."""
        return "\n".join(row.body["text"] for row in self.notices(who))

    def answered(self, code: str, text: str = "Đã thay bóng") -> Case:
        """The officer answers with a photo, the leader approves."""
        self.move(code, "in_progress", self.officer)
        self.move(code, "pending_approval", self.officer, note=text, photos=(self.photo(),))
        return self.move(code, "resolved", self.leader)

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table, oldest first."""
        with self.desk.system.db.read() as session:
            return list(session.scalars(select(table).order_by(table.id)))

    def steps(self, code: str) -> list[str | None]:
        return [e.target for e in self.case(code).events if e.kind == "status"]

    def is_open(self, code: str) -> bool:
        return STATUSES[self.case(code).status].open
