"""`nlu train | parse | evaluate`: run in Rasa's environment, where the components live."""

from __future__ import annotations

import subprocess
from argparse import Namespace
from typing import Any

from bot import processes
from bot.settings import ROOT, load


def register(commands: Any) -> None:
    what = commands.add_parser("nlu", help="hiểu ngôn ngữ").add_subparsers(dest="what", required=True)
    train = what.add_parser("train", help="huấn luyện khi dữ liệu đổi")
    train.add_argument("--force", action="store_true")
    train.set_defaults(run=run_train)
    what.add_parser("parse", help="mỗi dòng một câu -> mỗi dòng một JSON").set_defaults(run=run_parse)
    evaluate = what.add_parser("evaluate", help="đo trên một tệp TSV: id, text, topic[, style, alt]")
    evaluate.add_argument("file")
    evaluate.add_argument("--json", action="store_true")
    evaluate.set_defaults(run=run_evaluate)


def run_train(args: Namespace) -> int:
    print(processes.train(load(), force=args.force))
    return 0


def run_parse(args: Namespace) -> int:
    return _run("nlu.parse")


def run_evaluate(args: Namespace) -> int:
    return _run("nlu.evaluate", args.file, *(["--json"] if args.json else []))


def _run(module: str, *arguments: str) -> int:
    """A module of `nlu/` with the newest model; input and output are ours."""
    settings = load()
    model = processes.train(settings)
    command = [str(processes.NLU_PYTHON), "-W", "ignore", "-m", module, "--model", str(model), *arguments]
    return subprocess.run(command, env=processes.nlu_env(settings) | {"PYTHONPATH": str(ROOT)}, check=False).returncode
