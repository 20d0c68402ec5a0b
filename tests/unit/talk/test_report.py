"""A report from the first word to the code, in every way in which people tell it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.domain.message import Location
from tests.scripted import Desk, said

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"


@pytest.fixture
def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "grey").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means(LIGHT, "report", "street_lighting")
    means("tắt cả tuần nay", "report", "street_lighting")
    means("đồng ý", "affirm")
    means("không đồng ý", "deny")
    means("rác", "report", "waste_collection", 0.4, ranking=[("waste_collection", 0.4), ("illegal_dumping", 0.3)])
    means("hát karaoke ầm ĩ ở ngõ 12 phố Vọng", "report", "noise")
    means("huỷ", "cancel")
    means("không ai dọn", "deny")


def test_a_new_resident_needs_three_messages(desk: Desk) -> None:
    first = desk.hears("an", LIGHT)
    assert "trợ lý tự động (AI)" in said(first)
    assert [b.label for b in first[-1].buttons] == ["Đồng ý", "Không đồng ý"]
    summary = desk.presses("an", "Đồng ý")
    assert "Chiếu sáng công cộng" in said(summary)
    assert "Kim Giang" in said(summary)
    filed = desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.code in said(filed)
    assert case.topic == "street_lighting"
    assert LIGHT in case.text
    assert filed[-1].images == (f"/qr/{case.code}.png",)


def test_a_known_resident_needs_two_messages(desk: Desk, photo: bytes) -> None:
    desk.agrees("an")
    summary = desk.sends_photo("an", photo, LIGHT)
    assert "1 ảnh" in said(summary)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert [(a.kind, a.stage) for a in case.attachments] == [("photo", "report")]


def test_a_picture_is_invited_once(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means("ko co anh", "skip")
    assert "Có ảnh" in said(desk.hears("an", LIGHT))
    again = said(desk.hears("an", "ko co anh"))
    assert "Đính kèm: không có" in again
    assert "Có ảnh" not in again


def test_sending_twice_files_once(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", LIGHT)
    payload = desk.button("an", "Gửi")
    desk.hears("an", payload=payload)
    again = desk.hears("an", payload=payload)
    (case,) = desk.cases()
    assert case.code in said(again)
    assert "không cần gửi lại" in said(again)


def test_refusing_keeps_nothing(desk: Desk) -> None:
    desk.hears("an", LIGHT)
    refused = desk.presses("an", "Không đồng ý")
    assert "024.1022" in said(refused)
    assert desk.cases() == []
    assert all(LIGHT not in str(row.body) for row in desk.inbox())


def test_what_was_written_before_consent_is_used_afterwards(desk: Desk) -> None:
    desk.hears("an", "rác")
    desk.hears("an", LIGHT)
    summary = desk.hears("an", "đồng ý")
    assert LIGHT in said(summary)
    assert "rác" in said(summary)


def test_an_old_name_that_became_several_is_offered_by_buttons(desk: Desk) -> None:
    desk.agrees("an")
    summary = desk.hears("an", LIGHT)
    labels = [b.label for b in summary[-1].buttons]
    assert "Thanh Liệt" in labels
    chosen = desk.presses("an", "Thanh Liệt")
    assert "phường Thanh Liệt" in said(chosen)
    desk.presses("an", "Gửi")
    assert desk.cases()[0].agency == f"commune-{desk.cases()[0].ward}"


def test_missing_place_is_asked_and_a_pin_answers(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means("ổ gà to lắm", "report", "road_damage")
    asked = desk.hears("an", "ổ gà to lắm")
    assert asked[-1].ask == "location"
    summary = desk.hears("an", location=Location(21.0285, 105.8542))
    assert "Đơn vị dự kiến xử lý: UBND" in said(summary)


def test_a_pin_far_away_is_told(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means("ổ gà to lắm", "report", "road_damage")
    desk.hears("an", "ổ gà to lắm")
    assert "ngoài Hà Nội" in said(desk.shares("an", 10.77, 106.70))


def test_a_correction_changes_place_and_text(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means("ngõ 79 Thịnh Quang có người đốt lá nhé", "report", "air_pollution")
    desk.dialogue.means("à nhầm, ngõ 97 chứ không phải 79", "correction")
    desk.dialogue.means("khét lắm, lúc 6 giờ chiều", "report", "air_pollution")
    desk.hears("an", "ngõ 79 Thịnh Quang có người đốt lá nhé")
    desk.hears("an", "à nhầm, ngõ 97 chứ không phải 79")
    summary = desk.hears("an", "khét lắm, lúc 6 giờ chiều")
    assert "97" in said(summary)
    assert "79" not in said(summary)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert "97" in case.place_raw
    assert "6 giờ chiều" in case.text
    assert "6 giờ chiều" in case.fields["time_observed"]


def test_a_required_answer_is_asked_once_and_may_be_unknown(desk: Desk) -> None:
    desk.agrees("an")
    asked = desk.hears("an", "hát karaoke ầm ĩ ở ngõ 12 phố Vọng")
    assert "lúc nào" in said(asked)
    summary = desk.presses("an", "Tôi không rõ")
    assert "Tiếng ồn" in said(summary)
    desk.presses("an", "Gửi")
    assert desk.cases()[0].fields["time_observed"] == "người gửi không rõ"


def test_an_unsure_topic_is_offered_by_buttons(desk: Desk) -> None:
    desk.agrees("an")
    text = "rác ở ngõ 12 phố Vọng"
    asked = desk.hears("an", text)
    assert len(asked[-1].buttons) == 3
    desk.presses("an", "Đổ trộm rác, phế thải xây dựng")
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.topic == "illegal_dumping"


def test_a_lost_machine_asks_once_and_leaves_it_to_the_dispatcher(desk: Desk) -> None:
    desk.agrees("an")
    first = desk.hears("an", "chỗ này tệ quá ngõ 12 phố Vọng")
    assert "nói rõ thêm" in said(first)
    second = desk.hears("an", "thì tệ chứ sao nữa")
    assert "cán bộ điều phối sẽ xác định" in said(second)
    desk.presses("an", "Gửi")
    (case,) = desk.cases()
    assert case.topic is None
    assert case.agency == "triage_desk"
    assert case.status == "received"


def test_a_learned_denial_never_ends_a_report(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means("nước đọng mãi", "report", "flooding_drainage")
    desk.hears("an", "nước đọng mãi")
    desk.hears("an", "không ai dọn")
    summary = desk.hears("an", "ngõ 12 phố Vọng")
    assert "nước đọng mãi" in said(summary)


def test_dropping_asks_once_and_sends_nothing(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", LIGHT)
    asked = desk.hears("an", "huỷ")
    assert "chưa gửi gì" in said(asked)
    dropped = desk.presses("an", "Huỷ, không gửi")
    assert "không có gì được gửi" in said(dropped)
    assert desk.cases() == []
    assert "tin nhắn cũ" in said(desk.presses("an", "Gửi"))


def test_content_place_and_topic_can_be_changed(desk: Desk) -> None:
    desk.agrees("an")
    desk.hears("an", LIGHT)
    desk.presses("an", "Sửa")
    desk.presses("an", "Địa điểm")
    changed = desk.hears("an", "phố Linh Lang")
    assert "Linh Lang" in said(changed)
    assert "Kim Giang" not in said(changed)
    desk.presses("an", "Sửa")
    desk.presses("an", "Lĩnh vực")
    desk.presses("an", "Điện, nước sinh hoạt")
    changed = desk.presses("an", "Điện lực: mất điện, sự cố, hóa đơn")
    assert "Điện lực" in said(changed)


def test_two_days_of_silence_and_a_dead_rasa_lose_nothing(desk: Desk) -> None:
    desk.agrees("an")
    desk.dialogue.means("ổ gà to lắm", "report", "road_damage")
    desk.hears("an", "ổ gà to lắm")
    desk.passes(days=2)
    desk.dialogue.down = True
    assert desk.hears("an", "ngõ 12 phố Vọng") == []
    desk.passes(seconds=8)
    desk.converse.step()
    assert "chờ tôi một chút" in said(desk.sent("an")[-1:])
    desk.passes(seconds=60)
    desk.dialogue.down = False
    desk.converse.step()
    assert "phố Vọng" in said(desk.sent("an")[-1:])
    assert "ổ gà to lắm" in said(desk.sent("an")[-1:])


def test_only_pictograms_get_a_courteous_answer(desk: Desk) -> None:
    assert "viết vài chữ" in said(desk.hears("an", "🙂🙂"))


def test_another_matter_at_the_summary_gets_a_report_of_its_own(desk: Desk) -> None:
    desk.agrees("an")
    beer = "quán bia kê bàn kín vỉa hè phố Tạ Hiện phường Hoàn Kiếm"
    desk.dialogue.means(beer, "report", "sidewalk_encroachment")
    desk.hears("an", LIGHT)
    noted = desk.hears("an", beer)
    assert "một việc khác" in said(noted)
    desk.presses("an", "Gửi")
    summary = desk.presses("an", "Ghi việc thứ hai")
    assert "Tạ Hiện" in said(summary)
    desk.presses("an", "Gửi")
    first, second = desk.cases()
    assert (first.topic, second.topic) == ("street_lighting", "sidewalk_encroachment")
    assert beer not in first.text
    assert second.text == beer


def test_not_done_from_who_has_no_case_is_a_report(desk: Desk) -> None:
    text = "bảo sửa rồi mà đèn ngõ 12 phố Linh Lang vẫn tắt, phường Giảng Võ"
    desk.dialogue.means(text, "not_done", "street_lighting", ranking=[("street_lighting", 0.8)])
    answers = desk.hears("khach", text)
    answers += desk.presses("khach", answers[-1].buttons[0].label)
    assert any("Linh Lang" in answer.text for answer in answers), [answer.text for answer in answers]
