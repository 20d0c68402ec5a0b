"""Calls at given moments, whether or not earlier ones have been answered: so that queueing shows."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_CONNECTIONS = 40
"""As many as Telegram opens to a webhook unless told otherwise."""
_PATIENCE = 30.0


@dataclass(frozen=True)
class Call:
    """One POST, `at` seconds after the start."""

    at: float
    body: bytes


@dataclass(frozen=True)
class Answer:
    """`seconds` counts from the moment at which the call was due. Status 0: there was no answer."""

    status: int
    seconds: float


def drive(url: str, headers: dict[str, str], calls: Sequence[Call]) -> list[Answer]:
    """Make all calls, over connections that are kept open. Answers stand in the order in which they came."""
    waiting, lock = iter(sorted(calls, key=lambda call: call.at)), threading.Lock()
    answers: list[Answer] = []
    start = time.perf_counter() + 0.2

    def work() -> None:
        line = _Line(url, headers)
        while True:
            with lock:
                call = next(waiting, None)
            if call is None:
                return line.close()
            due = start + call.at
            time.sleep(max(due - time.perf_counter(), 0))
            status = line.post(call.body)
            answers.append(Answer(status, time.perf_counter() - due))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class _Line:
    """One connection that is opened again when the other side has closed it."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._path, self._headers = parts.path, headers
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)

    def post(self, body: bytes) -> int:
        for _ in range(2):
            try:
                self._connection.request("POST", self._path, body, self._headers)
                answer = self._connection.getresponse()
                answer.read()
                return answer.status
            except (http.client.HTTPException, OSError):
                self._connection.close()
        return 0

    def close(self) -> None:
        self._connection.close()


def percentile(answers: Sequence[Answer], share: float) -> float:
    """Milliseconds within which this share of the calls was answered."""
    seconds = sorted(answer.seconds for answer in answers)
    return round(1000 * seconds[min(int(share * len(seconds)), len(seconds) - 1)], 1)
