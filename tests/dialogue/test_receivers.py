"""A worker without a public address asks the platforms for messages, and ends in time though a question is open."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.servers import telegram, zalo_bot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
STARTED_WITHIN = 120.0
STOPPED_WITHIN = 15.0


@pytest.fixture
def platforms() -> Iterator[tuple[telegram.FakeTelegram, zalo_bot.FakeZaloBot]]:
    with ExitStack() as stack:
        yield stack.enter_context(telegram.FakeTelegram()), stack.enter_context(zalo_bot.FakeZaloBot())


def test_a_worker_without_a_public_address_asks_for_messages(
    platforms: tuple[telegram.FakeTelegram, zalo_bot.FakeZaloBot], tmp_path: Path
) -> None:
    at_telegram, at_zalo = platforms
    an, binh = at_telegram.user(700000001, "An"), at_zalo.user("6ede9afa66b88fe6d6a9", "Bình")
    settings = {
        "DATA_DIR": str(tmp_path),
        "TELEGRAM_TOKEN": telegram.TOKEN,
        "TELEGRAM_API_BASE": at_telegram.url,
        "ZALO_BOT_TOKEN": zalo_bot.TOKEN,
        "ZALO_BOT_API_BASE": at_zalo.url,
    }
    env = os.environ | {f"LANGNGHE_{name}": value for name, value in settings.items()}
    worker = subprocess.Popen([sys.executable, "-m", "bot", "worker", "--alone"], cwd=ROOT, env=env)
    try:
        assert at_telegram.wait(lambda: at_telegram.called("getUpdates"), STARTED_WITHIN)
        assert at_zalo.wait(lambda: at_zalo.called("getUpdates"), STARTED_WITHIN)
        for text in ("Đèn đường hỏng", "ở ngõ 29 Trần Duy Hưng"):
            at_telegram.says(an, text)
            binh.says(text)
        # An offset beyond it says that it has been stored; Zalo forgets what it has handed out.
        assert at_telegram.wait(lambda: not at_telegram.pending)
        assert at_zalo.wait(lambda: not at_zalo.pending and at_zalo.actions)
        worker.terminate()
        assert worker.wait(STOPPED_WITHIN) == 0
    finally:
        worker.kill()
        worker.wait()
    with closing(sqlite3.connect(tmp_path / "langnghe.db")) as database:
        kept = database.execute("SELECT channel, count(*) FROM inbox GROUP BY channel ORDER BY channel").fetchall()
    assert kept == [("telegram", 2), ("zalo_bot", 2)]
