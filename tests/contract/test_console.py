"""The staff console: the life of a case through its pages, and who sees what of it."""

from __future__ import annotations

import pytest

from bot.domain.status import STATUSES
from bot.services.answer_case import add_from_resident, rate
from bot.store.models import Attachment, Case, Outbox, Staff
from tests.contract.console_browser import picture
from tests.contract.console_office import OTHER_UNIT, OTHER_WARD, PASSWORD, UNIT, WARD, Office
from tests.scripted import Desk


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_a_case_lives_from_call_to_closing_through_the_pages(office: Office) -> None:
    dispatcher, officer, leader = office.at("dieuphoi"), office.at("canbo"), office.at("lanhdao")
    code = office.report(topic=None, ward=WARD)
    page = dispatcher.open("/staff/cases?agency=Bộ phận điều phối")
    assert code in page.text
    assert officer.open(f"/staff/cases/{code}").status == 404, "not theirs yet"
    dispatcher.does(code, "/topic", topic="manhole_cover")
    page = dispatcher.does(code, "/move", target="assigned", agency="ubnd phuong ba dinh")
    assert "UBND phường Ba Đình" in page.text
    assert office.case(code).agency == UNIT

    page = officer.open(f"/staff/cases/{code}")
    assert "còn" in page.text
    assert "giờ làm việc" in page.text
    assert "Nắp cống vỡ trước cổng trường" in page.text
    officer.does(code, "/move", target="need_info", note="Cổng trường nào ạ?")
    assert "đồng hồ đang dừng" in officer.page.text
    office.change(lambda s: add_from_resident(
        s, office.desk.system.city, s.get_one(Case, office.case(code).id), "Trường Ba Đình", (), office.desk.now, "k1"
    ))  # fmt: skip
    assert "Trường Ba Đình" in officer.open(f"/staff/cases/{code}").text
    officer.does(code, "/move", target="in_progress")
    officer.does(code, "/move", picture(), target="pending_approval", note="Đã thay nắp cống mới.")
    assert not officer.page.offers("/move", target="resolved")

    page = leader.open(f"/staff/cases/{code}")
    photo = next(src for src in page.images if "small" in src and src != page.images[0])
    assert leader.client.get(photo).headers["content-type"] == "image/jpeg"
    page = leader.does(code, "/move", target="resolved")
    assert STATUSES["resolved"].label in page.text
    sent = [o for o in office.rows(Outbox) if "Đã thay nắp cống mới" in o.body["text"]]
    assert len(sent) == 1
    assert sent[0].body["images"], "the result photo goes out with the result"
    office.change(lambda s: rate(s, office.desk.system.city, s.get_one(Case, office.case(code).id), "satisfied",
                                 office.desk.now))  # fmt: skip
    page = leader.open(f"/staff/cases/{code}")
    assert STATUSES["closed"].label in page.text
    assert "Hài lòng" in page.text
    assert "Cao Cán Bộ" in page.text, "the history tells who by name"
    assert code in leader.open("/staff/cases?state=ended").text
    assert code not in leader.open("/staff/cases").text


def test_who_wrote_the_answer_does_not_approve_it(office: Office) -> None:
    code = office.report()
    leader = office.at("lanhdao")
    leader.does(code, "/move", target="in_progress")
    page = leader.does(code, "/move", picture(), target="pending_approval", note="Đã xong.")
    assert not page.offers("/move", target="resolved")
    forced = {**page.form("/move", target="in_progress").fields, "target": "resolved"}
    answer = leader.client.post(f"/staff/cases/{code}/move", data=forced)
    assert answer.status_code == 403
    assert "không tự duyệt" in answer.text
    assert office.case(code).status == "pending_approval"


def test_assigning_reclassifying_extending_and_merging(office: Office) -> None:
    first, second = office.report(), office.report("Cũng cái nắp cống ấy")
    dispatcher, leader = office.at("dieuphoi"), office.at("lanhdao")
    due = office.case(first).due_at
    assert due is not None
    for hours in ("0", "-8", "nhiều", "1" * 30, "201"):
        assert leader.does(first, "/extend", hours=hours, note="Chờ vật tư.").status == 400
    page = leader.does(first, "/extend", hours="8", note="Chờ vật tư.")
    assert "Đã gia hạn" in page.text
    assert office.case(first).due_at > due
    assert not page.offers("/extend")
    assert "người gửi rút" not in leader.open(f"/staff/cases/{first}").text, "not a leader's deed"
    page = dispatcher.does(second, "/move", target="merged", parent="HN2611-22222-2")
    assert page.status in (400, 404)
    page = dispatcher.does(second, "/move", target="merged", parent=first.lower().replace("-", " "))
    assert first in page.links[-1] + " ".join(page.links)
    assert office.case(second).parent_id == office.case(first).id
    dispatcher.does(first, "/topic", topic="road_damage")
    assert office.case(first).topic == "road_damage"
    page = dispatcher.does(first, "/assign", agency="Không có nơi nào như thế", note="thử")
    assert page.status == 400
    assert page.form("/assign").fields["agency"] == "Không có nơi nào như thế"
    dispatcher.does(first, "/assign", agency="Sở Xây dựng Hà Nội")
    assert office.case(first).agency == "dept_construction"
    assert leader.open(f"/staff/cases/{first}").status == 404


def test_an_officer_who_returns_a_case_is_told_where_it_went(office: Office) -> None:
    code = office.report()
    page = office.at("canbo").does(code, "/move", target="received", note="Thuộc Sở Xây dựng.")
    assert page.address == "/staff/cases"
    assert "không còn thuộc đơn vị" in page.text
    assert office.case(code).returned == 1


def test_officers_of_another_unit_see_nothing_of_a_case(office: Office) -> None:
    code = office.report()
    mine, other = office.at("canbo"), office.at("noikhac")
    page = mine.open(f"/staff/cases/{code}")
    photo = page.images[1]
    form = page.form("/move", target="in_progress")
    assert mine.client.get(photo).status_code == 200
    assert other.open(f"/staff/cases/{code}").status == 404
    assert other.open(photo).status == 404
    assert code not in other.open(f"/staff/cases?q={code}&state=all").text
    token = other.open("/staff/cases/new").form("/new").fields["token"]
    for action in ("move", "assign", "topic", "extend", "reply"):
        body = {**form.fields, "token": token, "note": "x", "topic": "noise", "agency": OTHER_UNIT, "hours": "8"}
        assert other.client.post(f"/staff/cases/{code}/{action}", data=body).status_code == 404
    assert office.case(code).status == "assigned"


def test_pages_of_other_roles_are_refused(office: Office) -> None:
    officer, dispatcher = office.at("canbo"), office.at("dieuphoi")
    for address in ("/staff/reviews", "/staff/handoffs", "/staff/people"):
        assert officer.open(address).status == 403
    assert dispatcher.open("/staff/people").status == 403
    token = dispatcher.open("/staff/cases").form("/sign-out").fields["token"]
    body = {"token": token, "username": "lau", "name": "Lậu", "role": "admin", "password": PASSWORD}
    assert dispatcher.client.post("/staff/people", data=body).status_code == 403
    assert "lau" not in [s.username for s in office.rows(Staff)]


def test_a_units_staff_reads_the_talk_about_its_case_only(office: Office) -> None:
    first = office.report("Nắp cống vỡ", who="một người")
    office.desk.passes(minutes=5)
    other = office.report("Hàng xóm tôi cãi nhau", who="một người", topic="public_disorder")
    officer, dispatcher = office.at("canbo"), office.at("dieuphoi")
    page = officer.open(f"/staff/cases/{first}")
    assert "Ở đâu ạ?" in page.text
    assert "Hàng xóm" not in page.text
    assert "Hàng xóm" in dispatcher.open(f"/staff/cases/{first}").text
    assert officer.open(f"/staff/cases/{other}").status == 404, "that one is the police's"


def test_protected_topics_hide_who_filed_from_the_unit(office: Office) -> None:
    protected = {"topic": "social_welfare", "fields": {"contact_phone": "0912345678", "name": "Bà Tư"}}
    code = office.report("Mẹ tôi chưa được trợ cấp", **protected)
    page = office.at("canbo").open(f"/staff/cases/{code}")
    assert "0912345678" not in page.html
    assert "Bà Tư" not in page.html
    assert "Ở đâu ạ?" not in page.text
    assert "0912345678" in office.at("dieuphoi").open(f"/staff/cases/{code}").text


def test_a_case_for_a_caller_is_filed_once_with_photo_and_contact(office: Office) -> None:
    browser = office.at("dieuphoi")
    form = browser.open("/staff/cases/new").form("/new")
    typed = {"text": "Cột đèn đổ ngang đường", "topic": "street_lighting", "place": "phố Đội Cấn, phường Ngọc Hà",
             "name": "Ông Sáu", "contact_phone": "0987 654 321"}  # fmt: skip
    page = browser.send(form, (picture(),), **typed)
    assert "đọc mã phản ánh" in page.text
    again = browser.send(form, (picture(),), **typed)
    assert "đã được ghi nhận rồi" in again.text
    [case] = office.rows(Case)
    assert (case.channel, case.topic, case.conversation_id) == ("phone", "street_lighting", None)
    assert case.ward == "00008", "the ward follows from the place"
    assert len(office.rows(Attachment)) == 1
    assert "Ông Sáu" in page.text
    assert case.code in browser.open("/staff/cases?q=0987654321").text
    assert "Đã lưu nội dung" in browser.does(case.code, "/reply", note="Đã gọi lại cho ông Sáu.").text


def test_a_unit_that_takes_a_call_for_another_gets_the_code(office: Office) -> None:
    browser = office.at("canbo")
    form = browser.open("/staff/cases/new").form("/new")
    page = browser.send(form, text="Ổ gà ở Hoàn Kiếm", topic="road_damage", ward=OTHER_WARD)
    [case] = office.rows(Case)
    assert case.agency == OTHER_UNIT
    assert page.address == "/staff/cases"
    assert case.code in page.text


@pytest.mark.parametrize(
    "wrong", [{"text": " "}, {"topic": "nope"}, {"ward": "99999"}, {"level": "nope"}, {"contact_phone": "không có"}]
)
def test_a_call_without_sense_files_nothing_and_keeps_the_words(office: Office, wrong: dict[str, str]) -> None:
    browser = office.at("dieuphoi")
    form = browser.open("/staff/cases/new").form("/new")
    page = browser.send(form, **{"text": "Ngập nước", "place": "ngõ 12", **wrong})
    assert page.status == 400
    assert page.form("/new").fields["place"] == "ngõ 12"
    assert office.rows(Case) == []
