"""Empty databases, quickly: the tables are made once in a run; SQLite is copied, PostgreSQL emptied for each test."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.store.database import open_engine, upgrade
from bot.store.models import Base
from tests.conftest import POSTGRES, POSTGRES_THERE, REQUIRED


def make_tables(url: str) -> None:
    """Bring the database at `url` to the newest migration."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


@cache
def _empty_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        make_tables(f"sqlite:///{path}")
        return path.read_bytes()


def new_sqlite(folder: Path) -> str:
    """The address of a new SQLite database in `folder` with empty tables."""
    path = folder / "test.db"
    path.write_bytes(_empty_sqlite())
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run; creating one for each test would take most of the time."""
    if not POSTGRES_THERE:
        if "postgres" in REQUIRED:
            pytest.fail("PostgreSQL is required here and does not answer")
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    name = f"langnghe_{uuid.uuid4().hex[:12]}"
    url = make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        # Nothing here has to survive a power cut.
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    make_tables(url)
    yield url
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty SQLite database, for what does not depend on the kind of database."""
    return new_sqlite(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.begin() as connection:
        # An earlier test's open connections would fill the server, and its open transactions hold up the emptying.
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            )
        )
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return url
