"""Whole conversations with the running system and the trained model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dialogue import always, expect
from tests.dialogue.runner import Play
from tests.dialogue.script import Script, load
from tests.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
OWN = sorted((Path(__file__).parent / "conversations").glob("*.yml"))


def _named(path: Path) -> list:
    return [pytest.param(script, id=script.id) for script in load(path)]


def judge(play: Play) -> None:
    """Fail with everything that is wrong; the whole transcript is printed."""
    print(play.transcript())
    problems = [*expect.check(play), *always.check(play)]
    if problems:
        pytest.fail("\n".join([f"{play.script.id}:", *(f"  ✗ {p}" for p in problems)]), False)


@pytest.mark.parametrize("script", [s for path in OWN for s in _named(path)])
def test_conversation_ends_as_it_must(running: Running, script: Script) -> None:
    judge(Play(running, script).run())
