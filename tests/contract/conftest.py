"""What the contract tests share."""

from __future__ import annotations

from tests.databases import database_url, postgres_url, sqlite_url  # noqa: F401 (fixtures)
