"""Trains the Rasa model, but only when something it is made of has changed: `python -m nlu.train --out DIR`."""

import argparse
import hashlib
import os
import sys
from pathlib import Path

from nlu.quiet import quiet_rasa

ROOT = Path(__file__).resolve().parents[1]
CONFIG = "config.yml"
DOMAIN = "data/domain"
TRAINING = ("data/topics", "data/nlu", "data/rules")
# data/places is read by the running server, which must then start anew: it counts as part of the model.
_SOURCES = (*TRAINING, DOMAIN, "data/places", "nlu")
_SUFFIXES = {".py", ".yml", ".yaml", ".tsv", ".json", ".npz"}


def content_hash(root: Path = ROOT) -> str:
    """16 hexadecimal digits over names and bytes of all that makes the model."""
    digest = hashlib.sha256()
    for path in sorted(_sources(root), key=lambda p: p.relative_to(root).as_posix()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _sources(root: Path) -> list[Path]:
    found = [root / CONFIG]
    for source in _SOURCES:
        for folder, folders, names in os.walk(root / source):
            folders[:] = [name for name in folders if not name.startswith((".", "__"))]
            found += [Path(folder) / name for name in names if Path(name).suffix in _SUFFIXES]
    return found


def train(out: Path, force: bool = False) -> Path:
    """The model of today's content in `out`, trained unless it is there; raises RuntimeError when Rasa refuses."""
    model = out / f"{content_hash()}.tar.gz"
    if model.exists() and not force:
        return model
    out.mkdir(parents=True, exist_ok=True)
    _train_with_rasa(out, model.name.removesuffix(".tar.gz"))
    if not model.exists():
        raise RuntimeError("Rasa trained no model: see `rasa data validate`")
    return model


def _train_with_rasa(out: Path, name: str) -> None:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        with quiet_rasa():
            from rasa.model_training import train as rasa_train

            rasa_train(
                domain=DOMAIN,
                config=CONFIG,
                training_files=[path for path in TRAINING if Path(path).exists()],
                output=str(out),
                fixed_model_name=name,
                force_training=True,
            )
    finally:
        os.chdir(before)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m nlu.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the models")
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    arguments = parser.parse_args()
    try:
        path = train(arguments.out.resolve(), arguments.force)
    except (RuntimeError, ValueError) as error:
        print(f"nlu train: {error}", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
