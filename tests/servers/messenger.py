"""A small Messenger for tests: a Page, its residents, and the Graph API as far as we use it.

    with FakeMessenger() as fake:                     # fake.url is LANGNGHE_MESSENGER_GRAPH_BASE
        an = fake.user("7200000000000001", "An")
        fake.push_to("http://127.0.0.1:8000/hooks/messenger")
        an.says("Đèn đường hỏng")
        fake.hears(an, "ở đâu")                       # waits for the Page's answer
        an.presses("Gửi")

What Meta would refuse is refused the same way (messenger_api.py); `fail` and `stall` script what goes wrong, `passes`
lets time go by. Each thing that a person does returns the webhook call, as the channel's `parse` takes it.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.messenger_api import GraphApi, Sent, refusal
from tests.servers.rest import Answer, Failure, Pusher, RestServer, Script, posted

PAGE_ID = "104000000000001"
APP_ID = "5100000000000001"
APP_SECRET = "fbAppSecret01"
VERIFY_TOKEN = "a-word-of-our-own"
PAGE_TOKEN = "EAAB-example-token"


@dataclass(eq=False)
class Person:
    """A resident with a Facebook account. `read` is how many of the Page's messages they have answered."""

    id: str
    name: str
    fake: FakeMessenger = field(repr=False)
    blocked: bool = False
    last: datetime | None = None
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
        """All texts that came, oldest first."""
        return [sent.text for sent in self.fake.sent(self) if sent.text]

    @property
    def buttons(self) -> list[str]:
        """Labels of the buttons that can be pressed now."""
        return [button["title"] for button in self.fake.pressable(self)]

    @property
    def pictures(self) -> list[bytes]:
        return [sent.photo for sent in self.fake.sent(self) if sent.photo is not None]


class FakeMessenger:
    """The server and the people who use it. Everything is safe to call from any thread."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.people: dict[str, Person] = {}
        self.messages: list[Sent] = []
        self.files: dict[str, bytes] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.actions: list[tuple[str, str]] = []
        self.profile: dict[str, Any] = {}
        self.subscribed: list[str] = []
        self.templates: dict[tuple[str, str], dict[str, Any]] = {}
        self.token_facts: dict[str, Any] = {
            "is_valid": True,
            "app_id": APP_ID,
            "expires_at": 0,
            "scopes": ["pages_messaging", "pages_manage_metadata", "pages_utility_messaging"],
        }
        self.new_templates_are = "APPROVED"
        self.utility_permission = True
        self.human_agent = True
        self.echoes = False
        self.clock = lambda: datetime.now(UTC)
        self.script = Script()
        self.pusher = Pusher()
        self.numbers = itertools.count(1)
        self.api = GraphApi(self, PAGE_ID, APP_SECRET, PAGE_TOKEN)
        self._server = RestServer(self.api.answer)
        self.url = self._server.url

    def __enter__(self) -> FakeMessenger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.pusher.close()
        self._server.close()

    # --- people and what they do; each returns the call as the webhook gets it ---

    def user(self, psid: str, name: str) -> Person:
        self.people[psid] = Person(psid, name, self)
        return self.people[psid]

    def says(self, who: Person, text: str) -> dict[str, Any]:
        return self.message(who, text=text)

    def edits(self, who: Person, text: str, mid: str = "m_1") -> dict[str, Any]:
        return self.event(who, message_edit={"mid": mid, "text": text, "num_edit": 1})

    def presses(self, who: Person, label: str) -> dict[str, Any]:
        """Presses the newest button with this label that is still there."""
        for button in self.pressable(who):
            if button["title"] == label:
                if "content_type" in button:
                    return self.message(who, text=label, quick_reply={"payload": button["payload"]})
                return self.postback(who, button["payload"], label)
        raise AssertionError(f"no button {label!r}; offered were {who.buttons}")

    def postback(self, who: Person, payload: str, title: str = "x", **more: Any) -> dict[str, Any]:
        return self.event(who, postback={"mid": self.mid(), "title": title, "payload": payload, **more})

    def starts(self, who: Person, ref: str | None = None) -> dict[str, Any]:
        """Presses “Get started”, perhaps after having come through a link."""
        payload = self.profile["get_started"]["payload"] if self.profile else "GET_STARTED"
        link = {"referral": {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}} if ref else {}
        return self.postback(who, payload, "Bắt đầu", **link)

    def comes_by_link(self, who: Person, ref: str) -> dict[str, Any]:
        return self.event(who, referral={"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"})

    def shares_phone(self, who: Person, phone: str) -> dict[str, Any]:
        return self.message(who, text=phone, quick_reply={"payload": phone})

    def sends_photo(self, who: Person, content: bytes, caption: str = "") -> dict[str, Any]:
        return self.sends_file(who, "image", content, "a.jpg", caption)

    def sends_file(
        self, who: Person, kind: str, content: bytes, name: str = "f.bin", caption: str = ""
    ) -> dict[str, Any]:
        attachment = {"type": kind, "payload": {"url": self.keep(content, name)}}
        return self.message(who, attachments=[attachment], **({"text": caption} if caption else {}))

    def sends_location(self, who: Person, lat: float, lon: float) -> dict[str, Any]:
        pin = {"type": "location", "title": "Vị trí", "payload": {"coordinates": {"lat": lat, "long": lon}}}
        return self.message(who, attachments=[pin])

    def blocks(self, who: Person) -> None:
        """Meta tells nobody."""
        who.blocked = True

    def reads(self, who: Person) -> dict[str, Any]:
        return self.event(who, active=False, read={"watermark": self.milliseconds()})

    def receives(self, who: Person, *mids: str) -> dict[str, Any]:
        return self.event(who, active=False, delivery={"mids": list(mids), "watermark": self.milliseconds()})

    def message(self, who: Person, **parts: Any) -> dict[str, Any]:
        who.read = len(self.sent(who))
        return self.event(who, message={"mid": self.mid(), **parts})

    def event(self, who: Person, active: bool = True, **what: Any) -> dict[str, Any]:
        """Any event at all, in a call of its own."""
        if active:
            who.last = self.clock()
        item = {"sender": {"id": who.id}, "recipient": {"id": PAGE_ID}, "timestamp": self.milliseconds(), **what}
        return self.call(item)

    def call(self, *items: dict[str, Any], **entry: Any) -> dict[str, Any]:
        """Several events in one call."""
        inside = {"messaging": list(items)} if items else {}
        made = {"object": "page", "entry": [{"id": PAGE_ID, "time": self.milliseconds(), **inside, **entry}]}
        raw = raw_call(made)
        self.pusher.bring(raw, signed(raw))
        return made

    # --- what the Page did ---

    def sent(self, who: Person) -> list[Sent]:
        """All messages to a person, oldest first."""
        with self.changed:
            return [sent for sent in self.messages if sent.to == who.id]

    def pressable(self, who: Person) -> list[dict[str, Any]]:
        """Quick replies of the last message only, as they vanish; buttons of templates, newest first."""
        sent = self.sent(who)
        quick = list(sent[-1].quick_replies) if sent and who.read < len(sent) else []
        return quick + [button for one in reversed(sent) for button in one.template_buttons]

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
        """What was given with all calls of one method (the last part of the address), refused ones included."""
        with self.changed:
            return [given for name, given in self.calls if name == method]

    # --- what goes wrong ---

    def fail(self, method: str, status: int, code: int = 0, subcode: int | None = None, times: int = 1) -> None:
        """The next `times` calls of a method are refused; without a code by something in front of the Graph API."""
        answer = refusal(status, code, subcode, "scripted") if code else Answer(status, b"<html>scripted</html>")
        self.script.failures += [Failure(method, answer) for _ in range(times)]

    def stall(self, method: str, seconds: float, after_doing: bool = False) -> None:
        """The next call gets no answer for some seconds; with `after_doing` it is carried out all the same."""
        self.script.failures.append(Failure(method, None, seconds, after_doing))

    def passes(self, **time: float) -> None:
        """Time goes by: `passes(hours=25)`."""
        before, gone = self.clock, timedelta(**time)
        self.clock = lambda: before() + gone

    # --- the webhook ---

    def push_to(self, url: str) -> None:
        """Bring everything that happens from now on to this address."""
        self.pusher.url = url

    def post(self, url: str, call: dict[str, Any], secret: str = APP_SECRET) -> int:
        """Post one signed call and return the status of the answer."""
        raw = raw_call(call)
        return posted(url, raw, {"Content-Type": "application/json", **signed(raw, secret)})

    # --- inside ---

    def keep(self, content: bytes, name: str) -> str:
        """A file on the server; its signed address."""
        path = f"/media/{len(self.files) + 1}/{name}"
        self.files[path] = content
        return f"{self.url}{path}?sig={len(self.files)}"

    def mid(self) -> str:
        return f"m_{next(self.numbers)}"

    def milliseconds(self) -> int:
        return int(self.clock().timestamp() * 1000)


def raw_call(call: dict[str, Any]) -> bytes:
    """The bytes as Meta sends them: every character beyond ASCII escaped."""
    return json.dumps(call, separators=(",", ":")).encode()


def signed(raw: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    """The signature's headers: the right one, and the old one that nobody may rely on."""
    new = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    old = hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={new}", "X-Hub-Signature": f"sha1={old}"}
