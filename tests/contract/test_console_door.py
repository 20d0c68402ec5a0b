"""The staff console: who comes in, what a form may do, who has an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from bot.errors import InvalidInput, NotAllowed
from bot.services import staff
from bot.store.models import Media, Outbox
from tests.contract.console_browser import Browser, picture
from tests.contract.console_office import PASSWORD, Office
from tests.scripted import MONDAY, Desk


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_pages_send_strangers_to_sign_in_and_back_to_where_they_wanted(office: Office) -> None:
    office.knows("canbo")
    browser = Browser(office.app)
    page = browser.open("/staff/cases/new")
    assert page.address == "/staff/sign-in"
    assert browser.send(page.form("/sign-in"), username="canbo", password=PASSWORD).address == "/staff/cases/new"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test", "/staff//evil.test", "/\\evil.test", "/tra-cuu"]
)
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


def test_a_change_at_the_very_same_moment_is_noticed(office: Office) -> None:
    code = office.report()
    browser = office.at("canbo")
    form = browser.open(f"/staff/cases/{code}").form("/move", target="need_info")

    def meanwhile(session: Session, *_: Any) -> None:
        session.connection().execute(text("UPDATE cases SET version = version + 1"))

    event.listen(Session, "before_flush", meanwhile)
    try:
        page = browser.send(form, note="Nắp cống ở đầu ngõ nào ạ?")
    finally:
        event.remove(Session, "before_flush", meanwhile)
    assert page.status == 409
    assert page.form("/move", target="need_info").fields["note"] == "Nắp cống ở đầu ngõ nào ạ?"
    assert office.case(code).status == "assigned"


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


def test_a_form_takes_six_photos(office: Office) -> None:
    code = office.report()
    browser = office.at("canbo")
    browser.does(code, "/move", target="in_progress")
    page = browser.does(code, "/move", *[picture()] * 7, target="pending_approval", note="Đã xong.")
    assert page.status == 400
    assert "tối đa 6 ảnh" in page.text
    assert len(office.rows(Media)) == 1, "only the resident's own"
    browser.does(code, "/move", *[picture()] * 6, target="pending_approval", note="Đã xong.")
    assert office.case(code).status == "pending_approval"


@pytest.mark.parametrize("odd", ["%00", "HN2611-%00", "..%2f..%2fetc", "a" * 3000, "%F0%9F%98%80", "%ff"])
def test_odd_addresses_are_not_found(office: Office, odd: str) -> None:
    browser = office.at("quantri")
    token = browser.open("/staff/cases").form("/sign-out").fields["token"]
    for address in ("cases", "media", "handoffs"):
        assert browser.client.get(f"/staff/{address}/{odd}").status_code == 404
    for address in (f"cases/{odd}/move", f"handoffs/{odd}/back", f"handoffs/{odd}/say", f"people/{odd}/password"):
        body = {"token": token, "password": "12345678", "text": "x", "after": "1"}
        assert browser.client.post(f"/staff/{address}", data=body).status_code == 404
    assert browser.client.post(f"/staff/reviews/{'9' * 30}", data={"token": token}).status_code == 422


def test_oversized_forms_are_refused_before_they_are_read(office: Office) -> None:
    browser = office.at("canbo")
    answer = browser.client.post("/staff/cases/new", content=b"", headers={"content-length": "999999999999"})
    assert answer.status_code == 413


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
