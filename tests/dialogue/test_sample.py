"""The sample conversations of the reference folder, answered as they come and answered as late as possible."""

from __future__ import annotations

import pytest

from bot.settings import ROOT
from tests.dialogue.runner import Play
from tests.dialogue.script import Script, load
from tests.dialogue.test_conversations import judge
from tests.running import Running

SAMPLE = ROOT.parent / "shared" / "reference" / "dialogues_sample.yml"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not SAMPLE.exists(), reason="no folder of reference conversations on this machine"),
]
SCRIPTS = load(SAMPLE) if SAMPLE.exists() else []


@pytest.mark.parametrize("late", [False, True], ids=["at_once", "late"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.id)
def test_sample_conversation(running: Running, script: Script, late: bool) -> None:
    judge(Play(running, script, late).run())
