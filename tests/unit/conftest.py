"""The fast tests' databases: the tables are made once; SQLite is copied, PostgreSQL emptied for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.store.database import open_engine
from bot.store.models import Base
from tests.conftest import POSTGRES, POSTGRES_THERE, REQUIRED
from tests.databases import make_tables, new_sqlite
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
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return url


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)
