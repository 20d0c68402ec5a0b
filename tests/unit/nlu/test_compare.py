"""Promises of `nlu compare` and of the pictures of `nlu evaluate`: the whole way on data that is learned in seconds."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from nlu.compare import as_text, with_errors_against_stock
from nlu.contenders import NAMES
from nlu.corpus import groups, sentences, write_sample
from tests.unit.nlu import tiny
from tests.unit.nlu.rasa_side import PYTHON

needs_rasa = pytest.mark.skipif(not PYTHON.exists(), reason="no environment for Rasa: make setup")


def figures(strict: float, nodiac: int = 10) -> dict[str, Any]:
    part = {"accuracy": strict, "macro_f1": strict, "top3": strict}
    brief = {"sentences": 10, "strict": part, "lenient": part}
    return {**brief, "nodiac": {**brief, "sentences": nodiac}, "folded": brief}


def system(strict: float, nodiac: int = 10) -> dict[str, Any]:
    costs = {"per_second": 80, "train_seconds": 60, "memory_mb": 500, "train_memory_mb": 900}
    return {"files": {"a.tsv": figures(strict, nodiac)}, **costs}


def test_errors_are_told_as_a_ratio_to_the_stock_pipelines() -> None:
    systems = with_errors_against_stock({"ours": system(0.95), "stock": system(0.8), "plain": system(0.7)})
    found = {name: part["files"]["a.tsv"]["errors_against_stock"] for name, part in systems.items()}
    assert found["ours"]["strict accuracy"] == 0.25
    assert found["stock"]["strict accuracy"] == 1.0
    assert found["plain"]["top-3"] == 1.5


def test_without_stock_or_without_its_errors_there_is_no_ratio() -> None:
    alone = with_errors_against_stock({"ours": system(0.95)})
    assert set(alone["ours"]["files"]["a.tsv"]["errors_against_stock"].values()) == {None}
    perfect = with_errors_against_stock({"ours": system(0.95), "stock": system(1.0)})
    assert perfect["ours"]["files"]["a.tsv"]["errors_against_stock"]["top-3"] is None


def test_a_file_without_unmarked_rows_shows_a_dash_not_a_zero() -> None:
    systems = with_errors_against_stock({"ours": system(0.95, nodiac=0), "stock": system(0.8, nodiac=0)})
    shown = as_text(
        {"training_sentences": 3, "labels": 2, "per_label": None, "adapter": "a.npz", "epochs": 1, "systems": systems}
    )
    line = next(line for line in shown.splitlines() if line.startswith("typed without diacritics, strict"))
    assert line.split()[-2:] == ["-", "-"]


def test_a_topic_is_the_label_of_a_report_and_outcomes_are_a_group(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data")
    assert {sentence.label for sentence in sentences(data)} == {"street_lighting", "waste_collection", "cancel"}
    assert sentences(data)[0].file == "topics/street_lighting.yml"
    known = groups(data)
    assert list(known)[:2] == ["waste_collection", "street_lighting"]
    assert known["emergency"] == "outcomes"
    assert "cancel" not in known


def test_a_sample_takes_as_many_of_each_label_from_all_of_its_files(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data")
    extra = "nlu:\n- intent: report\n  metadata: {topic: street_lighting, against: noise}\n  examples: |\n"
    lines = "".join(f"    - đèn số {number} không sáng\n" for number in range(6))
    (data / "topics" / "traffic_signal.yml").write_text(f"topic:\n  id: traffic_signal\n  group: x\n{extra}{lines}")
    every = sentences(data)
    write_sample(data, tmp_path / "few", 4)
    few = sentences(tmp_path / "few")
    assert Counter(one.label for one in few) == {"street_lighting": 4, "waste_collection": 4, "cancel": 4}
    assert all(one in every for one in few)
    # six of its twelve stand in the other file, and are contrasts
    assert sorted(one.against or "" for one in few if one.label == "street_lighting") == ["", "", "noise", "noise"]
    assert groups(tmp_path / "few") == groups(data)
    write_sample(data, tmp_path / "again", 4)
    assert sentences(tmp_path / "again") == few


def test_a_sample_of_all_or_of_more_than_there_are_is_everything(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data")
    for name, many in (("all", None), ("more", 1000)):
        write_sample(data, tmp_path / name, many)
        assert sentences(tmp_path / name) == sentences(data)


@pytest.fixture
def compared(request: pytest.FixtureRequest, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    data, rows = tiny.write_data(tmp_path / "data"), tiny.write_rows(tmp_path / "rows.tsv")
    options = [*request.param, f"--data={data}", "--json"]
    done = tiny.run_module("nlu.compare", rows.name, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return done


@needs_rasa
@pytest.mark.parametrize("compared", [["--only=plain"]], indirect=True)
def test_the_plain_model_learns_and_is_measured(compared: subprocess.CompletedProcess[str]) -> None:
    result = json.loads(compared.stdout)
    assert (result["training_sentences"], result["labels"], list(result["systems"])) == (18, 3, ["plain"])
    plain = result["systems"]["plain"]
    found = plain["files"]["rows.tsv"]
    assert (found["strict"]["accuracy"], found["lenient"]["accuracy"]) == (0.6667, 1.0)
    assert found["nodiac"]["sentences"] == 1
    assert 20 < plain["memory_mb"] < 400  # scikit-learn without Rasa
    assert plain["per_second"] > 0
    assert "compare: plain: trained in" in compared.stderr


@needs_rasa
@pytest.mark.slow
@pytest.mark.timeout(900)  # starts Rasa four times: a minute, much more where other things run
@pytest.mark.parametrize("compared", [["--epochs=1", "--per-label=4"]], indirect=True)
def test_all_three_are_measured_on_the_same_sentences(compared: subprocess.CompletedProcess[str]) -> None:
    result = json.loads(compared.stdout)
    assert tuple(result["systems"]) == NAMES
    assert (result["training_sentences"], result["per_label"]) == (12, 4)
    for found in result["systems"].values():
        assert found["files"]["rows.tsv"]["folded"]["sentences"] == 3
        assert found["train_seconds"] > 0
    # What the others need for Rasa the plain one does not: each was measured by itself.
    memory = {name: found["memory_mb"] for name, found in result["systems"].items()}
    assert memory["plain"] < min(memory["ours"], memory["stock"])


@needs_rasa
def test_the_pictures_tell_the_error_the_counts_and_the_groups(tmp_path: Path) -> None:
    done = tiny.run_module("tests.unit.nlu.tiny", str(tmp_path / "plots"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    for name in ("reliability.png", "confusion.png"):
        assert (tmp_path / "plots" / name).read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "plots" / "reliability.svg").read_text(encoding="utf-8")
    # |1-.95| + 2·.365 (one bin of 15 holds both) + .7 over 4 answers
    assert "4 sentences, expected calibration error 0.370 (15 bins)" in drawn
    assert shown["labels"] == ["noise", "stray_animals", "praise", "spam", "odd"]
    assert shown["texts"][:2] == ["2", "1"]  # noise said to be praise, spam said to be a label of no group
    assert shown["texts"][2:] == ["environment", "urban_order", "outcomes", "other"]
    assert shown["title"].startswith("3 errors in 4 sentences")


@pytest.mark.parametrize("what", ["evaluate", "compare"])
def test_a_missing_file_is_wrong_use_said_in_one_sentence(what: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["nlu", what, "/nowhere/rows.tsv"]) == 2
    assert capfd.readouterr().err == "langnghe: Không có tệp /nowhere/rows.tsv.\n"


@needs_rasa
def test_a_file_of_another_kind_is_wrong_use_before_anything_is_trained(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.tsv").write_text("a\tb\n1\t2\n", encoding="utf-8")
    assert main(["nlu", "compare", str(tmp_path / "rows.tsv")]) == 2
    said = capfd.readouterr().err
    assert said == "nlu compare: rows.tsv lacks the column id, text, topic\n"
