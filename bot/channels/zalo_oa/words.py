"""What only Zalo's own controls say: forms, numbered choices, refusals of files. Talk itself stands in data/."""

from __future__ import annotations

from typing import Final

CHOOSE: Final = "Anh/chị chọn giúp ạ:"
"""For buttons that came without words."""

NUMBERED: Final = "Anh/chị nhắn số của lựa chọn giúp ạ:"
"""Stands above choices that are more than Zalo has buttons for."""

LOCATION: Final = "Nếu tiện, anh/chị bấm dấu + cạnh ô nhập tin, chọn Vị trí để gửi đúng chỗ ạ."
"""Zalo has no button that asks for a place."""

PHONE_FORM: Final = (
    "Nếu muốn, anh/chị bấm vào đây để gửi số điện thoại của mình, hoặc nhắn số vào ô nhập tin cũng được ạ."
)
"""The line of the form that asks for a phone number; at most 500 characters."""

OA: Final = "Lắng Nghe"
"""Title of the form when Zalo does not tell the OA's name."""

TOO_BIG: Final = "Tệp anh/chị gửi lớn quá {most} MB nên tôi chưa nhận được. Anh/chị gửi tệp nhỏ hơn giúp ạ."
LOST: Final = "Tôi không tải được tệp anh/chị vừa gửi từ Zalo. Anh/chị gửi lại giúp ạ."

MENU: Final = (
    ("Gửi phản ánh", "tôi muốn phản ánh"),
    ("Phiếu của tôi", "phiếu của tôi"),
    ("Huỷ phản ánh đang viết", "huỷ"),
    ("Trợ giúp", "trợ giúp"),
)
"""The OA's menu: label, and what a press says in the words of a person."""
