"""What may be done to a case, by whom, and what the resident is told (domain.md §6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.message import Outgoing
from bot.domain.roles import Role
from bot.errors import InvalidInput, NotAllowed, NotFound
from bot.services import answer_case, direct_case
from bot.services.handle_case import Actor, allowed, is_overdue
from bot.store.models import Review
from tests.scripted import MONDAY
from tests.unit.office import Office

HOUR = timedelta(hours=1)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Rules are the same on every database; test_transactions.py meets both."""
    return sqlite_url


def hanoi(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - 7 * HOUR


def test_from_the_desk_to_the_thanks(office: Office) -> None:
    code = office.file(ward=None)
    office.act(code, direct_case.assign, office.unit, office.dispatcher)
    office.answered(code)
    case = office.act(code, answer_case.rate, "satisfied")
    assert case.status == "closed"
    assert case.rating == "satisfied"
    assert office.steps(code) == ["received", "assigned", "in_progress", "pending_approval", "resolved", "closed"]
    assert [e.actor for e in case.events if e.kind == "status"] == [
        "resident", "dieuphoi", "canbo", "canbo", "lanhdao", "resident",
    ]  # fmt: skip


def test_the_resident_is_told_of_every_step_but_the_inner_one(office: Office) -> None:
    code = office.file()
    office.answered(code, "Đã thay bóng mới")
    kinds = [row.body["text"] for row in office.notices()]
    # Filing itself is answered in the conversation: the assignment by rule is part of that answer.
    assert len(kinds) == 2
    assert "đang xử lý" in kinds[0]
    assert "Đã thay bóng mới" in kinds[1]
    assert all(code in text for text in kinds)


def test_the_result_comes_with_photo_and_rating_buttons(office: Office) -> None:
    code = office.file()
    office.move(code, "in_progress", office.officer)
    photo = office.photo()
    office.move(code, "pending_approval", office.officer, note="Xong", photos=(photo,))
    office.move(code, "resolved", office.leader)
    result = Outgoing.from_json(office.notices()[-1].body)
    assert result.images == (photo,)
    assert [b.label for b in result.buttons] == ["Hài lòng", "Chấp nhận được", "Chưa hài lòng", "Chưa xong"]
    assert all(len(b.payload.encode()) <= 64 for b in result.buttons)


def test_every_change_keeps_who_when_from_to_why(office: Office) -> None:
    code = office.file()
    office.desk.passes(hours=1)
    office.move(code, "need_info", office.officer, note="Số cột bao nhiêu ạ?")
    last = office.case(code).events[-1]
    assert (last.actor, last.at, last.source, last.target, last.note) == (
        "canbo", MONDAY + HOUR, "assigned", "need_info", "Số cột bao nhiêu ạ?",
    )  # fmt: skip


@pytest.mark.parametrize("target", ["need_info", "rejected", "referred_out"])
def test_a_reason_is_needed(office: Office, target: str) -> None:
    code = office.file(ward=None)
    for nothing in (None, "", "  \n"):
        with pytest.raises(InvalidInput, match="lý do"):
            office.move(code, target, office.dispatcher, note=nothing)
    assert office.steps(code) == ["received"]


def test_an_unknown_status_is_told(office: Office) -> None:
    with pytest.raises(InvalidInput, match="flying"):
        office.move(office.file(), "flying", office.admin)


def test_moving_to_where_it_is_changes_nothing(office: Office) -> None:
    code = office.file()
    office.move(code, "assigned", office.dispatcher)
    assert office.steps(code) == ["received", "assigned"]
    assert office.notices() == []


# ---- who may not


def test_other_units_do_not_touch_a_case(office: Office) -> None:
    code = office.file()
    with pytest.raises(NotAllowed, match="đơn vị"):
        office.move(code, "in_progress", office.stranger)
    with pytest.raises(NotAllowed):
        office.act(code, direct_case.reply, "xin chào", office.stranger)
    assert allowed(office.stranger, office.case(code)) == []


@pytest.mark.parametrize(
    ("target", "role"),
    [
        ("rejected", Role.OFFICER), ("rejected", Role.LEADER), ("merged", Role.OFFICER), ("referred_out", Role.LEADER),
        ("withdrawn", Role.OFFICER), ("resolved", Role.DISPATCHER), ("closed", Role.OFFICER), ("closed", Role.LEADER),
        ("in_progress", Role.RESIDENT), ("resolved", Role.RESIDENT),
    ],
)  # fmt: skip
def test_a_role_does_not_do_what_is_not_its_own(office: Office, target: str, role: Role) -> None:
    code = office.file()
    actor = Actor("ai đó", role, office.unit)
    with pytest.raises(NotAllowed):
        office.move(code, target, actor, note="vì", photos=(), parent=None)


def test_an_officer_does_not_approve_the_own_answer(office: Office) -> None:
    code = office.file()
    with pytest.raises(NotAllowed):
        office.move(code, "resolved", office.officer, note="Xong", photos=(office.photo(),))
    assert office.case(code).status == "assigned"


def test_a_leader_who_wrote_the_answer_does_not_approve_it(office: Office) -> None:
    code = office.file()
    with pytest.raises(NotAllowed, match="không tự duyệt"):
        office.move(code, "resolved", office.leader, note="Xong", photos=(office.photo(),))
    office.move(code, "pending_approval", office.leader, note="Xong", photos=(office.photo(),))
    with pytest.raises(NotAllowed, match="không tự duyệt"):
        office.move(code, "resolved", office.leader)
    assert "resolved" not in [m.target for m in allowed(office.leader, office.case(code))]
    second = Actor("phó", Role.LEADER, office.unit)
    assert office.move(code, "resolved", second).status == "resolved"


def test_an_officer_neither_assigns_nor_extends_nor_reclassifies(office: Office) -> None:
    code = office.file()
    with pytest.raises(NotAllowed):
        office.act(code, direct_case.assign, office.other, office.officer)
    with pytest.raises(NotAllowed):
        office.act(code, direct_case.extend, 8, "mưa", office.officer)
    with pytest.raises(NotAllowed):
        office.act(code, direct_case.reclassify, "noise", office.officer)


# ---- the answer


def test_field_work_needs_a_photo_afterwards(office: Office) -> None:
    code = office.file(attachments=((office.photo("red"), "photo", ""),))
    office.move(code, "in_progress", office.officer)
    with pytest.raises(InvalidInput, match="ảnh"):
        office.move(code, "pending_approval", office.officer, note="Xong")
    assert office.case(code).status == "in_progress"
    assert office.move(code, "pending_approval", office.officer, note="Xong", photos=(office.photo(),))


def test_what_is_no_field_work_needs_none(office: Office) -> None:
    code = office.file(topic="dossier_delay", ward=None)
    office.act(code, direct_case.assign, office.unit, office.dispatcher)
    assert office.move(code, "pending_approval", office.officer, note="Đã trả hồ sơ").status == "pending_approval"


def test_the_answer_must_say_something(office: Office) -> None:
    code = office.file()
    with pytest.raises(InvalidInput, match="nội dung"):
        office.move(code, "pending_approval", office.officer, note=" ", photos=(office.photo(),))


def test_sent_back_for_a_better_answer_the_resident_hears_nothing(office: Office) -> None:
    code = office.file()
    office.move(code, "pending_approval", office.officer, note="Đã xem", photos=(office.photo(),))
    before = len(office.notices())
    office.move(code, "in_progress", office.leader, note="Chưa trả lời đúng việc")
    assert len(office.notices()) == before
    office.move(code, "pending_approval", office.officer, note="Đã thay bóng")
    office.move(code, "resolved", office.leader)
    assert office.case(code).answer == "Đã thay bóng"


# ---- assignment, return, transfer


def test_returned_twice_then_the_city_decides(office: Office) -> None:
    code = office.file()
    for number in (1, 2):
        case = office.move(code, "received", office.officer, note="không thuộc phường")
        assert (case.agency, case.returned) == ("triage_desk", number)
        assert case.supervised == (number == 2)
        office.act(code, direct_case.assign, office.unit, office.dispatcher)
    with pytest.raises(NotAllowed, match="hai lần"):
        office.move(code, "received", office.officer, note="vẫn không thuộc")
    assert "received" not in [m.target for m in allowed(office.officer, office.case(code))]


def test_a_return_is_never_blamed_on_the_resident(office: Office) -> None:
    code = office.file()
    office.move(code, "received", office.officer, note="dân ghi sai địa chỉ")
    assert "đang được chuyển lại" in office.told()
    assert "dân ghi sai" not in office.told()


def test_a_return_needs_a_reason(office: Office) -> None:
    with pytest.raises(InvalidInput):
        office.move(office.file(), "received", office.officer)


def test_a_transfer_tells_the_resident_and_asks_for_a_review(office: Office) -> None:
    code = office.file()
    case = office.act(code, direct_case.assign, office.other, office.dispatcher, note="ranh giới")
    assert (case.agency, case.status) == (office.other, "assigned")
    assert case.events[-1].kind == "transfer"
    assert office.city.agency_name(office.other) in office.told()
    (review,) = office.rows(Review)
    assert (review.why, review.case_id, review.text) == ("rerouted", case.id, "đèn tắt")


def test_assigning_needs_a_real_unit_and_an_open_case(office: Office) -> None:
    code = office.file()
    with pytest.raises(InvalidInput, match="atlantis"):
        office.act(code, direct_case.assign, "atlantis", office.dispatcher)
    office.move(code, "withdrawn", office.resident)
    with pytest.raises(NotAllowed, match="kết thúc"):
        office.act(code, direct_case.assign, office.other, office.dispatcher)


def test_reclassifying_sets_topic_and_clock_and_asks_for_a_review(office: Office) -> None:
    code = office.file(topic=None, topic_sure=False)
    case = office.act(code, direct_case.reclassify, "manhole_cover", office.dispatcher)
    assert (case.topic, case.topic_sure, case.level) == ("manhole_cover", True, "urgent")
    assert case.due_at == hanoi(23, 14, 30)
    (review,) = office.rows(Review)
    assert (review.why, review.proposed) == ("rerouted", "manhole_cover")


def test_an_emergency_stays_urgent_whatever_it_is_about(office: Office) -> None:
    code = office.file(topic=None, topic_sure=False, level="urgent")
    case = office.act(code, direct_case.reclassify, "street_lighting", office.dispatcher)
    assert case.level == "urgent"
    assert case.due_at == hanoi(23, 14, 30)


def test_what_is_over_keeps_its_due_time_when_it_is_reclassified(office: Office) -> None:
    code = office.file()
    office.answered(code)
    due = office.case(code).due_at
    assert office.act(code, direct_case.reclassify, "manhole_cover", office.dispatcher).due_at == due


# ---- the other ends


def test_merging_names_the_parent(office: Office) -> None:
    parent, code = office.file(who="binh"), office.file(ward=None)
    for wrong in (None, code):
        with pytest.raises(InvalidInput):
            office.move(code, "merged", office.dispatcher, parent=wrong)
    with pytest.raises(NotFound):
        office.move(code, "merged", office.dispatcher, parent="HN2611-AAAAA-A")
    case = office.move(code, "merged", office.dispatcher, parent=parent)
    assert case.parent_id == office.case(parent).id
    assert parent in office.told()
    assert case.ended_at == MONDAY


def test_whoever_was_merged_is_told_the_result(office: Office) -> None:
    parent, code = office.file(who="binh"), office.file(ward=None)
    office.move(code, "merged", office.dispatcher, parent=parent)
    office.answered(parent, "Đã thay cả dãy đèn")
    for who in ("an", "binh"):
        assert office.told(who).count("Đã thay cả dãy đèn") == 1
    assert office.notices("an")[-1].body["buttons"] == []
    assert code in office.notices("an")[-1].body["text"]


def test_referring_tells_where(office: Office) -> None:
    code = office.file()
    office.move(code, "referred_out", office.dispatcher, note="Công an tỉnh Hưng Yên, 0221 3862 222")
    assert "Hưng Yên" in office.told()
    assert not office.is_open(code)


def test_rejecting_tells_why(office: Office) -> None:
    code = office.file(ward=None)
    office.move(code, "rejected", office.dispatcher, note="Việc ở tỉnh khác")
    assert "Việc ở tỉnh khác" in office.told()


def test_withdrawing_is_possible_until_there_is_a_result(office: Office) -> None:
    code = office.file()
    office.move(code, "withdrawn", office.resident)
    assert office.case(code).ended_at == MONDAY
    late = office.file()
    office.answered(late)
    with pytest.raises(NotAllowed):
        office.move(late, "withdrawn", office.resident)


# ---- rating, reopening


@pytest.mark.parametrize("rating", ["satisfied", "acceptable"])
def test_a_good_rating_closes(office: Office, rating: str) -> None:
    code = office.file()
    office.answered(code)
    assert office.act(code, answer_case.rate, rating).status == "closed"


def test_a_bad_rating_leaves_the_way_back_open(office: Office) -> None:
    code = office.file()
    office.answered(code)
    case = office.act(code, answer_case.rate, "unsatisfied")
    assert (case.status, case.rating) == ("resolved", "unsatisfied")
    assert office.act(code, answer_case.rate, "satisfied").status == "closed"


def test_nothing_to_rate_yet(office: Office) -> None:
    with pytest.raises(NotAllowed):
        office.act(office.file(), answer_case.rate, "satisfied")


def test_reopened_runs_half_the_clock_twice_at_most(office: Office) -> None:
    code = office.file()
    for number in (1, 2):
        office.answered(code)
        case = office.act(code, answer_case.reopen, "vẫn tối")
        assert (case.status, case.reopened, case.rating) == ("reopened", number, None)
        # Half of forty working hours from Monday at 9: Wednesday at 14:30.
        assert case.due_at == hanoi(25, 14, 30)
        assert case.supervised == (number == 2)
        assert case.events[-1].note == "vẫn tối"
    office.answered(code)
    with pytest.raises(NotAllowed, match="giám sát"):
        office.act(code, answer_case.reopen, "vẫn tối")
    assert "reopened" not in [m.target for m in allowed(office.resident, office.case(code))]


def test_a_reopened_case_needs_a_new_photo(office: Office) -> None:
    code = office.file()
    office.answered(code)
    office.desk.passes(hours=1)
    office.act(code, answer_case.reopen, "vẫn tối")
    office.desk.passes(hours=1)
    with pytest.raises(InvalidInput, match="ảnh"):
        office.move(code, "pending_approval", office.officer, note="Xong thật rồi")
    new = office.photo("blue")
    office.move(code, "pending_approval", office.officer, note="Xong thật rồi", photos=(new,))
    office.move(code, "resolved", office.leader)
    assert office.notices()[-1].body["images"] == [new]


def test_reopening_ends_with_the_fifteenth_day(office: Office) -> None:
    code = office.file()
    office.answered(code)
    office.desk.passes(days=15)
    assert office.act(code, answer_case.reopen, "vẫn tối").status == "reopened"
    late = office.file()
    office.answered(late)
    office.desk.passes(days=15, minutes=1)
    with pytest.raises(NotAllowed, match="15 ngày"):
        office.act(late, answer_case.reopen, "vẫn tối")


# ---- clocks


def test_a_question_pauses_the_clock_and_the_answer_resumes_it(office: Office) -> None:
    code = office.file()
    due = office.case(code).due_at
    assert due == hanoi(30, 9)
    office.desk.now = hanoi(23, 16)
    office.move(code, "need_info", office.officer, note="Cột số mấy ạ?")
    assert "Cột số mấy" in office.told()
    office.desk.now = hanoi(25, 10)
    assert not is_overdue(office.case(code), hanoi(7, 9, month=12))
    office.act(code, answer_case.add_from_resident, "cột 12", (), key="m1")
    case = office.case(code)
    assert case.status == "assigned"
    # 1.5 hours on Monday, 8 on Tuesday, 2 on Wednesday.
    assert case.due_at == hanoi(1, 14, month=12)
    assert [m.text for m in case.messages] == ["cột 12"]


def test_a_pause_at_the_desk_counts_for_the_unit_as_well(office: Office) -> None:
    code = office.file(ward=None)
    office.desk.now = hanoi(23, 10)
    office.move(code, "need_info", office.dispatcher, note="Ở phường nào ạ?")
    office.desk.now = hanoi(25, 10)
    case = office.act(code, answer_case.add_from_resident, "phường Giảng Võ", (), key="m1")
    assert case.status == "received"
    assert case.due_at == hanoi(3, 9, month=12)
    office.desk.now = hanoi(25, 11)
    case = office.act(code, direct_case.assign, office.unit, office.dispatcher)
    assert case.due_at == hanoi(2, 11, month=12)


def test_given_to_a_unit_right_out_of_the_pause(office: Office) -> None:
    code = office.file(ward=None, level="urgent")
    office.desk.now = hanoi(23, 10)
    office.move(code, "need_info", office.dispatcher, note="Ở đâu ạ?")
    office.desk.now = hanoi(24, 10)
    case = office.act(code, direct_case.assign, office.unit, office.dispatcher)
    # One of the four hours was used before the pause: three are left on Tuesday at 10.
    assert case.due_at == hanoi(24, 14, 30)


def test_reclassifying_keeps_the_pauses(office: Office) -> None:
    code = office.file()
    office.desk.now = hanoi(23, 10)
    office.move(code, "need_info", office.officer, note="?")
    office.desk.now = hanoi(24, 10)
    office.act(code, answer_case.add_from_resident, "đây", (), key="m1")
    due = office.case(code).due_at
    assert due == hanoi(1, 9, month=12)
    assert office.act(code, direct_case.reclassify, "noise", office.dispatcher).due_at == due


def test_overdue_is_a_flag(office: Office) -> None:
    code = office.file()
    case = office.case(code)
    assert not is_overdue(case, hanoi(30, 9))
    assert is_overdue(case, hanoi(30, 9, 1))
    office.answered(code)
    assert not is_overdue(office.case(code), hanoi(30, 9, 1))


def test_one_extension_before_the_due_time_with_a_reason(office: Office) -> None:
    code = office.file()
    for hours, why in ((0, "mưa"), (-8, "mưa"), (1000, "mưa"), (8, " ")):
        with pytest.raises(InvalidInput):
            office.act(code, direct_case.extend, hours, why, office.leader)
    case = office.act(code, direct_case.extend, 8, "chờ vật tư", office.leader)
    assert case.due_at == hanoi(1, 9, month=12)
    assert case.status == "assigned"
    assert "chờ vật tư" in office.told()
    assert "9 giờ thứ Ba, ngày 01/12/2026" in office.told()
    with pytest.raises(NotAllowed, match="một lần"):
        office.act(code, direct_case.extend, 8, "lại chờ", office.leader)


def test_too_late_to_extend(office: Office) -> None:
    code = office.file()
    office.desk.now = hanoi(30, 9, 1)
    with pytest.raises(NotAllowed, match="trong hạn"):
        office.act(code, direct_case.extend, 8, "chờ", office.leader)


# ---- messages


def test_staff_and_resident_write_to_each_other(office: Office) -> None:
    code = office.file()
    office.act(code, direct_case.reply, "Anh có ở nhà không?", office.officer)
    office.act(code, answer_case.add_from_resident, "Tôi có", (office.photo(),), key="m1")
    case = office.act(code, answer_case.add_from_resident, "Tôi có", (), key="m1")
    assert [(m.author, m.text) for m in case.messages] == [("canbo", "Anh có ở nhà không?"), ("resident", "Tôi có")]
    assert [a.stage for a in case.attachments] == ["more"]
    assert "Anh có ở nhà không?" in office.told()
    with pytest.raises(InvalidInput):
        office.act(code, direct_case.reply, "  ", office.officer)


def test_a_reply_with_the_same_key_is_one_reply(office: Office) -> None:
    code = office.file()
    for _ in range(2):
        office.act(code, direct_case.reply, "Xin chào", office.officer, key="form-1")
    assert len(office.case(code).messages) == 1
    assert office.told().count("Xin chào") == 1


def test_a_pause_at_night_moves_no_deadline(office: Office) -> None:
    """Due at the end of a working day, asked and answered before the next one begins: still due then."""
    code = office.file()
    office.act(code, lambda s, city, case, now: setattr(case, "due_at", hanoi(27, 17, 30)))
    office.desk.now = hanoi(24, 3, 0)
    office.move(code, "need_info", office.dispatcher, note="Cột số mấy?")
    office.desk.passes(minutes=2)
    office.move(code, "assigned", office.dispatcher, agency=office.case(code).agency)
    assert office.case(code).due_at == hanoi(27, 17, 30)


def test_no_unit_gets_the_complaint_about_itself(office: Office) -> None:
    unit = office.city.agencies[office.unit]
    code = office.file(topic="staff_conduct", text=f"cán bộ {unit.name} quát mắng người dân")
    with pytest.raises(InvalidInput, match="cấp trên"):
        office.act(code, direct_case.assign, unit.id, office.dispatcher)
    assert office.act(code, direct_case.assign, "dept_home_affairs", office.dispatcher).agency == "dept_home_affairs"
    with pytest.raises(InvalidInput, match="cấp trên"):
        office.act(code, direct_case.assign, unit.id, office.dispatcher)
