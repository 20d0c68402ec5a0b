"""What only Telegram's own controls say: keyboards, the menu, refusals of files. Talk itself stands in data/."""

from __future__ import annotations

from typing import Final

SHARE_BUTTON: Final = {"location": "📍 Gửi vị trí", "phone": "📞 Gửi số điện thoại"}
"""Labels of the buttons of the reply keyboard, by what is asked."""

SHARE_INVITATION: Final = {
    "location": "Nếu tiện, anh/chị bấm “📍 Gửi vị trí” ở dưới ô nhập tin để gửi đúng chỗ ạ.",
    "phone": "Nếu muốn, anh/chị bấm “📞 Gửi số điện thoại” ở dưới ô nhập tin để gửi số của mình ạ.",
}
"""The second message that carries the keyboard when the first one carries buttons."""

CHOOSE: Final = "Anh/chị chọn giúp ạ:"
"""For buttons that came without words; Telegram takes no message without text."""

CHOSEN: Final = "✓ "
"""Stands before the label of the button that was pressed."""

PRIVATE: Final = (
    "Tôi chỉ nhận phản ánh khi trò chuyện riêng, để thông tin của anh/chị không lộ ra nhóm. "
    "Mời anh/chị bấm nút dưới đây để nhắn riêng cho tôi ạ."
)
PRIVATE_BUTTON: Final = "Nhắn riêng"
"""The refusal in a group, and the button that leads to the private conversation."""

COMMANDS: Final = (
    ("start", "Bắt đầu"),
    ("phieu", "Phiếu của tôi"),
    ("huy", "Huỷ phản ánh đang viết"),
    ("help", "Trợ giúp"),
)
"""The menu: command and description."""

COMMAND_TEXTS: Final = {"help": "trợ giúp", "phieu": "phiếu của tôi", "huy": "huỷ"}
"""What a command means in the words of a person."""

TOO_BIG: Final = "Telegram chỉ chuyển được tệp đến 20 MB nên tôi chưa nhận được. Anh/chị gửi tệp nhỏ hơn giúp ạ."
LOST: Final = "Tôi không tải được tệp anh/chị vừa gửi từ Telegram. Anh/chị gửi lại giúp ạ."

BY_HAND: Final = (
    "Làm bằng tay ở @BotFather: /setuserpic (ảnh đại diện), /setdescription (lời giới thiệu trước khi bấm Bắt đầu),",
    "/setjoingroups → Disable (trợ lý chỉ nói chuyện riêng từng người).",
)
"""What the Bot API cannot do, or should be decided by a person."""
