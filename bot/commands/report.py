"""`report NAME --from DATE --to DATE --format table|csv|xlsx [--out FILE]`: any report of `bot/reports`."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from bot.errors import InvalidInput
from bot.reports import all_reports
from bot.reports.base import Asked, read_period
from bot.reports.formats import WRITERS, as_table
from bot.settings import load
from bot.store.queries import Scope
from bot.wiring import build

WRONG_USE = 2


def register(commands: Any) -> None:
    parser = commands.add_parser("report", help="báo cáo")
    parser.add_argument("name", help="tên báo cáo; tên không có thì in danh sách")
    parser.add_argument("--from", dest="first", metavar="NGÀY", help="từ ngày, như 2026-11-01 (đầu tháng này)")
    parser.add_argument("--to", dest="last", metavar="NGÀY", help="đến hết ngày (hôm nay)")
    parser.add_argument("--format", default="table", choices=["table", *WRITERS])
    parser.add_argument("--out", type=Path, metavar="TỆP", help="ghi vào tệp thay vì in ra")
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    known = all_reports()
    if args.name not in known:
        listed = "".join(f"\n  {name}: {report.title}" for name, report in known.items())
        return _wrong(f"không có báo cáo {args.name!r}. Có:{listed}")
    if args.format == "xlsx" and args.out is None and sys.stdout.isatty():
        return _wrong("bảng tính xlsx không in ra màn hình được: thêm --out TỆP.")
    report, system = known[args.name], build(load())
    try:
        period = read_period(args.first, args.last, system.clock())
    except InvalidInput as refusal:
        return _wrong(str(refusal))
    labels = {name: channel.label for name, channel in system.channels.items()}
    with system.db.read() as session:
        rows = report.rows(session, Asked(period, Scope(everything=True), labels))
    if args.format == "table":
        _put((as_table(report, rows) + "\n").encode(), args.out)
    else:
        _put(WRITERS[args.format](report, rows), args.out)
    return 0


def _wrong(sentence: str) -> int:
    print(f"langnghe: {sentence}", file=sys.stderr)
    return WRONG_USE


def _put(content: bytes, out: Path | None) -> None:
    """Bytes, so that a CSV is UTF-8 whatever the terminal speaks."""
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"Không ghi được {out}: {error.strerror}") from error
