"""The channel: sends, verifies, fetches. Everything that knows a detail of Zalo's stands in a module beside it."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.channels.base import Abilities, File, Rate, Store, Vault
from bot.channels.progress import Progress, progress_key
from bot.channels.templates import TemplateText, fill
from bot.channels.zalo_oa import doctor, setup
from bot.channels.zalo_oa.api import Api, Profile
from bot.channels.zalo_oa.codes import AttachmentLost
from bot.channels.zalo_oa.fetch import Fetcher
from bot.channels.zalo_oa.parse import NAME, oa_of, parse_event
from bot.channels.zalo_oa.pictures import fit
from bot.channels.zalo_oa.render import (
    BUTTONS,
    TEXT_LIMIT,
    Part,
    form_message,
    picture_message,
    plan,
    text_message,
)
from bot.channels.zalo_oa.signature import Keys, genuine, signed
from bot.domain.message import Incoming, Outgoing, Template
from bot.domain.reach import LOCAL, PushRules, Way
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, WayClosed
from bot.settings import Settings

log = logging.getLogger(__name__)

WINDOW = timedelta(days=7)
"""Consultation messages are taken this long after the resident's last interaction."""
_PHONE = re.compile(r"84\d{8,10}")


class ZaloOA:
    """One Official Account. Opens nothing before its first use.

    Args:
        texts: the templates of the city, by name.
        template_ids: Zalo's id of each approved template, by name.
        clock: the time, aware.
    """

    name = NAME
    label = "Zalo"
    abilities = Abilities(buttons=BUTTONS, pictures=True, text=TEXT_LIMIT, typing=False)
    # 4000 calls a minute for the app, of which uploads and pictures take their part.
    rate = Rate(overall=40, one=2, burst=10)

    def __init__(
        self,
        settings: Settings,
        vault: Vault,
        texts: dict[str, TemplateText],
        template_ids: dict[str, str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self.texts = texts
        self.template_ids = template_ids
        self.api = Api(settings, vault, clock)
        self.push = PushRules(free=WINDOW, template=bool(template_ids), phone=bool(template_ids))
        self._clock = clock
        self._keys = Keys(
            settings.zalo_oa_app_id.strip(),
            settings.zalo_oa_secret_key.strip(),
            settings.zalo_oa_app_secret.strip(),
            settings.zalo_oa_signed_id,
        )
        most, plain = settings.max_photo_mb * 1_000_000, settings.zalo_oa_api_base.startswith("http://")
        self._fetcher = Fetcher(self.api.http, settings.zalo_oa_media_hosts, most, plain)
        self._progress = Progress()
        self._oa_id = ""
        self._profile: Profile | None = None

    # --- the channel ---

    def send(self, address: str, message: Outgoing, files: list[File], way: Way = "free") -> str:
        """Send all parts in order; a second try goes on where the first one failed."""
        if way in ("template", "phone"):
            return self._send_template(address, message.template, by_phone=way == "phone")
        parts, key = plan(message, files), progress_key(address, message)
        sent = ""
        for number in range(self._progress.sent(key), len(parts)):
            try:
                sent = self._send_part(address, parts[number]) or sent
            except (RetryLater, ChannelDown):
                # Both are tried again.
                self._progress.keep(key, number)
                raise
            except DeliveryError:
                self._progress.forget(key)
                raise
        self._progress.forget(key)
        return sent

    def verify(self, headers: dict[str, str], raw: bytes) -> bool:
        return genuine(self._keys, headers, raw, self._clock().timestamp())

    def only_tests(self, headers: dict[str, str]) -> bool:
        """The console's test button sends a POST that must get 200, and is not known to sign it (channels.md A.1)."""
        if signed(headers):
            return False
        log.warning("zalo_oa: an unsigned call was answered and dropped: the console's test, or a proxy that takes "
                    "the header X-ZEvent-Signature away")  # fmt: skip
        return True

    def parse(self, payload: dict) -> list[Incoming]:
        self._oa_id = oa_of(payload) or self._oa_id
        return parse_event(payload, self._oa_id)

    def fetch(self, remote: str) -> bytes:
        """The bytes behind an address of Zalo's CDN."""
        return self._fetcher.fetch(remote)

    def typing(self, address: str) -> None:
        """Zalo has no such sign."""
        return None

    def receiver(self, store: Store) -> None:
        """The webhook is set in Zalo's console, by hand (see setup)."""
        return None

    def close(self) -> None:
        """Close the connections."""
        self.api.http.close()

    # --- beyond the common protocol ---

    @property
    def webhook_url(self) -> str:
        return f"{self.settings.public_url}/hooks/zalo-oa"

    def doctor(self) -> list[tuple[bool, str]]:
        """What is well and what is not, each with what to do."""
        return doctor.examine(self)

    def setup(self) -> list[str]:
        """What was done, and what an administrator must do in Zalo's console. Raises a DeliveryError."""
        return setup.instruct(self)

    # --- inside ---

    def _send_part(self, address: str, part: Part) -> str:
        if part.form:
            return self._send_form(address)
        if part.picture is None:
            return self.api.message(address, text_message(part))
        try:
            return self._send_picture(address, part.text, fit(part.picture))
        except BrokenRequest as error:
            log.warning("zalo_oa: a picture was left out: %s", error)
            return self.api.message(address, text_message(Part(part.text))) if part.text else ""

    def _send_picture(self, address: str, text: str, picture: File) -> str:
        try:
            return self.api.message(address, picture_message(text, self.api.upload(picture)))
        except AttachmentLost:
            return self.api.message(address, picture_message(text, self.api.upload(picture)))

    def _send_form(self, address: str) -> str:
        """Asks for the phone number. A typed one does as well, so a refused form is only left out."""
        try:
            if self._profile is None:
                self._profile = self.api.profile()
            return self.api.message(address, form_message(self._profile.name, self._profile.avatar))
        except (BrokenRequest, ChannelDown, WayClosed) as error:
            # Also when the OA lacks this one permission: whatever ails the whole channel, the next text will tell.
            log.warning("zalo_oa: the form was left out: %s", error)
            return ""

    def _send_template(self, address: str, template: Template | None, by_phone: bool) -> str:
        template_id = self.template_ids.get(template.name) if template is not None else None
        if template is None or template_id is None:
            raise WayClosed("tin này không có mẫu đã duyệt ở Zalo")
        values = fill(self.texts, template)
        if not by_phone:
            return self.api.template(address, template_id, values)
        phone = international(address)
        return self.api.template_by_phone(phone, template_id, values, self._tracking(phone, template_id, values))

    def _tracking(self, phone: str, template_id: str, values: dict[str, str]) -> str:
        """The same for all tries of one day, in case Zalo knows doubles by it; at most 48 characters."""
        said = json.dumps([phone, template_id, values], sort_keys=True).encode()
        return f"ln-{self._clock().astimezone(LOCAL):%Y%m%d}-{hashlib.sha256(said).hexdigest()[:32]}"


def international(phone: str) -> str:
    """A Vietnamese number as `84…`. Raises WayClosed for what is none."""
    digits = re.sub(r"\D", "", phone)
    digits = "84" + digits[1:] if digits.startswith("0") else digits
    if not _PHONE.fullmatch(digits):
        raise WayClosed("số điện thoại của người dân không đúng dạng")
    return digits
