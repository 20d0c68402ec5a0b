"""Two views of a text as one: a log-linear pool of calibrated probabilities."""

from collections.abc import Sequence

import numpy as np

from nlu.lexical import log_softmax


def pool(
    lexical: np.ndarray,
    labels: Sequence[str],
    encoded: np.ndarray,
    known: Sequence[str],
    share: float,
    sharpness: float = 1.0,
) -> np.ndarray:
    """(texts, labels) log-probabilities from those of the lexical view and those of the encoder over `known` labels.

    A label that the encoder never learned keeps what the lexical view says of it. `share` is the encoder's part;
    `sharpness` makes up for two views that are unsure about different things.
    """
    column = {label: at for at, label in enumerate(known)}
    both = [(at, column[label]) for at, label in enumerate(labels) if label in column]
    mine, theirs = [at for at, _ in both], [at for _, at in both]
    pooled = lexical.copy()
    pooled[:, mine] = (1 - share) * lexical[:, mine] + share * encoded[:, theirs]
    return log_softmax(sharpness * pooled)
