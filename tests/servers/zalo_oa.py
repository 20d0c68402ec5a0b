"""A small Zalo for tests: OpenAPI, business API, token server and CDN on one port, and residents who write to the OA.

    with FakeZaloOA() as fake:                        # fake.settings() are the settings that lead here
        fake.hook = "http://127.0.0.1:…/hooks/zalo-oa"  # where events are brought, signed; none = only returned
        an = fake.user("2460000000000000001", "An", phone="84901234567")
        an.says("Đèn đường hỏng")
        an.hears("ở đâu")                             # waits for the OA's answer
        an.presses("Gửi")

What Zalo would refuse is refused the same way (zalo_oa_api.py); `fail`, `stall` and `down` script what goes wrong.
`now` is Zalo's clock: windows, tokens and events follow it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.zalo_oa_api import Failure, OaApi, Sent, TemplateRules
from tests.servers.zalo_oa_http import serve

APP_ID = "4100000000000000001"
OA_ID = "3850000000000000001"
APP_SECRET = "appSecretOfTheTests1"
OA_KEY = "oaSecretKeyOfTheTests"
REFRESH = "refresh-0-of-the-tests"


@dataclass(eq=False)
class Person:
    """A resident with a Zalo account. `read` is how many of the OA's messages they have answered."""

    fake: FakeZaloOA = field(repr=False)
    id: str
    name: str
    phone: str = ""
    last: float | None = None
    """When they last did something that Zalo counts as an interaction, seconds since the epoch."""
    refusal: int = 0
    """The code with which messages to them are refused; 0 = none."""
    read: int = 0

    # --- what they do; each returns the event as the webhook gets it ---

    def says(self, text: str, name: str = "user_send_text") -> dict[str, Any]:
        return self._sends(name, text=text)

    def presses(self, label: str) -> dict[str, Any]:
        """Presses the newest button with this label: Zalo sends its payload as a text."""
        for sent in reversed(self.received):
            for button in sent.buttons:
                if button["title"] == label:
                    return self.says(button["payload"])
        raise AssertionError(f"no button {label!r}; offered were {[sent.labels for sent in self.received]}")

    def sends_photo(self, content: bytes, caption: str = "") -> dict[str, Any]:
        url = self.fake.keep(content, "full.jpg")
        payload = {"url": url, "thumbnail": self.fake.keep(content[:100], "thumb.jpg")}
        return self.sends("image", payload, **({"text": caption} if caption else {}))

    def shares_pin(self, lat: float, lon: float) -> dict[str, Any]:
        return self.sends("location", {"coordinates": {"latitude": f"{lat:.6f}", "longitude": f"{lon:.6f}"}})

    def sends(self, kind: str, payload: dict[str, Any], **message: Any) -> dict[str, Any]:
        """Any attachment: image, location, audio, video, sticker, gif, file, link, business_card."""
        return self._sends(f"user_send_{kind}", **message, attachments=[{"type": kind, "payload": payload}])

    def shares_phone(self, **info: Any) -> dict[str, Any]:
        """Fills in the form."""
        assert any(sent.kind == "form" for sent in self.received), "nobody asked for it"
        given = {"name": self.name, "phone": self.phone, "address": "12 Lê Lợi", **info}
        return self._does({"event_name": "user_submit_info", **self._sides(), "info": given})

    def follows(self) -> dict[str, Any]:
        self.refusal = 0
        return self._does({"event_name": "follow", "source": "oa_profile", **self._follower()})

    def blocks(self, refusal: int = -217) -> dict[str, Any]:
        self.refusal = refusal
        return self.fake.event({"event_name": "unfollow", "source": "oa_profile", **self._follower()})

    def sees(self, sent: Sent, name: str = "user_seen_message") -> dict[str, Any]:
        """A receipt; `user_received_message` for one that was only delivered."""
        return self.fake.event({"event_name": name, **_swapped(self._sides()), "message": {"msg_id": sent.number}})

    # --- what they got ---

    @property
    def received(self) -> list[Sent]:
        """All messages to them, oldest first."""
        with self.fake.changed:
            return [sent for sent in self.fake.messages if sent.to == self.id]

    @property
    def texts(self) -> list[str]:
        return [sent.text for sent in self.received if sent.text]

    @property
    def buttons(self) -> list[str]:
        """Labels of the newest message that has buttons."""
        return next((sent.labels for sent in reversed(self.received) if sent.buttons), [])

    @property
    def pictures(self) -> list[bytes]:
        return [sent.photo for sent in self.received if sent.photo is not None]

    def hears(self, words: str, timeout: float = 10.0) -> Sent:
        """Waits for a message with these words that came since they last did something."""
        found = self.fake.wait(lambda: next((s for s in self.received[self.read :] if words in s.text), None), timeout)
        if found is None:
            raise AssertionError(f"not heard: {words!r}; heard: {[s.text for s in self.received[self.read :]]}")
        return found

    # --- inside ---

    def _sends(self, name: str, **message: Any) -> dict[str, Any]:
        body = {"msg_id": f"96d3cdf3af{next(self.fake.numbers):09d}", **message}
        return self._does({"event_name": name, **self._sides(), "message": body})

    def _does(self, event: dict[str, Any]) -> dict[str, Any]:
        self.read, self.last = len(self.received), self.fake.now()
        return self.fake.event(event)

    def _sides(self) -> dict[str, Any]:
        return {"user_id_by_app": f"55{self.id[2:]}", "sender": {"id": self.id}, "recipient": {"id": OA_ID}}

    def _follower(self) -> dict[str, Any]:
        return {"oa_id": OA_ID, "user_id_by_app": f"55{self.id[2:]}", "follower": {"id": self.id}}


class FakeZaloOA:
    """The server and the people who use it. Everything is safe to call from any thread."""

    def __init__(self, hook: str = "", now: Callable[[], float] = time.time) -> None:
        self.hook = hook
        self.now = now
        self.changed = threading.Condition(threading.RLock())
        self.people: dict[str, Person] = {}
        self.messages: list[Sent] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failures: list[Failure] = []
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.templates: dict[str, TemplateRules] = {}
        self.undelivered: list[dict[str, Any]] = []
        self.sent_events: list[tuple[dict[str, str], bytes]] = []
        self.echoes = False
        self.down = False
        self.signed_id = "app"
        self.numbers = itertools.count(150460909)
        self.api = OaApi(self, APP_ID, APP_SECRET, REFRESH)
        self._stamp = 0
        self._server = serve(self.api)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeZaloOA:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self, **more: Any) -> dict[str, Any]:
        """The settings of an installation that talks to this server."""
        base = {f"zalo_oa_{name}_base": self.url for name in ("api", "business", "oauth")}
        keys = {"zalo_oa_app_id": APP_ID, "zalo_oa_app_secret": APP_SECRET, "zalo_oa_secret_key": OA_KEY}
        templates = tuple(f"{rules.name}={number}" for number, rules in self.templates.items())
        return {
            **base, **keys, "zalo_oa_refresh_token": REFRESH, "zalo_oa_media_hosts": ("127.0.0.1",),
            "zalo_oa_timeout": 5.0, "zalo_oa_templates": templates, **more,
        }  # fmt: skip

    def user(self, number: str, name: str, phone: str = "", interacted: bool = True) -> Person:
        """Somebody who has (or has not) written to the OA just now."""
        self.people[number] = Person(self, number, name, phone, self.now() if interacted else None)
        return self.people[number]

    def approve(self, number: str, name: str, limits: dict[str, int], by_user_id: bool = True) -> None:
        """A template that Zalo has approved; `limits` are the most characters of each parameter."""
        self.templates[number] = TemplateRules(name, dict(limits), by_user_id)

    def hears(self, who: Person, words: str, timeout: float = 10.0) -> Sent:
        return who.hears(words, timeout)

    def sent(self, who: Person) -> list[Sent]:
        return who.received

    def wait(self, condition: Any, timeout: float = 10.0) -> Any:
        """The first true value of `condition()`; its last value when the time is over."""
        with self.changed:
            self.changed.wait_for(condition, timeout)
            return condition()

    def called(self, method: str) -> list[dict[str, Any]]:
        """Headers and body of all calls of one method, refused ones included: `{"headers", "body"}`."""
        with self.changed:
            return [given for name, given in self.calls if name == method]

    # --- what goes wrong ---

    def fail(self, method: str, code: int, times: int = 1, **headers: str) -> None:
        """The next `times` calls of cs, template, phone, upload, getoa, template_info, token or cdn are refused.

        A negative code is an error of Zalo's (HTTP 200), a positive one an HTTP status (with these headers).
        """
        self.failures += [Failure(method, code, headers=dict(headers)) for _ in range(times)]

    def stall(self, method: str, seconds: float, after_doing: bool = False) -> None:
        """The next call gets no answer for some seconds; with `after_doing` it is carried out all the same."""
        self.failures.append(Failure(method, silence=seconds, after_doing=after_doing))

    # --- events ---

    def event(self, event: dict[str, Any]) -> dict[str, Any]:
        """Any event at all, with app id and time, brought to the hook when there is one."""
        self._stamp = max(self._stamp + 1, int(self.now() * 1000))
        made = {"app_id": APP_ID, "timestamp": str(self._stamp), **event}
        if self.hook and self.bring(made) != 200:
            self.undelivered.append(made)
        return made

    def bring(self, event: dict[str, Any], retry: int | None = None) -> int:
        """Post one event, signed. Returns the HTTP status; 0 when nobody answered within two seconds."""
        headers, raw = self.signed(event)
        if retry is not None:
            headers["num_retry"] = str(retry)
        self.sent_events.append((headers, raw))
        request = urllib.request.Request(self.hook, raw, {**headers, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def retry(self) -> int:
        """Bring again what was not taken. Returns how many still are not."""
        self.undelivered = [event for event in self.undelivered if self.bring(event, 0) != 200]
        return len(self.undelivered)

    def signed(self, event: dict[str, Any], key: str = OA_KEY) -> tuple[dict[str, str], bytes]:
        """Headers and raw body of an event. The JSON is spaced as ours never would be."""
        raw = json.dumps(event, ensure_ascii=False, separators=(",", " :")).encode()
        first = APP_ID if self.signed_id == "app" else OA_ID
        mac = hashlib.sha256(first.encode() + raw + str(event.get("timestamp", "")).encode() + key.encode())
        return {"X-ZEvent-Signature": f"mac={mac.hexdigest()}"}, raw

    def delivered_by_phone(self, phone: str, sent: Sent, tracking: str) -> dict[str, Any]:
        """The receipt of a template by phone number."""
        body = {"msg_id": sent.number, "tracking_id": tracking, "delivery_time": str(int(self.now() * 1000))}
        sides = {"sender": {"id": OA_ID}, "recipient": {"id": phone}}
        return self.event({"event_name": "user_received_message", **sides, "message": body})

    def echo(self, who: Person, sent: Sent, admin: str = "") -> dict[str, Any]:
        """What Zalo tells of a message of the OA's own, or of an officer's in the OA tool."""
        sides = {"sender": {"id": OA_ID, **({"admin_id": admin} if admin else {})}, "recipient": {"id": who.id}}
        return self.event(
            {"event_name": "oa_send_text", **sides, "message": {"msg_id": sent.number, "text": sent.text}}
        )

    def keep(self, content: bytes, name: str) -> str:
        """A file on the CDN. Returns its address."""
        path = f"/cdn/{len(self.files) + 1}/{name}"
        self.files[path] = content
        return self.url + path


def _swapped(sides: dict[str, Any]) -> dict[str, Any]:
    return {**sides, "sender": sides["recipient"], "recipient": sides["sender"]}


def city_templates(fake: FakeZaloOA, city: Path) -> None:
    """Approve all templates of a city, as Zalo would after a day or two: ids 345001, 345002, …"""
    from bot.channels.templates import FILE, LIMITS, read_templates

    for number, text in enumerate(read_templates(city / FILE).values(), 345001):
        fake.approve(str(number), text.name, {name: LIMITS[kind] for name, kind in text.parameters.items()})
