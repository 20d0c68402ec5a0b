"""What the small fake platforms that speak plain HTTP are made of: a server, scripted failures, webhook deliveries."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Request:
    """One call: `given` are the body's fields (JSON, form or multipart; files as bytes)."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    given: dict[str, Any]


@dataclass
class Answer:
    """What goes back: JSON, or bytes as they are."""

    status: int
    body: dict[str, Any] | bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Failure:
    """One scripted failure: an answer, or silence for some seconds."""

    method: str
    answer: Answer | None = None
    silence: float = 0.0
    after_doing: bool = False


class Script:
    """What goes wrong, and in which call."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self._lock = threading.Lock()

    def run(self, method: str, do: Callable[[], Answer]) -> Answer:
        with self._lock:
            found = next((f for f in self.failures if f.method == method), None)
            if found is not None:
                self.failures.remove(found)
        if found is None:
            return do()
        if found.answer is not None:
            return found.answer
        answer = do() if found.after_doing else Answer(504, b"Gateway Timeout")
        time.sleep(found.silence)
        return answer


class Pusher:
    """Brings events to a webhook in order; what is not answered with 200 comes again."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.pending: list[tuple[bytes, dict[str, str]]] = []
        self.answers: list[int] = []
        self.url = ""
        self._closed = False
        self._thread: threading.Thread | None = None

    def bring(self, raw: bytes, headers: dict[str, str]) -> None:
        with self.changed:
            if not self.url:
                return
            self.pending.append((raw, {"Content-Type": "application/json", **headers}))
            self.changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def close(self) -> None:
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def _work(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._closed or self.pending)
                if self._closed:
                    return
                raw, headers = self.pending[0]
            status = posted(self.url, raw, headers)
            with self.changed:
                self.answers.append(status)
                if status == 200:
                    self.pending.pop(0)
                self.changed.notify_all()
            if status != 200:
                time.sleep(0.05)


def posted(url: str, raw: bytes, headers: dict[str, str]) -> int:
    """Post bytes; the status of the answer, 0 for none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, raw, headers), timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class RestServer:
    """Serves on a free port of this machine, in the background."""

    def __init__(self, handle: Callable[[Request], Answer]) -> None:
        handler = type("Handler", (_Handler,), {"handle_call": staticmethod(handle)})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    handle_call: Callable[[Request], Answer]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        return None

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query, headers = dict(parse_qsl(parts.query)), {k.lower(): v for k, v in self.headers.items()}
        answer = self.handle_call(Request(self.command, unquote(parts.path), query, headers, self._given(body)))
        raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        kind = "application/octet-stream" if isinstance(answer.body, bytes) else "application/json"
        try:
            self.send_response(answer.status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            # Whoever asked has stopped waiting.
            self.close_connection = True

    def _given(self, body: bytes) -> dict[str, Any]:
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            return json.loads(body or b"{}")
        if kind.startswith("multipart/"):
            return multipart(body, kind.partition("boundary=")[2].strip('"').encode())
        return dict(parse_qsl(body.decode(), keep_blank_values=True))


def multipart(body: bytes, boundary: bytes) -> dict[str, Any]:
    """The fields of a multipart body: text as str, files as bytes."""
    given: dict[str, Any] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        name = re.search(r'[; ]name="([^"]*)"', head.decode())
        assert name is not None
        given[name[1]] = content if b"filename=" in head else content.decode()
    return given
