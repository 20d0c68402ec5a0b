"""What only Zalo Bot's own limits make us say. Talk itself stands in data/."""

from __future__ import annotations

from typing import Final

CHOOSE: Final = "Anh/chị chọn giúp ạ:"
"""Above choices that came without words."""

BY_NUMBER: Final = "Anh/chị trả lời bằng số thứ tự giúp ạ."
"""Below the numbered choices: this platform has no buttons."""

PICTURE_LEFT_OUT: Final = "(Kèm theo tin này có ảnh, nhưng kênh Zalo Bot chưa gửi được ảnh.)"
"""In place of a picture that has no public address."""

TOO_BIG: Final = "Tệp lớn quá {most} MB nên tôi chưa nhận được. Anh/chị gửi tệp nhỏ hơn giúp ạ."
LOST: Final = "Tôi không tải được tệp anh/chị vừa gửi từ Zalo. Anh/chị gửi lại giúp ạ."
