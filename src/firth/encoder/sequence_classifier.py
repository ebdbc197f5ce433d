"""A fine-tuned classifier of sequences: symbols in, the probability of each class or a number out.

Its folder is a Hugging Face folder with three files more: ``symbols.json`` (which word stands for
which symbol), ``classifier.json`` (classes, how sequences are cut into symbols and windows) and
``head.safetensors`` (the linear layer on the first token).

Legend: n sequences, w windows, d width, g classes (1 for a number).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError
from safetensors.numpy import load_file

from firth.encoder.blocks import PackedBatch
from firth.encoder.encode import batches
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.windows import Windower
from firth.errors import InputError, ModelError, first_line
from firth.text.sequence_windows import cut_windows
from firth.text.sequences import SequenceSet
from firth.text.symbol_cuts import parse_cut
from firth.text.symbols import SymbolMap, load_map
from firth.text.word_pieces import Vocabulary

SETTINGS, SYMBOLS, HEAD = "classifier.json", "symbols.json", "head.safetensors"
FORMAT = "firth sequence classifier"
VERSION = 1


@dataclass(frozen=True)
class ClassifierOptions:
    """What a classifier knows of its sequences.

    Attributes:
        classes: In the order of the scores; none where it predicts numbers.
        symbols: How sequences are cut into symbols.
        window: Symbols of a window at most.
        stride: Symbols from window to window; None for windows that touch.
        vote: How windows answer together: ``mean`` or ``majority``.
        upper: Whether small letters are read as capitals.
    """

    classes: tuple[str, ...]
    symbols: str = "characters"
    window: int = 510
    stride: int | None = None
    vote: str = "mean"
    upper: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back."""
        return vars(self) | {"classes": list(self.classes)}


@dataclass(frozen=True)
class Labelling:
    """What a sequence is answered.

    Attributes:
        label: The class, or the number.
        probabilities: Of each class, in the order of `ClassifierOptions.classes`; none of a number.
        windows: How many windows answered together.
    """

    label: str | float
    probabilities: tuple[float, ...]
    windows: int


@dataclass(frozen=True)
class _Row:
    """A window's tokens and its place among all."""

    at: int
    ids: Int[np.ndarray, " w"]


@dataclass
class SequenceClassifier:
    """An encoder with a map of symbols and a linear layer.

    Attributes:
        encoder: The fine-tuned encoder.
        symbols: From symbols to its words.
        weight: Of the linear layer, [g, d].
        bias: Of the linear layer, [g].
        options: What it knows of its sequences.
        unknown: How often each symbol occurred that became the unknown token, so far.
        cut: How many sequences were cut into several windows, so far.
    """

    encoder: Encoder
    symbols: SymbolMap
    weight: Float[np.ndarray, "g d"]
    bias: Float[np.ndarray, " g"]
    options: ClassifierOptions
    unknown: Counter[str] = field(default_factory=Counter[str])
    cut: int = 0

    @classmethod
    def load(cls, folder: str, *, device: str = "auto", dtype: str = "auto") -> SequenceClassifier:
        """Load a folder that `firth transfer run --save` wrote.

        Args:
            folder: The folder.
            device: As in `firth.load`.
            dtype: As in `firth.load`.

        Raises:
            ModelError: It is no such folder, or cannot be read.
            InputError: Its map of symbols is of another vocabulary.
            OptionError: An option is not legal.
        """
        options = _options(Path(folder))
        encoder = load(folder, device=device, dtype=dtype)
        try:
            head = load_file(Path(folder) / HEAD)
            weight, bias = head["weight"], head["bias"]
        except (OSError, SafetensorError, KeyError) as error:
            raise ModelError(f"{folder}: {HEAD} cannot be read: {first_line(error)}") from error
        if weight.shape != (len(options.classes) or 1, encoder.width):
            raise ModelError(
                f"{folder}: {HEAD} is {weight.shape[0]} x {weight.shape[1]}, but there are "
                f"{len(options.classes) or 1} scores of {encoder.width} numbers"
            )
        symbols = load_map(Path(folder) / SYMBOLS, vocabulary_of(encoder))
        return cls(encoder, symbols, weight, bias, options)

    def label(
        self,
        data: SequenceSet,
        *,
        unseen: str = "refuse",
        progress: Callable[[int], None] | None = None,
    ) -> list[Labelling]:
        """Label sequences, in their order.

        Args:
            data: The sequences, cut into symbols as `ClassifierOptions.symbols` says.
            unseen: What becomes of symbols that were not there in training: ``refuse`` or
                ``unknown``.
            progress: Called with the number of windows done since the last call.

        Raises:
            InputError: A symbol is unseen, and is refused; its line is named.
            OptionError: ``unseen`` is not legal.
        """
        sequences = [one.symbols for one in data.examples]
        windows = cut_windows(sequences, self.options.window, self.options.stride)
        self.cut += windows.cut
        ids: list[np.ndarray] = []
        for whole, symbols in zip(windows.whole, windows.symbols, strict=True):
            try:
                (own,), missing = self.symbols.encode([symbols], unseen)
            except InputError as error:
                where = data.examples[whole].where
                said = str(error).removeprefix("sequence 1: ")
                raise InputError(f"{where}: {said}") from error
            self.unknown.update(missing)
            ids.append(own)
        scores = self._scores(ids, progress)
        return self._together(scores, np.array(windows.whole, dtype=np.int64), len(sequences))

    @torch.inference_mode()
    def _scores(
        self, ids: Sequence[np.ndarray], progress: Callable[[int], None] | None
    ) -> Float[np.ndarray, "w g"]:
        windower = Windower(self.encoder.tokenizer, self.encoder.max_tokens)
        rows = [
            _Row(at, np.concatenate([windower.prefix, own, windower.suffix]).astype(np.int64))
            for at, own in enumerate(ids)
        ]
        found = np.empty((len(rows), len(self.bias)))
        for batch in batches(sorted(rows, key=lambda row: len(row.ids))):
            packed = torch.from_numpy(np.concatenate([row.ids for row in batch]))
            lengths = [len(row.ids) for row in batch]
            *_, states = self.encoder.forward(PackedBatch(packed.to(self.encoder.device), lengths))
            first = torch.from_numpy(np.cumsum([0, *lengths[:-1]]))
            vectors = states[first].double().cpu().numpy()  # (b, d)
            scores = vectors @ self.weight.T.astype(np.float64) + self.bias
            found[[row.at for row in batch]] = scores
            if progress is not None:
                progress(len(batch))
        return found

    def _together(
        self, scores: Float[np.ndarray, "w g"], whole: Int[np.ndarray, " w"], n: int
    ) -> list[Labelling]:
        """Let the windows of each sequence answer together."""
        counts = np.bincount(whole, minlength=n)
        classes = self.options.classes
        values = scores
        if classes:
            values = np.exp(scores - scores.max(axis=1, keepdims=True))
            values /= values.sum(axis=1, keepdims=True)
        mean = np.zeros((n, values.shape[1]))
        np.add.at(mean, whole, values)
        mean /= counts[:, None]
        if not classes:
            return [
                Labelling(float(one), (), int(k)) for one, k in zip(mean[:, 0], counts, strict=True)
            ]
        best = mean.argmax(axis=1)
        if self.options.vote == "majority":
            ballots = np.zeros_like(mean)
            np.add.at(ballots, (whole, values.argmax(axis=1)), 1.0)
            first = ballots == ballots.max(axis=1, keepdims=True)
            best = np.where(first, mean, -np.inf).argmax(axis=1)
        return [
            Labelling(classes[at], tuple(own.tolist()), int(k))
            for at, own, k in zip(best, mean, counts, strict=True)
        ]


def vocabulary_of(encoder: Encoder) -> Vocabulary:
    """Return the pieces of an encoder's tokenizer."""
    tokenizer = encoder.tokenizer
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    return Vocabulary.of([str(one or "") for one in pieces], special)


def _options(folder: Path) -> ClassifierOptions:
    path = folder / SETTINGS
    try:
        given: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(
            f"{folder} is no classifier of sequences: {SETTINGS} cannot be read; "
            "`firth transfer run --save FOLDER` writes one"
        ) from error
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {first_line(error)}") from error
    try:
        if given.pop("format") != FORMAT or given.pop("version") != VERSION:
            raise ValueError(f"its format is not {FORMAT!r}, version {VERSION}")
        known = {one.name for one in fields(ClassifierOptions)}
        if unknown := sorted(set(given) - known):
            raise ValueError(f"{unknown[0]!r} is no setting of a classifier")
        parse_cut(given["symbols"])
        own: dict[str, Any] = {**given, "classes": tuple(given["classes"])}
        return ClassifierOptions(**own)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read: {first_line(error)}") from error
