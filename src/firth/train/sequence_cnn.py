"""A small CNN on one-hot symbols: what a practitioner would train on sequences.

Two convolutions with ReLU, the largest answers in some bins over the length, a linear layer (after
DeepBind, Alipanahi et al. 2015, which pools over the whole length: one bin). With several bins it
knows about where something stands, which aligned sequences need.

Legend: b windows, m symbols of the longest one, s size of the alphabet, c channels, g classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from firth.train.classify_model import Ids

CHANNELS = 64
WIDTHS = (9, 5)  # symbols that a convolution sees
DROPOUT = 0.2


class SequenceCnn(nn.Module):
    """The model.

    Args:
        symbols: Size of the alphabet; windows are symbols as numbers from 0.
        n_outputs: Classes, or 1 for a number.
        bins: In how many parts of the length the largest answers are taken.
        seed: Of the fresh weights.
    """

    def __init__(self, symbols: int, n_outputs: int, bins: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.symbols, self.bins = symbols, bins
        before = torch.get_rng_state()
        torch.manual_seed(seed)
        try:
            first, second = WIDTHS
            self.near = nn.Conv1d(symbols, CHANNELS, first, padding=first // 2)
            self.far = nn.Conv1d(CHANNELS, CHANNELS, second, padding=second // 2)
            self.head = nn.Linear(CHANNELS * bins, n_outputs)
        finally:
            torch.set_rng_state(before)

    def window(self, ids: Ids) -> Ids:
        """Return a window as it is."""
        return ids

    def scores(self, windows: Sequence[Ids]) -> Tensor:
        """Return the scores of windows, fp32, [b, g]."""
        device = self.head.weight.device
        lengths = torch.tensor([len(one) for one in windows], device=device)
        ids = nn.utils.rnn.pad_sequence(
            [torch.from_numpy(np.asarray(one)) for one in windows], batch_first=True,
            padding_value=self.symbols,
        ).to(device)  # fmt: skip
        with torch.autocast(device.type, enabled=False):
            hot = F.one_hot(ids, self.symbols + 1)[..., :-1].float()  # (b, m, s); padding is 0
            x = F.relu(self.near(hot.transpose(1, 2)))  # (b, c, m)
            # Behind a window's end there is nothing, whoever stands beside it in the batch.
            x = x * (torch.arange(x.shape[2], device=device) < lengths[:, None])[:, None]
            x = F.relu(self.far(F.dropout(x, DROPOUT, self.training)))
            pooled = self._pooled(x, lengths).flatten(1)  # (b, c bins)
            return self.head(F.dropout(pooled, DROPOUT, self.training))

    def _pooled(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the largest answer in each bin of each window's own length, [b, c, bins]."""
        m = x.shape[2]
        place = torch.arange(m, device=x.device)
        bins = place * self.bins // lengths[:, None]  # (b, m); from `bins` on it is padding
        parts = [
            x.masked_fill((bins != one)[:, None], 0.0).amax(2)  # ReLU: nothing is below 0
            for one in range(self.bins)
        ]
        return torch.stack(parts, 2)

    def groups(self) -> dict[str, dict[str, nn.Parameter]]:
        """Return the parameters: ``encoder`` and ``head``."""
        own = dict(self.named_parameters())
        return {
            "encoder": {name: one for name, one in own.items() if not name.startswith("head.")},
            "head": {name: one for name, one in own.items() if name.startswith("head.")},
        }
