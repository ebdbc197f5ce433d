"""An encoder that reads symbols as words, with a linear layer on its first token.

Of the word embeddings only those rows are kept that the symbols of a map and the special tokens
need: all others would be moved through the optimiser at every step without ever being read. What
is learnt is the same to the last bit but for the others' weight decay; `whole_embeddings` puts the
rows back where they belong.

Legend: b windows of a batch, t tokens of all of them, m tokens of the longest one, d width, g
classes (1 for a number), r rows that are kept.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from firth.encoder.blocks import BERT_SHAPED, PackedBatch
from firth.encoder.model import Encoder
from firth.encoder.windows import Windower
from firth.errors import ModelError, OptionError
from firth.train.packed_forward import first_states

HEAD_SPREAD = 0.02  # BERT's own

Ids = Int[np.ndarray, " w"]


class Classifier(nn.Module):
    """The model.

    Attributes:
        body: The backbone, its word embeddings cut to ``rows``.
        head: From the first token's last hidden state to the scores.
        rows: Which rows of the vocabulary are kept, ascending, [r]; None for all of them.
        ends: Special tokens before and after a window.
        dropout: Of embeddings, attention and residuals.
    """

    def __init__(
        self,
        body: Any,
        n_outputs: int,
        rows: Int[np.ndarray, " r"] | None,
        ends: tuple[Sequence[int], Sequence[int]],
        seed: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0 <= dropout < 1:
            raise OptionError(f"dropout {dropout}: legal is from 0 to below 1")
        self.body, self.rows, self.ends, self.dropout = body, rows, ends, dropout
        self.head = nn.Linear(body.config.hidden_size, n_outputs)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self.head.weight.normal_(std=HEAD_SPREAD, generator=generator)
            self.head.bias.zero_()

    def window(self, ids: Ids) -> Ids:
        """Return a window's tokens: special ones around it, as rows that are kept."""
        before, after = self.ends
        whole = np.concatenate([before, ids, after]).astype(np.int64)
        if self.rows is None:
            return whole
        at = np.searchsorted(self.rows, whole)
        assert (self.rows[np.minimum(at, len(self.rows) - 1)] == whole).all()
        return at

    def scores(self, windows: Sequence[Ids]) -> Tensor:
        """Return the scores of windows that `window` made, fp32, [b, g]."""
        device = self.head.weight.device
        lengths = [len(one) for one in windows]
        ids = torch.from_numpy(np.concatenate(windows)).to(device)
        dropout = self.dropout if self.training else 0.0
        if self.body.config.model_type in BERT_SHAPED:
            first = first_states(self.body, PackedBatch(ids, lengths), dropout)
        else:
            first = self._by_library(ids, lengths)
        with torch.autocast(device.type, enabled=False):
            return self.head(first.float())

    def _by_library(self, ids: Tensor, lengths: list[int]) -> Tensor:
        """The library's own forward, for families without a packed one."""
        fill = self.body.config.pad_token_id or 0
        padded = nn.utils.rnn.pad_sequence(
            list(ids.split(lengths)), batch_first=True, padding_value=fill
        )
        own = torch.tensor(lengths, device=ids.device)
        mask = torch.arange(padded.shape[1], device=ids.device) < own[:, None]
        output = self.body(input_ids=padded, attention_mask=mask.long())
        return output.last_hidden_state[:, 0]

    def groups(self) -> dict[str, dict[str, nn.Parameter]]:
        """Return the parameters: ``encoder`` and ``head``."""
        return {
            "encoder": {f"body.{name}": one for name, one in self.body.named_parameters()},
            "head": {f"head.{name}": one for name, one in self.head.named_parameters()},
        }


def ends_of(encoder: Encoder) -> tuple[list[int], list[int]]:
    """Return the special tokens that an encoder's tokenizer puts before and after a text.

    Raises:
        ModelError: It puts none before: there is no first token to classify by.
    """
    windower = Windower(encoder.tokenizer, encoder.max_tokens)
    if not windower.prefix:
        raise ModelError(
            f"{encoder.name}: its tokenizer puts no special token before a text, and a classifier "
            "needs one; take an encoder with [CLS] or <s>"
        )
    return windower.prefix, windower.suffix


def body_of(encoder: Encoder) -> Any:
    """Return a copy of an encoder's backbone that can be trained: fp32, without its pooler."""
    body = copy.deepcopy(encoder.model).float()
    if getattr(body, "pooler", None) is not None:
        body.pooler = None
    for weight in body.parameters():
        weight.requires_grad_(True)
    return body.eval()


def cut_embeddings(body: Any, ids: Sequence[int]) -> Int[np.ndarray, " r"] | None:
    """Keep only the word embeddings of some tokens; returns which, or None where all are kept.

    Families whose own forward reads meaning into ids (where padding is) keep them all.

    Args:
        body: A backbone of its own; it is changed.
        ids: Tokens that will be read.
    """
    if body.config.model_type not in BERT_SHAPED:
        return None
    rows = np.unique(np.asarray(ids, dtype=np.int64))
    words = body.embeddings.word_embeddings
    kept = nn.Embedding(len(rows), words.weight.shape[1])
    with torch.no_grad():
        kept.weight.copy_(words.weight[torch.from_numpy(rows)])
    body.embeddings.word_embeddings = kept.to(words.weight.device)
    return rows


def whole_embeddings(model: Classifier, encoder: Encoder) -> Any:
    """Return a copy of a model's backbone with all word embeddings, those not learnt as they were.

    Args:
        model: The trained model.
        encoder: What it was made from.
    """
    body = copy.deepcopy(model.body)
    if model.rows is None:
        return body
    given = encoder.model.embeddings.word_embeddings
    words = copy.deepcopy(given).float()
    with torch.no_grad():
        words.weight[torch.from_numpy(model.rows)] = body.embeddings.word_embeddings.weight
    body.embeddings.word_embeddings = words
    return body
