"""Residents' files, from Zalo's CDN: only from hosts that the settings name, only so large, and without our token."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

import requests

from bot.channels.zalo_oa import words
from bot.channels.zalo_oa.http import Http, bad_status, trouble
from bot.errors import BrokenRequest, ChannelDown, DeliveryError, RetryLater

_REDIRECTS = 3
_CHUNK = 65536
_PATIENCE = 4.0


class Fetcher:
    """Downloads one file at a time.

    Args:
        hosts: ends of host names, such as `.zdn.vn`; without the dot at the beginning the host itself as well.
        most: bytes that one file may have.
        plain: whether http will do (tests, servers of one's own).
    """

    def __init__(self, http: Http, hosts: Sequence[str], most: int, plain: bool) -> None:
        self._http = http
        self._hosts = tuple(host.strip().lower() for host in hosts if host.strip(". "))
        self._most = most
        self._schemes = ("https", "http") if plain else ("https",)

    def fetch(self, url: str) -> bytes:
        """The bytes of a file.

        Raises:
            RetryLater: not now.
            BrokenRequest: never; the message is a sentence for the resident who sent the file.
        """
        try:
            return self._followed(url)
        except requests.RequestException as error:
            found = trouble(error)
            raise (found if isinstance(found, RetryLater) else BrokenRequest(words.LOST)) from error
        except ValueError as error:
            # An address that cannot be read.
            raise BrokenRequest(words.LOST) from error

    def _followed(self, url: str) -> bytes:
        until = time.monotonic() + self._http.timeouts[1] * _PATIENCE
        for _ in range(_REDIRECTS + 1):
            if not self._allowed(url):
                raise BrokenRequest(words.LOST)
            # Each address that a redirect names is judged like the first.
            with self._http.session.get(url, stream=True, timeout=self._http.timeouts, allow_redirects=False) as answer:
                if not answer.is_redirect:
                    return self._body(answer, until)
                url = urljoin(url, answer.headers["Location"])
        raise BrokenRequest(words.LOST)

    def _allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
        known = any(host == name.lstrip(".") or host.endswith("." + name.lstrip(".")) for name in self._hosts)
        return parts.scheme in self._schemes and known and not parts.username

    def _body(self, answer: requests.Response, until: float) -> bytes:
        if answer.status_code != 200:
            raise _refused(answer)
        told = answer.headers.get("Content-Length", "")
        if told.isdigit() and int(told) > self._most:
            raise self._too_big()
        found = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            found += chunk
            if len(found) > self._most:
                raise self._too_big()
            if time.monotonic() > until:
                raise RetryLater("Zalo gửi tệp quá chậm")
        return bytes(found)

    def _too_big(self) -> BrokenRequest:
        return BrokenRequest(words.TOO_BIG.format(most=self._most // 1_000_000))


def _refused(answer: requests.Response) -> DeliveryError:
    """The CDN has nothing to do with our token: what it refuses is the file."""
    found = bad_status(answer)
    return BrokenRequest(words.LOST) if isinstance(found, BrokenRequest | ChannelDown) else found
