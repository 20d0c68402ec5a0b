"""Promises of the training sentences: enough of them, also along the borders between labels, not one pattern again and
again, none that is measured on."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from bot.settings import ROOT
from nlu.corpus import Sentence, sentences
from nlu.labels import OUTCOMES
from nlu.text.normalize import fold

TESTS = Path(__file__).parent
LEAST_OF_A_TOPIC, LEAST_OF_OTHERS = 120, 80
LEAST_OF_A_CONTRAST = 8
# Borders that were ruled on and that no topic's file names.
RULINGS = [
    ("land_use", "illegal_parking"),
    ("traffic_violation", "air_pollution"),
    ("electricity", "sidewalk_encroachment"),
    ("apartment_management", "sidewalk_encroachment"),
    ("traffic_signal", "tree_park"),
    ("waste_collection", "flooding_drainage"),
    ("social_welfare", "formal_complaint"),
    ("emergency", "flooding_drainage"),
]
RUN, TOLD_ABOVE, MOST = 6, 0.05, 0.08
NEAR_COPY = 12
_WORD = re.compile(r"\w+")


@pytest.fixture(scope="module")
def known() -> list[Sentence]:
    return sentences(ROOT / "data")


@pytest.fixture(scope="module")
def files(known: list[Sentence]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for sentence in known:
        found[sentence.file].append(sentence.text)
    return found


def bare(text: str) -> str:
    """Folded syllables: neither case, diacritics, spaces nor punctuation make another sentence."""
    return " ".join(_WORD.findall(fold(text)))


def runs(syllables: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(syllables[at : at + length]) for at in range(len(syllables) - length + 1)}


def shares_runs(texts: list[str]) -> float:
    """The share of the texts that have a run of `RUN` syllables in common with another of them."""
    seen = defaultdict(set)
    for number, text in enumerate(texts):
        for run in runs(_WORD.findall(text.lower()), RUN):
            seen[run].add(number)
    return len({number for numbers in seen.values() if len(numbers) > 1 for number in numbers}) / len(texts)


def measured_on() -> Iterable[tuple[str, str]]:
    """(id, text) of every labelled sentence that is kept for measuring."""
    for path in sorted(TESTS.glob("*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, cells in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)):
            if number and len(cells) > 1:
                labelled = lines[0].startswith("id\t")
                yield (cells[0], cells[1]) if labelled else (f"{path.name}:{number + 1}", cells[0])


def test_a_shared_run_is_counted_for_both_texts_and_only_between_texts() -> None:
    same, other = "một hai ba bốn năm sáu bảy", "không một hai ba bốn năm sáu"
    assert shares_runs([same, other, "ngắn"]) == pytest.approx(2 / 3)
    assert shares_runs([f"{same} {same}", "một hai ba bốn năm"]) == 0.0


def test_every_label_has_enough_sentences(known: list[Sentence]) -> None:
    counts: defaultdict[str, int] = defaultdict(int)
    topics = {sentence.label for sentence in known if sentence.file.startswith("topics/")}
    for sentence in known:
        counts[sentence.label] += 1
    assert len(topics) == len(list((ROOT / "data" / "topics").glob("*.yml")))
    assert set(counts) >= OUTCOMES
    poor = {
        label: count for label, count in counts.items()
        if count < (LEAST_OF_A_TOPIC if label in topics else LEAST_OF_OTHERS)
    }  # fmt: skip
    assert not poor


def borders() -> set[tuple[str, str]]:
    """Both directions of every border between two labels."""
    topics = [
        yaml.safe_load(path.read_text(encoding="utf-8"))["topic"] for path in (ROOT / "data/topics").glob("*.yml")
    ]
    named = [(topic["id"], border["not"]) for topic in topics for border in topic.get("boundaries") or ()]
    return {pair for one, other in [*named, *RULINGS] for pair in ((one, other), (other, one))}


def test_every_border_has_its_contrasts_on_both_sides(known: list[Sentence]) -> None:
    counts = Counter((sentence.label, sentence.against) for sentence in known if sentence.against)
    assert not {pair: counts[pair] for pair in borders() if counts[pair] < LEAST_OF_A_CONTRAST}


def test_a_report_of_any_kind_is_told_from_a_question_about_it(known: list[Sentence]) -> None:
    told_again = {sentence.label for sentence in known if sentence.against == "status_check"}
    asked = [sentence for sentence in known if sentence.label == "status_check" and sentence.against == "report"]
    assert min(len(told_again), len(asked)) >= LEAST_OF_A_CONTRAST


def test_the_sentences_of_a_file_are_not_one_pattern(
    files: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    shares = {name: shares_runs(texts) for name, texts in files.items()}
    with capsys.disabled():  # told also when the test passes: these files are on their way to fail it
        for name, share in sorted(shares.items(), key=lambda item: -item[1]):
            if share > TOLD_ABOVE:
                print(f"\n{share:6.1%} of {len(files[name])} sentences share a run of {RUN} syllables: {name}", end="")
    assert not {name: round(share, 3) for name, share in shares.items() if share > MOST}


def test_no_sentence_teaches_two_things(known: list[Sentence]) -> None:
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for sentence in known:
        seen[" ".join(sentence.text.lower().split())].add(sentence.file)
    assert not {text: names for text, names in seen.items() if len(names) > 1}


def test_no_sentence_that_is_measured_on_is_taught(known: list[Sentence]) -> None:
    taught = {bare(sentence.text): sentence.file for sentence in known}
    assert not {name: taught[bare(text)] for name, text in measured_on() if bare(text) in taught}


def test_no_sentence_that_is_measured_on_is_half_taught(known: list[Sentence]) -> None:
    """A run of twelve syllables in common is no accident. Addresses of places.tsv are shorter than that."""
    taught = {}
    for sentence in known:
        taught.update(dict.fromkeys(runs(bare(sentence.text).split(), NEAR_COPY), sentence.file))
    found = {
        name: sorted({taught[run] for run in common})
        for name, text in measured_on() if (common := runs(bare(text).split(), NEAR_COPY) & taught.keys())
    }  # fmt: skip
    assert not found
