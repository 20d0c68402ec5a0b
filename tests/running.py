"""The real system as its users meet it: `langnghe up` on a free port, with a data folder of its own.

The trained model is shared: the folder's `models` is a link to `var/models`, so that a model is trained once and
again only when the training data changed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests

from bot.__main__ import main
from bot.processes import free_port
from bot.settings import ROOT
from tests.dialogue.chat import Chat

LANGNGHE = Path(sys.executable).parent / "langnghe"
MODELS = ROOT / "var" / "models"
STOP_WITHIN = 15.0
_START_WITHIN = 600.0
"""Seconds; the first start on a machine trains the model."""
_PARTS = {"rasa": "nlu.serve run", "worker": "bot worker", "web": "bot web", "actions": "bot actions"}


class Running:
    """One installation. `start` it, talk to it, kill a part of it, `stop` it; its data folder lasts.

    Args:
        folder: an empty folder for its data.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LANGNGHE_")}
        self.env = {**kept, "LANGNGHE_DATA_DIR": str(folder), "LANGNGHE_PUBLIC_URL": self.url}
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        MODELS.mkdir(parents=True, exist_ok=True)
        (folder / "models").symlink_to(MODELS, target_is_directory=True)

    def start(self) -> Running:
        """Start and wait until ready. Raises AssertionError with the end of its log when it does not come up."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(LANGNGHE), "up", "--port", str(self.port)],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_ready(_START_WITHIN)
        return self

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until /readyz says yes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, f"`up` ended with {self.process.returncode}:\n{self.log_end()}"
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/readyz", timeout=3).ok:
                    return
            time.sleep(0.2)
        raise AssertionError(f"not ready after {seconds:.0f} s:\n{self.log_end()}")

    def stop(self) -> float:
        """SIGTERM, as Ctrl-C and service managers do. Returns the seconds it took; more than 15 is a failure."""
        assert self.process is not None
        began = time.monotonic()
        children = [self._part(name) for name in _PARTS]
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            for pid in [*filter(None, children), self.process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"did not stop within {STOP_WITHIN:.0f} s:\n{self.log_end()}") from None
        finally:
            self.process = None
        return time.monotonic() - began

    def kill(self, name: str) -> None:
        """Kill one part (rasa, worker, web, actions) at once, as a crash would; `up` starts it again."""
        pid = self._part(name)
        assert pid is not None, f"{name} is not running"
        os.killpg(pid, signal.SIGKILL)

    def cli(self, *arguments: str) -> Any:
        """Run `langnghe …` on this installation. Returns JSON when --json was asked for, else what was printed."""
        done = subprocess.run(
            [str(LANGNGHE), *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"langnghe {' '.join(arguments)}:\n{done.stderr}"
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def command(self, *arguments: str) -> Any:
        """The same within this process: a hundred calls must not cost a hundred starts of Python."""
        said, failed = io.StringIO(), io.StringIO()
        mine = {"LANGNGHE_DATA_DIR": self.env["LANGNGHE_DATA_DIR"], "LANGNGHE_PUBLIC_URL": self.url}
        with patch.dict(os.environ, mine), contextlib.redirect_stdout(said), contextlib.redirect_stderr(failed):
            status = main(list(arguments))
        assert status == 0, f"langnghe {' '.join(arguments)}:\n{failed.getvalue()}"
        return json.loads(said.getvalue()) if "--json" in arguments else said.getvalue()

    def cases(self, since: str) -> list[dict[str, Any]]:
        """`case show` of every case that was filed since a moment (ISO 8601)."""
        return self.command("case", "list", "--since", since, "--json")

    def database(self) -> sqlite3.Connection:
        """What is stored, to look at only. Close it."""
        return sqlite3.connect(f"file:{self.folder / 'langnghe.db'}?mode=ro", uri=True)

    def chat(self) -> Chat:
        """A new person who opens the chat page."""
        return Chat(self.url)

    @property
    def log(self) -> Path:
        return self.folder / "up.log"

    def log_end(self, lines: int = 40) -> str:
        """The last lines that the system printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _part(self, name: str) -> int | None:
        """The process id of one part, None when it does not run at this moment."""
        assert self.process is not None
        for pid, command in _children(self.process.pid):
            if _PARTS[name] in command:
                return pid
        return None


def _children(parent: int) -> list[tuple[int, str]]:
    """(process id, command line) of every child: from /proc where there is one, else from `ps`."""
    if Path("/proc/self/stat").exists():
        return list(_from_proc(parent))
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 2) for line in listed.stdout.splitlines())
    return [(int(pid), command) for pid, above, command in rows if int(above) == parent]


def _from_proc(parent: int) -> Iterator[tuple[int, str]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it may end while we look
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(stat.parent.name), (stat.parent / "cmdline").read_text().replace("\0", " ")
