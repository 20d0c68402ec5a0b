"""Zalo's calls, with token and proof: a refused token is renewed once, every other code becomes a decision."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.channels.base import File, Vault
from bot.channels.zalo_oa.codes import BUSINESS, BY_USER_ID, OPENAPI, Decision, Rule, error, rule
from bot.channels.zalo_oa.http import Http
from bot.channels.zalo_oa.signature import text_id
from bot.channels.zalo_oa.tokens import Tokens
from bot.errors import BrokenRequest, ChannelDown, RetryLater
from bot.settings import Settings

log = logging.getLogger(__name__)

_RATE_LIMIT = "-32"
CONSENT = (
    "Zalo không nhận mã làm mới: quản trị viên OA mở lại liên kết cấp quyền và đặt mã mới vào "
    "LANGNGHE_ZALO_OA_REFRESH_TOKEN"
)


@dataclass(frozen=True)
class Profile:
    """What the OA says of itself; empty where Zalo does not tell."""

    oa_id: str = ""
    name: str = ""
    avatar: str = ""


class Api:
    """The calls that the channel makes. All of them raise a DeliveryError.

    Args:
        clock: the time, aware.
    """

    def __init__(self, settings: Settings, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._openapi = settings.zalo_oa_api_base
        self._business = settings.zalo_oa_business_base
        self._oauth = settings.zalo_oa_oauth_base
        self._app_id = settings.zalo_oa_app_id.strip()
        self._secret = settings.zalo_oa_app_secret.strip()
        self._clock = clock
        self.http = Http(settings.zalo_oa_timeout)
        self.tokens = Tokens(vault, settings.zalo_oa_refresh_token.strip(), self._exchange, clock)

    def message(self, user: str, message: dict[str, Any]) -> str:
        """A consultation message (tin tư vấn). Returns its id."""
        body = {"recipient": {"user_id": user}, "message": message}
        return self._sent(self._call("POST", f"{self._openapi}/v3.0/oa/message/cs", OPENAPI, json=body))

    def template(self, user: str, template_id: str, values: dict[str, str]) -> str:
        """An approved template, to a user id. Returns the message's id."""
        body = {"user_id": user, "template_id": template_id, "template_data": values}
        return self._sent(self._call("POST", f"{self._openapi}/v3.0/oa/message/template", BY_USER_ID, json=body))

    def template_by_phone(self, phone: str, template_id: str, values: dict[str, str], tracking: str) -> str:
        """An approved template, to a phone number (`84…`). Returns the message's id."""
        body = {"phone": phone, "template_id": template_id, "template_data": values, "tracking_id": tracking}
        return self._sent(self._call("POST", f"{self._business}/message/template", BUSINESS, json=body))

    def upload(self, picture: File) -> str:
        """A jpg or png of at most 1 MB. Returns its attachment id."""
        files = {"file": (picture.name, picture.content, picture.content_type)}
        url = f"{self._openapi}/v2.0/oa/upload/image"
        data = _before_sending(lambda: self._call("POST", url, OPENAPI, files=files))
        found = text_id(data.get("attachment_id"))
        if not found:
            raise RetryLater("Zalo không trả mã của ảnh vừa tải lên")
        return found

    def profile(self) -> Profile:
        """The OA itself, which proves that the token is right."""
        data = _before_sending(lambda: self._call("GET", f"{self._openapi}/v2.0/oa/getoa", OPENAPI))
        return Profile(text_id(data.get("oa_id")), text_id(data.get("name")), text_id(data.get("avatar")))

    def template_info(self, template_id: str) -> dict[str, Any]:
        """What Zalo knows of a template: its status, its price."""
        url = f"{self._business}/template/info/v2"
        return self._call("GET", url, BUSINESS, params={"template_id": template_id})

    # --- inside ---

    def _call(self, method: str, url: str, table: dict[int, Rule], **parts: Any) -> dict[str, Any]:
        """The `data` of the answer; a refused token is renewed once."""
        token = self.tokens.access()
        answer = self.http.call(method, url, headers=self._headers(token), **parts)
        if rule(table, _code(answer)).decision is Decision.REFRESH:
            token = self.tokens.renewed(token)
            answer = self.http.call(method, url, headers=self._headers(token), **parts)
        code = _code(answer)
        if code:
            found = rule(table, code)
            if found.alarm or found.decision in (Decision.STOP, Decision.REFRESH):
                log.error("zalo_oa: %d: %s", code, found.said)
            raise error(found, code, self._clock())
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    def _headers(self, token: str) -> dict[str, str]:
        """`access_token` is a bare header of this name; the proof is demanded of apps that have switched it on."""
        headers = {"access_token": token}
        if self._secret:
            headers["appsecret_proof"] = hmac.new(self._secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return headers

    def _exchange(self, refresh_token: str) -> dict[str, Any]:
        """A new pair of tokens. An error comes with HTTP 200 and no `access_token`."""
        form = {"app_id": self._app_id, "grant_type": "refresh_token", "refresh_token": refresh_token}
        url = f"{self._oauth}/v4/oa/access_token"
        try:
            answer = _before_sending(
                lambda: self.http.call("POST", url, headers={"secret_key": self._secret}, data=form)
            )
        except BrokenRequest as refused:
            raise ChannelDown(f"{CONSENT} ({refused})") from refused
        if answer.get("access_token"):
            return answer
        code = text_id(answer.get("error"))
        if code == _RATE_LIMIT:
            raise error(OPENAPI[int(code)], int(code), self._clock())
        log.error("zalo_oa: the refresh token was refused (%.20s)", code)
        raise ChannelDown(f"{CONSENT} ({code:.20})")

    @staticmethod
    def _sent(data: dict[str, Any]) -> str:
        """A template by phone calls its id `msg_id`."""
        return text_id(data.get("message_id")) or text_id(data.get("msg_id"))


def _before_sending(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A step that sends no message: when it fails, it is certain that nothing has arrived."""
    try:
        return step()
    except RetryLater as trouble:
        raise RetryLater(str(trouble), trouble.after, everyone=trouble.everyone) from trouble


def _code(answer: dict[str, Any]) -> int:
    """Zalo's `error`: 0 is success. Without one nobody knows what became of the call."""
    try:
        return int(answer["error"])
    except (LookupError, TypeError, ValueError) as missing:
        raise RetryLater("Zalo trả lời không đúng dạng", uncertain=True) from missing
