"""The reports, read by folder: every module with a `REPORT` is one, and is called as its file is."""

from __future__ import annotations

import importlib
import pkgutil

from bot.reports.base import Report

_SHARED = ("base", "formats")
"""What reports are made of; no reports themselves."""


def modules() -> list[str]:
    """Names of all report modules."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _SHARED)


def all_reports() -> dict[str, Report]:
    """All reports by name."""
    return {name: importlib.import_module(f"{__name__}.{name}").REPORT for name in modules()}
