"""`up` and the single roles: web, worker, actions, rasa; `db upgrade`."""

from __future__ import annotations

import os
import signal
import threading
from argparse import Namespace
from typing import Any

from bot import processes
from bot.settings import load
from bot.store.database import open_engine, upgrade


def register(commands: Any) -> None:
    up = commands.add_parser("up", help="chạy tất cả trong một lần")
    web = commands.add_parser("web", help="chỉ chạy web")
    for parser in (up, web):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
    up.set_defaults(run=run_up)
    web.set_defaults(run=run_web)
    worker = commands.add_parser("worker", help="chỉ chạy bộ xử lý tin")
    worker.add_argument("--alone", action="store_true", help="đây là bộ xử lý duy nhất")
    worker.set_defaults(run=run_worker_role)
    commands.add_parser("actions", help="chỉ chạy máy chủ hành động của Rasa").set_defaults(run=run_actions)
    rasa = commands.add_parser("rasa", help="chỉ chạy Rasa")
    rasa.add_argument("--port", type=int, default=5005)
    rasa.set_defaults(run=run_rasa)
    db = commands.add_parser("db", help="cơ sở dữ liệu").add_subparsers(dest="what", required=True)
    db.add_parser("upgrade", help="đưa các bảng lên bản mới nhất").set_defaults(run=run_upgrade)


def run_up(args: Namespace) -> int:
    return processes.up(load(), args.host, args.port)


def run_web(args: Namespace) -> int:
    import uvicorn

    from bot.web.app import create_app
    from bot.wiring import build

    system = build(load())
    uvicorn.run(
        create_app(system),
        host=args.host,
        port=args.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        proxy_headers=True,
    )
    return 0


def run_worker_role(args: Namespace) -> int:
    from bot.wiring import build
    from bot.worker import run_worker

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run_worker(build(load()), stop, alone=args.alone)
    return 0


def run_actions(args: Namespace) -> int:
    from actions import serve
    from bot.wiring import build

    settings = load()
    serve(build(settings).assistant(), settings.actions_port)
    return 0


def run_rasa(args: Namespace) -> int:
    settings = load()
    command, env = processes.rasa_command(settings, args.port)
    os.execve(command[0], command, env)
    return 0


def run_upgrade(args: Namespace) -> int:
    upgrade(open_engine(load().database_url))
    print("Cơ sở dữ liệu đã ở bản mới nhất.")
    return 0
