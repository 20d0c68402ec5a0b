"""`telegram-test-api`: installed under var/ with npm, started with Node, and a resident who writes through it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from typing import Any

import requests

from bot.processes import free_port
from bot.settings import ROOT

HERE = ROOT / "tests" / "emulator"
FOLDER = ROOT / "var" / "emulator"
PACKAGE = "telegram-test-api"
TOKEN = "123456789:AAF-emulator-token_of-the-tests-000"
_FILES = ("package.json", "package-lock.json")
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


class NotHere(Exception):
    """The emulator cannot run on this machine; the message says why in one line."""


def install() -> None:
    """Install exactly what the lock file says, unless that was done before. Raises NotHere."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise NotHere(f"no Node.js or npm here: the emulator {PACKAGE} cannot run")
    if _installed():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(HERE / name, FOLDER / name)
    try:
        done = subprocess.run(_INSTALL, cwd=FOLDER, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        raise NotHere(f"npm did not install {PACKAGE} within 300 seconds") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotHere(f"npm could not install {PACKAGE}: {last}")


def _installed() -> bool:
    """npm writes its own lock into node_modules as the last thing."""
    same = all(
        (FOLDER / name).exists() and (FOLDER / name).read_bytes() == (HERE / name).read_bytes() for name in _FILES
    )
    return same and (FOLDER / "node_modules" / ".package-lock.json").exists()


class Emulator:
    """The running emulator. Use as a context."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Emulator:
        self._process = subprocess.Popen(
            ["node", str(HERE / "start.js"), str(self.port)],
            env={**os.environ, "NODE_PATH": str(FOLDER / "node_modules")},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready", "the emulator did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def resident(self, number: int, name: str) -> Resident:
        return Resident(self, number, name)


class Resident:
    """Somebody with the emulator's Telegram (its client API, lib/modules/telegramClient.js)."""

    def __init__(self, emulator: Emulator, number: int, name: str) -> None:
        self._emulator = emulator
        self.id, self.name = number, name
        self._read = 0

    def says(self, text: str) -> None:
        """A message; one that begins with `/` is a command."""
        body = {**self._who(), "text": text}
        if text.startswith("/"):
            entity = {"offset": 0, "length": len(text.split()[0]), "type": "bot_command"}
            return self._does("sendCommand", {**body, "entities": [entity]})
        return self._does("sendMessage", body)

    def presses(self, label: str) -> None:
        """Presses the newest button with this label."""
        for sent in reversed(self.received()):
            rows = (sent["message"].get("reply_markup") or {}).get("inline_keyboard") or []
            for button in (button for row in rows for button in row if button["text"] == label):
                shown = {**self._who(), "message_id": sent["messageId"], "text": sent["message"]["text"],
                         "reply_markup": {"inline_keyboard": rows}}  # fmt: skip
                return self._does("sendCallback", {**self._who(), "data": button["callback_data"], "message": shown})
        raise AssertionError(f"no button {label!r} in {[s['message']['text'] for s in self.received()]}")

    def received(self) -> list[dict[str, Any]]:
        """The bot's messages to this person as the emulator keeps them, oldest first; edits are in them."""
        answer = requests.post(f"{self._emulator.url}/getUpdatesHistory", json={"token": TOKEN}, timeout=10)
        # Only what a bot sent names its receiver by `chat_id`.
        return [sent for sent in answer.json()["result"] if sent.get("message", {}).get("chat_id") == str(self.id)]

    def hears(self, words: str, seconds: float = 20.0) -> str:
        """Waits for a message with these words that came since the person last did something."""
        until, texts = time.monotonic() + seconds, [""]
        while time.monotonic() < until:
            texts = [sent["message"]["text"] for sent in self.received()[self._read :]]
            if any(words in text for text in texts):
                return next(text for text in texts if words in text)
            time.sleep(0.05)
        raise AssertionError(f"not heard: {words!r}; heard: {texts}")

    def _does(self, what: str, body: dict[str, Any]) -> None:
        self._read = len(self.received())
        answer = requests.post(f"{self._emulator.url}/{what}", json=body, timeout=10)
        assert answer.json()["ok"], answer.text

    def _who(self) -> dict[str, Any]:
        person = {"id": self.id, "first_name": self.name}
        return {
            "botToken": TOKEN,
            "date": int(time.time()),
            "from": {**person, "is_bot": False},
            "chat": {**person, "type": "private"},
        }


def lock() -> dict[str, Any]:
    """What would be installed."""
    return json.loads((HERE / "package-lock.json").read_text())
