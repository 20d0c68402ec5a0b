"""What the office does before and during a conversation, through the command line."""

from __future__ import annotations

import re
from typing import Any

from tests.running import Running

_PLACE = "ngõ 12 phố Đội Cấn, phường Ngọc Hà"
_NOTE = "Đơn vị đã kiểm tra tại chỗ và xử lý xong."
_MEANT = {r"kết quả|đánh giá": "resolved", r"bổ sung|hỏi thêm": "need_info", r"đang xử lý": "in_progress"}
"""How a script's sentence about the office is read: words -> the status that a case is moved to."""


def file(running: Running, entry: dict[str, Any], session: str) -> str:
    """A case of `setup.cases`, brought to its status. Returns its code."""
    status = entry.get("status", "received")
    # Without a place nobody can be assigned, and the case stays received.
    place = entry.get("place", None if status == "received" else _PLACE)
    text = entry.get("text") or f"Việc người dân đã báo hôm trước ({entry['topic']})"
    arguments = ["case", "add", "--topic", entry["topic"], "--text", text, "--session", session, "--json"]
    arguments += ["--place", place] if place else []
    arguments += ["--phone", str(entry["phone"])] if entry.get("phone") else []
    view = running.command(*arguments)
    for step in entry.get("moves") or [status]:
        view = _move(running, view, step, entry.get("note", _NOTE))
    return view["code"]


def act(running: Running, event: dict[str, str] | str, codes: dict[str, str]) -> bool:
    """A `system` turn. False when there is nothing to do: the sentence only tells what has come already."""
    event = _read(event, codes) if isinstance(event, str) else event
    code = codes.get(event.get("case", ""))
    if code is None:
        return False
    if "reply" in event:
        running.command("case", "reply", code, event["reply"], "--by", "admin")
        return True
    view = running.command("case", "show", code, "--json")
    return _move(running, view, event["move"], event.get("note", _NOTE))["status"] != view["status"]


def _read(words: str, codes: dict[str, str]) -> dict[str, str]:
    named = re.search(r"phiếu (\w+)", words)
    move = next((status for pattern, status in _MEANT.items() if re.search(pattern, words)), None)
    return {"case": named[1], "move": move} if named and named[1] in codes and move else {}


def _move(running: Running, view: dict[str, Any], status: str, note: str) -> dict[str, Any]:
    if view["status"] == status:
        return view
    arguments = ["case", "move", view["code"], status, "--note", note, "--by", "admin", "--json"]
    if view["agency"] == "triage_desk":
        arguments += ["--agency", f"commune-{view['place']['ward_code'] or '00008'}"]
    return running.command(*arguments)
