"""Parts of a real installation as processes of their own, on data that exist for one bench."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import requests
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.settings import ROOT
from tests.conftest import POSTGRES, POSTGRES_THERE
from tests.databases import make_tables
from tests.servers.telegram import TOKEN

SECRET = "secret-of-the-bench"
KINDS = ("sqlite", "postgres") if POSTGRES_THERE else ("sqlite",)
_START_WITHIN = 180.0
"""Seconds; a machine on which others work as well may need a while."""


class Installation:
    """Starts and ends roles (`langnghe web`, `langnghe worker`, …) and helpers of the bench with the same settings."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self.folder, self.database_url = folder, database_url
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LANGNGHE_")}
        ours = {
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "SECRET_KEY": "k" * 40,
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_SECRET": SECRET,
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        self.env = {**kept, **{f"LANGNGHE_{name}": value for name, value in ours.items()}}
        self._processes: list[subprocess.Popen[str]] = []

    def role(self, *arguments: str) -> None:
        """Start `langnghe …`; what it says goes to a file in the folder."""
        self._start([sys.executable, "-m", "bot", *arguments], None)

    def helper(self, module: str, *arguments: str) -> str:
        """Start a module that says one line when it is ready, and return that line."""
        process = self._start([sys.executable, "-m", module, *arguments], subprocess.PIPE)
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        assert said, f"{module} did not start:\n{self.log()}"
        return said

    def wait_ready(self, url: str) -> None:
        """Wait until the web, the worker and what they need are there."""
        end = time.monotonic() + _START_WITHIN
        while time.monotonic() < end:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{url}/readyz", timeout=3).ok:
                    return
            time.sleep(0.2)
        raise AssertionError(f"not ready after {_START_WITHIN:.0f} s:\n{self.log()}")

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self) -> str:
        """The last lines of what all parts said."""
        path = self.folder / "parts.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-30:]) if path.exists() else ""

    def _start(self, command: list[str], stdout: int | None) -> subprocess.Popen[str]:
        with (self.folder / "parts.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=stdout or log, stderr=log, text=True, start_new_session=True
            )
        self._processes.append(process)
        return process


@contextlib.contextmanager
def installation(kind: str, **settings: str) -> Iterator[Installation]:
    """An empty installation on a database of this kind; all of it is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="langnghe-bench-") as folder, _database(kind, Path(folder)) as url:
        make_tables(url)
        made = Installation(Path(folder), url, **settings)
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'langnghe.db'}"
        return
    name = f"langnghe_bench_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
