"""`doctor`: looks at everything and says in Vietnamese what to do."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from typing import Any

from bot.channels import modules
from bot.processes import NLU_PYTHON, RASA_ADDRESS
from bot.services.channel_state import unwell
from bot.settings import Settings, load
from bot.store.database import utc_now
from bot.wiring import System, build


def register(commands: Any) -> None:
    commands.add_parser("doctor", help="kiểm tra hệ thống").set_defaults(run=run)


def run(args: Namespace) -> int:
    system = build(_beside(load()))
    findings = [*_parts(system), *_channels(system)]
    for good, sentence in findings:
        print(("✓ " if good else "✗ ") + sentence)
    print(f"Kiểm tra lúc {utc_now():%H:%M %d/%m/%Y} UTC.")
    return 0 if all(good for good, _ in findings) else 1


def _beside(settings: Settings) -> Settings:
    """The settings of the installation that `up` runs on this data folder: it chooses Rasa's port itself."""
    kept = settings.data_dir / RASA_ADDRESS
    return replace(settings, rasa_urls=(kept.read_text(),)) if kept.exists() else settings


def _parts(system: System) -> list[tuple[bool, str]]:
    # The web framework takes a second to load: only this command waits for it.
    from bot.web.health import readiness

    state = readiness(system)
    said = {
        "database": ("Cơ sở dữ liệu trả lời.", "Không nối được cơ sở dữ liệu: xem LANGNGHE_DATABASE_URL."),
        "rasa": ("Rasa trả lời.", "Rasa chưa chạy hoặc chưa nạp mô hình: chạy “make run” hoặc “langnghe rasa”."),
        "worker": ("Bộ xử lý tin đang chạy.", "Bộ xử lý tin không chạy: chạy “make run” hoặc “langnghe worker”."),
    }
    found = [(state[part]["ok"], good if state[part]["ok"] else bad) for part, (good, bad) in said.items()]
    models = list(system.settings.models_dir.glob("*.tar.gz"))
    found.append(
        (bool(models), "Có mô hình đã huấn luyện." if models else "Chưa có mô hình: chạy “langnghe nlu train”.")
    )
    there = NLU_PYTHON.exists()
    found.append((there, "Môi trường Rasa đã cài." if there else "Chưa có môi trường Rasa: chạy “make run”."))
    return found


def _channels(system: System) -> list[tuple[bool, str]]:
    found: list[tuple[bool, str]] = []
    for name in modules():
        channel = system.channels.get(name)
        if channel is None:
            found.append((True, f"Kênh {name} đang tắt (chưa có khoá)."))
            continue
        check = getattr(channel, "doctor", None)
        found += check() if check else [(True, f"Kênh {channel.label} đang bật.")]
    return found + _troubles(system)


def _troubles(system: System) -> list[tuple[bool, str]]:
    """The channels over which nothing goes out now, in the console's words."""
    from bot.web.staff.words import trouble

    with system.db.read() as session:
        states = [s for s in unwell(session, system.clock()) if s.channel in system.channels]
    return [(False, trouble(system.channels[state.channel].label, state)) for state in states]
