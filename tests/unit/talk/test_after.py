"""After filing: more words and photos, withdrawing, rating, "chưa xong" up to the supervisor."""

from __future__ import annotations

import pytest

from bot.services import direct_case, handle_case
from tests.scripted import Desk, said
from tests.unit.office import Office, picture

LIGHT = "đèn đường trước nhà văn hoá tổ 5 Kim Giang tắt cả tuần nay"
HOLE = "ổ gà to ở ngõ 12 phố Vọng"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the kind of database; test_report.py meets both."""
    return sqlite_url


@pytest.fixture(autouse=True)
def meanings(desk: Desk) -> None:
    means = desk.dialogue.means
    means(LIGHT, "report", "street_lighting")
    means(HOLE, "report", "road_damage")
    means("rút phiếu giúp tôi", "withdraw")
    means("đồng ý", "affirm")
    means("không", "deny")
    means("chết nhầm rồi", "deny")
    means("tôi hài lòng", "rate_good")
    means("chưa xong", "not_done")
    means("đèn vẫn tắt từ hôm qua tới giờ", "not_done")
    means("tôi muốn bổ sung", "add_info")
    means("cảm ơn", "thanks")


@pytest.fixture
def code(desk: Desk) -> str:
    """A resident who has agreed and filed a report."""
    desk.agrees("an")
    desk.hears("an", LIGHT)
    desk.presses("an", "Gửi")
    return desk.cases()[0].code


@pytest.fixture
def unit(office: Office, code: str) -> Office:
    """The office, standing in for the unit that got this case."""
    agency = office.case(code).agency
    if agency == "triage_desk":
        office.act(code, direct_case.assign, office.unit, office.dispatcher)
        agency = office.unit
    office.officer = handle_case.Actor("canbo", office.officer.role, agency)
    office.leader = handle_case.Actor("lanhdao", office.leader.role, agency)
    return office


# ---- withdrawing


def test_withdrawing_asks_once_and_no_why(desk: Desk, code: str) -> None:
    asked = desk.hears("an", "rút phiếu giúp tôi")
    assert code in said(asked)
    assert [b.label for b in asked[-1].buttons] == ["Đúng, rút phiếu", "Không rút"]
    assert desk.cases()[0].status != "withdrawn"
    assert "Đã rút" in said(desk.presses("an", "Đúng, rút phiếu"))
    assert desk.cases()[0].status == "withdrawn"


def test_whoever_sees_a_slip_after_sending_is_shown_what_can_be_changed(desk: Desk, code: str) -> None:
    shown = desk.hears("an", "chết nhầm rồi")
    assert code in said(shown)
    assert [b.label for b in shown[-1].buttons] == ["Bổ sung", "Rút phiếu"]


def test_the_answer_may_be_typed(desk: Desk, code: str) -> None:
    desk.hears("an", "rút phiếu giúp tôi")
    assert "Đã rút" in said(desk.hears("an", "đồng ý"))
    assert desk.cases()[0].status == "withdrawn"


@pytest.mark.parametrize("how", ["button", "word"])
def test_thinking_better_of_it_keeps_the_case(desk: Desk, code: str, how: str) -> None:
    desk.hears("an", "rút phiếu giúp tôi")
    kept = desk.presses("an", "Không rút") if how == "button" else desk.hears("an", "không")
    assert code in said(kept)
    assert "xử lý tiếp" in said(kept)
    assert desk.cases()[0].status in ("received", "assigned")


def test_a_no_that_holds_a_yes_is_a_no(desk: Desk, code: str) -> None:
    desk.dialogue.means("không đồng ý rút đâu", "deny")
    desk.hears("an", "rút phiếu giúp tôi")
    desk.hears("an", "không đồng ý rút đâu")
    assert desk.cases()[0].status in ("received", "assigned")


def test_withdrawing_twice_is_one_withdrawal(desk: Desk, code: str) -> None:
    desk.hears("an", "rút phiếu giúp tôi")
    payload = desk.button("an", "Đúng, rút phiếu")
    for _ in range(2):
        assert "Đã rút" in said(desk.hears("an", payload=payload))
    assert [e.target for e in desk.cases()[0].events].count("withdrawn") == 1


def test_what_has_a_result_is_not_withdrawn(desk: Desk, unit: Office, code: str) -> None:
    desk.hears("an", "rút phiếu giúp tôi")
    payload = desk.button("an", "Đúng, rút phiếu")
    unit.answered(code)
    assert "không rút được" in said(desk.hears("an", payload=payload))
    assert desk.cases()[0].status == "resolved"


def test_several_cases_are_offered_by_their_codes(desk: Desk, code: str) -> None:
    desk.passes(hours=2)
    desk.hears("an", HOLE)
    desk.presses("an", "Gửi")
    second = desk.cases()[1].code
    desk.hears("an", f"rút phiếu {code}")
    desk.dialogue.means(f"rút phiếu {code}", "withdraw")
    asked = desk.hears("an", f"rút phiếu {code}")
    assert code in said(asked[-1:])
    desk.presses("an", "Đúng, rút phiếu")
    assert [c.status == "withdrawn" for c in desk.cases()] == [True, False]
    assert desk.cases()[1].code == second


# ---- somebody else's code


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("rút phiếu {} giúp tôi", "withdraw"),
        ("phiếu {} vẫn chưa xong đâu", "not_done"),
        ("bổ sung cho phiếu {} giúp", "add_info"),
        ("tôi hài lòng với phiếu {}", "rate_good"),
    ],
)
def test_nobody_changes_anothers_case(desk: Desk, code: str, words: str, intent: str) -> None:
    desk.agrees("binh")
    desk.dialogue.means(words.format(code), intent)
    answer = desk.hears("binh", words.format(code))
    assert "tài khoản khác" in said(answer)
    assert desk.cases()[0].status in ("received", "assigned")


@pytest.mark.parametrize("verb", ["withdraw_yes", "satisfied", "not_done", "add", "keep_case"])
def test_a_copied_button_changes_nothing(desk: Desk, unit: Office, code: str, verb: str) -> None:
    unit.answered(code)
    desk.agrees("binh")
    answer = desk.hears("binh", payload=f"after:{verb}:{code}")
    assert "tin nhắn cũ" in said(answer)
    assert desk.cases()[0].status == "resolved"
    assert desk.cases()[0].rating is None


# ---- rating


@pytest.mark.parametrize(("label", "rating"), [("Hài lòng", "satisfied"), ("Chấp nhận được", "acceptable")])
def test_a_good_rating_is_thanked_and_closes(desk: Desk, unit: Office, code: str, label: str, rating: str) -> None:
    unit.answered(code)
    assert "Cảm ơn" in said(desk.presses("an", label))
    (case,) = desk.cases()
    assert (case.rating, case.status) == (rating, "closed")


def test_words_after_a_rating_go_with_the_case(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.presses("an", "Hài lòng")
    kept = desk.hears("an", "anh thợ nhiệt tình lắm")
    assert code in said(kept)
    assert [m.text for m in desk.cases()[0].messages] == ["anh thợ nhiệt tình lắm"]
    assert len(desk.cases()) == 1


def test_a_bad_rating_asks_why_and_offers_the_way_back(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    asked = desk.presses("an", "Chưa hài lòng")
    assert "Chưa xong" in [b.label for b in asked[-1].buttons]
    desk.hears("an", "làm ẩu quá")
    (case,) = desk.cases()
    assert (case.rating, case.status) == ("unsatisfied", "resolved")
    assert [m.text for m in case.messages] == ["làm ẩu quá"]


def test_a_rating_may_be_typed(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    assert "Cảm ơn" in said(desk.hears("an", "tôi hài lòng"))
    assert desk.cases()[0].rating == "satisfied"


def test_nothing_is_rated_before_there_is_a_result(desk: Desk, code: str) -> None:
    assert "chưa có kết quả" in said(desk.hears("an", payload=f"after:satisfied:{code}"))
    assert "chưa thấy phiếu nào" in said(desk.hears("an", "tôi hài lòng"))
    assert desk.cases()[0].rating is None


# ---- "chưa xong"


def test_not_done_asks_why_and_reopens_with_the_reason(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    assert "chỗ nào chưa xong" in said(desk.presses("an", "Chưa xong"))
    reopened = desk.hears("an", "mới thay một bóng")
    assert "Đã mở lại" in said(reopened)
    (case,) = desk.cases()
    assert (case.status, case.reopened) == ("reopened", 1)
    assert case.events[-1].note == "mới thay một bóng"


def test_a_reason_that_was_given_is_not_asked_for(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    reopened = desk.hears("an", "đèn vẫn tắt từ hôm qua tới giờ")
    assert "Đã mở lại" in said(reopened)
    assert desk.cases()[0].events[-1].note == "đèn vẫn tắt từ hôm qua tới giờ"


def test_a_photo_with_the_reason_goes_with_the_case(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.presses("an", "Chưa xong")
    desk.sends_photo("an", picture(), "vẫn tối om thế này")
    (case,) = desk.cases()
    assert case.status == "reopened"
    assert "more" in [a.stage for a in case.attachments]


def test_the_third_time_a_supervisor_looks_at_it(desk: Desk, unit: Office, code: str) -> None:
    for _ in range(2):
        unit.answered(code)
        desk.passes(hours=1)
        desk.presses("an", "Chưa xong")
        desk.hears("an", "vẫn tối")
        desk.passes(hours=1)
    unit.answered(code)
    third = desk.presses("an", "Chưa xong")
    assert "giám sát" in said(third)
    (case,) = desk.cases()
    assert case.supervised
    assert case.reopened == 2
    assert "supervisor" in [e.kind for e in case.events]
    desk.dialogue.means("lần 3 vẫn chưa xong chỗ góc chợ", "not_done")
    assert "giám sát" not in said(desk.hears("an", "lần 3 vẫn chưa xong chỗ góc chợ"))
    assert unit.move(code, "reopened", unit.dispatcher, note="Giám sát cho làm lại").status == "reopened"


def test_nothing_to_reopen_before_there_is_a_result(desk: Desk, code: str) -> None:
    assert "chưa có kết quả" in said(desk.hears("an", payload=f"after:not_done:{code}"))
    assert desk.cases()[0].reopened == 0


def test_too_late_to_reopen_tells_another_way(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.passes(days=16)
    desk.presses("an", "Chưa xong")
    answer = desk.hears("an", "vẫn tối")
    assert "15 ngày" in said(answer)
    assert "phản ánh mới" in said(answer)
    assert desk.cases()[0].status == "resolved"


# ---- more of the same


def test_more_is_asked_for_and_kept_once(desk: Desk, code: str) -> None:
    assert code in said(desk.hears("an", "tôi muốn bổ sung"))
    assert "Đã bổ sung" in said(desk.hears("an", "cột số 12, cạnh cây bàng"))
    assert [m.text for m in desk.cases()[0].messages] == ["cột số 12, cạnh cây bàng"]


def test_an_answer_to_the_officers_question_wakes_the_case(desk: Desk, unit: Office, code: str) -> None:
    unit.move(code, "need_info", unit.officer, note="Cột số mấy ạ?")
    desk.hears("an", "tôi muốn bổ sung")
    desk.hears("an", "cột số 12")
    (case,) = desk.cases()
    assert case.status in ("received", "assigned")
    assert case.paused_at is None


def test_a_photo_soon_after_filing_belongs_or_is_new(desk: Desk, code: str) -> None:
    desk.passes(minutes=5)
    asked = desk.sends_photo("an", picture())
    assert [b.label for b in asked[-1].buttons] == ["Thêm vào phiếu", "Việc mới"]
    assert desk.cases()[0].attachments == []
    assert "Đã bổ sung" in said(desk.presses("an", "Thêm vào phiếu"))
    assert [a.stage for a in desk.cases()[0].attachments] == ["more"]


def test_a_photo_soon_after_filing_may_be_a_new_matter(desk: Desk, code: str) -> None:
    desk.passes(minutes=5)
    desk.sends_photo("an", picture())
    assert "có việc gì" in said(desk.presses("an", "Việc mới"))
    summary = desk.hears("an", HOLE)
    assert "1 ảnh" in said(summary)
    desk.presses("an", "Gửi")
    first, second = desk.cases()
    assert first.attachments == []
    assert [a.kind for a in second.attachments] == ["photo"]


def test_a_sure_new_report_is_never_taken_for_an_addition(desk: Desk, code: str) -> None:
    desk.passes(minutes=1)
    summary = desk.hears("an", HOLE)
    assert "phố Vọng" in said(summary)
    desk.presses("an", "Gửi")
    assert len(desk.cases()) == 2
    assert desk.cases()[0].messages == []


def test_long_after_filing_a_photo_is_a_new_matter(desk: Desk, code: str) -> None:
    desk.passes(hours=3)
    assert "có việc gì" in said(desk.sends_photo("an", picture()))


def test_thanks_after_filing_are_thanks(desk: Desk, code: str) -> None:
    assert "không có gì" in said(desk.hears("an", "cảm ơn"))
    assert len(desk.cases()) == 1
    assert desk.cases()[0].messages == []


def test_a_yes_too_many_does_not_file_again(desk: Desk, code: str) -> None:
    again = desk.hears("an", "đồng ý")
    assert code in said(again)
    assert "không cần gửi lại" in said(again)
    assert len(desk.cases()) == 1


# ---- a second matter in the same message


def test_the_second_matter_gets_a_report_of_its_own(desk: Desk) -> None:
    both = "đèn tắt và rác chất đống ở ngõ 12 phố Vọng"
    desk.dialogue.means(both, "report", "street_lighting", second="waste_collection")
    desk.agrees("an")
    assert "còn một việc nữa" in said(desk.hears("an", both))
    desk.presses("an", "Gửi")
    summary = desk.presses("an", "Ghi việc thứ hai")
    assert "phố Vọng" in said(summary)
    desk.presses("an", "Gửi")
    first, second = desk.cases()
    assert (first.topic, second.topic) == ("street_lighting", "waste_collection")
    assert "tin nhắn cũ" in said(desk.presses("an", "Ghi việc thứ hai"))
    assert len(desk.cases()) == 2


def test_a_photo_alone_is_a_reason(desk: Desk, unit: Office, code: str) -> None:
    unit.answered(code)
    desk.presses("an", "Chưa xong")
    assert "Đã mở lại" in said(desk.sends_photo("an", picture()))
    (case,) = desk.cases()
    assert case.status == "reopened"
    assert [a.stage for a in case.attachments][-1] == "more"
