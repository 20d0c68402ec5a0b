"""The channel: sends, fetches, checks, sets up. Synchronous outside; one private event loop inside."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, WebhookInfo
from telegram.constants import ChatAction
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.request import BaseRequest, HTTPXRequest

from bot.channels.base import Abilities, File, Rate, Receiver, Store, Vault
from bot.channels.progress import Progress, progress_key
from bot.channels.telegram import words
from bot.channels.telegram.doctor import examine
from bot.channels.telegram.failures import of_no_account, translate
from bot.channels.telegram.groups import Groups
from bot.channels.telegram.loop import Loop
from bot.channels.telegram.parse import NAME, parse_update
from bot.channels.telegram.render import TEXT_LIMIT, Part, plan
from bot.domain.message import Incoming, Outgoing
from bot.domain.reach import PushRules, Way
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater
from bot.platforms.background import Aside
from bot.settings import Settings

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
OFFICIAL = "https://api.telegram.org"
_SECRET_HEADER = "x-telegram-bot-api-secret-token"
_CONNECTIONS = 32

T = TypeVar("T")


class Telegram:
    """One bot of Telegram's. Opens nothing before its first use; `close` ends what it opened."""

    name = NAME
    label = "Telegram"
    abilities = Abilities(buttons=100, pictures=True, text=TEXT_LIMIT, typing=True)
    push = PushRules()
    rate = Rate(overall=30, one=1, burst=5)

    def __init__(
        self, settings: Settings, vault: Vault, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.api_base = settings.telegram_api_base
        self.public_url = settings.public_url
        self.secret = settings.telegram_secret or _derived_secret(settings)
        self._token = settings.telegram_token.strip()
        self._timeout = settings.telegram_timeout
        self._loop = Loop("telegram")
        self._lock = threading.Lock()
        self._opened: tuple[Bot, HTTPXRequest] | None = None
        self._progress = Progress()
        self._groups = Groups(vault, clock)
        self._aside = Aside(NAME)

    # --- the channel ---

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        """Send all parts in order; a second try goes on where the first one failed."""
        parts, key = plan(message, files), progress_key(address, message)
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
        """The bytes behind a file id. A BrokenRequest carries a sentence for the resident who sent the file."""
        try:
            return self._call(self._download(remote), self._timeout * 6)
        except ChannelDown as error:
            # The file waits at Telegram until our token is in order again.
            raise RetryLater(str(error)) from error

    def typing(self, address: str) -> None:
        self._loop.spawn(self._quietly(self._bot.send_chat_action(address, ChatAction.TYPING)))

    # --- beyond the common protocol ---

    def receiver(self, store: Store) -> Receiver:
        """The poller, or what registers the webhook (see receive.py)."""
        # Imported late: receive.py builds on this module.
        from bot.channels.telegram.receive import receiver

        return receiver(self, store)

    def acknowledge(self, message: Incoming) -> None:
        """A button was pressed: stop its spinner and mark the choice. In a group: say once a day that we talk in
        private only. Returns at once; failures are of no account."""
        callback_id = message.handle.get("callback_id")
        if callback_id:
            self._loop.spawn(self._quietly(self._bot.answer_callback_query(callback_id)))
        if message.event == "elsewhere":
            return self._aside.do(lambda: self._refuse(message.sender))
        if callback_id and message.handle.get("message_id"):
            edit = self._bot.edit_message_reply_markup(
                message.sender, message.handle["message_id"], reply_markup=_chosen(message)
            )
            self._loop.spawn(self._quietly(edit))
        return None

    def updates(self, offset: int | None, wait: int) -> Future[list[dict[str, Any]]]:
        """Begin to wait up to `wait` seconds for updates, as Telegram wrote them; cancel it to stop waiting."""
        return self._loop.spawn(self._translated(self._get_updates(offset, wait)))

    @property
    def uses_webhook(self) -> bool:
        """Telegram itself only calls https; a Bot API server of one's own calls any address."""
        return self.public_url.startswith("https://") or (bool(self.public_url) and self.api_base != OFFICIAL)

    @property
    def webhook_url(self) -> str:
        return f"{self.public_url}/hooks/telegram"

    def set_webhook(self, url: str, secret: str) -> None:
        """Have updates brought to `url`. Raises a DeliveryError."""
        self._call(self._bot.set_webhook(url, allowed_updates=ALLOWED_UPDATES, secret_token=secret))

    def delete_webhook(self) -> None:
        """Stop having updates brought; those that wait are kept. Raises a DeliveryError."""
        self._call(self._bot.delete_webhook(drop_pending_updates=False))

    def webhook_info(self) -> WebhookInfo:
        """What Telegram knows about our webhook. Raises a DeliveryError."""
        return self._call(self._bot.get_webhook_info())

    def set_commands(self) -> None:
        """The menu beside the input. Raises a DeliveryError."""
        self._call(self._bot.set_my_commands([BotCommand(*command) for command in words.COMMANDS]))

    def username(self) -> str:
        """The bot's name, which proves that the token is right. Raises a DeliveryError."""
        return self._call(self._bot.get_me()).username or ""

    def doctor(self) -> list[tuple[bool, str]]:
        """What is well and what is not, each with what to do."""
        return examine(self)

    def setup(self) -> list[str]:
        """Menu and the way in. Raises a DeliveryError."""
        name = self.username()
        self.set_commands()
        done = [f"Telegram: trợ lý là @{name} (https://t.me/{name}). Đã đặt thực đơn lệnh."]
        if self.uses_webhook:
            self.set_webhook(self.webhook_url, self.secret)
            return [*done, f"Đã đặt webhook {self.webhook_url}.", *words.BY_HAND]
        self.delete_webhook()
        return [*done, "Chưa có địa chỉ https công khai: máy này tự hỏi lấy tin.", *words.BY_HAND]

    def close(self) -> None:
        """Close the connections and the loop."""
        self._aside.close()
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            self._loop.close(_shut(opened[0].request, opened[1]))

    # --- inside ---

    def _refuse(self, group: str) -> None:
        """Point a group to the private conversation, unless it has been told today."""
        if self._groups.first_today(group):
            button = InlineKeyboardButton(words.PRIVATE_BUTTON, url=f"https://t.me/{self.username()}")
            self._call(self._bot.send_message(group, words.PRIVATE, reply_markup=InlineKeyboardMarkup([[button]])))

    @property
    def _bot(self) -> Bot:
        return self._open()[0]

    def _open(self) -> tuple[Bot, HTTPXRequest]:
        """The library's bot and the connection that waits for updates. Both only open sockets when they are used."""
        with self._lock:
            if self._opened is None:
                # These libraries log addresses, and Telegram's addresses contain the token.
                for name in ("httpx", "httpcore", "telegram"):
                    logging.getLogger(name).setLevel(logging.WARNING)
                polling, request = self._connections(2), self._connections(_CONNECTIONS)
                base = self.api_base
                bot = Bot(self._token, f"{base}/bot", f"{base}/file/bot", request=request, get_updates_request=polling)
                self._opened = bot, polling
            return self._opened

    def _connections(self, most: int) -> HTTPXRequest:
        seconds = self._timeout
        return HTTPXRequest(most, seconds, seconds, seconds, seconds, media_write_timeout=seconds * 3)

    def _send_part(self, address: str, part: Part) -> str:
        try:
            return self._call(self._post(address, part), self._timeout * 6)
        except BrokenRequest as error:
            if part.photo is None:
                raise
            log.warning("telegram: a picture was left out: %s", error)
            return self._call(self._post(address, Part(part.text, markup=part.markup))) if part.text else ""

    async def _post(self, address: str, part: Part) -> str:
        photo = part.photo
        if photo is None:
            sent = await self._bot.send_message(
                address, part.text, reply_markup=part.markup, link_preview_options=LinkPreviewOptions(is_disabled=True)
            )
        else:
            sent = await self._bot.send_photo(
                address, photo.content, caption=part.text or None, reply_markup=part.markup, filename=photo.name
            )
        return str(sent.message_id)

    async def _download(self, file_id: str) -> bytes:
        try:
            file = await self._bot.get_file(file_id)
        except BadRequest as error:
            raise BrokenRequest(words.TOO_BIG if "too big" in error.message.lower() else words.LOST) from error
        try:
            return bytes(await file.download_as_bytearray())
        except (InvalidToken, BadRequest) as error:
            # The token was good a moment ago: it is the file that is gone.
            raise BrokenRequest(words.LOST) from error

    async def _get_updates(self, offset: int | None, wait: int) -> list[dict[str, Any]]:
        """Asked for without the library's reading: one update it cannot read would hold up all that follow."""
        bot, polling = self._open()
        query: dict[str, Any] = {"timeout": wait, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        if offset is not None:
            query["offset"] = offset
        found = await polling.post(f"{bot.base_url}/getUpdates?{urlencode(query)}", read_timeout=self._timeout + wait)
        # Without a number an update can neither be told from another one nor be counted as seen.
        return [u for u in found if isinstance(u.get("update_id"), int)] if isinstance(found, list) else []

    def _call(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run one request and wait for it. Raises a DeliveryError."""
        try:
            return self._loop.run(self._translated(work), timeout or self._timeout * 4)
        except TimeoutError as error:
            raise translate(error, self._token) from error

    async def _translated(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except TelegramError as error:
            raise translate(error, self._token) from error

    async def _quietly(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except TelegramError as error:
            if not of_no_account(error):
                log.info("telegram: %s", translate(error, self._token))


async def _shut(*requests: BaseRequest) -> None:
    for request in requests:
        await request.shutdown()


def _derived_secret(settings: Settings) -> str:
    """The webhook secret when none is set: it follows from the installation key, so it is stable and unguessable."""
    if not settings.secret_key:
        return ""
    said = f"telegram-webhook:{settings.telegram_token}".encode()
    return hmac.new(settings.secret_key.encode(), said, hashlib.sha256).hexdigest()


def _chosen(message: Incoming) -> InlineKeyboardMarkup | None:
    """Only the pressed button stays, ticked; without its label all go."""
    label = message.handle.get("label")
    if not label or not message.payload:
        return None
    ticked = label if label.startswith(words.CHOSEN) else words.CHOSEN + label
    return InlineKeyboardMarkup([[InlineKeyboardButton(ticked, callback_data=message.payload)]])
