"""A reader: a question and a text in, the passage of the text that answers it out.

Windows of all questions are sorted by length and go through the packed forward pass together;
then the windows of each question are put together again, and the best span over all of them wins
(`firth.encoder.spans`). An answer is always a slice of its context.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from firth.encoder.blocks import PackedBatch
from firth.encoder.encode import batches
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.question_windows import QuestionWindow, WindowOptions, windower_of
from firth.encoder.span_head import backbone, span_logits
from firth.encoder.spans import (
    Candidate,
    Logits,
    SpanLimits,
    candidates,
    no_answer_probability,
    span_scores,
)
from firth.encoder.windows import EncodingReport
from firth.errors import ModelError, OptionError, first_line
from firth.text.squad_records import Item

SETTINGS = "reader.json"

# Questions that are answered together.
CHUNK = 128


@dataclass(frozen=True)
class Prediction:
    """What a reader answers.

    Attributes:
        text: The context's own characters; empty where it says that there is no answer.
        start: The first of them; None where there is no answer.
        end: Past the last; None as above.
        probability: Of the best answer among all legal ones, if there is one.
        no_answer_probability: That there is none, against all legal answers.
        n_best: The best answers, best first, also where none is given.
    """

    text: str
    start: int | None
    end: int | None
    probability: float
    no_answer_probability: float
    n_best: tuple[Candidate, ...]


@dataclass
class Reader:
    """An encoder with a span head.

    Attributes:
        encoder: The encoder that was trained for it.
        head: The library's model with its head; its backbone is not used.
        options: How contexts are cut into windows.
        threshold: Where ``no_answer_probability`` is above it, no answer is given; None for a
            reader that always answers.
        cut: Questions that were longer than they may be, so far.
    """

    encoder: Encoder
    head: Any
    options: WindowOptions = field(default_factory=WindowOptions)
    threshold: float | None = None
    cut: int = 0

    def __post_init__(self) -> None:
        self._windower = windower_of(
            self.encoder.tokenizer,
            self.encoder.model.config,
            self.options,
            self.encoder.max_tokens,
        )

    @classmethod
    def load(cls, folder: str, *, device: str = "auto", dtype: str = "auto") -> Reader:
        """Load a reader's folder, or any question-answering model that `firth.load` takes.

        Args:
            folder: A folder or a hub id; ``mini`` for the reader that travels with it.
            device: As in `firth.load`.
            dtype: As in `firth.load`.

        Raises:
            ModelError: It cannot be loaded, or has no span head.
            OptionError: An option is not legal.
        """
        from firth.encoder.compact_reader import reader_of

        return reader_of(load(folder, device=device, dtype=dtype))

    @classmethod
    def of(
        cls,
        encoder: Encoder,
        model: Any,
        options: WindowOptions | None = None,
        threshold: float | None = None,
    ) -> Reader:
        """Make a reader of a model in memory, as its weights are now.

        Args:
            encoder: What it was made from: gives tokenizer, type of the products and card.
            model: ``...ForQuestionAnswering``; it is copied, so that training may go on.
            options: How contexts are cut.
            threshold: See the attribute.
        """
        model = copy.deepcopy(model).eval()
        own = replace(encoder, model=backbone(model), report=EncodingReport(), moved={})
        return cls(own, model, options or default_options(encoder), threshold)

    def answers(
        self,
        items: Sequence[Item],
        *,
        n_best: int = 1,
        max_answer: int = 30,
        max_characters: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> list[Prediction]:
        """Answer questions, in their order.

        Args:
            items: Questions with their contexts; gold answers are not looked at.
            n_best: How many answers are listed for each.
            max_answer: Tokens of an answer at most.
            max_characters: Its characters at most; None for as many as there are.
            progress: Called with the number of questions done since the last call.

        Raises:
            OptionError: A limit is not legal.
        """
        pairs = [(item.question.text, item.context) for item in items]
        return self.ask(pairs, SpanLimits(max_answer, max_characters, n_best), progress)

    def ask(
        self,
        pairs: Sequence[tuple[str, str]],
        limits: SpanLimits | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> list[Prediction]:
        """Answer questions that are texts: `answers` on pairs of question and context."""
        limits = limits or SpanLimits()
        found: list[Prediction] = []
        for at in range(0, len(pairs), CHUNK):
            chunk = pairs[at : at + CHUNK]
            for windows, logits in self._scored(chunk):
                found.append(self._predict(windows, logits, limits))
            if progress is not None:
                progress(len(chunk))
        return found

    def _predict(
        self, windows: Sequence[QuestionWindow], logits: Sequence[Logits], limits: SpanLimits
    ) -> Prediction:
        passage = windows[0].passage
        best, total = candidates(passage, span_scores(windows, logits, limits), limits)
        none = no_answer_probability(logits, total)
        probability = best[0].probability if best else 0.0
        if not best or (self.threshold is not None and none > self.threshold):
            return Prediction("", None, None, probability, none, best)
        return Prediction(best[0].text, best[0].start, best[0].end, probability, none, best)

    def _scored(
        self, pairs: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[list[QuestionWindow], list[Logits]]]:
        """Yield for each pair its windows and the scores of their tokens."""
        windows = self._windower.windows(pairs)
        self.cut = self._windower.cut
        order = sorted(windows, key=lambda window: window.size)
        scores: dict[QuestionWindow, Logits] = {}
        # Longest first: what does not fit in memory shows at once.
        for batch in reversed(list(batches(order))):
            for window, own in zip(batch, self._logits(batch), strict=True):
                scores[window] = own
        together: list[list[QuestionWindow]] = [[] for _ in pairs]
        for window in windows:
            together[window.item].append(window)
        for own in together:
            yield own, [scores[window] for window in own]

    @torch.inference_mode()
    def _logits(self, batch: Sequence[QuestionWindow]) -> list[Logits]:
        """Return the scores [w, 2] of the tokens of each window."""
        *_, states = self.encoder.forward(packed(batch, self.encoder.device))
        flat = span_logits(self.head, states).cpu().numpy()  # (t, 2)
        return np.split(flat, np.cumsum([window.size for window in batch])[:-1])


def packed(batch: Sequence[QuestionWindow], device: torch.device) -> PackedBatch:
    """Return windows as a packed batch, one after another."""
    ids = torch.from_numpy(np.concatenate([window.ids for window in batch])).to(device)
    types = [kinds for window in batch if (kinds := window.types) is not None]
    joined = torch.from_numpy(np.concatenate(types)).to(device) if types else None
    return PackedBatch(ids, [window.size for window in batch], joined)


def default_options(encoder: Encoder) -> WindowOptions:
    """Return the usual windows, shorter where the encoder reads less."""
    usual = WindowOptions()
    return replace(usual, length=min(usual.length, encoder.max_tokens))


def reader_settings(encoder: Encoder, folder: Path | None) -> tuple[WindowOptions, float | None]:
    """Return what a folder says of windows and threshold; the defaults where it says nothing."""
    default = default_options(encoder)
    path = Path() if folder is None else folder / SETTINGS
    if not path.is_file():
        return default, None
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        threshold = given.pop("threshold", None)
        known = {one.name for one in fields(WindowOptions)}
        if unknown := sorted(set(given) - known):
            raise ValueError(f"{unknown[0]!r} is no setting of a reader")
        options = replace(default, **{name: int(value) for name, value in given.items()})
        return options, None if threshold is None else float(threshold)
    except (OSError, ValueError, TypeError, AttributeError, OptionError) as error:
        raise ModelError(
            f"{encoder.name}: {SETTINGS} cannot be read: {first_line(error)}"
        ) from error
