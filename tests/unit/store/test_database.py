"""Writers of several processes on SQLite: one after the other, and none is left waiting."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.settings import ROOT
from bot.store.database import Database, open_engine

_BUSY = """
import sys, time
from sqlalchemy import text
from bot.store.database import Database, open_engine
db = Database(open_engine(sys.argv[1]))
while True:
    with db.write() as session:
        session.execute(text("UPDATE counter SET n = n + 1"))
        time.sleep(0.005)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'shared.db'}"
    with Database(open_engine(made)).write() as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))
    return made


@pytest.fixture
def busy(url: str) -> Iterator[list[subprocess.Popen]]:
    """Two processes that write without a pause."""
    processes = [subprocess.Popen([sys.executable, "-c", _BUSY, url], cwd=ROOT) for _ in range(2)]
    db = Database(open_engine(url))
    while _count(db) < 20:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.02)
    yield processes
    _kill(processes)


def _kill(processes: list[subprocess.Popen]) -> None:
    for process in processes:
        process.kill()
        process.wait()


def _count(db: Database) -> int:
    with db.read() as session:
        return session.execute(text("SELECT n FROM counter")).scalar_one()


def test_busy_processes_let_others_write_in_turn(url: str, busy: list[subprocess.Popen]) -> None:
    db, overtaken = Database(open_engine(url)), []
    for _ in range(60):
        before = _count(db)
        with db.write() as session:
            overtaken.append(session.execute(text("SELECT n FROM counter")).scalar_one() - before)
        time.sleep(0.01)
    # Two were before us, or a few more when the machine is busy; by luck alone it would be hundreds.
    assert max(overtaken) <= 25


def test_a_writer_that_is_killed_holds_nobody_up(url: str, busy: list[subprocess.Popen]) -> None:
    _kill(busy)
    db = Database(open_engine(url))
    before = _count(db)
    with db.write() as session:
        session.execute(text("UPDATE counter SET n = n + 1"))
    assert _count(db) == before + 1
