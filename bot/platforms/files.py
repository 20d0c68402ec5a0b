"""Files that came with a message: fetched from the platform's own hosts only, and no larger than we take."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from bot.errors import BrokenRequest, RetryLater
from bot.platforms.http import Http, bare

log = logging.getLogger(__name__)

_REDIRECTS = 3
_CHUNK = 65536
_LONGEST = 5
"""How many times the usual waiting time a whole file may take."""


@dataclass(frozen=True)
class Source:
    """Where files may come from.

    Args:
        hosts: ends of host names; `.example.vn` stands for `example.vn` and all below it.
        api_base: the platform's server. One of one's own that is plain http may keep its files itself, by http.
        setting: the name of the setting that holds the hosts, for the log.
        limit: bytes.
        too_big, lost: sentences for the resident who sent the file.
    """

    hosts: tuple[str, ...]
    api_base: str
    setting: str
    limit: int
    too_big: str
    lost: str

    def allows(self, url: str) -> bool:
        """Whether a file may be fetched from this address."""
        own = urlsplit(self.api_base)
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        host = parts.hostname or ""
        if parts.scheme != "https" and not parts.scheme == own.scheme == "http":
            return False
        if own.scheme == "http" and host == own.hostname:
            return True
        return any(host == end or host.endswith(f".{end}") for end in (h.strip(".").lower() for h in self.hosts) if end)


def download(http: Http, source: Source, url: str) -> bytes:
    """The bytes behind an address. No token is sent along.

    Raises:
        BrokenRequest: with a sentence for the resident, when the file is gone, too large or on a foreign host.
        RetryLater: when it cannot be fetched now.
    """
    until = time.monotonic() + http.timeout * _LONGEST
    for _ in range(_REDIRECTS + 1):
        if not source.allows(url):
            # Only the host: the rest of the address opens the file.
            log.warning("%s: no file is fetched from this host; see %s", _host(url), source.setting)
            raise BrokenRequest(source.lost)
        with http.ask("GET", url, stream=True) as answer:
            if answer.is_redirect:
                url = urljoin(url, answer.headers["location"])
                continue
            return _content(http, source, answer, until)
    raise BrokenRequest(source.lost)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def _content(http: Http, source: Source, answer: requests.Response, until: float) -> bytes:
    if answer.status_code == 429 or answer.status_code >= 500:
        raise RetryLater(f"{http.label} chưa cho tải tệp ({answer.status_code})")
    if answer.status_code != 200:
        raise BrokenRequest(source.lost)
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > source.limit:
        raise BrokenRequest(source.too_big)
    found = bytearray()
    try:
        for chunk in answer.iter_content(_CHUNK):
            found += chunk
            if len(found) > source.limit:
                raise BrokenRequest(source.too_big)
            if time.monotonic() > until:
                raise RetryLater(f"{http.label} gửi tệp quá chậm")
    except requests.RequestException as error:
        raise RetryLater(f"{http.label} ngắt giữa chừng khi tải tệp") from bare(error)
    return bytes(found)
