"""`chat`: talk to the assistant in the terminal, over the web chat's JSON."""

from __future__ import annotations

import threading
import time
import uuid
from argparse import Namespace
from pathlib import Path
from typing import Any

import requests

from bot.errors import LangNgheError


def register(commands: Any) -> None:
    parser = commands.add_parser("chat", help="trò chuyện trong cửa sổ lệnh")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="địa chỉ của hệ thống đang chạy")
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    terminal = Terminal(args.url.rstrip("/"))
    print("Gõ tin nhắn rồi Enter. Số = bấm nút; /anh TỆP = gửi ảnh; Ctrl-D = thoát.\n")
    threading.Thread(target=terminal.listen, daemon=True).start()
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            return 0
        if line:
            terminal.say(line)


class Terminal:
    """One session; prints whatever arrives."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.buttons: list[dict[str, str]] = []
        try:
            answer = requests.post(f"{url}/chat/api/sessions", timeout=10)
            self.session = answer.json()["session"]
        except (requests.RequestException, ValueError, KeyError) as error:
            raise LangNgheError(f"Không nối được tới {url}. Chạy “make run” trước ạ.") from error

    def say(self, line: str) -> None:
        """Send a line: a button's number, a photo, or text."""
        body: dict[str, Any] = {"session": self.session, "id": uuid.uuid4().hex}
        try:
            if line.startswith("/anh "):
                with Path(line[5:].strip()).open("rb") as photo:
                    answer = requests.post(
                        f"{self.url}/chat/api/messages", data=body, files={"photo": photo}, timeout=60
                    )
            else:
                body |= self._content(line)
                answer = requests.post(f"{self.url}/chat/api/messages", json=body, timeout=30)
            if not answer.ok:
                print(answer.json().get("message", answer.status_code))
        except (OSError, ValueError) as error:
            print(f"Chưa gửi được: {error}")

    def _content(self, line: str) -> dict[str, str]:
        if line.isdigit() and 0 < int(line) <= len(self.buttons):
            return {"payload": self.buttons[int(line) - 1]["payload"]}
        return {"text": line}

    def listen(self) -> None:
        """Print messages as they arrive, notices included."""
        after = "0"
        while True:
            query = {"session": self.session, "after": after, "wait": "25"}
            try:
                found = requests.get(f"{self.url}/chat/api/messages", params=query, timeout=40).json()
            except (requests.RequestException, ValueError):
                time.sleep(2)
                continue
            after = found.get("cursor", after)
            for message in found.get("messages", []):
                self._show(message)

    def _show(self, message: dict[str, Any]) -> None:
        print(f"\n{message['text']}")
        for image in message["images"]:
            print(f"[ảnh: {self.url}{image['url']}]")
        self.buttons = message["buttons"]
        for number, button in enumerate(self.buttons, start=1):
            print(f"  {number}. {button['label']}")
        print("> ", end="", flush=True)
