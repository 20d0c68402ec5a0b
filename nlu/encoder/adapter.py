"""What nlu/adapt.py learned, in `adapter.npz`: low-rank changes of the encoder's matrices, and the layer on top.

Kept apart from the weights: two megabytes of ours beside seventy of the package. Learned rarely (an hour); the lexical
view learns every correction at once.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("adapter.npz")


@dataclass(frozen=True)
class Adapter:
    """`down[name]` (rank, in) and `up[name]` (out, rank) change the matrix `name`; `weights` (labels, width), `bias`.

    The last four were measured on writers whose sentences were held out: `temperature` calibrates the top layer;
    `share` is the encoder's part in the pool with the lexical view, `sharpness` that of the pool (nlu/pool.py); a
    pooled probability to the power `caution` is a confidence of which 93 in 100 are right from 0.5 on.
    """

    labels: list[str]
    down: dict[str, np.ndarray]
    up: dict[str, np.ndarray]
    scale: float
    weights: np.ndarray
    bias: np.ndarray
    temperature: float
    share: float
    sharpness: float
    caution: float

    @classmethod
    def load(cls, path: Path = FILE) -> "Adapter":
        """Reads what `save` wrote; never unpickles."""
        with np.load(path, allow_pickle=False) as arrays:
            labels = json.loads(str(arrays["labels"]))
            scale, *measured = (float(value) for value in arrays["scalars"])
            down = {name[5:]: arrays[name].astype(np.float32) for name in arrays.files if name.startswith("down/")}
            up = {name[3:]: arrays[name].astype(np.float32) for name in arrays.files if name.startswith("up/")}
            weights, bias = arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32)
        return cls(labels, down, up, scale, weights, bias, *measured)

    def save(self, path: Path = FILE) -> None:
        """Half precision: the network is int8 in the end."""
        np.savez_compressed(
            path,
            labels=np.array(json.dumps(self.labels)),
            scalars=np.array([self.scale, *self.measured], np.float64),
            weights=self.weights.astype(np.float16),
            bias=self.bias.astype(np.float32),
            **{f"down/{name}": part.astype(np.float16) for name, part in self.down.items()},
            **{f"up/{name}": part.astype(np.float16) for name, part in self.up.items()},
        )

    @property
    def measured(self) -> tuple[float, float, float, float]:
        """The last four."""
        return self.temperature, self.share, self.sharpness, self.caution

    def changes(self) -> dict[str, np.ndarray]:
        """(out, in) by tensor name."""
        return {name: self.scale * (self.up[name] @ self.down[name]) for name in self.down}
