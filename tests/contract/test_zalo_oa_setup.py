"""What `doctor` and `channels setup` say about Zalo, and the reading of the templates."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.progress import Progress
from bot.channels.templates import LIMITS, fill, read_templates, shorten, template_ids
from bot.channels.zalo_oa import open_channel
from bot.channels.zalo_oa.adapter import ZaloOA
from bot.channels.zalo_oa.setup import EVENTS
from bot.domain.message import Template
from bot.errors import BrokenRequest, ChannelDown, RetryLater, SettingsError
from bot.settings import ROOT, Settings
from tests.servers.zalo_oa import OA_ID, FakeZaloOA, city_templates
from tests.vaults import MemoryVault

pytestmark = pytest.mark.timeout(60)
PUBLIC = "https://langnghe.example.vn"
TEMPLATES = ROOT / "data" / "texts" / "templates.yml"


@pytest.fixture
def fake() -> Iterator[FakeZaloOA]:
    with FakeZaloOA() as server:
        city_templates(server, ROOT / "data")
        yield server


def opened(fake: FakeZaloOA, vault: MemoryVault | None = None, **more: Any) -> ZaloOA:
    settings = Settings(**{"public_url": PUBLIC, "city_dir": ROOT / "data", **fake.settings(**more)})
    made = open_channel(settings, vault or MemoryVault())
    assert made is not None
    return made


def bad(findings: list[tuple[bool, str]]) -> list[str]:
    return [sentence for well, sentence in findings if not well]


# --- doctor ---


def test_a_channel_in_order_is_told_so(fake: FakeZaloOA) -> None:
    findings = opened(fake).doctor()
    assert bad(findings) == []
    said = "\n".join(sentence for _, sentence in findings)
    assert "Lắng Nghe Hà Nội" in said
    assert f"{PUBLIC}/hooks/zalo-oa" in said
    assert "case_update (345001) dùng được" in said


def test_a_refused_refresh_token_is_told_with_what_to_do(fake: FakeZaloOA) -> None:
    [said] = bad(opened(fake, zalo_oa_refresh_token="spent").doctor())
    assert "LANGNGHE_ZALO_OA_REFRESH_TOKEN" in said


def test_a_zalo_that_is_away_is_told(fake: FakeZaloOA) -> None:
    fake.down = True
    [said] = bad(opened(fake).doctor())
    assert "LANGNGHE_ZALO_OA_API_BASE" in said


@pytest.mark.parametrize(("days", "warned"), [(74, False), (75.1, True)])
def test_a_refresh_token_that_nobody_used_for_75_days_is_told(fake: FakeZaloOA, days: float, warned: bool) -> None:
    now = datetime.now(UTC)
    fake.api.access_token, fake.api.ends = "kept", fake.now() + 10 * 86400
    vault = MemoryVault(
        zalo_oa={
            "access_token": "kept",
            "refresh_token": "kept too",
            "expires_at": (now + timedelta(days=30)).isoformat(),
            "refreshed_at": (now - timedelta(days=days)).isoformat(),
        }
    )
    said = bad(opened(fake, vault).doctor())
    assert bool(said) is warned
    assert all("75 ngày" in sentence and "còn 14 ngày" in sentence for sentence in said)


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:8000"])
def test_a_webhook_without_https_is_told(fake: FakeZaloOA, url: str) -> None:
    [said] = bad(opened(fake, public_url=url).doctor())
    assert "LANGNGHE_PUBLIC_URL" in said


def test_missing_refused_and_unknown_templates_are_told(fake: FakeZaloOA) -> None:
    vault = MemoryVault()
    [said] = bad(opened(fake, vault, zalo_oa_templates=()).doctor())
    assert "LANGNGHE_ZALO_OA_TEMPLATES" in said
    fake.templates["345002"].status = "PENDING_REVIEW"
    given = ("case_update=345001", "case_result=345002", "case_question=999")
    pending, unknown = bad(opened(fake, vault, zalo_oa_templates=given).doctor())
    assert "case_result (345002)" in pending
    assert "PENDING_REVIEW" in pending
    assert "case_question (999)" in unknown


# --- setup ---


def test_setup_gives_every_value_to_paste(fake: FakeZaloOA) -> None:
    said = "\n".join(opened(fake, zalo_oa_templates=("case_update=345001",)).setup())
    assert f"{PUBLIC}/hooks/zalo-oa" in said
    assert all(event in said for event in EVENTS)
    assert f"https://zalo.me/{OA_ID}" in said
    assert "LANGNGHE_ZALO_OA_TEMPLATES=case_update=345001,case_result=<mã>,case_question=<mã>" in said
    assert f"{PUBLIC}/tra-cuu/<code>" in said
    for text in read_templates(TEMPLATES).values():
        assert text.name in said
        assert text.body.replace("{", "<").replace("}", ">") in said
    assert "{" not in said


def test_setup_asks_for_the_events_that_are_read_and_no_echo() -> None:
    from bot.channels.zalo_oa.parse import _EVENTS

    assert _EVENTS.keys() - {"user_click_chatnow"} <= set(EVENTS)
    assert not [event for event in EVENTS if event.startswith(("oa_send_", "anonymous_"))]


def test_setup_raises_when_zalo_refuses(fake: FakeZaloOA) -> None:
    with pytest.raises(ChannelDown):
        opened(fake, zalo_oa_refresh_token="spent").setup()
    fake.down = True
    with pytest.raises(RetryLater):
        opened(fake).setup()


# --- templates, shared with Messenger ---


def test_the_templates_of_the_city_are_read() -> None:
    found = read_templates(TEMPLATES)
    assert found["case_update"].parameters == {"code": "code", "filed": "date", "status": "status"}
    assert found["case_update"].title == "Cập nhật phản ánh {code}"


@pytest.mark.parametrize(
    "text",
    [
        "a: {title: x, body: 'chào {b}', parameters: {}}",
        "a: {title: x, body: y, parameters: {b: no_such_kind}}",
        "a: {body: y}",
        "a: 5",
        "- a",
        "a: [",
    ],
)
def test_a_template_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "templates.yml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="templates.yml"):
        read_templates(path)


def test_a_missing_file_stops_the_start_only_when_it_is_needed(fake: FakeZaloOA, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="templates.yml"):
        read_templates(tmp_path / "templates.yml")
    assert opened(fake, city_dir=tmp_path, zalo_oa_templates=()).texts == {}
    with pytest.raises(SettingsError, match="templates.yml"):
        opened(fake, city_dir=tmp_path)


@pytest.mark.parametrize(
    ("kind", "value", "short"),
    [
        ("status", "Đang xử lý", "Đang xử lý"),
        ("status", "x" * 30, "x" * 30),
        ("status", "x" * 31, "x" * 29 + "…"),
        ("name", "Nguyễn " * 6, "Nguyễn Nguyễn Nguyễn Nguyễn N…"),
        ("status", "một hai ba bốn năm sáu bảy tám chín", "một hai ba bốn năm sáu bảy tá…"),
        ("status", unicodedata.normalize("NFD", "Ổ" * 30), "Ổ" * 30),
        ("status", "dòng một\r\n\tdòng hai\x00", "dòng một dòng hai"),
        ("code", "c" * 40, "c" * 30),
        ("date", "22/11/2026", "22/11/2026"),
        ("url", "https://a.vn/" + "x" * 300, ("https://a.vn/" + "x" * 300)[:200]),
        ("name", " \n", "-"),
    ],
)
def test_a_value_is_cut_to_the_size_of_its_kind(kind: str, value: str, short: str) -> None:
    assert shorten(kind, value) == short
    assert len(shorten(kind, value)) <= LIMITS[kind]


def test_an_unknown_kind_or_template_is_our_fault() -> None:
    with pytest.raises(KeyError):
        shorten("colour", "x")
    with pytest.raises(BrokenRequest):
        fill({}, Template("x", {}))


def test_pairs_of_names_and_ids() -> None:
    assert template_ids("S", ("a=1", " b = x=y "), {"a", "b"}) == {"a": "1", "b": "x=y"}


def test_progress_is_shared_and_forgets_after_an_hour() -> None:
    now = [0.0]
    progress = Progress(lambda: now[0])
    progress.keep("k", 2)
    assert progress.sent("k") == 2
    now[0] = 3601
    assert progress.sent("k") == 0
