"""A report as text, CSV or XLSX. Times are the city's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.reach import LOCAL
from bot.reports.base import Cell, Report

Rows = Sequence[tuple[Cell, ...]]
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheets rather than shown."""
_WIDTH = {"time": 17, "code": 17, "number": 12, "text": 28}
_TIME = "dd/mm/yyyy hh:mm"


def as_table(report: Report, rows: Rows) -> str:
    """For a terminal: columns side by side."""
    lines = [[column.title for column in report.columns], *([shown(cell) for cell in row] for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def as_csv(report: Report, rows: Rows) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes it for another encoding."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.title for column in report.columns])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(report: Report, rows: Rows) -> bytes:
    """A workbook of one sheet, its first line kept in sight."""
    # Takes a fifth of a second to load: only whoever wants a workbook waits for it.
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(report.title[:31])
    sheet.freeze_panes = "A2"
    for number, column in enumerate(report.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTH[column.kind]
    sheet.append(_cells(sheet, [column.title for column in report.columns]))
    for row in rows:
        sheet.append(_cells(sheet, row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def shown(cell: Cell) -> str:
    """For people to read: `09:00 23/11/2026`."""
    if isinstance(cell, datetime):
        return f"{cell.astimezone(LOCAL):%H:%M %d/%m/%Y}"
    return "" if cell is None else str(cell)


def _safe(cell: Cell) -> str | int | float:
    """For a spreadsheet to read: `2026-11-23 09:00:00`; text that looks like a formula is quoted."""
    if isinstance(cell, datetime):
        return f"{cell.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    return "" if cell is None else cell


def _cells(sheet: object, row: Iterable[Cell]) -> list[object]:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    made = []
    for value in row:
        if isinstance(value, str):
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
            # Words are words, even those that begin like a formula.
            cell.data_type = "s"
        elif isinstance(value, datetime):
            cell = WriteOnlyCell(sheet, value.astimezone(LOCAL).replace(tzinfo=None))
            cell.number_format = _TIME
        else:
            cell = WriteOnlyCell(sheet, value)
        made.append(cell)
    return made


WRITERS = {"csv": as_csv, "xlsx": as_xlsx}
