"""An encoder: a model and its tokenizer behind the calls that experiments need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from firth.encoder.blocks import BERT_SHAPED, PackedBatch, PackedBert
from firth.encoder.encode import Item, Pooling, pooled
from firth.encoder.states import HiddenStates, Pooled, check_layers
from firth.encoder.windows import EncodingReport, Overflow, Windower
from firth.results.schema import ModelCard

Progress = Callable[[int], None]


@dataclass
class Encoder:
    """A BERT-family encoder, ready to turn texts into hidden states.

    Made by :func:`firth.load`. All calls keep the order of their texts; the result does not depend
    on which texts stand beside each other.

    Attributes:
        card: Name, revision, fingerprint and shape, as they stand in results.
        tokenizer: The fast tokenizer of transformers.
        model: The backbone of transformers, in evaluation mode, fp32.
        max_tokens: Longest input, special tokens included.
        dtype: The type of the products: bf16 where the processor has it, or fp32.
        report: What happened in all calls so far: windowed, truncated, unknown.
        folder: Where its files lie; a head is read from there.
        moved: What `firth.encoder.steering.added` adds to the output of a layer just now.
    """

    card: ModelCard
    tokenizer: Any
    model: Any
    max_tokens: int
    dtype: torch.dtype
    device: torch.device
    report: EncodingReport = field(default_factory=EncodingReport)
    folder: Path | None = None
    moved: dict[int, Tensor] = field(default_factory=dict[int, Tensor])

    @property
    def name(self) -> str:
        """What was asked for: ``mini``, a folder's name or a hub id."""
        return self.card.name

    @property
    def n_layers(self) -> int:
        """Number of blocks; hidden states run from 0 to this number."""
        return self.card.layers

    @property
    def width(self) -> int:
        """Size of a hidden state."""
        return self.card.width

    @cached_property
    def _packed(self) -> PackedBert | None:
        if self.model.config.model_type not in BERT_SHAPED:
            return None
        return PackedBert(self.model, self.dtype)

    @cached_property
    def _windower(self) -> Windower:
        # Each one has a tokenizer of its own, which takes a tenth of a second to make.
        return Windower(self.tokenizer, self.max_tokens)

    def forward(self, batch: PackedBatch) -> Iterator[Tensor]:
        """Yield the hidden states [t, d] of layers 0 to L for a packed batch."""
        if self._packed is not None:
            yield from self._packed.layers(batch, self.moved)
        else:
            yield from self._padded(batch)

    @torch.inference_mode()
    def _padded(self, batch: PackedBatch) -> Iterator[Tensor]:
        """The library's own forward, for families without a packed one."""
        texts = batch.ids.split(batch.lengths)
        fill = self.tokenizer.pad_token_id or 0
        ids = torch.nn.utils.rnn.pad_sequence(list(texts), batch_first=True, padding_value=fill)
        lengths = torch.tensor(batch.lengths, device=self.device)
        mask = torch.arange(ids.shape[1], device=self.device)[None, :] < lengths[:, None]
        options: dict[str, Any] = {}
        if batch.types is not None:
            kinds = batch.types.split(batch.lengths)
            options["token_type_ids"] = torch.nn.utils.rnn.pad_sequence(
                list(kinds), batch_first=True
            )
        # DeBERTa's first edition masks with fp32's lowest number, which overflows in bf16.
        low = self.dtype != torch.float32 and self.model.config.model_type != "deberta"
        with torch.autocast(self.device.type, dtype=self.dtype, enabled=low):
            output = self.model(
                input_ids=ids, attention_mask=mask.long(), output_hidden_states=True, **options
            )
        for states in output.hidden_states:
            yield states[mask]

    def stream(
        self,
        items: Iterable[Item],
        *,
        pooling: Pooling,
        layers: Sequence[int] | None = None,
        overflow: Overflow = "window",
        progress: Progress | None = None,
    ) -> Iterator[Pooled]:
        """Yield pooled vectors of each text; the call behind the others.

        Args:
            items: Texts with character spans (used by ``words``), read as a stream.
            pooling: ``tokens``, ``words``, ``mean`` or ``cls``.
            layers: Which layers; all of them for None.
            overflow: ``window`` or ``truncate`` what is longer than the encoder.
            progress: Called with the number of texts done since the last call.

        Raises:
            OptionError: A layer does not exist.
        """
        return pooled(
            self,
            items,
            layers=check_layers(layers, self.n_layers),
            pooling=pooling,
            windower=Windower(self.tokenizer, self.max_tokens, overflow, self.report),
            progress=progress,
        )

    def hidden_states(
        self, texts: Iterable[str], *, layers: Sequence[int] | None = None, **options: Any
    ) -> Iterator[HiddenStates]:
        """Yield the hidden states of every token of each text, special tokens left out."""
        chosen = check_layers(layers, self.n_layers)
        items: Iterator[Item] = ((text, ()) for text in texts)
        for one in self.stream(items, pooling="tokens", layers=chosen, **options):
            kept = one.counts > 0
            if kept.all():
                yield HiddenStates(chosen, one.vectors, one.offsets, one.tokens)
            else:
                yield HiddenStates(
                    chosen, one.vectors[:, kept], one.offsets[kept], one.tokens[kept]
                )

    def word_vectors(
        self, items: Iterable[Item], *, layers: Sequence[int] | None = None, **options: Any
    ) -> Iterator[Pooled]:
        """Yield one vector a span: the mean over its tokens; ``counts`` is 0 where none is left."""
        return self.stream(items, pooling="words", layers=layers, **options)

    def sentence_vectors(
        self,
        texts: Iterable[str],
        *,
        layers: Sequence[int] | None = None,
        pooling: Pooling = "mean",
        **options: Any,
    ) -> Float[np.ndarray, "l n d"]:
        """Return one vector a text: the mean over its tokens, or the first token (``cls``)."""
        items: Iterator[Item] = ((text, ()) for text in texts)
        each = [
            one.vectors for one in self.stream(items, pooling=pooling, layers=layers, **options)
        ]
        if not each:
            rows = len(check_layers(layers, self.n_layers))
            return np.zeros((rows, 0, self.width), dtype=np.float32)
        return np.concatenate(each, axis=1)

    def static_vector(self, word: str) -> Float[np.ndarray, " d"]:
        """Return the static vector of a word form: the mean of its rows of the input embeddings.

        The word is tokenised alone, so every occurrence of a form has the same vector. Where the
        embeddings are narrower than the hidden states, the vector is as narrow.
        """
        tokens = self._windower.tokenise([word])[0].ids
        rows = cast(Tensor, self.model.get_input_embeddings().weight)
        return rows[torch.from_numpy(tokens).to(rows.device)].mean(0).detach().float().cpu().numpy()
