"""From an outbox row to the platform: sent, tried again at a time, or undeliverable with a reason."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.base import Channel, File
from bot.domain.message import Outgoing
from bot.errors import BrokenRequest, ChannelDown, NotFound, RetryLater, Unreachable
from bot.services.media import MediaStore
from bot.services.qr import code_png
from bot.store.database import Database
from bot.store.models import Conversation, Outbox
from bot.store.queue import claim, waiting

_LONGEST_WAIT = 900.0
_CHANNEL_PAUSE = timedelta(minutes=5)


@dataclass
class Deliver:
    """Sends outbox rows, one conversation in order."""

    db: Database
    media: MediaStore
    channels: dict[str, Channel]
    clock: Callable[[], datetime]
    public_url: str

    def step(self) -> bool:
        """Send one waiting message. False when none is waiting."""
        with self.db.read() as session:
            if not waiting(session, Outbox, self.clock()):
                return False
        with self.db.write() as session:
            row_id = claim(session, Outbox, self.clock())
        if row_id is None:
            return False
        self._send(row_id)
        return True

    def _send(self, row_id: int) -> None:
        with self.db.read() as session:
            row = session.get_one(Outbox, row_id)
            conversation = session.get_one(Conversation, row.conversation_id)
            message, channel = Outgoing.from_json(row.body), self.channels.get(conversation.channel)
        if channel is None:
            return self._later(row_id, _CHANNEL_PAUSE.total_seconds(), "kênh đang tắt")
        if not conversation.reachable:
            return self._settle(row_id, "undeliverable", reason="người nhận đã chặn hoặc rời cuộc trò chuyện")
        try:
            sent = channel.send(conversation.address, message, self._files(message))
            return self._settle(row_id, "sent", platform_id=sent)
        except RetryLater as error:
            return self._again(row_id, error)
        except Unreachable as error:
            self._unreachable(conversation.id)
            return self._settle(row_id, "undeliverable", reason=str(error))
        except BrokenRequest as error:
            return self._settle(row_id, "undeliverable", reason=str(error))
        except ChannelDown as error:
            return self._later(row_id, _CHANNEL_PAUSE.total_seconds(), str(error))

    def _files(self, message: Outgoing) -> list[File]:
        """The pictures of a message: stored media, or QR codes drawn on the spot."""
        files = []
        for image in message.images:
            if image.startswith("/qr/"):
                code = image.removeprefix("/qr/").removesuffix(".png")
                files.append(File(code_png(self.public_url, code), "image/png", f"{code}.png"))
                continue
            try:
                with self.db.read() as session:
                    stored = self.media.get(session, image)
                files.append(File(stored.path.read_bytes(), stored.content_type, f"{image}.jpg"))
            except (NotFound, OSError):
                continue
        return files

    def _again(self, row_id: int, error: RetryLater) -> None:
        with self.db.read() as session:
            attempts = session.get_one(Outbox, row_id).attempts
        if error.uncertain and attempts > 1:
            # It may have arrived; a second repetition would rather send it twice.
            return self._settle(row_id, "sent", reason="không rõ nền tảng đã nhận chưa")
        wait = min(2.0 ** min(attempts, 10), _LONGEST_WAIT) * random.uniform(0.8, 1.2)
        return self._later(row_id, max(wait, error.after or 0.0), str(error))

    def _later(self, row_id: int, seconds: float, reason: str) -> None:
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            row.state, row.claimed_until, row.reason = "queued", None, reason[:300]
            row.available_at = self.clock() + timedelta(seconds=seconds)

    def _settle(self, row_id: int, state: str, reason: str | None = None, platform_id: str | None = None) -> None:
        with self.db.write() as session:
            row = session.get_one(Outbox, row_id)
            if row.state != "delivered":
                row.state = state
            row.claimed_until, row.reason = None, reason[:300] if reason else None
            row.platform_message_id = platform_id or row.platform_message_id
            if state == "sent":
                row.sent_at = self.clock()

    def _unreachable(self, conversation_id: str) -> None:
        with self.db.write() as session:
            session.get_one(Conversation, conversation_id).reachable = False
