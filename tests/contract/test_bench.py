"""`make bench` works, and what it sends and receives is there exactly once. How fast depends on the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.load.__main__ import BENCHES, main

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("bench", BENCHES)
def test_nothing_is_lost_and_nothing_comes_twice(
    bench: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "var" / "bench.json"
    main(["--quick", bench, "--out", str(out)])
    figures = json.loads(out.read_text())["figures"]
    once = [figure for figure in figures if "exactly once" in figure["what"]]
    assert once
    assert [figure["setting"] for figure in once if figure["value"] is not True] == []
    shown = capsys.readouterr().out
    assert all(figure["what"] in shown for figure in figures)
