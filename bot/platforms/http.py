"""Calls to a platform's servers: one connection pool for each thread, no repetition behind our back.

An address may hold a token, and the library puts addresses into its messages: what is raised here carries the kind of
the library's error and nothing else of it.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from bot.errors import RetryLater

_CONNECT = 5.0
_NEVER_SENT = (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)


class Http:
    """Sessions of one channel.

    Args:
        label: the platform's name, for the sentences of errors.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, label: str, timeout: float) -> None:
        self.label = label
        self.timeout = timeout
        self._here = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._age = 0

    def ask(self, method: str, url: str, wait: float | None = None, **parts: Any) -> requests.Response:
        """One call, with whatever answer it gets; redirects are not followed.

        Args:
            wait: seconds to wait for the answer, instead of the usual ones.
            parts: `params`, `json`, `data`, `files`, `headers`, `stream` as in requests.

        Raises:
            RetryLater: when there is no answer; `uncertain` when the call may have been carried out all the same.
        """
        timeout = (min(_CONNECT, self.timeout), self.timeout if wait is None else wait)
        try:
            return self._session().request(method, url, timeout=timeout, allow_redirects=False, **parts)
        except requests.RequestException as error:
            raise self.failed(error) from bare(error)

    def failed(self, error: requests.RequestException) -> RetryLater:
        """Our error for one of the library's."""
        if never_sent(error):
            return RetryLater(f"chưa nối được với {self.label} ({type(error).__name__})", everyone=True)
        return RetryLater(f"{self.label} không trả lời kịp ({type(error).__name__})", uncertain=True)

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._age += 1
        for session in sessions:
            session.close()

    def _session(self) -> requests.Session:
        if getattr(self._here, "age", None) != self._age:
            # This library logs addresses.
            logging.getLogger("urllib3").setLevel(logging.WARNING)
            session = requests.Session()
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=0))
            with self._lock:
                self._sessions.append(session)
                self._here.session, self._here.age = session, self._age
        return self._here.session


def never_sent(error: requests.RequestException) -> bool:
    """Whether a call failed before the platform can have seen it."""
    cause = error.args[0] if error.args else None
    return isinstance(error, _NEVER_SENT) or isinstance(getattr(cause, "reason", None), NewConnectionError)


def bare(error: requests.RequestException) -> requests.RequestException:
    """The same kind of error without what it says: that may hold a token."""
    return type(error)(type(error).__name__)
