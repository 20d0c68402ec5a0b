"""`nlu train | parse | evaluate | compare`: run in Rasa's environment, where the components live."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from bot import processes
from bot.errors import LangNgheError
from bot.settings import ROOT, Settings, load


def register(commands: Any) -> None:
    what = commands.add_parser("nlu", help="hiểu ngôn ngữ").add_subparsers(dest="what", required=True)
    train = what.add_parser("train", help="huấn luyện khi dữ liệu đổi")
    train.add_argument("--force", action="store_true")
    train.set_defaults(run=run_train)
    what.add_parser("parse", help="mỗi dòng một câu -> mỗi dòng một JSON").set_defaults(run=run_parse)
    evaluate = what.add_parser("evaluate", help="đo trên một tệp TSV: id, text, topic[, style, alt]")
    evaluate.add_argument("file", metavar="FILE.tsv")
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument("--registers", action="store_true", help="đo cả khi gõ không dấu, viết tắt, gõ sai, NFD")
    evaluate.add_argument("--plots", metavar="DIR", help="vẽ reliability.svg, reliability.png, confusion.png vào DIR")
    evaluate.set_defaults(run=run_evaluate)
    compare = what.add_parser("compare", help="so với quy trình có sẵn của Rasa và một mô hình tuyến tính đơn giản")
    compare.add_argument("files", nargs="*", metavar="FILE.tsv", help="mặc định: tests/nlu/development.tsv")
    compare.add_argument("--json", action="store_true")
    compare.add_argument(
        "--only",
        metavar="stock,plain,lexical,ours",
        help="chỉ đo một số hệ",
    )
    compare.add_argument("--epochs", metavar="N", help="số vòng học của stock, mặc định 100 như rasa init")
    compare.add_argument(
        "--per-label", metavar="N", help="số câu học của mỗi nhãn, mặc định 20; all: tất cả (stock học hơn một ngày)"
    )
    compare.add_argument("--adapter", metavar="FILE", help="phần đã học của bộ mã hoá câu")
    compare.add_argument("--data", metavar="DIR", help="thư mục có topics/ và nlu/, mặc định data")
    compare.set_defaults(run=run_compare)


def run_train(args: Namespace) -> int:
    _check_environment()
    print(processes.train(load(), force=args.force))
    return 0


def run_parse(args: Namespace) -> int:
    return _run_with_model("nlu.parse")


def run_evaluate(args: Namespace) -> int:
    if _missing([args.file]):
        return 2
    return _run_with_model("nlu.evaluate", args.file, *_options(args, "plots", "registers", "json"))


def run_compare(args: Namespace) -> int:
    """Trains models of its own: the one that serves is left alone."""
    if _missing(args.files):
        return 2
    _check_environment()
    return _run(
        load(), "nlu.compare", *args.files, *_options(args, "only", "epochs", "per-label", "adapter", "data", "json")
    )


def _run_with_model(module: str, *arguments: str) -> int:
    """A module of `nlu/` with the newest model."""
    _check_environment()
    settings = load()
    return _run(settings, module, "--model", str(processes.train(settings)), *arguments)


def _run(settings: Settings, module: str, *arguments: str) -> int:
    """Input and output are ours."""
    command = [str(processes.NLU_PYTHON), "-W", "ignore", "-m", module, *arguments]
    return subprocess.run(command, env=processes.nlu_env(settings) | {"PYTHONPATH": str(ROOT)}, check=False).returncode


def _missing(files: list[str]) -> bool:
    """Say which file is not there, before a model is trained for nothing."""
    for name in files:
        if not Path(name).is_file():
            print(f"langnghe: Không có tệp {name}.", file=sys.stderr)
            return True
    return False


def _check_environment() -> None:
    if not processes.NLU_PYTHON.exists():
        raise LangNgheError("Chưa có môi trường của Rasa: chạy `make setup` trước.")


def _options(args: Namespace, *names: str) -> list[str]:
    """Those of our options that were given, as the module takes them."""
    given = {name: value for name in names if (value := getattr(args, name.replace("-", "_")))}
    return [f"--{name}" if value is True else f"--{name}={value}" for name, value in given.items()]
