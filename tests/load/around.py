"""What stands around the service while webhooks come in, as one process: a Rasa that decides like the real one (the
action server's code on the same database, with a scripted understanding), and a Telegram that takes what is sent.

`python -m tests.load.around PEOPLE` says their two addresses in one line; its settings are those of the installation.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.dialogue import BotMessage
from bot.settings import load
from bot.wiring import build
from tests.load.people import FIRST, TEXT
from tests.scripted import Scripted
from tests.servers.telegram import FakeTelegram

_THINKS = 0.03
"""Seconds that Rasa takes for a turn beside our actions, more than the lean pipeline needs."""


class _Rasa(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    dialogue: Scripted

    def do_GET(self) -> None:
        self._say({"model_file": "scripted"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(_THINKS)
        said = self.dialogue.turn(asked["sender"], asked["message"], asked["metadata"])
        self._say([_part(message) for message in said])

    def log_message(self, format: str, *args: Any) -> None:
        return None

    def _say(self, what: Any) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _part(message: BotMessage) -> dict[str, Any]:
    buttons = [{"title": title, "payload": payload} for title, payload in message.buttons]
    return {"text": message.text, **({"buttons": buttons} if buttons else {})}


def main() -> None:
    system = build(load(), migrate=False)
    dialogue = Scripted(system.city)
    dialogue.means(TEXT, "report", "street_lighting")
    dialogue.assistant = system.assistant()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Rasa", (_Rasa,), {"dialogue": dialogue}))
    server.daemon_threads = True
    with FakeTelegram() as telegram:
        for number in range(int(sys.argv[1])):
            telegram.user(FIRST + number, "An")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(telegram.url, f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
