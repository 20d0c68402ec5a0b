"""The encoder in torch, and how an adapter is learned for it. Only nlu/adapt.py needs this, and torch with it.

Every matrix of the upper layers gets a low-rank change (LoRA, Hu et al. 2021); the weights themselves stay as they
are. Three in ten texts are shown with their diacritics guessed, as the restorer hands over what was typed without: the
encoder learns to read its slips, too.
"""

import math
import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nlu.encoder.adapter import Adapter
from nlu.encoder.tokens import Pieces
from nlu.encoder.weights import MATRICES, Weights
from nlu.restorer import Restorer
from nlu.text.normalize import fold

RANK, SCALE = 12, 2.0
BATCH = 32
_BARE = 0.3
_RATE, _TOP_RATE = 6e-4, 2.4e-3
_SHARPEN = 4.0  # means of the last layer are small: their logits would start flat

Example = tuple[str, int]  # rewritten text, column of its label


class Changed(nn.Module):
    """x W' + b with W' = W + SCALE * up down; only `up` and `down` learn."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight))
        self.register_buffer("bias", torch.tensor(bias))
        self.down = nn.Parameter(torch.randn(RANK, weight.shape[1]) / math.sqrt(weight.shape[1]))
        self.up = nn.Parameter(torch.zeros(weight.shape[0], RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.weight + SCALE * (self.up @ self.down), self.bias)


class Layer(nn.Module):
    """One layer of BERT, layer norm after each half."""

    def __init__(self, weights: Weights, number: int) -> None:
        super().__init__()
        self.heads, self.epsilon = weights.heads, weights.epsilon
        wide, inner = weights.width, weights.inner
        sizes = {"fi": (inner, wide), "fo": (wide, inner)}
        self.parts = nn.ModuleDict(
            {
                part: Changed(
                    weights.matrix(f"l{number}.{part}.w", *sizes.get(part, (wide, wide))),
                    weights.vector(f"l{number}.{part}.b").copy(),
                )
                for part in MATRICES
            }
        )
        for norm in ("aln", "oln"):
            for piece in ("w", "b"):
                self.register_buffer(norm + piece, torch.tensor(weights.vector(f"l{number}.{norm}.{piece}").copy()))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        texts, length, width = x.shape
        q, k, v = (self.parts[name](x).view(texts, length, self.heads, -1).transpose(1, 2) for name in "qkv")
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = self._norm(x + self.parts["ao"](mixed.transpose(1, 2).reshape(texts, length, width)), "aln")
        return self._norm(x + self.parts["fo"](functional.gelu(self.parts["fi"](x))), "oln")

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        scale, shift = getattr(self, name + "w"), getattr(self, name + "b")
        return functional.layer_norm(x, x.shape[-1:], scale, shift, self.epsilon)


class Tuned(nn.Module):
    """Texts to logits over the labels."""

    def __init__(self, weights: Weights, labels: int) -> None:
        super().__init__()
        self.source, self.pieces = weights, Pieces(weights)
        positions = weights.vector("emb.pos").reshape(-1, weights.width) + weights.vector("emb.type")[: weights.width]
        self.positions = torch.tensor(positions)
        self.first = [torch.tensor(weights.vector(f"emb.ln.{piece}").copy()) for piece in ("w", "b")]
        self.layers = nn.ModuleList(Layer(weights, number) for number in range(weights.layers))
        self.top = nn.Linear(weights.width, labels)

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        cut = [self.pieces(text) for text in texts]
        longest = max(map(len, cut))
        x = torch.zeros(len(cut), longest, self.source.width)
        mask = torch.zeros(len(cut), longest, dtype=torch.bool)
        for row, ids in enumerate(cut):
            x[row, : len(ids)] = torch.tensor(self.source.embeddings(ids)) + self.positions[: len(ids)]
            mask[row, : len(ids)] = True
        x = functional.layer_norm(x, x.shape[-1:], *self.first, self.source.epsilon)
        for layer in self.layers:
            x = layer(x, mask)
        share = mask[:, :, None].float()
        return self.top(_SHARPEN * (x * share).sum(1) / share.sum(1))

    def take(self, adapter: Adapter, labels: Sequence[str]) -> None:
        """Begin where an adapter ended; a label that it does not know begins at zero."""
        for number, layer in enumerate(self.layers):
            for name, part in layer.parts.items():
                part.down.data = torch.tensor(adapter.down[f"l{number}.{name}"])
                part.up.data = torch.tensor(adapter.up[f"l{number}.{name}"])
        self.top.weight.data.zero_()
        self.top.bias.data.zero_()
        for row, label in enumerate(labels):
            if label in adapter.labels:
                known = adapter.labels.index(label)
                self.top.weight.data[row] = torch.tensor(adapter.weights[known] / _SHARPEN)
                self.top.bias.data[row] = float(adapter.bias[known])

    def changes(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """`down` and `up` of nlu/encoder/adapter.py, by tensor name."""
        parts = {f"l{n}.{name}": part for n, layer in enumerate(self.layers) for name, part in layer.parts.items()}
        return (
            {name: part.down.detach().numpy() for name, part in parts.items()},
            {name: part.up.detach().numpy() for name, part in parts.items()},
        )

    def top_layer(self) -> tuple[np.ndarray, np.ndarray]:
        """(labels, width) and (labels,)."""
        return _SHARPEN * self.top.weight.detach().numpy(), self.top.bias.detach().numpy()


def learn(model: Tuned, examples: Sequence[Example], restorer: Restorer, epochs: int, seed: int = 0) -> None:
    """Teach the model; prints the loss now and then, since this takes an hour on two cores."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    steps = epochs * math.ceil(len(examples) / BATCH)
    groups = [
        {"params": [p for name, p in model.named_parameters() if not name.startswith("top.")], "lr": _RATE},
        {"params": model.top.parameters(), "lr": _TOP_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, [_RATE, _TOP_RATE], total_steps=steps + 1, pct_start=0.08)
    for step, batch in enumerate(_batches(examples, restorer, epochs, chance), 1):
        optimiser.zero_grad()
        logits = model([text for text, _ in batch])
        wanted = torch.tensor([column for _, column in batch])
        loss = functional.cross_entropy(logits, wanted, label_smoothing=0.05)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        pace.step()
        if step % 50 == 0:
            print(f"{step}/{steps} loss {loss.item():.2f}", flush=True)


def _batches(
    examples: Sequence[Example], restorer: Restorer, epochs: int, chance: random.Random
) -> Iterator[list[Example]]:
    """Texts of about one length together: padding costs as much as words."""
    for _ in range(epochs):
        bare = [(fold(text) if chance.random() < _BARE else text, column) for text, column in examples]
        shown = [(restorer.where_bare(text), column) for text, column in bare]
        shown.sort(key=lambda example: len(example[0]) + 30 * chance.random())
        batches = [shown[at : at + BATCH] for at in range(0, len(shown), BATCH)]
        chance.shuffle(batches)
        yield from batches
