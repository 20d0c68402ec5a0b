"""The fast tests' databases: the tables are made once; SQLite is copied, PostgreSQL emptied for each test."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.store.database import open_engine, upgrade
from bot.store.models import Base
from tests.conftest import POSTGRES, POSTGRES_THERE, REQUIRED
from tests.scripted import Desk
from tests.unit.office import Office


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
    _make_tables(url)
    yield url
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with empty tables."""
    path = tmp_path_factory.mktemp("tables") / "empty.db"
    _make_tables(f"sqlite:///{path}")
    return path


def _make_tables(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_file: Path, tmp_path: Path) -> str:
    """An empty SQLite database, for what does not depend on the kind of database."""
    shutil.copy(sqlite_file, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return url


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)
