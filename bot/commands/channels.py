"""`channels list | setup NAME`: which channels are on, and what a platform must be told once."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any, Protocol, runtime_checkable

from bot.channels import modules
from bot.errors import DeliveryError
from bot.settings import load
from bot.wiring import build


@runtime_checkable
class SetsUp(Protocol):
    """A channel whose platform must be told something before it works."""

    def setup(self) -> list[str]:
        """Do what can be done by call; lines that tell what was done and what is left. Raises a DeliveryError."""
        ...


def register(commands: Any) -> None:
    parser = commands.add_parser("channels", help="các kênh nhắn tin")
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("list", help="kênh nào đang bật").set_defaults(run=run_list)
    setup = what.add_parser("setup", help="đặt webhook, thực đơn, lời chào, mẫu tin; in việc phải làm bằng tay")
    setup.add_argument("name", choices=modules(), metavar="kênh", help=", ".join(modules()))
    setup.set_defaults(run=run_setup)


def run_list(args: Namespace) -> int:
    on = build(load()).channels
    for name in modules():
        print(f"{name}\t{'bật' if name in on else 'tắt (thiếu khoá, xem .env.example)'}")
    return 0


def run_setup(args: Namespace) -> int:
    channel = build(load()).channels.get(args.name)
    if channel is None:
        print(f"langnghe: kênh {args.name} đang tắt vì thiếu khoá: điền các dòng của kênh trong .env trước, "
              "mỗi dòng có lời giải thích trong .env.example", file=sys.stderr)  # fmt: skip
        return 1
    if not isinstance(channel, SetsUp):
        print(f"{channel.label}: không cần đặt gì thêm.")
        return 0
    try:
        lines = channel.setup()
    except DeliveryError as error:
        print(f"langnghe: {channel.label}: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0
