"""`langnghe …`: the command line (interface.md §2). Exit status 0 done, 1 not done, 2 wrong use."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from bot.commands import cases, channels, chat, doctor, nlu, people, report, serve
from bot.errors import LangNgheError
from bot.settings import PREFIX


def main(arguments: list[str] | None = None) -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(
        prog="langnghe", description="Lắng Nghe: tiếp nhận phản ánh, kiến nghị qua tin nhắn"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="lệnh")
    for module in (serve, chat, nlu, cases, people, report, channels, doctor):
        module.register(commands)
    chosen = parser.parse_args(arguments)
    level = os.environ.get(f"{PREFIX}LOG_LEVEL") or "INFO"
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # These tell of every start and request; httpx would even write the bot's token.
    for chatty in ("httpx", "alembic", "rasa_sdk", "sanic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        return chosen.run(chosen) or 0
    except LangNgheError as error:
        print(f"langnghe: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
