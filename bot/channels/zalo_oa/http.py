"""HTTP to Zalo: connections that are kept, time-outs, and the network's failures as our decisions."""

from __future__ import annotations

import threading
import weakref
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError, NewConnectionError

from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater

_CONNECT = 5.0
_SLOW_DOWN = 30.0


class Http:
    """One session for each thread, as sessions are not made to be shared; opened when first used, never retrying.

    Args:
        timeout: seconds that one call may take to answer.
    """

    def __init__(self, timeout: float) -> None:
        self.timeouts = (min(_CONNECT, timeout), timeout)
        self._local = threading.local()
        self._all: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._lock = threading.Lock()

    @property
    def session(self) -> requests.Session:
        found = getattr(self._local, "session", None)
        if found is None:
            found = self._local.session = requests.Session()
            # Nothing that one host says is carried to another, or to the next call.
            found.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            found.mount("https://", HTTPAdapter(max_retries=0))
            found.mount("http://", HTTPAdapter(max_retries=0))
            with self._lock:
                self._all.add(found)
        return found

    def call(self, method: str, url: str, **parts: Any) -> dict[str, Any]:
        """One request, answered by a JSON object.

        Raises:
            RetryLater: network, outage, rate limit; `uncertain` when Zalo may have done it all the same.
            BrokenRequest, ChannelDown: another status than 200. Zalo's own errors come with 200 and are returned.
        """
        try:
            answer = self.session.request(method, url, timeout=self.timeouts, allow_redirects=False, **parts)
        except requests.RequestException as error:
            raise trouble(error) from error
        if answer.status_code != 200:
            raise bad_status(answer)
        try:
            found = answer.json()
        except ValueError as error:
            raise RetryLater("Zalo trả lời không đúng dạng", uncertain=True) from error
        if not isinstance(found, dict):
            raise RetryLater("Zalo trả lời không đúng dạng", uncertain=True)
        return found

    def close(self) -> None:
        """Close the connections of all threads; the next call opens new ones."""
        with self._lock:
            sessions, self._all = list(self._all), weakref.WeakSet()
            self._local = threading.local()
        for session in sessions:
            session.close()


def trouble(error: requests.RequestException) -> DeliveryError:
    """The network failed. Nothing of the library's words is repeated: they hold addresses."""
    if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
        return RetryLater("chưa nối được với Zalo", everyone=True)
    if isinstance(error, requests.Timeout):
        return RetryLater("Zalo không trả lời kịp", uncertain=True)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return RetryLater("Zalo ngắt kết nối giữa chừng", uncertain=True)
    return BrokenRequest(f"không gọi được Zalo ({type(error).__name__})")


def bad_status(answer: requests.Response) -> DeliveryError:
    """Another status than 200: not Zalo's way to refuse, so it comes from what stands before it."""
    status = answer.status_code
    if status == 429:
        after = answer.headers.get("Retry-After", "")
        return RetryLater("Zalo yêu cầu gửi chậm lại", float(after) if after.isdigit() else _SLOW_DOWN, everyone=True)
    if status >= 500:
        # A gateway that waited in vain does not know what became of the call.
        return RetryLater(f"Zalo đang gặp sự cố (HTTP {status})", uncertain=status == 504, everyone=True)
    if status in (401, 403):
        return ChannelDown(f"Zalo từ chối truy cập (HTTP {status})")
    return BrokenRequest(f"Zalo từ chối yêu cầu (HTTP {status})")


def _never_connected(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | NameResolutionError) or isinstance(
        error, requests.exceptions.SSLError | requests.exceptions.ProxyError
    )
