"""The chat page in a real browser, against the real web with a scripted understanding."""

from __future__ import annotations

import io
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.city import City
from bot.domain.message import Button, Outgoing
from bot.store.models import Inbox
from tests.scripted import Desk

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

from tests.browser.site import Site, Visit  # noqa: E402 - it needs playwright too

CHROMIUM = (
    os.environ.get("CHROMIUM")
    or next((p for p in ("/usr/bin/chromium",) if Path(p).exists()), None)
    or shutil.which("chromium-browser")
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: set CHROMIUM to its path"),
]

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]  # fmt: skip
RETRY = "Chưa gửi được – bấm để gửi lại"
STORY = "Cột đèn đầu ngõ nghiêng hẳn sang một bên"


@pytest.fixture
def site(tmp_path: Path, city: City) -> Iterator[Site]:
    desk = Desk(f"sqlite:///{tmp_path / 'test.db'}", tmp_path, city)
    desk.dialogue.means("xin chào", "greeting")
    desk.dialogue.means(STORY, "report", "street_lighting")
    with Site(desk) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, site: Site) -> Iterator[Visit]:
    visit = Visit(chromium, site)
    yield visit
    visit.context.close()
    assert visit.complaints == []
    assert visit.hosts == {site.url.split("/")[2]}, "the page asks no other host"


def test_a_report_is_told_sent_and_still_there_after_a_reload(visit: Visit) -> None:
    page = visit.page
    assert page.evaluate("localStorage.getItem('langnghe.session')") is None
    expect(page.get_by_role("heading", name="Chào anh/chị!")).to_be_visible()
    visit.agrees()
    expect(page.get_by_role("heading", name="Chào anh/chị!")).to_be_hidden()
    visit.says(STORY)
    expect(page.get_by_role("button", name="Gửi vị trí hiện tại")).to_have_count(2)
    visit.says("ngõ 12 phố Núi Trúc, phường Giảng Võ")
    visit.presses("Gửi")
    expect(visit.own.last).to_contain_text("Gửi")
    expect(page.locator(".turn.assistant a[href*='/tra-cuu/HN']")).to_be_visible()
    before = page.locator(".turn .text").all_inner_texts()
    page.reload()
    expect(page.locator(".turn .text")).to_have_text(before)
    assert len(visit.site.desk.cases()) == 1


def test_an_example_only_fills_the_box(visit: Visit) -> None:
    example = visit.page.locator(".example").first
    example.click()
    expect(visit.page.get_by_label("Tin nhắn", exact=True)).to_have_value(example.inner_text())
    expect(visit.own).to_have_count(0)


def test_a_second_press_at_once_means_once_and_old_buttons_still_work(visit: Visit) -> None:
    visit.says("xin chào")
    button = visit.page.get_by_role("button", name="Đồng ý", exact=True)
    button.dblclick()
    expect(visit.own).to_have_count(2)
    expect(visit.page.locator(".turn.past")).to_have_count(1)
    visit.page.wait_for_timeout(1600)
    button.click()
    expect(visit.own).to_have_count(3)


def test_a_message_whose_answer_got_lost_arrives_once(visit: Visit) -> None:
    """The server has it, the browser does not know: it says so, and sending again stores nothing new."""
    visit.agrees()
    stored = visit.site.count(Inbox)

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    visit.page.route("**/chat/api/messages?wait=0", lose)
    visit.page.route("**/chat/api/messages?session*", lambda route: route.abort())
    visit.page.reload()
    visit.says("xin chào")
    retry = visit.page.get_by_role("button", name=RETRY)
    expect(retry).to_be_visible()
    visit.page.unroute_all()
    visit.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(retry).to_have_count(0)
    expect(visit.own).to_have_text([re.compile("xin chào"), re.compile("Đồng ý"), re.compile("xin chào")])
    expect(visit.page.locator(".unsent")).to_have_count(0)
    assert visit.site.count(Inbox) == stored + 1


def test_what_could_not_be_sent_waits_through_a_reload(visit: Visit) -> None:
    visit.agrees()
    visit.page.route("**/chat/api/messages?wait=0", lambda route: route.abort())
    visit.says("xin chào")
    expect(visit.page.get_by_role("button", name=RETRY)).to_be_visible()
    visit.page.unroute_all()
    visit.page.reload()
    visit.page.get_by_role("button", name=RETRY).click()
    expect(visit.page.get_by_role("button", name=RETRY)).to_have_count(0)
    expect(visit.own).to_have_count(3)
    expect(visit.page.locator(".unsent")).to_have_count(0)
    assert visit.site.count(Inbox) == 3


def test_without_a_network_the_page_says_so_and_sends_later(visit: Visit) -> None:
    visit.agrees()
    visit.context.set_offline(True)
    expect(visit.page.get_by_text("Đang mất kết nối")).to_be_visible()
    visit.says("xin chào")
    expect(visit.page.get_by_role("button", name=RETRY)).to_be_visible()
    visit.context.set_offline(False)
    expect(visit.page.get_by_text("Đang mất kết nối")).to_be_hidden()
    expect(visit.page.get_by_role("button", name=RETRY)).to_have_count(0)
    expect(visit.own).to_have_count(3)


def test_a_forgotten_session_is_replaced_and_nothing_typed_is_lost(visit: Visit) -> None:
    visit.page.evaluate("localStorage.setItem('langnghe.session', 'nobody-knows-this-one')")
    visit.page.reload()
    visit.says("xin chào")
    expect(visit.page.get_by_role("button", name="Đồng ý", exact=True)).to_be_visible()
    expect(visit.own).to_have_count(1)
    assert visit.page.evaluate("localStorage.getItem('langnghe.session')") != "nobody-knows-this-one"


def test_the_servers_refusal_is_shown_in_its_own_words(visit: Visit) -> None:
    body = '{"error": "too_large", "message": "Tin nhắn dài quá."}'
    visit.page.route("**/chat/api/messages?wait=0", lambda route: route.fulfill(status=413, body=body))
    visit.says("xin chào")
    expect(visit.own.last).to_contain_text("Tin nhắn dài quá.")
    expect(visit.page.get_by_role("button", name=RETRY)).to_have_count(0)


def test_notices_and_staff_are_told_apart_from_the_assistant(visit: Visit) -> None:
    visit.agrees()
    visit.site.writes("notice", Outgoing("Phiếu đã có kết quả.", (Button("Hài lòng", "x"),), ("/static/icon.svg",)))
    expect(visit.page.locator(".turn.notice")).to_contain_text("Thông báo")
    expect(visit.page.locator(".turn.notice img")).to_have_attribute("alt", "Ảnh kèm tin nhắn")
    visit.site.desk.passes(seconds=1)
    visit.site.writes("staff", Outgoing("Chào anh, tôi trực đêm nay."))
    expect(visit.page.locator(".turn.staff")).to_contain_text("Cán bộ")
    visit.page.get_by_role("button", name="Phóng to: Ảnh kèm tin nhắn").click()
    expect(visit.page.get_by_role("dialog", name="Xem ảnh")).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(visit.page.get_by_role("dialog")).to_have_count(0)


def test_text_is_never_html_and_only_web_addresses_become_links(visit: Visit) -> None:
    visit.agrees()
    text = (
        "<img src=x onerror=alert(1)> <b>chữ</b>\njavascript:alert(1) và (https://hanoi.gov.vn/a). "
        "Xem /tra-cuu/HN2611-7K3QX-F, không phải /staff"
    )
    visit.site.writes("notice", Outgoing(text))
    notice = visit.page.locator(".turn.notice .text")
    assert notice.inner_text() == text
    links = notice.locator("a").evaluate_all("links => links.map(a => [a.getAttribute('href'), a.target])")
    assert links == [
        ["https://hanoi.gov.vn/a", "_blank"],
        [f"{visit.site.url}/tra-cuu/HN2611-7K3QX-F", ""],
    ]
    assert notice.locator("img, b").count() == 0


def photo(width: int, height: int) -> dict[str, Any]:
    """A noisy JPEG, as a camera makes it."""
    out = io.BytesIO()
    noise = Image.frombytes("RGB", (64, 64), random.Random(1).randbytes(64 * 64 * 3))
    noise.resize((width, height)).save(out, "JPEG", quality=90)
    return {"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_large_photos_are_scaled_down_and_sent_with_their_words(visit: Visit) -> None:
    visit.agrees()
    visit.page.locator("#photo-file").set_input_files([photo(4000, 3000), photo(800, 600)])
    expect(visit.page.get_by_role("button", name="Bỏ ảnh anh.jpg")).to_have_count(2)
    visit.says(STORY)
    images = visit.own.last.locator("img")
    expect(images).to_have_count(2)
    expect(images.nth(0)).to_have_js_property("naturalWidth", 2560)
    expect(images.nth(1)).to_have_js_property("naturalWidth", 800)
    expect(visit.own.last).to_contain_text(STORY)
    expect(visit.page.locator(".unsent")).to_have_count(0)
    assert len(visit.site.newest()["media"]) == 2
    visit.page.reload()
    expect(images).to_have_count(2)
    expect(images.nth(1)).to_have_js_property("naturalWidth", 800)


@pytest.mark.parametrize(
    ("content", "words"), [(b"no picture", "không phải ảnh đọc được"), (b"x" * 20_000_001, "lớn hơn 20 MB")]
)
def test_a_file_that_cannot_be_sent_is_named_before_sending(visit: Visit, content: bytes, words: str) -> None:
    file = {"name": "to.jpg", "mimeType": "image/jpeg", "buffer": content}
    visit.page.locator("#photo-file").set_input_files(file)
    expect(visit.page.get_by_role("alert")).to_contain_text(words)
    expect(visit.page.locator("#previews li")).to_have_count(0)


def test_a_place_is_shared_when_exact_and_asked_about_when_rough(visit: Visit) -> None:
    visit.agrees()
    share = visit.page.get_by_role("button", name="Gửi vị trí hiện tại")
    share.click()
    expect(visit.page.get_by_role("alert")).to_contain_text("chưa được phép xem vị trí")
    visit.context.grant_permissions(["geolocation"])
    visit.context.set_geolocation({"latitude": 21.0312, "longitude": 105.8235, "accuracy": 1500})
    share.click()
    expect(visit.page.get_by_role("alert")).to_contain_text("1,5 km")
    visit.page.get_by_role("button", name="Vẫn gửi vị trí").click()
    expect(visit.own.last).to_contain_text("21.03120, 105.82350")
    expect(visit.page.locator(".unsent")).to_have_count(0)
    assert visit.site.newest()["location"] == {"lat": 21.0312, "lon": 105.8235}


def test_the_page_shows_that_the_assistant_asked_for_a_place_or_a_phone(visit: Visit) -> None:
    visit.agrees()
    box = visit.page.get_by_label("Tin nhắn", exact=True)
    visit.site.writes("notice", Outgoing("Ở đâu ạ?", ask="location"))
    expect(visit.page.locator("#place")).to_contain_class("wanted")
    visit.site.desk.passes(seconds=1)
    visit.site.writes("notice", Outgoing("Số điện thoại ạ?", ask="phone"))
    expect(box).to_have_attribute("inputmode", "tel")
    expect(visit.page.locator("#place")).not_to_contain_class("wanted")


def test_voice_is_recorded_sent_and_can_be_cancelled(visit: Visit) -> None:
    visit.agrees()
    record = visit.page.get_by_role("button", name="Ghi âm tin nhắn")
    record.click()
    visit.page.get_by_role("button", name="Hủy").click()
    expect(record).to_be_visible()
    record.click()
    expect(visit.page.get_by_role("timer")).to_have_text("0:01")
    visit.page.get_by_role("button", name="Gửi ghi âm").click()
    expect(visit.own.last).to_contain_text("Tin nhắn thoại")
    expect(visit.own.last.locator("audio")).to_have_count(1)
    expect(visit.own).to_have_count(3)
    assert [media["kind"] for media in visit.site.newest()["media"]] == ["voice"]


def test_everything_can_be_done_with_the_keyboard(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tin nhắn", exact=True)).to_be_focused()
    page.keyboard.type("xin")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("chào")
    expect(page.get_by_label("Tin nhắn", exact=True)).to_have_value("xin\nchào")
    page.keyboard.press("Enter")
    agree = page.get_by_role("button", name="Đồng ý", exact=True)
    agree.wait_for()
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        if agree.evaluate("button => button === document.activeElement"):
            break
    assert agree.evaluate("button => getComputedStyle(button).outlineStyle") == "solid", "the focus can be seen"
    page.keyboard.press("Enter")
    expect(visit.own).to_have_count(2)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (640, 400), (320, 568), (195, 422)])
def test_the_page_fits_phones_desktops_and_text_at_twice_its_size(
    chromium: Any, site: Site, width: int, height: int
) -> None:
    visit = Visit(chromium, site, viewport={"width": width, "height": height})
    visit.agrees()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    for control in ("#say", "#photo", "#place", "#send"):
        box = visit.page.locator(control).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    visit.context.close()


def test_without_javascript_the_page_gives_the_hotline(chromium: Any, site: Site) -> None:
    visit = Visit(chromium, site, java_script_enabled=False)
    expect(visit.page.get_by_role("link", name="024.1022")).to_be_visible()
    expect(visit.page.locator("#composer")).to_be_hidden()
    visit.context.close()
