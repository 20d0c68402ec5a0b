"""Fixtures that all tests share: the real city, and a real database of each kind."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.city import City, load_city
from bot.settings import ROOT
from tests.scripted import Desk

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
REQUIRED = set(filter(None, os.environ.get("TEST_REQUIRE", "").split(",")))


_LONGEST = ("test_conversations", "test_channels", "test_floors", "test_compare", "test_bench", "test_chat_page")
"""Files whose slow tests come first: handed out file by file, they keep two workers busy to the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast ones first."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, int]:
    name = item.path.stem
    return "slow" in item.keywords, _LONGEST.index(name) if name in _LONGEST else len(_LONGEST)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own .env must not reach the tests."""
    for name in list(os.environ):
        if name.startswith("LANGNGHE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def city() -> City:
    return load_city(ROOT / "data")


def _postgres_there() -> bool:
    try:
        create_engine(POSTGRES, connect_args={"connect_timeout": 2}).connect().close()
        return True
    except Exception:
        return False


POSTGRES_THERE = _postgres_there()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; PostgreSQL is skipped where there is none."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    if not POSTGRES_THERE:
        if "postgres" in REQUIRED:
            pytest.fail("PostgreSQL is required here and does not answer")
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    name = f"langnghe_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def desk(database_url: str, tmp_path: Path, city: City) -> Desk:
    """The whole service without Rasa: what a message means is said by the test."""
    return Desk(database_url, tmp_path, city)
