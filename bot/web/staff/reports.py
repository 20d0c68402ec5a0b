"""Reports: the list, the table of one, and the same for a spreadsheet."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Depends, Response

from bot.errors import InvalidInput
from bot.reports import all_reports
from bot.reports.base import Asked, Period, Report, read_period
from bot.reports.formats import TYPES, WRITERS, shown
from bot.web.staff.page import Missing, Visit, visiting

_SHOWN = 500
"""Rows that the page shows; the files have all."""


def show_list(visit: Visit = Depends(visiting)) -> Response:
    visit.need("report")
    mine = {name: report for name, report in all_reports().items() if visit.may(report.deed)}
    return visit.page("reports", reports=mine)


def show(name: str, visit: Visit = Depends(visiting)) -> Response:
    """The table of the cases that this person sees; with `?format=csv` or `xlsx` a file."""
    report = all_reports().get(name)
    if report is None:
        raise Missing("Không có báo cáo này.")
    visit.need(report.deed)
    asked = visit.request.query_params
    try:
        period = read_period(asked.get("from"), asked.get("to"), visit.now)
    except InvalidInput as refusal:
        return _draw(visit, name, report, read_period(None, None, visit.now), 400, str(refusal))
    if asked.get("format") in WRITERS:
        return _file(visit, name, report, period, asked["format"])
    return _draw(visit, name, report, period)


def _rows(visit: Visit, report: Report, period: Period) -> list:
    labels = {name: channel.label for name, channel in visit.system.channels.items()}
    with visit.system.db.read() as session:
        return report.rows(session, Asked(period, visit.scope, labels))


def _file(visit: Visit, name: str, report: Report, period: Period, kind: str) -> Response:
    content = WRITERS[kind](report, _rows(visit, report, period))
    filename = f"{name}_{period.first}_{period.last}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(content, media_type=TYPES[kind], headers=headers)


def _draw(visit: Visit, name: str, report: Report, period: Period, status: int = 200, error: str = "") -> Response:
    rows = [] if error else _rows(visit, report, period)
    files = {kind: "?" + urlencode({"from": period.first, "to": period.last, "format": kind}) for kind in WRITERS}
    return visit.page("report", status, name=name, report=report, period=period, rows=rows[:_SHOWN], total=len(rows),
                      files=files, shown=shown, error=error)  # fmt: skip
