"""The channel: sends, fetches, checks. Synchronous; opens nothing before its first use."""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import timedelta
from typing import Any

from bot.channels.base import Abilities, File, Rate, Receiver, Store
from bot.channels.messenger import utility, words
from bot.channels.messenger.doctor import examine
from bot.channels.messenger.graph import Graph
from bot.channels.messenger.parse import NAME, parse_call
from bot.channels.messenger.render import QUICK_REPLIES, TEXT_LIMIT, Part, plan
from bot.channels.messenger.setup import set_up
from bot.channels.progress import Progress, progress_key
from bot.channels.templates import FILE, read_templates, template_ids
from bot.domain.message import Incoming, Outgoing
from bot.domain.reach import PushRules, Way
from bot.errors import BrokenRequest, DeliveryError, RetryLater, WayClosed
from bot.platforms.background import Aside
from bot.platforms.files import Source, download
from bot.platforms.http import Http
from bot.settings import Settings

log = logging.getLogger(__name__)

OFFICIAL = "https://graph.facebook.com"
_SIGNATURE = "x-hub-signature-256"
_FREE = timedelta(hours=24)
_OFFICER = timedelta(days=7)
_TYPES: dict[Way, dict[str, str]] = {
    "free": {"messaging_type": "RESPONSE"},
    # Meta: only words that a person typed may go this way.
    "officer": {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"},
    "template": {"messaging_type": "UTILITY"},
}


class Messenger:
    """The conversations of one Page."""

    name = NAME
    label = "Messenger"
    abilities = Abilities(buttons=QUICK_REPLIES, pictures=True, text=TEXT_LIMIT, typing=True, lasting=False)
    # Above 40 messages a second Meta freezes the Page's inbox.
    rate = Rate(overall=35, one=1, burst=5)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.texts = read_templates(settings.city_dir / FILE)
        self.templates = template_ids(utility.SETTING, settings.messenger_templates, self.texts)
        self.push = PushRules(free=_FREE, officer=_OFFICER, template=bool(self.templates))
        self._http = Http(self.label, settings.messenger_timeout)
        self.graph = Graph(settings, self._http)
        self._app_secret = settings.messenger_app_secret.strip()
        self._verify_token = settings.messenger_verify_token.strip()
        self._source = _source(settings)
        self._progress = Progress()
        self._aside = Aside(NAME)

    # --- the channel ---

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        """Send all parts in order; a second try goes on where the first one failed."""
        if way not in _TYPES:
            raise WayClosed("Messenger không gửi được theo số điện thoại")
        key = progress_key(address, message)
        if way == "template":
            content = utility.content(self.texts, self.templates, message.template)
            return self._post(address, Part(content), way, _mark(key, way))
        parts, sent = plan(message, files), ""
        for number in range(self._progress.sent(key), len(parts)):
            try:
                sent = self._send_part(address, parts[number], way, _mark(key, number)) or sent
            except RetryLater:
                self._progress.keep(key, number)
                raise
            except DeliveryError:
                self._progress.forget(key)
                raise
        self._progress.forget(key)
        return sent

    def verify(self, headers: dict[str, str], raw: bytes) -> bool:
        given = next((value for name, value in headers.items() if name.lower() == _SIGNATURE), "")
        right = "sha256=" + hmac.new(self._app_secret.encode(), raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given.lower().encode(), right.encode())

    def handshake(self, query: dict[str, str]) -> str | None:
        """Meta asks once, when the webhook is set, whether we know the word that was agreed on."""
        known = hmac.compare_digest(query.get("hub.verify_token", "").encode(), self._verify_token.encode())
        return query.get("hub.challenge") if known and query.get("hub.mode") == "subscribe" else None

    def parse(self, payload: dict) -> list[Incoming]:
        return parse_call(payload)

    def fetch(self, remote: str) -> bytes:
        """The bytes behind a file's address. A BrokenRequest carries a sentence for the resident who sent it."""
        return download(self._http, self._source, remote)

    def typing(self, address: str) -> None:
        body = {"recipient": {"id": address}, "sender_action": "typing_on"}
        self._aside.do(lambda: self.graph.post("/me/messages", body))

    def receiver(self, store: Store) -> Receiver | None:
        """What keeps the Page's events coming; Meta itself only calls https."""
        # Imported late: receive.py builds on this module.
        from bot.channels.messenger.receive import Subscriber

        return Subscriber(self) if self.can_be_called else None

    def close(self) -> None:
        """Close the connections and end what runs beside."""
        self._aside.close()
        self._http.close()

    # --- beyond the common protocol ---

    @property
    def can_be_called(self) -> bool:
        """Whether our public address is one that the platform calls."""
        url = self.settings.public_url
        return url.startswith("https://") or (bool(url) and self.settings.messenger_graph_base != OFFICIAL)

    @property
    def webhook_url(self) -> str:
        return f"{self.settings.public_url}/hooks/messenger"

    def setup(self) -> list[str]:
        """Do what can be done by API and say what is left. Raises a DeliveryError."""
        return set_up(self)

    def doctor(self) -> list[tuple[bool, str]]:
        """What is well and what is not, each with what to do."""
        return examine(self)

    # --- inside ---

    def _send_part(self, address: str, part: Part, way: Way, mark: str) -> str:
        try:
            return self._post(address, part, way, mark)
        except BrokenRequest as error:
            if part.photo is None:
                raise
            log.warning("messenger: a picture was left out: %s", error)
            return ""

    def _post(self, address: str, part: Part, way: Way, mark: str) -> str:
        message: dict[str, Any] = {**part.message, "metadata": mark}
        body = {"recipient": {"id": address}, **_TYPES[way], "message": message}
        if part.photo is None:
            answer = self.graph.post("/me/messages", body, way)
        else:
            answer = self.graph.upload("/me/messages", body, part.photo, way)
        return str(answer.get("message_id") or "")


def _mark(key: str, part: object) -> str:
    """Goes with a message and comes back in Meta's echo of it; the same when the same message is tried again, so that
    a message that was sent twice can be told from two messages."""
    return f"ln:{key[:32]}:{part}"


def _source(settings: Settings) -> Source:
    return Source(
        hosts=settings.messenger_media_hosts,
        api_base=settings.messenger_graph_base,
        setting="LANGNGHE_MESSENGER_MEDIA_HOSTS",
        limit=settings.max_photo_mb * 1_000_000,
        too_big=words.TOO_BIG.format(most=settings.max_photo_mb),
        lost=words.LOST,
    )
