"""The staff console: lists, reviews, conversations, and what is written there by people who mean harm."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from bot.domain.message import Incoming
from bot.services.handoff import hand_over
from bot.services.receive import receive
from bot.services.review import doubt
from bot.store.models import Conversation, Inbox, Outbox, Review
from tests.contract.console_office import OTHER_WARD, Office
from tests.scripted import Desk

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_the_list_is_in_working_order_and_can_be_narrowed(office: Office) -> None:
    slow = office.report("Đường trước nhà nứt", topic="road_damage", place_raw="12 phố Đội Cấn")
    urgent = office.report("Nắp cống vỡ")
    elsewhere = office.report("Nắp cống kênh", ward=OTHER_WARD)
    desk_case = office.report("Chưa rõ việc gì", topic=None)
    browser = office.at("dieuphoi")

    def codes(query: str = "") -> list[str]:
        links = browser.open(f"/staff/cases{query}").links
        return [link.rsplit("/", 1)[1] for link in links if link.startswith("/staff/cases/HN")]

    assert codes()[:2] == [urgent, elsewhere]
    assert set(codes()) == {slow, urgent, elsewhere, desk_case}
    assert codes("?topic=road_damage") == codes("?q=đội+cấn") == codes("?q=ĐƯỜNG") == [slow]
    assert codes(f"?ward={OTHER_WARD}") == codes("?agency=UBND phường Hoàn Kiếm") == [elsewhere]
    assert codes("?state=received") == [desk_case]
    assert codes(f"?q={urgent.lower().replace('-', '')}&state=ended") == [urgent], "a code finds its case anywhere"
    assert codes("?mine=1") == []
    browser.does(slow, "/move", target="in_progress")
    assert codes("?mine=1") == [slow]
    office.desk.passes(days=3)
    browser = office.at("dieuphoi")
    assert set(codes("?overdue=1")) == {urgent, elsewhere}
    page = browser.open("/staff/cases")
    assert "4 đang mở" in page.text
    assert "2 quá hạn" in page.text
    assert "1 chờ điều phối" in page.text
    assert "Không có đơn vị" in browser.open("/staff/cases?agency=nơi+nào+đó").text


def test_long_lists_have_pages(office: Office) -> None:
    codes = {office.report(f"Nắp cống số {n}") for n in range(53)}
    browser = office.at("dieuphoi")
    first, second = browser.open("/staff/cases"), browser.open("/staff/cases?page=2")
    found = [
        {link.rsplit("/", 1)[1] for link in p.links if link.startswith("/staff/cases/HN")} for p in (first, second)
    ]
    assert [len(f) for f in found] == [50, 3]
    assert found[0] | found[1] == codes
    assert "/staff/cases?page=2" in first.links
    for odd in ("0", "-1", "99999", "abc", "1e9", "²"):
        assert browser.open(f"/staff/cases?page={odd}").status == 200


@pytest.mark.parametrize("typed", ["' OR 1=1 --", "%", "_", "\\", "'; DROP TABLE cases; --", "\x00", "a" * 5000, "((("])
def test_odd_searches_find_nothing_and_harm_nothing(office: Office, typed: str) -> None:
    code = office.report()
    client = office.at("dieuphoi").client
    for name in ("q", "agency", "topic", "ward", "state", "page", "overdue", "mine"):
        assert client.get("/staff/cases", params={name: typed, "state": "all"} | {name: typed}).status_code == 200
    if typed.strip("\x00"):
        assert code not in client.get("/staff/cases", params={"q": typed}).text
    assert office.case(code).status == "assigned"


def test_what_residents_and_staff_write_is_shown_as_words(office: Office) -> None:
    code = office.report(EVIL, place_raw=EVIL, fields={"name": EVIL}, topic="manhole_cover")
    office.change(lambda s: doubt(s, "unsure", "evil", EVIL, {"label": EVIL, "confidence": 0.2}, office.desk.now))
    office.change(lambda s: hand_over(s.scalars(select(Conversation)).one(), office.desk.now))
    browser = office.at("quantri")
    browser.does(code, "/reply", note=EVIL)
    pages = [
        browser.page,
        browser.open("/staff/cases"),
        browser.open("/staff/reviews"),
        browser.open("/staff/handoffs"),
    ]
    pages.append(browser.open(next(link for link in pages[-1].links if link.startswith("/staff/handoffs/"))))
    form = browser.open("/staff/people").form("/people")
    pages.append(browser.send(form, username=EVIL, name=EVIL, role="admin", password="12345678", agency=EVIL))
    for page in pages:
        assert page.scripts == 1, page.address
        assert "x" not in page.images, page.address
        assert "{{7*7}}" in page.text or "%7B%7B" in page.html, page.address


def test_a_doubt_is_confirmed_with_one_click_or_given_another_label(office: Office) -> None:
    code = office.report("Cống trước nhà hôi lắm", topic="manhole_cover", topic_sure=False)
    ranking = [["manhole_cover", 0.41], ["flooding_drainage", 0.3], ["noise", 0.1], ["electricity", 0.05]]
    understood = {"label": "manhole_cover", "confidence": 0.41, "ranking": ranking}
    office.change(lambda s: doubt(s, "unsure", "d1", "Cống trước nhà hôi lắm", understood, office.desk.now,
                                  case=office.case(code).id))  # fmt: skip
    office.change(lambda s: doubt(s, "corrected", "d2", "Khi nào có điện?", {"label": "noise", "ranking": [
        {"id": "noise", "confidence": 0.9}]}, office.desk.now, proposed="procedure_question"))  # fmt: skip
    browser = office.at("dieuphoi")
    page = browser.open("/staff/reviews")
    names = office.desk.system.city.topics
    assert "41%" in page.text
    assert names["flooding_drainage"].name + " 30%" in page.text
    assert names["noise"].name + " 10%" in page.text
    assert names["electricity"].name + " 5%" not in page.text, "three are enough"
    assert code in page.text
    first, second = office.rows(Review)
    confirm = page.form(f"/reviews/{second.id}", label="procedure_question")
    other = page.form(f"/reviews/{first.id}", label="manhole_cover")
    assert "Đã ghi nhãn" in browser.send(confirm).text
    assert "chọn một nhãn" in browser.send(other, label="").text
    assert browser.send(other, label="không có").status == 400
    assert "Đã ghi nhãn" in browser.send(other, label="flooding_drainage").text
    assert "đã được ghi nhận rồi" in browser.send(other, label="noise").text
    first = next(r for r in office.rows(Review) if r.key == "d1")
    assert (first.label, first.decided_by) == ("flooding_drainage", "dieuphoi")
    case = office.case(code)
    assert (case.topic, case.topic_sure) == ("flooding_drainage", True)


def test_a_conversation_is_read_answered_and_handed_back(office: Office) -> None:
    def arrive(session: Any) -> str:
        receive(session, Incoming("webchat", "h1", "khách", "Tôi muốn gặp cán bộ"), office.desk.now)
        conversation = session.scalars(select(Conversation)).one()
        hand_over(conversation, office.desk.now)
        return conversation.id

    talk = office.change(arrive)
    browser = office.at("dieuphoi")
    assert "Tôi muốn gặp cán bộ" in browser.open("/staff/handoffs").text
    form = browser.open(f"/staff/handoffs/{talk}").form("/say")
    assert browser.send(form, text="  ").status == 400
    assert "Đã gửi tin nhắn" in browser.send(form, text="Chào anh/chị, tôi nghe đây ạ.").text
    assert "đã được ghi nhận rồi" in browser.send(form, text="Chào anh/chị, tôi nghe đây ạ.").text
    assert "Đã gửi tin nhắn" in browser.send(browser.page.form("/say"), text="Chào anh/chị, tôi nghe đây ạ.").text
    assert sum("tôi nghe đây" in o.body["text"] for o in office.rows(Outbox)) == 2, "said again on purpose is said"
    assert "Đỗ Điều Phối" in browser.open("/staff/handoffs").text
    back = browser.open(f"/staff/handoffs/{talk}").form("/back")
    assert "Đã trả hội thoại" in browser.send(back).text
    assert "đã được ghi nhận rồi" in browser.send(back).text
    assert browser.open(f"/staff/handoffs/{talk}").status == 404
    assert sum("Cán bộ đã trao đổi xong" in o.body["text"] for o in office.rows(Outbox)) == 1


def test_erased_words_stay_erased_and_undelivered_notices_say_why(office: Office) -> None:
    code = office.report("Nắp cống mất")
    office.at("canbo").does(code, "/move", target="in_progress")

    def spoil(session: Any) -> None:
        session.execute(update(Inbox).values(body={"erased": True}))
        session.execute(update(Outbox).where(Outbox.case_id.is_not(None)).values(
            state="undeliverable", reason="người nhận đã chặn"))  # fmt: skip

    office.change(spoil)
    page = office.at("dieuphoi").open(f"/staff/cases/{code}")
    assert "đã được xóa" in page.text
    assert "Không gửi được" in page.text
    assert "người nhận đã chặn" in page.text
