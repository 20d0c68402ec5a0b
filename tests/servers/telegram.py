"""A small Bot API server for tests: residents act through it, and what the bot sends them is kept in order.

    with FakeTelegram() as fake:                      # fake.url is LANGNGHE_TELEGRAM_API_BASE
        an = fake.user(700000001, "An")
        fake.says(an, "Đèn đường hỏng")
        fake.hears(an, "ở đâu")                       # waits for the bot's answer
        fake.presses(an, "Gửi")

What Telegram would refuse is refused the same way (telegram_api.py); `fail` and `stall` script what goes wrong.
"""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.servers.telegram_api import BotApi, File, Sent
from tests.servers.telegram_http import serve

TOKEN = "123456789:AAF-fake-token_of-the-tests-0000000"


@dataclass(eq=False)
class Person:
    """A resident with a Telegram account. `read` is how many of the bot's messages they have answered."""

    id: int
    name: str
    started: bool = True
    blocked: bool = False
    read: int = 0


@dataclass
class Failure:
    """One scripted failure: an HTTP status, or silence for some seconds (0 = answer at once)."""

    method: str
    status: int = 0
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    silence: float = 0.0
    after_doing: bool = False


class FakeTelegram:
    """The server and the people who use it. Everything is safe to call from any thread."""

    api_class = BotApi

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.changed = threading.Condition(threading.RLock())
        self.people: dict[int, Person] = {}
        self.pending: list[dict[str, Any]] = []
        self.messages: list[Sent] = []
        self.files: dict[str, File] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.actions: list[tuple[int, str]] = []
        self.answered: list[tuple[str, str]] = []
        self.open_presses: set[str] = set()
        self.commands: list[dict[str, str]] = []
        self.failures: list[Failure] = []
        self.numbers = itertools.count(800001)
        self.message_numbers = itertools.count(11)
        self.closed = False
        self.api = self.api_class(self)
        self._server = serve(self.api)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeTelegram:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    # --- people and what they do; each returns the update as the bot gets it ---

    def user(self, number: int, name: str, started: bool = True) -> Person:
        """Somebody who has (or has not) pressed Start."""
        self.people[number] = Person(number, name, started)
        return self.people[number]

    def says(self, who: Person, text: str) -> dict[str, Any]:
        who.started = True
        return self._message(who, text=text)

    def edits(self, who: Person, text: str, update: dict[str, Any] | None = None) -> dict[str, Any]:
        """Corrects a message that was sent: the one of `update`, else one that nobody knows."""
        message = {} if update is None else {"message_id": update["message"]["message_id"]}
        return self._message(who, "edited_message", text=text, edit_date=int(time.time()), **message)

    def presses(self, who: Person, label: str) -> dict[str, Any]:
        """Presses the newest button with this label."""
        for sent in reversed(self.sent(who)):
            for button in sent.buttons:
                if button["text"] == label:
                    return self.taps(who, sent, button["callback_data"])
        offered = [b["text"] for sent in self.sent(who) for b in sent.buttons]
        raise AssertionError(f"no button {label!r}; offered were {offered}")

    def sends_photo(self, who: Person, content: bytes, caption: str = "", album: str | None = None) -> dict[str, Any]:
        small, large = self.keep(content[:100], "photos/small.jpg"), self.keep(content, "photos/large.jpg")
        sizes = [{**small, "width": 90, "height": 67}, {**large, "width": 1280, "height": 960}]
        return self._message(who, photo=sizes, caption=caption or None, media_group_id=album)

    def sends_file(
        self, who: Person, kind: str, content: bytes, mime_type: str, caption: str = "", size: int | None = None
    ) -> dict[str, Any]:
        """A `document`, `voice`, `audio`, `video` or `video_note`; `size` pretends that the file is larger."""
        more = {"document": {}, "video": {"width": 720, "height": 1280}, "video_note": {"length": 240}}.get(kind, {})
        timed = {} if kind == "document" else {"duration": 7}
        file = {**self.keep(content, f"{kind}/file_1", size), "mime_type": mime_type, **more, **timed}
        return self._message(who, **{kind: file}, caption=caption or None)

    def sends_location(self, who: Person, lat: float, lon: float, live: bool = False) -> dict[str, Any]:
        pin = {"latitude": lat, "longitude": lon, **({"live_period": 900} if live else {})}
        return self._message(who, location=pin)

    def shares_contact(self, who: Person, phone: str, own: bool = True) -> dict[str, Any]:
        card = {"phone_number": phone, "first_name": who.name, "user_id": who.id if own else who.id + 1}
        return self._message(who, contact=card)

    def blocks(self, who: Person) -> dict[str, Any]:
        who.blocked = True
        return self._membership(who, "member", "kicked")

    def unblocks(self, who: Person) -> dict[str, Any]:
        who.blocked = False
        return self._membership(who, "kicked", "member")

    # --- groups: a group is a Person with a negative number ---

    def group(self, number: int, title: str) -> Person:
        return self.user(number, title)

    def says_in(self, group: Person, who: Person, **parts: Any) -> dict[str, Any]:
        """Somebody writes in a group (`text=…`, `new_chat_title=…`)."""
        number = next(self.message_numbers)
        return self.update(message={"message_id": number, "date": int(time.time()), **_in(group, who), **parts})

    def presses_in(self, group: Person, who: Person, data: str) -> dict[str, Any]:
        number = f"press-{next(self.message_numbers)}"
        self.open_presses.add(number)
        shown = {"message_id": 1, "date": int(time.time()), "chat": _in(group, who)["chat"], "text": "x"}
        sender = _private(who)["from"]
        return self.update(callback_query={"id": number, "from": sender, "data": data, "message": shown})

    def adds_to(self, group: Person, who: Person, old: str = "left", new: str = "member") -> dict[str, Any]:
        """Somebody takes the bot into a group."""
        return self._membership(who, old, new, group)

    # --- what the bot did ---

    def sent(self, who: Person) -> list[Sent]:
        """All messages to a person, oldest first."""
        with self.changed:
            return [sent for sent in self.messages if sent.chat == who.id]

    def hears(self, who: Person, words: str, timeout: float = 10.0) -> Sent:
        """Waits for a message with these words that came since the person last did something."""
        found = self.wait(lambda: next((s for s in self.sent(who)[who.read :] if words in s.text), None), timeout)
        if found is None:
            raise AssertionError(f"not heard: {words!r}; heard: {[s.text for s in self.sent(who)[who.read :]]}")
        return found

    def wait(self, condition: Any, timeout: float = 10.0) -> Any:
        """The first true value of `condition()`; its last value when the time is over."""
        with self.changed:
            self.changed.wait_for(condition, timeout)
            return condition()

    def called(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all calls of one method, refused ones included."""
        with self.changed:
            return [given for name, given in self.calls if name == method]

    # --- what goes wrong ---

    def fail(self, method: str, status: int, description: str = "", times: int = 1, **parameters: Any) -> None:
        """The next `times` calls are refused with this status (`retry_after=…` for a 429)."""
        self.failures += [Failure(method, status, description, parameters) for _ in range(times)]

    def stall(self, method: str, seconds: float, after_doing: bool = False) -> None:
        """The next call gets no answer for some seconds; with `after_doing` it is carried out all the same."""
        self.failures.append(Failure(method, silence=seconds, after_doing=after_doing))

    # --- inside ---

    def keep(self, content: bytes, path: str, size: int | None = None) -> dict[str, Any]:
        """A file on the server, as messages name it."""
        number = len(self.files) + 1
        file_id = f"file-{number}"
        self.files[file_id] = File(content, f"{number}/{path}", len(content) if size is None else size)
        return {"file_id": file_id, "file_unique_id": f"u{number}", "file_size": self.files[file_id].size}

    def update(self, **what: Any) -> dict[str, Any]:
        """Any update at all, put in the queue with the next number."""
        with self.changed:
            made = {"update_id": next(self.numbers), **what}
            self.pending.append(made)
            self.changed.notify_all()
            return made

    def _message(self, who: Person, kind: str = "message", **parts: Any) -> dict[str, Any]:
        who.read = len(self.sent(who))
        given = {name: value for name, value in parts.items() if value is not None}
        number = next(self.message_numbers)
        return self.update(**{kind: {"message_id": number, "date": int(time.time()), **_private(who), **given}})

    def taps(self, who: Person, sent: Sent, data: str) -> dict[str, Any]:
        who.read = len(self.sent(who))
        number = f"press-{next(self.message_numbers)}"
        self.open_presses.add(number)
        query = {"id": number, "from": _private(who)["from"], "chat_instance": "-3921", "data": data}
        return self.update(callback_query={**query, "message": sent.shown()})

    def _membership(self, who: Person, old: str, new: str, group: Person | None = None) -> dict[str, Any]:
        bot = {"id": 999, "is_bot": True, "first_name": "Bot"}
        change = {"date": int(time.time()), "old_chat_member": {"user": bot, "status": old, "until_date": 0}}
        where = _private(who) if group is None else _in(group, who)
        return self.update(my_chat_member={**where, **change, "new_chat_member": {
            "user": bot, "status": new, "until_date": 0}})  # fmt: skip


def _private(who: Person) -> dict[str, Any]:
    sender = {"id": who.id, "is_bot": False, "first_name": who.name, "language_code": "vi"}
    return {"from": sender, "chat": {"id": who.id, "type": "private", "first_name": who.name}}


def _in(group: Person, who: Person) -> dict[str, Any]:
    return {**_private(who), "chat": {"id": group.id, "type": "supergroup", "title": group.name}}
