"""The arm ``frozen``: a linear probe on the first token of the encoder as it is.

Every window is encoded once; the linear layer is fitted to the end (`firth.probe.linear`), on
coordinates divided by their spread in the training data, with the penalty that is best on the
development data. Its seed has no say: there is one run a map.

Legend: w windows, d width, g classes (1 for a number).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_matrix

from firth.encoder.blocks import PackedBatch
from firth.experiments.transfer_data import Windowed
from firth.experiments.transfer_runs import Bench
from firth.probe.linear import Linear, fit_logistic, fit_ridge, log_softmax
from firth.train.length_batches import token_batches

PENALTIES = (10_000.0, 1000.0, 100.0, 10.0, 1.0)  # from strong to weak


@dataclass(frozen=True)
class Frozen:
    """A probe of one map.

    Attributes:
        test: Its answers, [w, g].
        penalty: What was chosen.
        dev_score: On the development data.
        tried: (penalty, dev_score, dev_loss).
    """

    test: Float[np.ndarray, "w g"]
    penalty: float
    dev_score: float
    tried: tuple[tuple[float, float, float], ...]


def frozen(bench: Bench, number: int) -> Frozen:
    """Fit the probe of a map.

    Args:
        bench: What all runs share.
        number: Of the map.
    """
    material = bench.material
    train, dev, test = (
        features(bench, number, own) for own in (material.train, material.dev, material.test)
    )
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread[spread == 0] = 1.0
    train, dev, test = ((own - mean) / spread for own in (train, dev, test))
    best: tuple[tuple[float, float], float, Linear] | None = None
    tried: list[tuple[float, float, float]] = []
    linear: Linear | None = None
    for penalty in PENALTIES:
        if material.n_classes:
            labels = material.train.labels
            linear = fit_logistic(train, labels, material.n_classes, penalty, linear)
        else:
            linear = fit_ridge(csr_matrix(train), material.train.labels, penalty)
        found = material.judge(_answers(linear, dev, material.n_classes))
        tried.append((penalty, found["dev_score"], found["dev_loss"]))
        key = found["dev_score"], -found["dev_loss"]
        if best is None or key > best[0]:
            best = key, penalty, linear
    assert best is not None
    own = _answers(best[2], test, material.n_classes)
    return Frozen(own, best[1], best[0][0], tuple(tried))


def _answers(linear: Linear, rows: Float[np.ndarray, "w d"], n_classes: int) -> np.ndarray:
    scores = rows @ linear.weights + linear.intercept
    return np.exp(log_softmax(scores)) if n_classes else scores


@torch.inference_mode()
def features(bench: Bench, number: int, windows: Windowed) -> Float[np.ndarray, "w d"]:
    """Return the first token's last hidden state of each window."""
    encoder, (before, after) = bench.encoder, bench.ends
    ids = bench.maps[number].encode(windows.symbols)[0]
    rows = [np.concatenate([before, own, after]).astype(np.int64) for own in ids]
    found = np.empty((len(rows), encoder.width))
    for places in token_batches([len(one) for one in rows]):
        own = [rows[at] for at in places]
        packed = torch.from_numpy(np.concatenate(own)).to(encoder.device)
        lengths = [len(one) for one in own]
        *_, states = encoder.forward(PackedBatch(packed, lengths))
        first = np.cumsum([0, *lengths[:-1]])
        found[places] = states[torch.from_numpy(first)].double().cpu().numpy()
    return found
