"""What the tests ask of code that needs Rasa's environment: run there as a script, it answers in one JSON object."""

import asyncio
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / "nlu/.venv/bin/python"

EXAMPLES = {
    "street_lighting": [
        "đèn đường trước nhà tôi tắt cả tuần",
        "cột đèn trong ngõ không sáng tối om",
        "đường tối om vì đèn cháy bóng",
        "bóng đèn đầu ngõ chập chờn",
        "ngõ tối không có đèn chiếu sáng",
        "đèn cao áp tắt từ hôm qua",
    ],
    "waste_collection": [
        "rác chất đống ba ngày không ai thu",
        "xe rác không vào ngõ lấy rác",
        "thùng rác đầy tràn ra đường",
        "mấy hôm nay không ai đến thu gom rác",
        "rác để đầu ngõ bốc mùi chưa dọn",
        "nhân viên thu gom bỏ qua đống rác nhà tôi",
    ],
    "cancel": [
        "thôi hủy đi",
        "hủy giúp tôi",
        "không gửi nữa",
        "bỏ qua không gửi",
        "hủy phản ánh",
        "thôi không gửi đâu",
    ],
}
ASKED = ["đèn trong ngõ tắt tối om", "rac dau ngo khong ai thu gom", "hủy đi không gửi nữa"]


def ask(what: str) -> dict[str, Any]:
    """Runs this file in Rasa's environment; the test fails with what it printed when it does."""
    done = subprocess.run(
        [str(PYTHON), "-W", "ignore", __file__, what],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _learn() -> dict[str, Any]:
    import numpy as np

    from nlu.lexical import LexicalView, folds
    from nlu.second_core import InTurn, second_core
    from nlu.second_topic import second_topic

    rows = [(text, label) for label, texts in EXAMPLES.items() for text in texts]
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    view = LexicalView().fit(texts, labels, InTurn())
    with second_core(texts=100_000) as another:
        again = LexicalView().fit(texts, labels, another)
    with tempfile.TemporaryDirectory() as folder:
        view.save(Path(folder))
        loaded = LexicalView.load(Path(folder))
    chances = view.log_probabilities(ASKED)
    topics = frozenset(EXAMPLES) - {"cancel"}
    both = "đèn đường trước nhà tôi tắt cả tuần. xe rác không vào ngõ lấy rác ba ngày"

    def sure(texts: list[str]) -> np.ndarray:
        """Enough for a cut: six sentences a label leave the calibration at its most careful."""
        return np.exp(view.log_probabilities(texts) * 50)

    return {
        "said": [view.labels[int(row.argmax())] for row in chances],
        "sums": [float(total) for total in np.exp(chances).sum(axis=1)],
        "same_again": bool(np.array_equal(chances, again.log_probabilities(ASKED))),
        "same_after_loading": bool(np.array_equal(chances, loaded.log_probabilities(ASKED))),
        "unknown_words": [float(p) for p in np.exp(view.log_probabilities(["zzz qqq", ""])).sum(axis=1)],
        "second": second_topic(both, "street_lighting", view.labels, topics, sure),
        "no_second": second_topic(both.split(". ")[0], "street_lighting", view.labels, topics, sure),
        "fold_sizes": sorted(len(part) for part in folds(labels)),
        "held_out_once": sorted(at for part in folds(labels) for at in part) == list(range(len(labels))),
    }


def _restore() -> dict[str, Any]:
    from nlu.restorer import Restorer

    texts = [text for found in EXAMPLES.values() for text in found]
    restorer = Restorer.fit([*texts, "den duong tat het roi"])
    with tempfile.TemporaryDirectory() as folder:
        restorer.save(Path(folder))
        loaded = Restorer.load(Path(folder))
    return {
        "bare": restorer("den duong truoc nha toi tat ca tuan"),
        "by_its_neighbours": [restorer("khong gui nua"), restorer("bong den dau ngo"), restorer("rac de dau ngo")],
        "partly_marked": restorer("đèn duong tat ca tuần"),
        "unknown": restorer("zzz 97 , qwerty"),
        "empty": [restorer(""), Restorer.fit(())("den duong")],
        "where_bare": [restorer.where_bare("den duong tat"), restorer.where_bare("đèn đường tắt dau ngo")],
        "same_after_loading": all(loaded(text) == restorer(text) for text in ASKED),
    }


def _rasa() -> dict[str, Any]:
    import rasa
    from jsonschema import ValidationError
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.nlu.training_data.message import Message

    from nlu import fastpath
    from nlu.classifier import labelled
    from nlu.normalizer import PLAIN, Normalizer
    from nlu.text.lexicon import Lexicon
    from nlu.tokenizer import align

    fastpath.install()
    action = RemoteAction("action_any", None)
    try:
        action._validate_action_result({"events": "none", "responses": []})
        refused = False
    except ValidationError as error:
        refused = "action server" in error.message
    text = "Đường  Hoà Bình\nngập 30% 😀"
    report = Message({"text": "x", PLAIN: "x", "intent": "report", "metadata": {"intent": {"topic": "noise"}}})
    message = Normalizer(Lexicon({})).process([Message({"text": "Đe\u0300n ta\u0306\u0301t"})])[0]
    return {
        "version": rasa.__version__,
        "accepts": action._validate_action_result({"events": [], "responses": [{"text": "chào"}]}),
        "refuses": refused,
        "tokens": [(token.text, token.start) for token in align(text, ["Đường", "Hoà Bình", "ngập", "30", "%", "😀"])],
        "spans_hold": all(
            text[token.start : token.end] == token.text for token in align(text, ["Đường", "Hoà Bình", "ngập", "30"])
        ),
        "label": labelled(report)[1:],
        "text": message.get("text"),
        "seconds_for_six": asyncio.run(_burst()),
    }


async def _burst() -> float:
    """Six messages of one person at once, each worked on for 10 ms; Rasa's own store takes five seconds."""
    from nlu.lock_store import QuickLockStore

    store = QuickLockStore()

    async def work() -> None:
        async with store.lock("somebody"):
            await asyncio.sleep(0.01)

    start = time.monotonic()
    await asyncio.gather(*(work() for _ in range(6)))
    return time.monotonic() - start


def _train() -> dict[str, Any]:
    """What comes of a small training, and of the same with one thing broken."""
    config = (ROOT / "config.yml").read_text(encoding="utf-8").replace("nlu/encoder/adapter.npz", "null")
    intents = {"cancel": "cancel"}
    blocks = [
        f"- intent: {intents.get(label, 'report')}\n"
        f"  metadata: {{topic: {label}}}\n"
        f"  examples: |\n{''.join(f'    - {text}{chr(10)}' for text in texts)}"
        for label, texts in EXAMPLES.items()
    ]
    sentences = 'version: "3.1"\nnlu:\n' + "".join(blocks)
    domain = 'version: "3.1"\nintents: [report, cancel]\n'
    return {
        "made": _trained(config, sentences, domain),
        "few": _trained(config, sentences.replace(blocks[0], "").replace(blocks[1], blocks[1][:130] + "\n"), domain),
        "no_topic": _trained(config, sentences.replace("topic: waste_collection", "file: waste"), domain),
        "no_yaml": _trained(config, sentences.replace("examples: |", "examples |"), domain),
        "no_domain": _trained(config, sentences, "intents: 5\n"),
        "no_component": _trained(config.replace("nlu.normalizer.", "nlu.standardizer."), sentences, domain),
    }


def _trained(config: str, sentences: str, domain: str) -> str:
    """The files in the model, or the reason why there is none."""
    from nlu.train import train_pipeline

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, content in {"config.yml": config, "nlu.yml": sentences, "domain.yml": domain}.items():
            (work / name).write_text(content, encoding="utf-8")
        model = work / "model.tar.gz"
        try:
            train_pipeline(model, str(work / "config.yml"), [str(work / "nlu.yml")], str(work / "domain.yml"))
        except RuntimeError as error:
            assert sorted(path.name for path in work.iterdir()) == ["config.yml", "domain.yml", "nlu.yml"]
            return str(error)
        with tarfile.open(model) as archive:
            return " ".join(sorted(Path(name).name for name in archive.getnames()))


if __name__ == "__main__":
    print(json.dumps({"learn": _learn, "restore": _restore, "rasa": _rasa, "train": _train}[sys.argv[1]]()))
