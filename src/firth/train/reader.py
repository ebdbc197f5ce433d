"""Reading comprehension as a task of the loop: where does the answer begin, where does it end?

Two linear maps on the last hidden states score each token as start and as end of the answer; the
loss is the mean of the two cross-entropies over the window's tokens (Devlin et al. 2019, section
4.2). Padding is no token of a window and has no share in it.

Legend: b windows of a batch, t tokens of all of them, m tokens of the longest one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from firth.encoder.blocks import BERT_SHAPED, PackedBatch
from firth.encoder.model import Encoder
from firth.encoder.reader import packed
from firth.encoder.span_head import backbone, head_names, span_logits
from firth.errors import OptionError
from firth.train.length_batches import token_batches
from firth.train.packed_forward import packed_states
from firth.train.reader_windows import LabelledWindow, ReaderWindows, WindowBatches
from firth.train.replicas import WHOLE, Part

# Where a backbone keeps its blocks; a family that is not here shares one block among all layers.
_BLOCKS = {"distilbert": "transformer.layer", "modernbert": "layers", "albert": None}


def new_reader(
    encoder: Encoder, seed: int = 0, *, pretrained: bool = True, dropout: float = 0.0
) -> Any:
    """Make a model that can be trained to answer: an encoder with a fresh span head.

    Args:
        encoder: Where shape and weights come from; it stays as it is.
        seed: Of the fresh weights.
        pretrained: Whether the encoder's weights are taken; if not, all weights are fresh.
        dropout: Of whatever the family drops while it trains.

    Returns:
        The library's ``...ForQuestionAnswering``, fp32.
    """
    from transformers import AutoModelForQuestionAnswering

    if not 0 <= dropout < 1:
        raise OptionError(f"dropout {dropout}: legal is from 0 to below 1")
    config = copy.deepcopy(encoder.model.config)
    config.num_labels = 2
    rates = {
        name: value
        for name, value in vars(config).items()
        if name.endswith(("dropout", "dropout_prob")) and isinstance(value, float)
    }
    for name in rates:
        setattr(config, name, dropout)
    before = torch.get_rng_state()
    torch.manual_seed(seed)
    model: Any = AutoModelForQuestionAnswering.from_config(config).float()
    torch.set_rng_state(before)
    # The layers have their rates by now; whoever trains the model further has its own again.
    for name, value in rates.items():
        setattr(config, name, value)
    if pretrained:
        body = backbone(model)
        wanted = dict(body.state_dict())
        given = {name: w for name, w in encoder.model.state_dict().items() if name in wanted}
        body.load_state_dict(given)
    return model.to(encoder.device).eval()


def frozen_names(model: Any, layers: int | None) -> set[str]:
    """Return the names of the weights that stay as they are.

    Args:
        model: ``...ForQuestionAnswering``.
        layers: None for none, 0 for the embeddings, k for the lowest k blocks as well.

    Raises:
        OptionError: There are not so many blocks.
    """
    if layers is None:
        return set()
    body = backbone(model)
    blocks: Any = None
    path = _BLOCKS.get(model.config.model_type, "encoder.layer")
    if path is not None:
        blocks = body.get_submodule(path)
    most = 0 if blocks is None else len(blocks)
    if not 0 <= layers <= most:
        raise OptionError(f"frozen layers {layers}: legal are 0 (embeddings only) to {most}")
    parts = [f"{model.base_model_prefix}.embeddings."]
    parts += [f"{model.base_model_prefix}.embeddings_project."]  # ELECTRA's
    parts += [f"{model.base_model_prefix}.{path}.{number}." for number in range(layers)]
    return {name for name, _ in model.named_parameters() if name.startswith(tuple(parts))}


@dataclass
class SpanReader:
    """The task.

    Attributes:
        model: What `new_reader` made.
        training: The windows to learn from.
        batch: Windows of a batch.
        seed: Of the batches.
        held_out: Language -> windows that are validated.
        dropout: As `new_reader` was told.
        frozen_layers: See `frozen_names` (Wu & Dredze 2019 freeze the lower layers of multilingual
            BERT for the sake of other languages).
        about: What else must be the same for a run to go on: the encoder's fingerprint, say.
    """

    model: Any
    training: ReaderWindows
    batch: int = 32
    seed: int = 0
    held_out: Mapping[str, ReaderWindows] = field(default_factory=dict[str, ReaderWindows])
    dropout: float = 0.0
    frozen_layers: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Freeze what stays as it is."""
        self.batches = WindowBatches(self.training.windows, self.batch)
        frozen = frozen_names(self.model, self.frozen_layers)
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name not in frozen)

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which every window is read once."""
        return self.batches.per_epoch

    def groups(self) -> dict[str, dict[str, nn.Parameter]]:
        """Return ``encoder`` and ``head``, as their files name them; what is frozen is left out."""
        own = set(head_names(self.model))
        groups: dict[str, dict[str, nn.Parameter]] = {"encoder": {}, "head": {}}
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                groups["head" if name in own else "encoder"][name] = parameter
        return groups

    def loss(self, step: int, part: Part = WHOLE) -> tuple[Tensor, dict[str, float]]:
        """Return the part's share of the loss of a step; ``tokens``, ``windows``, ``exact``."""
        whole = self.batches.draw(self.seed, step)
        batch = whole[part.index :: part.of]
        if not batch:  # more parts than windows
            trained = [one for group in self.groups().values() for one in group.values()]
            nothing = torch.stack([one.sum() for one in trained]).sum() * 0.0
            return nothing, {"tokens": 0, "windows": 0, "exact": 0}
        losses, exact = window_losses(self.model, batch, self.dropout)
        counts = {
            "tokens": float(sum(one.window.size for one in batch)),
            "windows": float(len(batch)),
            "exact": float(exact.sum()),
        }
        return losses.sum() / len(whole), counts

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Return loss and share of exactly right windows by language."""
        scores: dict[str, dict[str, float]] = {}
        for language, held_out in self.held_out.items():
            windows, loss, exact = held_out.windows, 0.0, 0
            for batch in token_batches([one.window.size for one in windows]):
                losses, right = window_losses(self.model, [windows[place] for place in batch])
                loss, exact = loss + float(losses.sum()), exact + int(right.sum())
            n = len(windows)
            scores[language] = {"span_loss": loss / n, "span_exact": exact / n, "n": n}
        return {"languages": scores}

    def config(self) -> dict[str, Any]:
        """Return what must not change when a run goes on."""
        config: dict[str, Any] = {
            "task": "reader",
            "model": {k: v for k, v in self.model.config.to_dict().items() if _plain(k, v)},
            "windows": self.training.digest,
            "counts": self.training.counts.as_dict(),
            "held_out": {language: one.digest for language, one in self.held_out.items()},
            "batch": self.batch,
            "seed": self.seed,
            "dropout": self.dropout,
            "frozen_layers": self.frozen_layers,
        }
        return config | dict(self.about)


def window_losses(
    model: Any, batch: Sequence[LabelledWindow], dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Compute the loss of each window.

    Args:
        model: ``...ForQuestionAnswering``.
        batch: Windows of any length.
        dropout: For those families whose forward is our own; the library's has its rates already.

    Returns:
        The mean of the two cross-entropies, [b], and whether start and end are both the most
        probable tokens, [b].
    """
    tokens = packed([one.window for one in batch], model.device)
    logits = span_logits(model, _states(model, tokens, dropout))  # (t, 2)
    lengths = torch.tensor(tokens.lengths, device=logits.device)
    b, m = len(lengths), max(tokens.lengths)
    places = (torch.arange(m, device=logits.device) < lengths[:, None]).flatten().nonzero()[:, 0]
    padded = logits.new_full((b * m, 2), float("-inf")).index_copy(0, places, logits)
    golds = torch.tensor([[one.start, one.end] for one in batch], device=logits.device)  # (b, 2)
    scores = padded.view(b, m, 2).log_softmax(1)
    losses = -scores.gather(1, golds[:, None])[:, 0].mean(1)
    return losses, (scores.detach().argmax(1) == golds).all(1)


def _states(model: Any, tokens: PackedBatch, dropout: float) -> Tensor:
    """Return the last hidden states, [t, d]."""
    body = backbone(model)
    if model.config.model_type in BERT_SHAPED:
        return packed_states(body, tokens, dropout)
    # The library drops only while it trains, and then in its own places.
    body.train(dropout > 0)
    ids = torch.nn.utils.rnn.pad_sequence(
        list(tokens.ids.split(tokens.lengths)),
        batch_first=True,
        padding_value=model.config.pad_token_id or 0,
    )
    lengths = torch.tensor(tokens.lengths, device=ids.device)
    mask = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
    options: dict[str, Any] = {}
    if tokens.types is not None:
        kinds = list(tokens.types.split(tokens.lengths))
        options["token_type_ids"] = torch.nn.utils.rnn.pad_sequence(kinds, batch_first=True)
    output = body(input_ids=ids, attention_mask=mask.long(), **options)
    return output.last_hidden_state[mask]


def _plain(name: str, value: object) -> bool:
    """Tell whether a field is JSON, and not the folder that the encoder came from."""
    return name[0] != "_" and (value is None or isinstance(value, str | int | float | bool))
