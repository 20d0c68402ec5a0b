"""A small Zalo Bot Platform for tests: residents act through it, and what the bot sends them is kept in order.

    with FakeZaloBot() as fake:                       # fake.url is LANGNGHE_ZALO_BOT_API_BASE
        an = fake.user("6ede9afa66b88fe6d6a9", "An")
        an.says("Đèn đường hỏng")
        fake.hears(an, "ở đâu")                       # waits for the bot's answer
        an.presses("Gửi")                             # answers with the number of the choice

What Zalo would refuse is refused the same way; `fail` and `stall` script what goes wrong. Updates wait for getUpdates,
which hands each out once, or are brought to the webhook.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.rest import Answer, Failure, Pusher, Request, RestServer, Script, posted

TOKEN = "123456789:abDEF-fake_token-of-the-tests"


@dataclass
class Sent:
    """One message of the bot's; `photo` is the address of a picture."""

    number: str
    to: str
    text: str
    photo: str = ""

    @property
    def choices(self) -> list[str]:
        """The numbered choices, in order."""
        return re.findall(r"^\d+\. (.+)$", self.text, re.MULTILINE)


@dataclass(eq=False)
class Person:
    """A resident with a Zalo account. `read` is how many of the bot's messages they have answered."""

    id: str
    name: str
    fake: FakeZaloBot = field(repr=False)
    blocked: bool = False
    read: int = 0

    def says(self, text: str) -> dict[str, Any]:
        return self.fake.says(self, text)

    def presses(self, label: str) -> dict[str, Any]:
        return self.fake.presses(self, label)

    def sends_photo(self, content: bytes, caption: str = "") -> dict[str, Any]:
        return self.fake.sends_photo(self, content, caption)

    def shares_pin(self, lat: float, lon: float) -> dict[str, Any]:
        return self.fake.sends_location(self, lat, lon)

    def hears(self, words: str, timeout: float = 10.0) -> Sent:
        return self.fake.hears(self, words, timeout)

    @property
    def texts(self) -> list[str]:
        return [sent.text for sent in self.fake.sent(self) if sent.text]

    @property
    def buttons(self) -> list[str]:
        """The choices of the newest message that has some."""
        return next((sent.choices for sent in reversed(self.fake.sent(self)) if sent.choices), [])

    @property
    def pictures(self) -> list[str]:
        return [sent.photo for sent in self.fake.sent(self) if sent.photo]


class Refusal(Exception):
    """`{"ok": false, …}`."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.answer = refusal(code, description)


def refusal(code: int, description: str) -> Answer:
    # The HTTP status does not always say what the body says.
    return Answer(200 if code == 408 else code, {"ok": False, "error_code": code, "description": description})


class FakeZaloBot:
    """The server and the people who use it. Everything is safe to call from any thread."""

    def __init__(self, token: str = TOKEN, wrapped: bool = False) -> None:
        self.token, self.wrapped = token, wrapped
        self.changed = threading.Condition(threading.RLock())
        self.people: dict[str, Person] = {}
        self.pending: list[dict[str, Any]] = []
        self.messages: list[Sent] = []
        self.files: dict[str, bytes] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.actions: list[tuple[str, str]] = []
        self.webhook: dict[str, str] = {}
        self.verification_fails = 0
        self.script = Script()
        self.pusher = Pusher()
        self.numbers = itertools.count(1)
        self.closed = False
        self._methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            "getMe": lambda given: {"id": "1", "account_name": "bot.langnghe", "display_name": "Lắng Nghe"},
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": lambda given: {"url": self.webhook.get("url", ""), "updated_at": 1790000000000},
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendChatAction": self._send_action,
        }
        self._server = RestServer(self._answer)
        self.url = self._server.url

    def __enter__(self) -> FakeZaloBot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self.pusher.close()
        self._server.close()

    # --- people and what they do; each returns the update as the bot gets it ---

    def user(self, number: str, name: str) -> Person:
        self.people[number] = Person(number, name, self)
        return self.people[number]

    def says(self, who: Person, text: str) -> dict[str, Any]:
        return self.message(who, "message.text.received", message_type="TEXT", text=text)

    def presses(self, who: Person, label: str) -> dict[str, Any]:
        """Answers with the number of a choice, as people do on this platform."""
        if label not in who.buttons:
            raise AssertionError(f"no choice {label!r}; offered were {who.buttons}")
        return self.says(who, str(who.buttons.index(label) + 1))

    def sends_photo(self, who: Person, content: bytes, caption: str = "") -> dict[str, Any]:
        said = {"caption": caption} if caption else {}
        return self.message(who, "message.image.received", photo_url=self.keep(content, "i.jpg"), **said)

    def sends_file(self, who: Person, kind: str, content: bytes) -> dict[str, Any]:
        """A `voice`; anything else comes as unsupported."""
        if kind == "voice":
            return self.message(who, "message.voice.received", voice_url=self.keep(content, "v.aac"))
        return self.message(who, "message.unsupported.received")

    def sends_location(self, who: Person, lat: float, lon: float) -> dict[str, Any]:
        """Zalo hands on no places."""
        return self.message(who, "message.unsupported.received")

    def sends_sticker(self, who: Person) -> dict[str, Any]:
        return self.message(who, "message.sticker.received", sticker="46991", url=self.keep(b"s", "s.png"))

    def blocks(self, who: Person) -> None:
        """Zalo tells nobody."""
        who.blocked = True

    def message(self, who: Person, event: str, **parts: Any) -> dict[str, Any]:
        who.read = len(self.sent(who))
        return self.update(event, {
            "message_id": f"2d758cb5e222{next(self.numbers):08d}", "date": int(time.time() * 1000),
            "from": {"id": who.id, "display_name": who.name, "is_bot": False},
            "chat": {"id": who.id, "chat_type": "PRIVATE"}, **parts,
        })  # fmt: skip

    def update(self, event: str, message: dict[str, Any] | None) -> dict[str, Any]:
        """Any update at all."""
        made: dict[str, Any] = {"event_name": event} | ({} if message is None else {"message": message})
        made = {"ok": True, "result": made} if self.wrapped else made
        self.bring(made)
        return made

    def bring(self, made: dict[str, Any]) -> None:
        """Bring an update to the webhook, or have it wait for getUpdates; a second time it is a double."""
        with self.changed:
            if self.webhook:
                raw = json.dumps(made, ensure_ascii=False).encode()
                self.pusher.bring(raw, {"X-Bot-Api-Secret-Token": self.webhook["secret"]})
            else:
                self.pending.append(made)
            self.changed.notify_all()

    # --- what the bot did ---

    def sent(self, who: Person) -> list[Sent]:
        with self.changed:
            return [sent for sent in self.messages if sent.to == who.id]

    def hears(self, who: Person, words: str, timeout: float = 10.0) -> Sent:
        """Waits for a message with these words that came since the person last did something."""
        found = self.wait(lambda: next((s for s in self.sent(who)[who.read :] if words in s.text), None), timeout)
        if found is None:
            raise AssertionError(f"not heard: {words!r}; heard: {[s.text for s in self.sent(who)[who.read :]]}")
        return found

    def wait(self, condition: Any, timeout: float = 10.0) -> Any:
        with self.changed:
            self.changed.wait_for(condition, timeout)
            return condition()

    def called(self, method: str) -> list[dict[str, Any]]:
        """What was given with all calls of one method, refused ones included."""
        with self.changed:
            return [given for name, given in self.calls if name == method]

    # --- what goes wrong ---

    def fail(self, method: str, code: int, description: str = "scripted", times: int = 1, html: bool = False) -> None:
        """The next `times` calls are refused; with `html` by something in front of the API."""
        answer = Answer(code, b"<html>") if html else refusal(code, description)
        self.script.failures += [Failure(method, answer) for _ in range(times)]

    def stall(self, method: str, seconds: float, after_doing: bool = False) -> None:
        """The next call gets no answer for some seconds; with `after_doing` it is carried out all the same."""
        self.script.failures.append(Failure(method, None, seconds, after_doing))

    def post(self, url: str, update: dict[str, Any], secret: str) -> int:
        """Post one update and return the status of the answer."""
        headers = {"Content-Type": "application/json", "X-Bot-Api-Secret-Token": secret}
        return posted(url, json.dumps(update, ensure_ascii=False).encode(), headers)

    # --- inside ---

    def keep(self, content: bytes, name: str) -> str:
        """A file on the server; its address."""
        path = f"/media/{len(self.files) + 1}/{name}"
        self.files[path] = content
        return self.url + path

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/media/"):
            return self.script.run("media", lambda: self._file(request))
        path = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        name = path[2] if path else ""
        with self.changed:
            self.calls.append((name, request.given))
            self.changed.notify_all()
        return self.script.run(name, lambda: self._carried_out(path[1] if path else "", name, request))

    def _carried_out(self, token: str, name: str, request: Request) -> Answer:
        try:
            if token != self.token:
                raise Refusal(401, "Unauthorized")
            if name not in self._methods or request.method != "POST":
                raise Refusal(404, "Not Found")
            return Answer(200, {"ok": True, "result": self._methods[name](request.given)})
        except Refusal as refused:
            return refused.answer

    def _file(self, request: Request) -> Answer:
        content = self.files.get(request.path)
        return Answer(404, b"gone") if content is None or "authorization" in request.headers else Answer(200, content)

    def _get_updates(self, given: dict[str, Any]) -> dict[str, Any]:
        """One update, handed out once."""
        if self.webhook:
            raise Refusal(400, "getUpdates can't be used while a webhook is set")
        if not isinstance(given.get("timeout", ""), str):
            raise Refusal(400, "timeout must be a string")
        until = time.monotonic() + float(given.get("timeout") or 0)
        with self.changed:
            while not self.pending and time.monotonic() < until and not self.closed:
                self.changed.wait(max(until - time.monotonic(), 0))
            if not self.pending:
                raise Refusal(408, "Request timeout")
            found = self.pending.pop(0)
            self.changed.notify_all()
            return found

    def _set_webhook(self, given: dict[str, Any]) -> dict[str, Any]:
        if not str(given.get("url", "")).startswith(("https://", "http://127.0.0.1")):
            raise Refusal(400, "Bad Request: url must be https")
        if not 8 <= len(given.get("secret_token", "")) <= 256:
            raise Refusal(400, "Bad Request: secret_token must have 8 to 256 characters")
        with self.changed:
            self.webhook = {"url": given["url"], "secret": given["secret_token"]}
            self.pusher.url = given["url"]
            reached = self.verification_fails == 0
            self.verification_fails = max(self.verification_fails - 1, 0)
            self.changed.notify_all()
        return {"url": given["url"], "verification": {"ok": reached, "outcome": "OK" if reached else "NO_ANSWER"}}

    def _delete_webhook(self, given: dict[str, Any]) -> dict[str, Any]:
        with self.changed:
            self.webhook = {}
            self.pusher.url = ""
            self.changed.notify_all()
        return {"url": ""}

    def _chat(self, given: dict[str, Any]) -> Person:
        person = self.people.get(str(given.get("chat_id", "")))
        if person is None:
            raise Refusal(404, "Not Found: chat")
        if person.blocked:
            raise Refusal(403, "Forbidden")
        return person

    def _send_message(self, given: dict[str, Any]) -> dict[str, Any]:
        person = self._chat(given)
        if set(given) - {"chat_id", "text", "parse_mode"}:
            raise Refusal(400, "Bad Request: unknown parameter")
        if not 1 <= len(given.get("text", "").encode("utf-16-le")) // 2 <= 2000:
            raise Refusal(400, "Bad Request: text must have 1 to 2000 characters")
        return self._kept(Sent("", person.id, given["text"]))

    def _send_photo(self, given: dict[str, Any]) -> dict[str, Any]:
        person, photo = self._chat(given), given.get("photo", "")
        if not isinstance(photo, str) or not photo.startswith(("https://", "http://127.0.0.1")):
            raise Refusal(400, "Bad Request: photo must be a public URL")
        if len(given.get("caption", "")) > 2000:
            raise Refusal(400, "Bad Request: caption is too long")
        return self._kept(Sent("", person.id, given.get("caption", ""), photo))

    def _kept(self, sent: Sent) -> dict[str, Any]:
        with self.changed:
            sent.number = f"bot{next(self.numbers)}"
            self.messages.append(sent)
            self.changed.notify_all()
        return {"message_id": sent.number, "date": int(time.time() * 1000)}

    def _send_action(self, given: dict[str, Any]) -> bool:
        person = self._chat(given)
        if given.get("action") != "typing":
            raise Refusal(400, "Bad Request: unknown action")
        with self.changed:
            self.actions.append((person.id, "typing"))
            self.changed.notify_all()
        return True
