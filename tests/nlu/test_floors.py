"""The trained model against its floors: a change of data or components that understands less well stops here."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.processes import NLU_PYTHON
from tests.nlu import floors
from tests.nlu.floors import CEILING, Figure, Figures

TABLE = floors.read()


@pytest.fixture(scope="session")
def measured() -> Figures:
    """Measured once with the model that all tests share (var/models): trained only when nobody did."""
    if not NLU_PYTHON.exists():
        pytest.skip("no environment for Rasa: make setup")
    return floors.measure()


@pytest.mark.slow
@pytest.mark.timeout(1800)  # the first one may have to train the model
@pytest.mark.parametrize(("file", "name"), [(file, name) for file, part in TABLE.items() for name in part])
def test_the_model_keeps_its_floor(file: str, name: str, measured: Figures) -> None:
    figure, floor = measured[file][name], TABLE[file][name]
    told = "\n  ".join(figure.wrong)
    assert floors.kept(name, figure.value, floor), f"{file}, {name}: {figure.value:.4f}, floor {floor}\n  {told}"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_figure_has_a_floor(measured: Figures) -> None:
    assert {file: set(part) for file, part in measured.items()} == {file: set(part) for file, part in TABLE.items()}


def test_a_floor_lies_below_what_was_measured_and_a_ceiling_above(tmp_path: Path) -> None:
    figures = {"development": {"strict": Figure(0.95, ()), "as slips": Figure(0.01, ()), CEILING: Figure(0.01, ())}}
    floors.write(figures, "2026-11-22", tmp_path / "floors.yml")
    assert "strict: 0.93\n" in (tmp_path / "floors.yml").read_text()
    assert floors.floor_below("as slips", 0.01) == 0.0
    assert floors.floor_below(CEILING, 0.01) == 0.03
    assert not floors.kept("strict", 0.929, 0.93)
    assert not floors.kept(CEILING, 0.221, 0.22)
    assert floors.kept("strict", 0.93, 0.93)


def test_no_floor_goes_below_what_is_promised() -> None:
    assert floors.floor_below("emergency recall", 0.96) == 0.95
    assert floors.floor_below("lenient", 0.7) == 0.88
    assert floors.floor_below(CEILING, 0.045) == 0.05
