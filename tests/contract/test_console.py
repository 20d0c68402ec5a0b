"""The staff console, page by page, as the people who work with it use it: real database, real city, no JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import Response
from sqlalchemy import select, update

from bot.domain.message import Button, Incoming, Outgoing
from bot.domain.status import STATUSES
from bot.errors import InvalidInput, NotAllowed
from bot.services import staff
from bot.services.file_case import Report, file_case
from bot.services.handle_case import Actor, add_from_resident, rate
from bot.services.handoff import hand_over
from bot.services.notify import queue
from bot.services.receive import open_conversation, receive
from bot.services.review import doubt
from bot.store.models import Attachment, Case, Conversation, Inbox, Media, Outbox, Review, Staff
from bot.web.app import create_app
from bot.web.security import COOKIE, keep_visitor, new_visitor
from tests.contract.console_browser import Browser, picture
from tests.scripted import MONDAY, Desk

PASSWORD = "một mật khẩu dài"
WARD, OTHER_WARD = "00004", "00070"
UNIT, OTHER_UNIT = f"commune-{WARD}", f"commune-{OTHER_WARD}"
PEOPLE = {
    "dieuphoi": ("Đỗ Điều Phối", "dispatcher", None),
    "canbo": ("Cao Cán Bộ", "officer", UNIT),
    "lanhdao": ("Lê Lãnh Đạo", "leader", UNIT),
    "noikhac": ("Ngô Nơi Khác", "officer", OTHER_UNIT),
    "quantri": ("Quách Quản Trị", "admin", None),
}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}"


@cache
def hashed() -> str:
    return PasswordHasher().hash(PASSWORD)


class Office:
    """The console of one installation and the people who work there."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = create_app(desk.system)
        self.serial = 0

    def knows(self, username: str) -> Staff:
        """The account of one of PEOPLE. All share one hash: hashing is slow on purpose."""
        name, role, unit = PEOPLE[username]
        with self.desk.system.db.write() as session:
            known = session.scalar(select(Staff).where(Staff.username == username))
            if known is None:
                known = Staff(username=username, name=name, role=role, agency=unit, password_hash=hashed(),
                              created_at=self.desk.now)  # fmt: skip
                session.add(known)
        return known

    def at(self, username: str) -> Browser:
        """This person's browser with a session as signing in gives it."""
        browser, answer = Browser(self.app), Response()
        keep_visitor(self.desk.system, answer, new_visitor(self.desk.system, self.knows(username)))
        value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        browser.client.cookies.set(COOKIE, value, domain="city.test", path="/staff")
        return browser

    def report(self, text: str = "Nắp cống vỡ trước cổng trường", **more: Any) -> str:
        """A resident's report of the web chat, with a photo and the talk that led to it. Returns the code."""
        self.serial += 1
        who, values = more.pop("who", f"resident-{self.serial}"), {"topic": "manhole_cover", "ward": WARD, **more}
        with self.desk.system.db.write() as session:
            conversation = open_conversation(session, "webchat", who, self.desk.now)
            receive(session, Incoming("webchat", f"m{self.serial}", who, text), self.desk.now)
            queue(session, conversation.id, Outgoing("Ở đâu ạ?", (Button("Gửi phiếu", "report:x:send"),)),
                  f"q{self.serial}", "reply", self.desk.now)  # fmt: skip
            photo = self.desk.system.media.put(session, picture(), "photo", conversation.id, self.desk.now)
            report = Report(text, attachments=((photo.id, "photo", ""),), **values)
            case = file_case(session, self.desk.system.city, report, conversation, "webchat", Actor.resident(),
                             self.desk.now)  # fmt: skip
        return case.code

    def case(self, code: str) -> Case:
        with self.desk.system.db.read() as session:
            case = session.scalars(select(Case).where(Case.code == code)).one()
            _ = case.events, case.messages, case.attachments
            return case

    def rows(self, table: Any) -> list[Any]:
        with self.desk.system.db.read() as session:
            return list(session.scalars(select(table)))

    def change(self, deed: Callable[[Any], Any]) -> Any:
        with self.desk.system.db.write() as session:
            return deed(session)


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


# Who may come in


def test_pages_send_strangers_to_sign_in_and_back_to_where_they_wanted(office: Office) -> None:
    office.knows("canbo")
    browser = Browser(office.app)
    page = browser.open("/staff/cases/new")
    assert page.address == "/staff/sign-in"
    assert browser.send(page.form("/sign-in"), username="canbo", password=PASSWORD).address == "/staff/cases/new"


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "/staff//evil.test", "/\\evil.test", "/tra-cuu"])
def test_signing_in_leads_to_no_other_site(office: Office, elsewhere: str) -> None:
    office.knows("canbo")
    browser = Browser(office.app)
    page = browser.open(f"/staff/sign-in?next={elsewhere}")
    assert browser.send(page.form("/sign-in"), username="canbo", password=PASSWORD).address == "/staff/cases"


def test_five_wrong_passwords_make_one_wait_even_with_the_right_one(office: Office) -> None:
    office.knows("canbo")
    browser = Browser(office.app)
    for _ in range(5):
        page = browser.signs_in("canbo", "sai mật khẩu")
        assert page.status == 401
        assert "chưa đúng" in page.text
    assert browser.signs_in("canbo", PASSWORD).status == 429
    assert browser.signs_in("khongcoai", PASSWORD).status == 401, "others are not held up"
    office.desk.passes(minutes=16)
    assert browser.signs_in("canbo", PASSWORD).address == "/staff/cases"


def test_unknown_names_and_wrong_passwords_read_alike(office: Office) -> None:
    office.knows("canbo")
    browser = Browser(office.app)
    known, unknown = browser.signs_in("canbo", "sai"), browser.signs_in("khongcoai", "sai")
    assert (known.status, known.text) == (unknown.status, unknown.text)


def test_a_forged_or_old_session_is_none(office: Office) -> None:
    browser = office.at("canbo")
    cookie = browser.client.cookies["langnghe_staff"]
    stranger = Browser(office.app)
    stranger.client.cookies.set("langnghe_staff", cookie[:-3] + "abc", path="/staff")
    assert stranger.open("/staff/cases").address == "/staff/sign-in"
    office.desk.passes(hours=11)
    assert browser.open("/staff/cases").address == "/staff/cases"
    office.desk.passes(hours=2)
    assert browser.open("/staff/cases").address == "/staff/sign-in"


def test_the_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    office.knows("canbo")
    browser = Browser(office.app)
    form = browser.open("/staff/sign-in").form("/sign-in")
    answer = browser.client.post("/staff/sign-in", data={**form.fields, "username": "canbo", "password": PASSWORD},
                                 follow_redirects=False)  # fmt: skip
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "secure" not in flags, "plain http://127.0.0.1 must work"


def test_signing_out_needs_the_token_and_ends_the_session(office: Office) -> None:
    browser = office.at("canbo")
    assert browser.client.post("/staff/sign-out", data={}).status_code == 403
    page = browser.send(browser.open("/staff/cases").form("/sign-out"))
    assert "đã đăng xuất" in page.text
    assert browser.open("/staff/cases").address == "/staff/sign-in"


def test_a_changed_password_signs_out_everywhere_else(office: Office) -> None:
    here, elsewhere = office.at("canbo"), office.at("canbo")
    form = here.open("/staff/password").form("/password")
    assert "chưa giống" in here.send(form, old=PASSWORD, new="mật khẩu mới 1", again="mật khẩu mới 2").text
    assert here.send(form, old="không phải", new="mật khẩu mới 1", again="mật khẩu mới 1").status == 403
    assert "mật khẩu mới" in here.send(form, old=PASSWORD, new="mật khẩu mới 1", again="mật khẩu mới 1").text
    assert here.open("/staff/cases").address == "/staff/cases"
    assert elsewhere.open("/staff/cases").address == "/staff/sign-in"
    assert elsewhere.signs_in("canbo", PASSWORD).status == 401
    assert elsewhere.signs_in("canbo", "mật khẩu mới 1").address == "/staff/cases"


def test_every_answer_carries_the_protecting_headers(office: Office) -> None:
    browser = office.at("canbo")
    for address in ("/staff/cases", "/staff/sign-in", "/staff/cases/nothing", "/healthz"):
        headers = browser.client.get(address).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert browser.client.get("/staff/cases").headers["cache-control"] == "no-store"


# Forms


@pytest.mark.parametrize("token", ["", "forged", "từ nơi khác"])
def test_forms_without_this_sessions_token_change_nothing(office: Office, token: str) -> None:
    code = office.report()
    browser, colleague = office.at("canbo"), office.at("lanhdao")
    foreign = colleague.open(f"/staff/cases/{code}").form("/move", target="in_progress")
    for fields in ({**foreign.fields}, {**foreign.fields, "token": token}):
        assert browser.client.post(f"/staff/cases/{code}/move", data=fields).status_code == 403
    assert office.case(code).status == "assigned"


def test_a_double_click_does_one_thing_and_says_so(office: Office) -> None:
    code = office.report()
    browser = office.at("canbo")
    form = browser.open(f"/staff/cases/{code}").form("/move", target="in_progress")
    assert "Đã cập nhật phiếu" in browser.send(form).text
    assert "đã được ghi nhận rồi" in browser.send(form).text
    reply = browser.page.form("/reply")
    assert "Đã gửi tin" in browser.send(reply, note="Chúng tôi đang trên đường tới.").text
    assert "đã được ghi nhận rồi" in browser.send(reply, note="Chúng tôi đang trên đường tới.").text
    case = office.case(code)
    assert [e.target for e in case.events].count("in_progress") == 1
    assert len(case.messages) == 1
    told = [o.body["text"] for o in office.rows(Outbox) if o.case_id == case.id]
    assert sum("đang trên đường tới" in text for text in told) == 1


def test_a_case_that_changed_meanwhile_is_shown_again_with_what_was_typed(office: Office) -> None:
    code = office.report()
    browser, colleague = office.at("canbo"), office.at("lanhdao")
    form = browser.open(f"/staff/cases/{code}").form("/move", target="need_info")
    colleague.does(code, "/move", target="in_progress")
    page = browser.send(form, note="Nắp cống ở đầu ngõ nào ạ?")
    assert page.status == 400
    assert "người khác cập nhật" in page.text
    assert office.case(code).status == "in_progress"


def test_a_refused_form_keeps_what_was_typed(office: Office) -> None:
    code = office.report()
    browser = office.at("canbo")
    browser.does(code, "/move", target="in_progress")
    page = browser.does(code, "/move", target="pending_approval", note="Đã thay nắp mới lúc 9 giờ.")
    assert page.status == 400
    assert "ảnh sau khi xử lý" in page.text
    assert page.form("/move", target="pending_approval").fields["note"] == "Đã thay nắp mới lúc 9 giờ."
    page = browser.does(code, "/move", b"not a picture", target="pending_approval", note="Đã thay nắp mới.")
    assert page.status == 400
    assert "không phải ảnh" in page.text
    assert office.case(code).status == "in_progress"


def test_photos_of_a_refused_form_do_not_stay(office: Office) -> None:
    code = office.report()
    browser = office.at("canbo")
    browser.does(code, "/move", target="in_progress")
    before = len(office.rows(Media))
    assert browser.does(code, "/move", picture(), target="pending_approval", note=" ").status == 400
    extra = office.rows(Media)[before:]
    assert [row.erased_at is not None for row in extra] == [True]
    assert not (office.desk.system.media.folder / extra[0].id).exists()


def test_oversized_forms_are_refused_before_they_are_read(office: Office) -> None:
    browser = office.at("canbo")
    answer = browser.client.post("/staff/cases/new", content=b"", headers={"content-length": "999999999999"})
    assert answer.status_code == 413


# A whole life of a case


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


# Who sees what


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


# Lists


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
    found = [{link.rsplit("/", 1)[1] for link in p.links if link.startswith("/staff/cases/HN")} for p in (first, second)]
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
    pages = [browser.page, browser.open("/staff/cases"), browser.open("/staff/reviews"), browser.open("/staff/handoffs")]
    pages.append(browser.open(next(link for link in pages[-1].links if link.startswith("/staff/handoffs/"))))
    form = browser.open("/staff/people").form("/people")
    pages.append(browser.send(form, username=EVIL, name=EVIL, role="admin", password="12345678", agency=EVIL))
    for page in pages:
        assert page.scripts == 1, page.address
        assert "x" not in page.images, page.address
        assert "{{7*7}}" in page.text or "%7B%7B" in page.html, page.address


# A caller


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


@pytest.mark.parametrize("wrong", [{"text": " "}, {"topic": "nope"}, {"ward": "99999"}, {"level": "nope"}, {"contact_phone": "không có"}])
def test_a_call_without_sense_files_nothing_and_keeps_the_words(office: Office, wrong: dict[str, str]) -> None:
    browser = office.at("dieuphoi")
    form = browser.open("/staff/cases/new").form("/new")
    page = browser.send(form, **{"text": "Ngập nước", "place": "ngõ 12", **wrong})
    assert page.status == 400
    assert page.form("/new").fields["place"] == "ngõ 12"
    assert office.rows(Case) == []


# Reviews


def test_a_doubt_is_confirmed_with_one_click_or_given_another_label(office: Office) -> None:
    code = office.report("Cống trước nhà hôi lắm", topic="manhole_cover", topic_sure=False)
    understood = {"label": "manhole_cover", "confidence": 0.41,
                  "ranking": [["manhole_cover", 0.41], ["flooding_drainage", 0.3], ["noise", 0.1], ["electricity", 0.05]]}  # fmt: skip
    office.change(lambda s: doubt(s, "unsure", "d1", "Cống trước nhà hôi lắm", understood, office.desk.now,
                                  case=office.case(code).id))  # fmt: skip
    office.change(lambda s: doubt(s, "corrected", "d2", "Khi nào có điện?", {"label": "noise", "ranking": [
        {"id": "noise", "confidence": 0.9}]}, office.desk.now, proposed="procedure_question"))  # fmt: skip
    browser = office.at("dieuphoi")
    page = browser.open("/staff/reviews")
    names = office.desk.system.city.topics
    assert "41%" in page.text
    assert names["flooding_drainage"].name in page.text
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


# Conversations


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


# People


def test_an_administrator_adds_people_and_ends_accounts(office: Office) -> None:
    admin = office.at("quantri")
    form = admin.open("/staff/people").form("/people")
    typed = {"username": "Moi.Nguoi", "name": "Mới Người", "role": "officer", "password": "mật khẩu 123"}
    page = admin.send(form, **typed)
    assert page.status == 400
    assert "cần có đơn vị" in page.text
    assert page.form("/people").fields["name"] == "Mới Người"
    assert "Đã thêm" in admin.send(form, **typed, agency="UBND phường Ba Đình").text
    assert "đã được ghi nhận rồi" in admin.send(form, **typed, agency="UBND phường Ba Đình").text
    person = Browser(office.app)
    assert person.signs_in("moi.nguoi", "mật khẩu 123").address == "/staff/cases"
    admin.send(admin.open("/staff/people").form("/moi.nguoi/password"), password="mật khẩu khác")
    assert person.open("/staff/cases").address == "/staff/sign-in"
    assert person.signs_in("moi.nguoi", "mật khẩu khác").address == "/staff/cases"
    admin.send(admin.open("/staff/people").form("/moi.nguoi/active"))
    assert person.open("/staff/cases").address == "/staff/sign-in"
    assert person.signs_in("moi.nguoi", "mật khẩu khác").status == 401
    assert not admin.page.offers("/quantri/active"), "nobody closes the door behind themselves"
    admin.send(admin.page.form("/moi.nguoi/active"))
    assert person.signs_in("moi.nguoi", "mật khẩu khác").address == "/staff/cases"


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "a"}, {"username": "system"}, {"username": "resident"}, {"username": "có dấu"}, {"name": " "},
        {"role": "resident"}, {"role": "king"}, {"password": "ngắn"}, {"password": "x" * 300}, {"agency": "nowhere"},
        {"password": "nguoi.moi"}, {"role": "leader"},
    ],
)  # fmt: skip
def test_accounts_that_make_no_sense_are_refused(desk: Desk, wrong: dict[str, str]) -> None:
    values = {"username": "nguoi.moi", "name": "Người Mới", "role": "dispatcher", "password": PASSWORD, **wrong}
    with pytest.raises(InvalidInput), desk.system.db.write() as session:
        staff.add(session, desk.system.city, now=desk.now, **values)


def test_the_last_administrator_stays(desk: Desk) -> None:
    with desk.system.db.write() as session:
        for name in ("mot", "hai"):
            staff.add(session, desk.system.city, f"quantri.{name}", "Quản Trị", "admin", PASSWORD, desk.now)
        assert staff.deactivate(session, "quantri.mot").active is False
        with pytest.raises(NotAllowed):
            staff.deactivate(session, "quantri.hai")
        assert [s.username for s in staff.list_staff(session)] == ["quantri.hai", "quantri.mot"]


def test_tries_are_counted_by_name_and_place_and_forgotten_in_time() -> None:
    throttle, key = staff.Throttle(limit=2, window=timedelta(minutes=15)), ("ai", "10.0.0.1")
    throttle.enter(key, MONDAY)
    throttle.enter(key, MONDAY + timedelta(minutes=5))
    with pytest.raises(staff.TooManyTries) as refused:
        throttle.enter(key, MONDAY + timedelta(minutes=10))
    assert 0 < refused.value.seconds - 5 * 60 < 5
    throttle.enter(("ai", "10.0.0.2"), MONDAY + timedelta(minutes=10))
    throttle.enter(key, MONDAY + timedelta(minutes=15))
    throttle.forget(key)
    throttle.enter(key, MONDAY + timedelta(minutes=16))
