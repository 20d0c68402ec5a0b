"""HTTP around the fake Bot API: addresses, forms, files, answers."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.servers.telegram_api import BotApi, Refusal


class _Handler(BaseHTTPRequestHandler):
    """`/bot<token>/<method>` and `/file/bot<token>/<path>`."""

    protocol_version = "HTTP/1.1"
    api: BotApi

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        return None

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        file = re.fullmatch(r"/file/bot([^/]+)/(.+)", path)
        method = re.fullmatch(r"/bot([^/]+)/(\w+)", path)
        try:
            if file:
                return self._write(200, self.api.download(*file.groups()), "application/octet-stream")
            if not method:
                raise Refusal(404, "Not Found")
            given = {**dict(parse_qsl(parts.query)), **self._given(body)}
            result = self.api.call(*method.groups(), given)
            return self._json(200, {"ok": True, "result": result})
        except Refusal as refusal:
            more = {"parameters": refusal.parameters} if refusal.parameters else {}
            said = {"ok": False, "error_code": refusal.code, "description": refusal.description}
            return self._json(refusal.code, {**said, **more})

    def _given(self, body: bytes) -> dict[str, Any]:
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            return json.loads(body or b"{}")
        if not kind.startswith("multipart/"):
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
        given = _parts(body, kind.partition("boundary=")[2].strip('"').encode())
        # A field may point to an uploaded part: `attach://<name>`.
        pointed = {k: str(v).removeprefix("attach://") for k, v in given.items() if str(v).startswith("attach://")}
        return {**given, **{name: given[target] for name, target in pointed.items()}}

    def _json(self, code: int, body: dict[str, Any]) -> None:
        self._write(code, json.dumps(body).encode(), "application/json")

    def _write(self, code: int, body: bytes, kind: str) -> None:
        try:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            # Whoever asked has stopped waiting.
            self.close_connection = True


def _parts(body: bytes, boundary: bytes) -> dict[str, Any]:
    """The fields of a multipart body: text as str, files as bytes."""
    given: dict[str, Any] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        name = re.search(r'[; ]name="([^"]*)"', head.decode())
        if name is None:
            raise Refusal(400, "Bad Request: can't parse the multipart body")
        given[name[1]] = content if b"filename=" in head else content.decode()
    return given


def serve(api: BotApi) -> ThreadingHTTPServer:
    """Serve on a free port of this machine, in the background."""
    handler = type("Handler", (_Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
