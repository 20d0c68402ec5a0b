"""HTTP around the fake Zalo: JSON, forms, uploads, files of the CDN."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers.zalo_oa_api import BadStatus, Call, OaApi, Refusal


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet for head and body: two would wait for each other.
    wbufsize = -1
    api: OaApi

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:
        return None

    def _answer(self, method: str) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            call = Call(method, parts.path, headers, dict(parse_qsl(parts.query)), self._body(raw))
            if parts.path.startswith("/cdn/"):
                return self._write(200, self.api.download(call), "application/octet-stream", {})
            self._write(200, json.dumps(self.api.answer(call)).encode(), "application/json", {})
        except BadStatus as bad:
            self._write(bad.status, b"<html>not for you</html>", "text/html", bad.headers)
        except (LookupError, TypeError, ValueError, AttributeError, Refusal):
            # What cannot be read at all is an invalid parameter.
            self._write(200, json.dumps({"error": -201, "message": "invalid"}).encode(), "application/json", {})

    def _body(self, raw: bytes) -> dict[str, Any]:
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            return json.loads(raw)
        if kind.startswith("multipart/"):
            return _parts(raw, kind.partition("boundary=")[2].strip('"').encode())
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))

    def _write(self, code: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        try:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
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
        name = re.search(r'[; ]name="([^"]*)"', head.decode())
        content = content.removesuffix(b"\r\n")
        given[name[1] if name else ""] = content if b"filename=" in head else content.decode()
    return given


def serve(api: OaApi) -> ThreadingHTTPServer:
    """Serve on a free port of this machine, in the background."""
    handler = type("Handler", (_Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
