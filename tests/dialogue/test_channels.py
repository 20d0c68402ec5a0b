"""The same conversations through each platform's fake server: the same case must come out.

All people talk at the same time to one running system on which all channels are on. What a platform cannot carry, or
carries to another end, stands in lines/differences.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest

from bot.processes import NLU_PYTHON
from tests.dialogue.lines.differences import ALONE, CHANNELS, adapted, carried
from tests.dialogue.lines.switchboard import Caller, Switchboard, joined
from tests.dialogue.runner import Play
from tests.dialogue.script import Script, load
from tests.dialogue.test_conversations import OWN, judge
from tests.dialogue.test_sample import SCRIPTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
_TALKING = 24
"""Conversations at the same time. Most of them wait at any moment: platforms take one message a second for a person."""


@dataclass(frozen=True)
class Call:
    """One conversation over one channel."""

    channel: str
    script: Script

    @property
    def id(self) -> str:
        return f"{self.channel}-{self.script.id}"


def _everything() -> list[Call]:
    """Every conversation over every channel; those that stop a part of the system, a minute of nothing for all the
    others, over one channel each in turn."""
    scripts = [*SCRIPTS, *(script for path in OWN for script in load(path))]
    calls = [Call(c, s) for s in scripts for c in CHANNELS if carried(c, s)]
    stopping = list(dict.fromkeys(call.script.id for call in calls if _alone(call)))
    return [c for c in calls if not _alone(c) or CHANNELS[stopping.index(c.script.id) % len(CHANNELS)] == c.channel]


def _alone(call: Call) -> bool:
    return any(ALONE in turn for turn in call.script.turns)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switchboard]:
    """Stopped at the end; it must stop in time."""
    if not NLU_PYTHON.exists():
        pytest.skip("no environment for Rasa: make setup")
    with joined(tmp_path_factory.mktemp("channels")) as made:
        yield made


@pytest.fixture(scope="module")
def played(board: Switchboard, request: pytest.FixtureRequest) -> dict[str, Future[Play]]:
    """All conversations that are asked for, ended: at the same time, then one by one those that concern everybody.

    They are judged when all have ended, for some must leave nothing behind in the whole database.
    """
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    calls = [spec.params["call"] for spec in specs if spec is not None and "call" in spec.params]
    done: dict[str, Future[Play]] = {}
    for crowd, size in ((False, _TALKING), (True, 1)):
        with ThreadPoolExecutor(size) as pool:
            done |= {call.id: pool.submit(_play, board, call) for call in calls if _alone(call) is crowd}
    return done


def _play(board: Switchboard, call: Call) -> Play:
    play = Play(Caller(board, call.channel), adapted(call.channel, call.script))  # type: ignore[arg-type]
    try:
        return play.run()
    except AssertionError as error:
        play.problems.append(str(error))
        return play


@pytest.mark.parametrize("call", _everything(), ids=lambda call: call.id)
def test_conversation_ends_as_on_the_web_chat(played: dict[str, Future[Play]], call: Call) -> None:
    judge(played[call.id].result())


def test_up_says_which_channels_are_on(board: Switchboard) -> None:
    said = board.telegram.wait(lambda: "Bấm Ctrl-C" in board.running.log_end() and board.running.log_end(), 10)
    assert re.search(r"Kênh đang bật:\s+Messenger, Telegram, Chat trên web, Zalo Bot, Zalo\n", said), said
    assert re.search(r"Kênh đang tắt:\s+không có", said), said


def test_no_button_is_left_spinning(played: dict[str, Future[Play]], board: Switchboard) -> None:
    presses = len(board.telegram.answered)
    assert presses > 0
    assert board.telegram.wait(lambda: not board.telegram.open_presses, 5)


def test_nothing_is_left_on_its_way(played: dict[str, Future[Play]], board: Switchboard) -> None:
    with closing(board.running.database()) as database:
        left = database.execute("SELECT channel, state, reason FROM outbox WHERE state NOT IN ('sent', 'delivered')")
        troubles = database.execute("SELECT channel, reason FROM channel_states WHERE failures > 0 OR down")
        assert (left.fetchall(), troubles.fetchall()) == ([], [])
