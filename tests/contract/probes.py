"""One probe for each channel: how its fake platform is told to do what the common suite asks for.

A newcomer registers a class here (`PROBES`); test_every_channel.py fails without it. A probe holds no test: it knows
how this platform writes, signs, refuses and fails, and what it says about the messages that it took.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import Any

from bot.channels.base import Channel
from bot.domain.reach import Way
from bot.settings import ROOT
from tests.servers import messenger, telegram, zalo_bot, zalo_oa

Call = tuple[dict[str, str], bytes]
"""Headers and raw body of a webhook call."""


class Probe(ABC):
    """One channel with its fake platform and An, a resident who has just written."""

    name = ""
    keys: tuple[str, ...] = ()
    """Settings without which the channel is off."""
    address = ""
    """An's, on this platform."""
    shares: frozenset[str] = frozenset()
    """What the platform has a way of its own to share: `location`, `phone`."""
    shows_pictures = True
    """Whether a stored picture arrives; else the resident is told that there is one."""
    windows = False
    template_ways: tuple[Way, ...] = ()
    slow_for_all = True
    """Whether "slow down" is meant for the whole channel."""
    unsigned = 403
    """The answer to a call without any signature: Zalo's console test must get 200."""
    not_json = 200
    """The answer to a signed body that is no JSON."""

    @abstractmethod
    def close(self) -> None: ...

    def prepare(self, channel: Channel) -> None:
        """What an administrator does once; nothing, on most platforms."""
        return None

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The settings of an installation that talks to the fake."""

    # --- what comes in ---

    @abstractmethod
    def says(self, text: str) -> dict[str, Any]:
        """A text of An's, as the webhook gets it."""

    @abstractmethod
    def unknown(self) -> dict[str, Any]:
        """An event of a kind that nobody knows."""

    @abstractmethod
    def signed(self, raw: bytes, key: str | None = None) -> Call:
        """A call with the platform's signature, or one made with another key."""

    def call(self, event: dict[str, Any]) -> Call:
        return self.signed(json.dumps(event, ensure_ascii=False).encode())

    def forged(self, event: dict[str, Any]) -> list[Call]:
        """Calls that somebody else might send."""
        headers, raw = self.call(event)
        other, _ = self.signed(raw, "another-key-than-ours-000")
        return [(other, raw), ({name: "" for name in headers}, raw), ({name: "đ" for name in headers}, raw)]

    # --- what goes out ---

    @abstractmethod
    def texts(self) -> list[str]:
        """All words that An got, captions and forms included."""

    @abstractmethod
    def labels(self) -> list[str]:
        """The labels of all buttons that An got."""

    @abstractmethod
    def pictures(self) -> int:
        """How many pictures An got."""

    @abstractmethod
    def offered(self) -> set[str]:
        """What An was offered a way of the platform's own to share."""

    # --- what goes wrong; each holds for the next message ---

    @abstractmethod
    def slow_down(self) -> None: ...

    @abstractmethod
    def block(self) -> None: ...

    @abstractmethod
    def refuse(self) -> None:
        """The platform calls our request wrong."""

    @abstractmethod
    def end_token(self) -> None: ...

    @abstractmethod
    def fall_down(self) -> None:
        """The platform is ill."""

    @abstractmethod
    def stall(self, seconds: float) -> None:
        """The message is taken, but the answer comes that late."""

    @abstractmethod
    def nobody(self) -> dict[str, Any]:
        """Settings that lead to where nobody answers."""

    def close_window(self) -> None:
        """An has not written for longer than the platform allows (only where `windows`)."""
        raise NotImplementedError(self.name)


class TelegramProbe(Probe):
    name = "telegram"
    keys = ("telegram_token",)
    address = "700000001"
    shares = frozenset({"location", "phone"})
    # Telegram does not say whether the limit of one chat or of the whole bot was hit; bot/services/deliver.py takes
    # several in a row for the latter.
    slow_for_all = False

    def __init__(self) -> None:
        self.fake = telegram.FakeTelegram()
        self.an = self.fake.user(700000001, "An")

    def close(self) -> None:
        self.fake.close()

    def settings(self) -> dict[str, Any]:
        return {
            "telegram_token": telegram.TOKEN,
            "telegram_secret": "the-secret",
            "telegram_api_base": self.fake.url,
        }

    def says(self, text: str) -> dict[str, Any]:
        return self.fake.says(self.an, text)

    def unknown(self) -> dict[str, Any]:
        return self.fake.update(message_reaction={"chat": {"id": self.an.id, "type": "private"}})

    def signed(self, raw: bytes, key: str | None = None) -> Call:
        return {"X-Telegram-Bot-Api-Secret-Token": key or "the-secret"}, raw

    def texts(self) -> list[str]:
        return [s.text for s in self.fake.sent(self.an)]

    def labels(self) -> list[str]:
        return [b["text"] for s in self.fake.sent(self.an) for b in s.buttons]

    def pictures(self) -> int:
        return sum(s.photo is not None for s in self.fake.sent(self.an))

    def offered(self) -> set[str]:
        flags = {"request_location": "location", "request_contact": "phone"}
        return {flags[f] for s in self.fake.sent(self.an) for b in s.keyboard for f in flags if b.get(f)}

    def slow_down(self) -> None:
        self.fake.fail("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)

    def block(self) -> None:
        self.fake.blocks(self.an)

    def refuse(self) -> None:
        self.fake.fail("sendMessage", 400, "Bad Request: can't parse entities")

    def end_token(self) -> None:
        self.fake.fail("sendMessage", 401, "Unauthorized")

    def fall_down(self) -> None:
        self.fake.fail("sendMessage", 502)

    def stall(self, seconds: float) -> None:
        self.fake.stall("sendMessage", seconds, after_doing=True)

    def nobody(self) -> dict[str, Any]:
        return {"telegram_api_base": "http://127.0.0.1:9"}


class ZaloOAProbe(Probe):
    name = "zalo_oa"
    keys = ("zalo_oa_app_id", "zalo_oa_app_secret", "zalo_oa_secret_key", "zalo_oa_refresh_token")
    address = "2460000000000000001"
    shares = frozenset({"phone"})
    windows = True
    template_ways = ("template", "phone")
    unsigned = 200
    # The signature is made with the time that stands in the body, so such a body can have none.
    not_json = 403

    def __init__(self) -> None:
        self.fake = zalo_oa.FakeZaloOA()
        zalo_oa.city_templates(self.fake, ROOT / "data")
        self.an = self.fake.user(self.address, "An", phone="84901234567")

    def close(self) -> None:
        self.fake.close()

    def settings(self) -> dict[str, Any]:
        return self.fake.settings()

    def says(self, text: str) -> dict[str, Any]:
        return self.an.says(text)

    def unknown(self) -> dict[str, Any]:
        return self.fake.event({"event_name": "user_waved", "sender": {"id": self.an.id}})

    def signed(self, raw: bytes, key: str | None = None) -> Call:
        mac = hashlib.sha256(zalo_oa.APP_ID.encode() + raw + _stamp(raw).encode() + (key or zalo_oa.OA_KEY).encode())
        return {"X-ZEvent-Signature": f"mac={mac.hexdigest()}"}, raw

    def texts(self) -> list[str]:
        return [s.text for s in self.an.received]

    def labels(self) -> list[str]:
        return [label for s in self.an.received for label in s.labels]

    def pictures(self) -> int:
        return len(self.an.pictures)

    def offered(self) -> set[str]:
        return {"phone" for s in self.an.received if s.kind == "form"}

    def slow_down(self) -> None:
        self.fake.fail("cs", -32)

    def block(self) -> None:
        self.an.blocks()

    def refuse(self) -> None:
        self.fake.fail("cs", -201)

    def end_token(self) -> None:
        self.fake.api.refresh_tokens.clear()
        self.fake.api.access_token = ""

    def fall_down(self) -> None:
        self.fake.down = True

    def stall(self, seconds: float) -> None:
        self.fake.stall("cs", seconds, after_doing=True)

    def close_window(self) -> None:
        assert self.an.last is not None
        self.an.last -= 8 * 86400

    def nobody(self) -> dict[str, Any]:
        return {f"zalo_oa_{host}_base": "http://127.0.0.1:9" for host in ("api", "business", "oauth")}


class MessengerProbe(Probe):
    name = "messenger"
    keys = ("messenger_app_secret", "messenger_verify_token", "messenger_page_token")
    address = "7200000000000001"
    shares = frozenset({"phone"})
    windows = True
    template_ways = ("template",)

    def __init__(self) -> None:
        self.fake = messenger.FakeMessenger()
        self.an = self.fake.user(self.address, "An")
        self.an.says("alô")

    def close(self) -> None:
        self.fake.close()

    def prepare(self, channel: Channel) -> None:
        """Has the templates approved."""
        channel.setup()  # type: ignore[attr-defined]

    def settings(self) -> dict[str, Any]:
        return {
            "messenger_app_secret": messenger.APP_SECRET,
            "messenger_verify_token": messenger.VERIFY_TOKEN,
            "messenger_page_token": messenger.PAGE_TOKEN,
            "messenger_graph_base": self.fake.url,
            "messenger_templates": tuple(f"{name}={name}" for name in ("case_update", "case_result", "case_question")),
        }

    def says(self, text: str) -> dict[str, Any]:
        return self.an.says(text)

    def unknown(self) -> dict[str, Any]:
        return self.fake.event(self.an, waved={"hand": "left"})

    def signed(self, raw: bytes, key: str | None = None) -> Call:
        return messenger.signed(raw, key or messenger.APP_SECRET), raw

    def forged(self, event: dict[str, Any]) -> list[Call]:
        headers, raw = self.call(event)
        changed = raw.replace(self.address.encode(), b"7200000000000002")
        # Whoever has the right signature of an old kind, or of another body, has none.
        old = {"X-Hub-Signature": headers["X-Hub-Signature"]}
        return [*super().forged(event), (headers, changed), (old, raw)]

    def texts(self) -> list[str]:
        return [s.text for s in self.fake.sent(self.an)]

    def labels(self) -> list[str]:
        return [title for s in self.fake.sent(self.an) for title in s.titles]

    def pictures(self) -> int:
        return len(self.an.pictures)

    def offered(self) -> set[str]:
        chips = [chip["content_type"] for s in self.fake.sent(self.an) for chip in s.quick_replies]
        return {"phone" for kind in chips if kind == "user_phone_number"}

    def slow_down(self) -> None:
        self.fake.fail("messages", 400, 613)

    def block(self) -> None:
        self.fake.blocks(self.an)

    def refuse(self) -> None:
        self.fake.fail("messages", 400, 100)

    def end_token(self) -> None:
        self.fake.fail("messages", 401, 190, 463)

    def fall_down(self) -> None:
        self.fake.fail("messages", 503)

    def stall(self, seconds: float) -> None:
        self.fake.stall("messages", seconds, after_doing=True)

    def close_window(self) -> None:
        self.fake.passes(hours=25)

    def nobody(self) -> dict[str, Any]:
        return {"messenger_graph_base": "http://127.0.0.1:9"}


class ZaloBotProbe(Probe):
    name = "zalo_bot"
    keys = ("zalo_bot_token",)
    address = "6ede9afa66b88fe6d6a9"
    # A stored picture has no public address that Zalo could fetch.
    shows_pictures = False

    def __init__(self) -> None:
        self.fake = zalo_bot.FakeZaloBot()
        self.an = self.fake.user(self.address, "An")

    def close(self) -> None:
        self.fake.close()

    def settings(self) -> dict[str, Any]:
        return {
            "zalo_bot_token": zalo_bot.TOKEN,
            "zalo_bot_secret": "the-secret-of-the-tests",
            "zalo_bot_api_base": self.fake.url,
        }

    def says(self, text: str) -> dict[str, Any]:
        return self.an.says(text)

    def unknown(self) -> dict[str, Any]:
        return self.fake.update("reaction.waved", {"from": {"id": self.an.id}})

    def signed(self, raw: bytes, key: str | None = None) -> Call:
        return {"X-Bot-Api-Secret-Token": key or "the-secret-of-the-tests"}, raw

    def texts(self) -> list[str]:
        return self.an.texts

    def labels(self) -> list[str]:
        return []

    def pictures(self) -> int:
        return len(self.an.pictures)

    def offered(self) -> set[str]:
        return set()

    def slow_down(self) -> None:
        self.fake.fail("sendMessage", 429)

    def block(self) -> None:
        self.fake.blocks(self.an)

    def refuse(self) -> None:
        self.fake.fail("sendMessage", 400)

    def end_token(self) -> None:
        self.fake.fail("sendMessage", 401)

    def fall_down(self) -> None:
        self.fake.fail("sendMessage", 503)

    def stall(self, seconds: float) -> None:
        self.fake.stall("sendMessage", seconds, after_doing=True)

    def nobody(self) -> dict[str, Any]:
        return {"zalo_bot_api_base": "http://127.0.0.1:9"}


def _stamp(raw: bytes) -> str:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    return str(found.get("timestamp", "")) if isinstance(found, dict) else ""


PROBES: dict[str, type[Probe]] = {
    probe.name: probe for probe in (TelegramProbe, ZaloOAProbe, MessengerProbe, ZaloBotProbe)
}
WITHOUT_PLATFORM = {"webchat": "the page fetches its messages itself and has contract tests of its own"}
"""Channels behind which stands no platform that could call, refuse or fail."""
