"""The command line beside a running system."""

from __future__ import annotations

import subprocess

import pytest

from bot.settings import ROOT
from tests.running import LANGNGHE, Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_case_added_on_the_command_line_is_seen_in_the_chat(running: Running) -> None:
    chat = running.chat()
    added = running.cli(
        "case", "add", "--topic", "noise", "--text", "Loa phường đặt sát cửa sổ", "--session", chat.session, "--json"
    )
    told = chat.say("phiếu của tôi")
    assert any(added["code"] in message["text"] for message in told)


def test_doctor_is_content_with_a_running_system(running: Running) -> None:
    assert "✗" not in running.cli("doctor")


def test_an_unknown_code_is_one_sentence_and_status_1(running: Running) -> None:
    done = subprocess.run(
        [str(LANGNGHE), "case", "show", "HN2610-4YHD6-Y"],
        cwd=ROOT, env=running.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "HN2610-4YHD6-Y" in done.stderr
    assert "Traceback" not in done.stderr
