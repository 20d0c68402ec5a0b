"""What only Messenger's own controls say: the menu, the greeting, refusals of files. Talk itself stands in data/."""

from __future__ import annotations

from typing import Final

CHOOSE: Final = "Anh/chị chọn giúp ạ:"
"""For buttons that came without words; Messenger takes no choices without text."""

BY_NUMBER: Final = "Anh/chị trả lời bằng số thứ tự giúp ạ."
"""Below choices that are too many for buttons."""

GREETING: Final = (
    "Lắng Nghe là trợ lý tự động tiếp nhận phản ánh của người dân. Bấm “Bắt đầu” để gửi phản ánh. "
    "Việc khẩn cấp xin gọi 113, 114, 115."
)
"""Stands on the empty conversation; at most 160 characters."""

MENU: Final = (
    ("start", "Bắt đầu"),
    ("cases", "Phiếu của tôi"),
    ("cancel", "Huỷ phản ánh đang viết"),
    ("help", "Trợ giúp"),
)
"""The menu beside the input: what an entry is called among us, and what stands on it."""

MENU_TEXTS: Final = {"cases": "phiếu của tôi", "cancel": "huỷ", "help": "trợ giúp"}
"""What an entry of the menu means in the words of a person."""

TOO_BIG: Final = "Tệp lớn quá {most} MB nên tôi chưa nhận được. Anh/chị gửi tệp nhỏ hơn giúp ạ."
LOST: Final = "Tôi không tải được tệp anh/chị vừa gửi từ Messenger. Anh/chị gửi lại giúp ạ."

EXAMPLES: Final = {
    "code": "HN2611-7K3QX-F",
    "status": "Đang xử lý",
    "date": "21/11/2026",
    "name": "Nguyễn Văn An",
    "phone": "0900000123",
    "url": "https://vi-du.vn/tra-cuu/HN2611-7K3QX-F",
    "address": "Phường Hoàn Kiếm, Hà Nội",
}
"""A value of each kind of parameter, for whoever approves a template."""
