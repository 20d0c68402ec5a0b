"""One call of the Zalo Bot API: address, answer, and what its errors mean for us (Zalo Bot Platform docs)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater, Unreachable
from bot.platforms.http import Http

_SLOW_DOWN = 30.0
"""Seconds: Zalo does not say how long to wait."""
_NO_UPDATE = 408


class Api:
    """The methods of one bot. Every call raises a DeliveryError when Zalo refuses or does not answer."""

    def __init__(self, base: str, token: str, http: Http) -> None:
        self._address = f"{base}/bot{quote(token, safe=':')}"
        self._token = token
        self._http = http

    def call(self, method: str, given: dict[str, Any] | None = None, wait: float | None = None) -> Any:
        """The `result` of one method. `wait`: seconds to wait for the answer, instead of the usual ones."""
        status, found = self._answer(method, given, wait)
        if found is not None and found.get("ok") is True:
            return found.get("result")
        raise self._refused(status, found)

    def update(self, seconds: int) -> Any:
        """The next update, waiting up to `seconds` for it; None when there was none."""
        status, found = self._answer("getUpdates", {"timeout": str(seconds)}, self._http.timeout + seconds)
        if found is not None and found.get("ok") is True:
            return found.get("result")
        if _code(status, found) == _NO_UPDATE and found is not None:
            return None
        raise self._refused(status, found)

    def _answer(self, method: str, given: dict[str, Any] | None, wait: float | None) -> tuple[int, dict | None]:
        answer = self._http.ask("POST", f"{self._address}/{method}", wait, json=given or {})
        try:
            found = answer.json()
        except ValueError:
            found = None
        return answer.status_code, found if isinstance(found, dict) else None

    def _refused(self, status: int, found: dict | None) -> DeliveryError:
        if found is None:
            # Not the API speaks, but something in front of it.
            said = f"Zalo Bot không trả lời đúng cách (HTTP {status})"
            return RetryLater(said, uncertain=status in (200, 504), everyone=status != 200)
        description = str(found.get("description") or "").replace(self._token, "…")[:100]
        return _meaning(_code(status, found), description)


def _code(status: int, found: dict | None) -> int:
    code = (found or {}).get("error_code")
    return code if isinstance(code, int) else int(code) if isinstance(code, str) and code.isdigit() else status


def _meaning(code: int, said: str) -> DeliveryError:
    if code == 401:
        return ChannelDown("Zalo không nhận mã trong LANGNGHE_ZALO_BOT_TOKEN")
    if code == 403:
        return Unreachable("người nhận đã chặn trợ lý trên Zalo, hoặc Zalo không cho nhắn tới người này")
    if code == 429:
        return RetryLater("Zalo Bot yêu cầu gửi chậm lại", after=_SLOW_DOWN, everyone=True)
    if code == 408:
        return RetryLater("Zalo Bot không trả lời kịp", uncertain=True)
    if code >= 500:
        return RetryLater(f"Zalo Bot đang trục trặc ({code})", uncertain=code == 504, everyone=True)
    return BrokenRequest(f"Zalo Bot từ chối ({code}): {said}")
