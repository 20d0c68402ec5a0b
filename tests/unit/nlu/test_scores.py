"""Promises of the measuring: what is counted, worked out by hand on a few answers."""

from pathlib import Path

import pytest

from nlu.evaluate import as_text
from nlu.rows import Row, read_rows
from nlu.scores import Answer, bins, calibration_error, calibration_error_by_chance, quality, scores


def answer(wanted: str, said: str, confidence: float, *others: str, alt: str = "", style: str = "") -> Answer:
    return Answer(Row("x", "…", wanted, style, frozenset(filter(None, [alt]))), said, confidence, (said, *others))


ANSWERS = [
    answer("noise", "noise", 0.9, style="chat"),
    answer("noise", "spam", 0.6, "noise", alt="spam", style="chat"),
    answer("noise", "praise", 0.4, "spam", "emergency", "noise"),
    answer("emergency", "emergency", 0.3),
]


def test_strict_lenient_and_the_first_three_are_counted_apart() -> None:
    found = scores(ANSWERS)
    assert found["strict"]["accuracy"] == 0.5
    assert found["lenient"]["accuracy"] == 0.75
    assert found["strict"]["top3"] == 0.75  # the third has its topic in the fourth place
    # noise: one of three found, never said wrongly: F1 2/(3+1); emergency 1
    assert found["strict"]["macro_f1"] == 0.75
    assert found["styles"]["chat"] == {"sentences": 2, "strict": 0.5, "lenient": 1.0}


def test_a_label_has_recall_and_precision() -> None:
    wrongly_urgent = [*ANSWERS, answer("noise", "emergency", 0.2)]
    found = scores(wrongly_urgent)["labels"]
    assert found["emergency"] == {"sentences": 1, "recall": 1.0, "precision": 0.5}
    assert found["noise"] == {"sentences": 4, "recall": 0.25, "precision": 1.0}


def test_what_went_wrong_is_named_without_its_text() -> None:
    assert scores(ANSWERS)["wrong"] == [
        {"id": "x", "style": "chat", "topic": "noise", "label": "spam", "confidence": 0.6},
        {"id": "x", "style": "", "topic": "noise", "label": "praise", "confidence": 0.4},
    ]


def test_sure_answers_are_told_with_their_share() -> None:
    assert scores(ANSWERS)["sure"] == {"share": 0.5, "accuracy": 1.0, "strict": 0.5}


def test_the_calibration_error_is_the_mean_gap() -> None:
    # four bins of one answer each: |1-.9| + |0-.6| + |0-.4| + |1-.3|, over 4
    assert calibration_error(ANSWERS) == pytest.approx(1.8 / 4)
    # leniently the second is right: |1-.9| + |1-.6| + |0-.4| + |1-.3|
    assert calibration_error(ANSWERS, lenient=True) == pytest.approx(1.6 / 4)
    assert calibration_error([]) == 0.0


def test_chance_alone_makes_an_error_that_falls_with_the_number_of_answers() -> None:
    # one answer of 0.8 is 0.2 off four times in five and 0.8 off once: 0.32 on the mean
    assert calibration_error_by_chance([answer("noise", "spam", 0.8)]) == pytest.approx(0.32, abs=0.05)
    # a hundred of them are a mean of a hundred draws: sqrt(2/pi * .8*.2/100) = 0.032
    assert calibration_error_by_chance([answer("noise", "spam", 0.8)] * 100) == pytest.approx(0.032, abs=0.006)
    assert calibration_error_by_chance([answer("noise", "spam", 1.0)] * 3) == 0.0


def test_answers_of_one_bin_are_averaged_before_they_are_compared() -> None:
    half_right = [answer("noise", "noise", 0.5), answer("noise", "spam", 0.5)]
    assert calibration_error(half_right) == 0.0


def test_a_bin_takes_its_lower_edge_and_the_last_one_also_the_upper() -> None:
    parts = bins([answer("noise", "noise", c) for c in (0.0, 0.1, 0.5, 1.0)], 10)
    assert [part.count for part in parts] == [1, 1, 0, 0, 0, 1, 0, 0, 0, 1]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_keep_quotes_and_several_other_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'id\ttext\ttopic\tstyle\talt\n1\t"đèn" tắt\tstreet_lighting\tchat\tnoise|spam\n')
    assert read_rows(path) == [Row("1", '"đèn" tắt', "street_lighting", "chat", frozenset({"noise", "spam"}))]


@pytest.mark.parametrize(("text", "said"), [("id\ttext\n1\tx\n", "topic"), ("id\ttext\ttopic\n", "no sentence")])
def test_a_file_of_another_kind_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_rows(write(tmp_path / "a.tsv", text))


def test_the_report_for_people_tells_calibration_and_how_it_is_typed_otherwise() -> None:
    result = {**scores(ANSWERS), "registers": {"nodiac": quality(ANSWERS[1:])}}
    shown = as_text(result)
    assert "expected calibration error: 0.450 strict, 0.400 lenient (15 equal-width bins on `confidence`" in shown
    assert "confidence >= 0.5: 50.0% of the sentences, 100.0% of them right (strict 50.0%)" in shown
    line = next(line for line in shown.splitlines() if line.startswith("nodiac"))
    assert line.split()[1] == "0.333"
    assert "as typed otherwise" not in as_text(scores(ANSWERS))
