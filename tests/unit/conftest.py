"""What the fast tests share."""

from __future__ import annotations

import pytest

from tests.databases import database_url, postgres_url, sqlite_url  # noqa: F401 (fixtures)
from tests.scripted import Desk
from tests.unit.office import Office


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)
