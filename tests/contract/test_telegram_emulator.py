"""A report over Telegram through an emulator that others wrote (npm telegram-test-api), python-telegram-bot and the
real worker: message, summary, press, case with its code; then the office moves it and the push arrives."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from bot.city import City
from bot.domain.roles import Role
from bot.services.handle_case import Actor, find, move
from bot.settings import ROOT, Settings
from bot.store.models import Case, Inbox, Outbox
from bot.web.webhooks import webhooks_router
from bot.wiring import System, build
from bot.worker import run_worker
from tests.conftest import REQUIRED
from tests.scripted import Scripted
from tests.servers.emulator import PACKAGE, TOKEN, Emulator, NotHere, Resident, install, lock
from tests.servers.emulator_bridge import EmulatorBridge

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"


def test_what_is_installed_is_exact_checked_and_comes_from_wherever_npm_is_told() -> None:
    packages = lock()["packages"]
    assert packages[f"node_modules/{PACKAGE}"]["version"] == packages[""]["dependencies"][PACKAGE]
    assert all(found["integrity"].startswith("sha512-") for name, found in packages.items() if name)
    assert not [name for name, found in packages.items() if "resolved" in found], "no registry is named"
    assert "var/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    try:
        install()
    except NotHere as reason:
        if "emulator" in REQUIRED:
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    with Emulator() as running:
        yield running


@dataclass
class Running:
    """A worker at work, with Telegram behind the bridge."""

    system: System
    bridge: EmulatorBridge

    def cases(self) -> list[Case]:
        with self.system.db.read() as session:
            return list(session.scalars(select(Case)))

    def wait(self, condition: Callable[[], object], seconds: float = 20.0) -> bool:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True


@pytest.fixture(params=["polling", "webhook"])
def running(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path, city: City) -> Iterator[Running]:
    """Both ways in which updates come: asked for by us, and brought to our web server."""
    bridge, listening = EmulatorBridge(emulator.url), socket.create_server(("127.0.0.1", 0))
    ours = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'test.db'}",
        secret_key="key",
        public_url=ours if request.param == "webhook" else "",
        telegram_token=TOKEN,
        telegram_api_base=bridge.url,
    )
    dialogue = Scripted(city)
    dialogue.means(LIGHT, "report", "street_lighting")
    system = replace(build(settings), dialogue=dialogue)  # type: ignore[arg-type]
    dialogue.assistant = system.assistant()
    app = FastAPI()
    app.include_router(webhooks_router(system))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    stop = threading.Event()
    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True),
        threading.Thread(target=run_worker, args=(system, stop, True), daemon=True),
    ]
    for thread in threads:
        thread.start()
    made = Running(system, bridge)
    assert request.param == "polling" or made.wait(lambda: bridge.webhook)
    yield made
    stop.set()
    server.should_exit = True
    bridge.close()
    for thread in threads:
        thread.join(30)
    # The emulator knows one bot: the next installation shall not find this one's webhook.
    requests.post(f"{emulator.url}/bot{TOKEN}/deleteWebhook", timeout=10)
    system.db.engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_report_is_filed_and_followed_through_an_emulator_that_others_wrote(
    running: Running, emulator: Emulator
) -> None:
    # The emulator keeps what it was told: another person for each installation.
    an = emulator.resident(700000000 + int(running.bridge.url.rpartition(":")[2]), "An")
    an.says("/start")
    an.hears("trợ lý tự động (AI)")
    an.presses("Đồng ý")
    an.hears("phản ánh")
    an.says(LIGHT)
    assert "Chiếu sáng công cộng" in an.hears("Kim Giang")
    an.presses("Gửi")
    code = tracking_code(an.hears("HN"))
    [case] = running.cases()
    assert (case.code, case.text, case.channel) == (code, LIGHT, "telegram")
    assert [photo[:4] for photo in running.bridge.photos] == [b"\x89PNG"], "the code came as a QR picture, too"
    the_choice_is_shown(an, running)
    the_press_changes_nothing_when_it_is_repeated(an, running, code)
    the_office_moves_it(running, code)
    assert code in an.hears("Cột số mấy ạ?")
    everything_is_settled(running)


def tracking_code(text: str) -> str:
    found = re.search(r"HN\d{4}-\w{5}-\w", text)
    assert found is not None, text
    return found[0]


def the_choice_is_shown(an: Resident, running: Running) -> None:
    """The summary's buttons gave way to the one that was pressed, and no button spins."""

    def labels() -> list[str]:
        summary = next(sent["message"] for sent in an.received() if "Chiếu sáng công cộng" in sent["message"]["text"])
        return [button["text"] for row in summary["reply_markup"]["inline_keyboard"] for button in row]

    assert running.wait(lambda: labels() == ["✓ Gửi"]), labels()
    assert running.wait(lambda: len(running.bridge.answered) == 2)


def the_press_changes_nothing_when_it_is_repeated(an: Resident, running: Running, code: str) -> None:
    an.presses("✓ Gửi")
    an.hears(code)
    assert len(running.cases()) == 1


def the_office_moves_it(running: Running, code: str) -> None:
    with running.system.db.write() as session:
        system, admin = running.system, Actor("admin", Role.ADMIN)
        move(session, system.city, find(session, code), "need_info", admin, system.clock(), note="Cột số mấy ạ?")


def everything_is_settled(running: Running) -> None:
    def states() -> set[str]:
        with running.system.db.read() as session:
            return {*session.scalars(select(Inbox.state)), *session.scalars(select(Outbox.state))}

    assert running.wait(lambda: states() == {"done", "sent"}), states()
