"""The fast tests' databases: SQLite anew for each test, one PostgreSQL database emptied between them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.store.database import open_engine, upgrade
from bot.store.models import Base
from tests.conftest import POSTGRES, POSTGRES_THERE, REQUIRED


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
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    yield url
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return url
