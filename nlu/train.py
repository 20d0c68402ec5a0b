"""Trains the Rasa model, but only when something it is made of has changed: `python -m nlu.train --out DIR`."""

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

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
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        train_pipeline(model, CONFIG, [path for path in TRAINING if Path(path).exists()], DOMAIN)
    finally:
        os.chdir(before)
    return model


def train_pipeline(model: Path, config: str, files: Sequence[str], domain: str | None = None) -> None:
    """Trains what the configuration says on these files and folders into `model`; without a domain, NLU alone.

    Raises RuntimeError, with the reason, when Rasa refuses one of them.
    """
    with quiet_rasa():
        from rasa.engine.caching import LocalTrainingCache
        from rasa.engine.exceptions import GraphComponentException, GraphSchemaValidationException
        from rasa.engine.recipes.recipe import Recipe
        from rasa.engine.runner.dask import DaskGraphRunner
        from rasa.engine.storage.local_model_storage import LocalModelStorage
        from rasa.engine.training.graph_trainer import GraphTrainer
        from rasa.engine.validation import validate
        from rasa.shared.data import TrainingType
        from rasa.shared.exceptions import RasaException

        from nlu.importer import ReadOnce

        try:
            importer = ReadOnce(config, domain, list(files))
            settings = importer.get_config()
            kind = TrainingType.BOTH if domain else TrainingType.NLU
            graph = Recipe.recipe_for_name(settings.get("recipe")).graph_config_for_recipe(settings, {}, kind)
            validate(graph)
            with TemporaryDirectory(prefix=".training-", dir=model.parent) as work:
                parts, made = Path(work) / "parts", Path(work) / model.name
                parts.mkdir()
                trainer = GraphTrainer(LocalModelStorage.create(parts), LocalTrainingCache(), DaskGraphRunner)
                trainer.train(graph, importer, made, force_retraining=True)
                made.replace(model)  # whoever is killed while writing leaves no half of a model under its name
        except GraphComponentException as error:  # says where, and its cause says what
            raise RuntimeError(f"Rasa trained no model: {error} {error.__cause__}") from error
        except (GraphSchemaValidationException, RasaException, ImportError) as error:
            raise RuntimeError(f"Rasa trained no model: {error}") from error


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
