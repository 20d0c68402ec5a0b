"""The channel: sends, fetches, checks, sets up. Synchronous; opens nothing before its first use."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any

from bot.channels.base import Abilities, File, Rate, Receiver, Store
from bot.channels.progress import Progress, progress_key
from bot.channels.zalo_bot import words
from bot.channels.zalo_bot.api import Api
from bot.channels.zalo_bot.doctor import examine
from bot.channels.zalo_bot.parse import NAME, parse_update
from bot.channels.zalo_bot.render import TEXT_LIMIT, Part, plan
from bot.domain.message import Incoming, Outgoing
from bot.domain.reach import PushRules, Way
from bot.errors import BrokenRequest, DeliveryError, RetryLater, WayClosed
from bot.platforms.background import Aside
from bot.platforms.files import Source, download
from bot.platforms.http import Http
from bot.settings import Settings

log = logging.getLogger(__name__)

OFFICIAL = ("https://bot-api.zaloplatforms.com", "https://bot-api.zapps.me")
_SECRET_HEADER = "x-bot-api-secret-token"
_PHOTO_WAIT = 90.0
"""Seconds for Zalo to fetch a picture. It may take up to 150, but our claim on the message ends after 120."""


class ZaloBot:
    """One bot of the Zalo Bot Platform."""

    name = NAME
    label = "Zalo Bot"
    # No window was ever published: a late message is sent and may fail.
    push = PushRules()
    rate = Rate(overall=10, one=1, burst=5)

    def __init__(self, settings: Settings) -> None:
        self.api_base = settings.zalo_bot_api_base
        self.public_url = settings.public_url
        self.secret = settings.zalo_bot_secret or _derived_secret(settings)
        self.abilities = Abilities(buttons=0, pictures=self.can_be_called, text=TEXT_LIMIT, typing=True)
        self._http = Http(self.label, settings.zalo_bot_timeout)
        self._api = Api(self.api_base, settings.zalo_bot_token.strip(), self._http)
        self._source = _source(settings)
        self._progress = Progress()
        self._aside = Aside(NAME)

    # --- the channel ---

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        """Send all parts in order; a second try goes on where the first one failed."""
        if way != "free":
            raise WayClosed("Zalo Bot chỉ có tin tự do")
        parts, key = plan(message, self.public_url, self.can_be_called), progress_key(address, message)
        sent = ""
        for number in range(self._progress.sent(key), len(parts)):
            try:
                sent = self._send_part(address, parts[number]) or sent
            except RetryLater:
                self._progress.keep(key, number)
                raise
            except DeliveryError:
                self._progress.forget(key)
                raise
        self._progress.forget(key)
        return sent

    def verify(self, headers: dict[str, str], raw: bytes) -> bool:
        given = next((value for name, value in headers.items() if name.lower() == _SECRET_HEADER), "")
        return bool(self.secret) and hmac.compare_digest(given.encode(), self.secret.encode())

    def parse(self, payload: dict) -> list[Incoming]:
        return parse_update(payload)

    def fetch(self, remote: str) -> bytes:
        """The bytes behind a file's address. A BrokenRequest carries a sentence for the resident who sent it."""
        return download(self._http, self._source, remote)

    def typing(self, address: str) -> None:
        self._aside.do(lambda: self._api.call("sendChatAction", {"chat_id": address, "action": "typing"}))

    def receiver(self, store: Store) -> Receiver:
        """The poller, or what registers the webhook (see receive.py)."""
        # Imported late: receive.py builds on this module.
        from bot.channels.zalo_bot.receive import receiver

        return receiver(self, store)

    def close(self) -> None:
        """Close the connections and end what runs beside."""
        self._aside.close()
        self._http.close()

    # --- beyond the common protocol ---

    @property
    def can_be_called(self) -> bool:
        """Whether Zalo can open our addresses: Zalo itself only by https, a server of one's own by any."""
        return self.public_url.startswith("https://") or (bool(self.public_url) and self.api_base not in OFFICIAL)

    @property
    def webhook_url(self) -> str:
        return f"{self.public_url}/hooks/zalo-bot"

    def updates(self, seconds: int) -> list[dict[str, Any]]:
        """What has come, waiting up to `seconds`: one update at most; one that is handed out does not come again.

        Raises:
            DeliveryError: when Zalo refuses or does not answer.
        """
        found = self._api.update(seconds)
        return [update for update in (found if isinstance(found, list) else [found]) if isinstance(update, dict)]

    def set_webhook(self) -> bool:
        """Have updates brought to us; False when Zalo tried our address and got no answer. Raises a DeliveryError."""
        found = self._api.call("setWebhook", {"url": self.webhook_url, "secret_token": self.secret})
        verification = found.get("verification") if isinstance(found, dict) else None
        return not (isinstance(verification, dict) and verification.get("ok") is False)

    def delete_webhook(self) -> None:
        """Stop having updates brought. Raises a DeliveryError."""
        self._api.call("deleteWebhook")

    def webhook_set(self) -> str:
        """The address to which updates are brought; empty when they are asked for. Raises a DeliveryError."""
        found = self._api.call("getWebhookInfo")
        return str(found.get("url") or "") if isinstance(found, dict) else ""

    def account(self) -> str:
        """The bot's name, which proves that the token is right. Raises a DeliveryError."""
        found = self._api.call("getMe")
        return str(found.get("display_name") or found.get("account_name") or "") if isinstance(found, dict) else ""

    def setup(self) -> list[str]:
        """Do what can be done by API and say what is left. Raises a DeliveryError."""
        lines = [f"Zalo Bot: mã đúng, trợ lý là “{self.account()}”."]
        if not self.can_be_called:
            self.delete_webhook()
            return [*lines, "Máy này tự hỏi lấy tin, vì LANGNGHE_PUBLIC_URL chưa phải https. Không phải làm gì thêm."]
        reached = self.set_webhook()
        lines.append(f"Đã đặt webhook: {self.webhook_url}")
        if not reached:
            lines.append("Zalo chưa gọi được địa chỉ này: chạy `langnghe up`, mở cổng https rồi chạy lại lệnh này.")
        return [*lines, "Tên, ảnh đại diện và lời giới thiệu của trợ lý đặt trong Zalo, ở Zalo Bot Manager."]

    def doctor(self) -> list[tuple[bool, str]]:
        """What is well and what is not, each with what to do."""
        return examine(self)

    # --- inside ---

    def _send_part(self, address: str, part: Part) -> str:
        if not part.photo:
            return _id(self._api.call("sendMessage", {"chat_id": address, "text": part.text}))
        try:
            return _id(self._api.call("sendPhoto", {"chat_id": address, "photo": part.photo}, _PHOTO_WAIT))
        except BrokenRequest as error:
            log.warning("zalo_bot: a picture was left out: %s", error)
            return ""


def _id(result: Any) -> str:
    return str(result.get("message_id") or "") if isinstance(result, dict) else ""


def _derived_secret(settings: Settings) -> str:
    """The webhook secret when none is set: it follows from the installation key, so it is stable and unguessable."""
    if not settings.secret_key:
        return ""
    said = f"zalo-bot-webhook:{settings.zalo_bot_token.strip()}".encode()
    return hmac.new(settings.secret_key.encode(), said, hashlib.sha256).hexdigest()


def _source(settings: Settings) -> Source:
    return Source(
        hosts=settings.zalo_bot_media_hosts,
        api_base=settings.zalo_bot_api_base,
        setting="LANGNGHE_ZALO_BOT_MEDIA_HOSTS",
        limit=settings.max_photo_mb * 1_000_000,
        too_big=words.TOO_BIG.format(most=settings.max_photo_mb),
        lost=words.LOST,
    )
