"""Opening the database: SQLite (WAL) or PostgreSQL, the same sessions on both."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

Row = TypeVar("Row")

MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(url: str) -> Engine:
    """An engine for `url`. SQLite: WAL, waits for the writer, takes the write lock when a transaction begins."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=20, max_overflow=40, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # We begin transactions ourselves: the driver would begin them late and then fail on upgrade to a write.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest migration."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


class _Turn:
    """One writer at a time among the threads of this process, then among all processes, in about the order they ask in.

    SQLite alone lets writers ask again and again, ever more seldom, until one gets in by luck: beside a busy worker a
    webhook waited a second. Here whoever is next holds one lock and waits for the other, so that the one who has just
    written cannot slip in again before. The system frees the locks of a process that dies.

    Args:
        database: the file; None or `:memory:` for one that no other process sees.
    """

    def __init__(self, database: str | None) -> None:
        self._mine = threading.RLock()
        self._depth = 0
        shared = database if database != ":memory:" else None
        self._next, self._now = (_open_lock(f"{shared}-{name}") if shared else None for name in ("next", "now"))

    def __enter__(self) -> None:
        self._mine.acquire()
        self._depth += 1
        if self._next is not None and self._now is not None and self._depth == 1:
            fcntl.flock(self._next, fcntl.LOCK_EX)
            fcntl.flock(self._now, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._now is not None and self._depth == 0:
            fcntl.flock(self._now, fcntl.LOCK_UN)
        self._mine.release()


def _open_lock(path: str) -> IO[bytes]:
    """A file that nobody reads; closed with whoever holds it."""
    return open(path, "ab")


class Database:
    """Sessions on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._write = sessionmaker(engine, expire_on_commit=False)
        self._read = sessionmaker(engine.execution_options(reading=True), expire_on_commit=False)
        self._turn: AbstractContextManager[Any] = nullcontext()
        if engine.dialect.name == "sqlite":
            self._turn = _Turn(engine.url.database)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on an error."""
        with self._turn, self._write.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads (takes no write lock on SQLite)."""
        with self._read() as session:
            yield session


def utc_now() -> datetime:
    """The moment, aware UTC. The only clock; parts that need time take it as an argument."""
    return datetime.now(UTC)


def ensure(session: Session, table: type[Row], **key: Any) -> Row:
    """The row with this primary key, made when there is none; safe when two make it at once."""
    row = session.get(table, key)
    if row is not None:
        return row
    try:
        with session.begin_nested():
            session.add(made := table(**key))
        return made
    except IntegrityError:
        return session.get_one(table, key)
