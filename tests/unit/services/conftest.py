"""What the tests of the services share."""

from __future__ import annotations

import pytest

from tests.scripted import Desk
from tests.unit.services.office import Office


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)
