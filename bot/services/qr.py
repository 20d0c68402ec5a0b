"""The QR picture of a case: a link to its public page."""

from __future__ import annotations

import io

import segno


def code_png(public_url: str, code: str) -> bytes:
    """A PNG of about 300 by 300 pixels."""
    out = io.BytesIO()
    segno.make(f"{public_url}/tra-cuu/{code}", error="m").save(out, kind="png", scale=8, border=3)
    return out.getvalue()
