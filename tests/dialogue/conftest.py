"""One running system for all conversations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.processes import NLU_PYTHON
from tests.running import Running


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Rasa with the trained model, actions, worker, web. Stopped at the end; it must stop in time."""
    if not NLU_PYTHON.exists():
        pytest.skip("no environment for Rasa: make setup")
    system = Running(tmp_path_factory.mktemp("running"))
    try:
        yield system.start()
    finally:
        if system.process is not None:
            system.stop()
