"""Who takes part in a bench, and what they write."""

from __future__ import annotations

FIRST = 700_000_000
"""The Telegram id of the first person; the others follow."""
TEXT = "Đèn đường trước nhà tôi hỏng"
