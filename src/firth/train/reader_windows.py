"""Windows that a reader learns from, and the batches that they go by in.

A window that holds the whole answer is labelled with its first and last token; any other with the
window's first token, which says "no answer here" (Devlin et al. 2019, section 4.3). A batch is a
function of seed and step: an epoch is shuffled, windows of similar length come together, and then
the batches are shuffled. Every window is read once an epoch.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from firth.encoder.question_windows import QuestionWindow, QuestionWindower
from firth.errors import InputError, OptionError
from firth.text.squad_records import Answer, Item
from firth.train.length_batches import LengthBatches

# Batches whose windows are sorted by length together.
POOL = 64


@dataclass(frozen=True)
class LabelledWindow:
    """A window and where the answer stands in it.

    Attributes:
        window: The window.
        start: Position of the answer's first token in the window; 0 where it has no answer.
        end: Position of its last token; 0 as above.
    """

    window: QuestionWindow
    start: int
    end: int


@dataclass(frozen=True)
class WindowCounts:
    """What became of questions and windows.

    Attributes:
        questions: Questions that have windows here.
        windows: Windows, of these:
        answered: with the whole answer.
        dropped: Windows without it that were left out by choice.
        unplaced: Questions left out, for the place of their answer is not known.
        too_long: Questions left out, for no window holds their answer.
        cut: Questions whose own text was longer than it may be.
        inexact: Questions whose tokens do not part where the answer begins and ends: the nearest
            answer that the reader can give has some characters more.
    """

    questions: int = 0
    windows: int = 0
    answered: int = 0
    dropped: int = 0
    unplaced: int = 0
    too_long: int = 0
    cut: int = 0
    inexact: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the fields."""
        return asdict(self)


@dataclass(frozen=True)
class ReaderWindows:
    """Windows to learn from, or to be validated on.

    Attributes:
        windows: In the order of the questions.
        counts: What became of them.
        digest: Of questions, answers and windows: another digest, another training.
    """

    windows: tuple[LabelledWindow, ...]
    counts: WindowCounts
    digest: str


def reader_windows(
    items: Sequence[Item], windower: QuestionWindower, *, negatives: float = 1.0, seed: int = 0
) -> ReaderWindows:
    """Cut questions into labelled windows.

    Args:
        items: Questions with their contexts and answers.
        windower: How they are cut.
        negatives: The share of the windows without the answer that is kept, where another window
            of the question has it.
        seed: Which.

    Raises:
        OptionError: The share is none.
        InputError: No question is left.
    """
    if not 0 <= negatives <= 1:
        raise OptionError(f"negatives {negatives}: it is a share, from 0 to 1")
    usable = [item for item in items if item.question.trainable]
    cut = windower.cut
    pairs = [(item.question.text, item.context) for item in usable]
    each: list[list[QuestionWindow]] = [[] for _ in usable]
    for window in windower.windows(pairs):
        each[window.item].append(window)
    counts = Counter(unplaced=len(items) - len(usable), cut=windower.cut - cut)
    kept: list[LabelledWindow] = []
    digest = hashlib.sha256()
    for item, own in zip(usable, each, strict=True):
        found = _labelled(item, own, negatives, seed, counts)
        kept += found
        said = [item.question.id, item.question.text, item.context]
        said += [[one.window.begin, one.window.end, one.start, one.end] for one in found]
        digest.update(json.dumps(said).encode())
    if not kept:
        raise InputError(
            f"no question is left to learn from: of {len(items)}, {counts['unplaced']} have no "
            f"answer whose place is known and {counts['too_long']} none that a window of "
            f"{windower.options.length} tokens holds"
        )
    return ReaderWindows(tuple(kept), WindowCounts(windows=len(kept), **counts), digest.hexdigest())


def _labelled(
    item: Item, windows: Sequence[QuestionWindow], negatives: float, seed: int, counts: Counter[str]
) -> list[LabelledWindow]:
    """Return the windows of a question that are kept, and count."""
    question, passage = item.question, windows[0].passage
    if question.is_impossible:
        counts["questions"] += 1
        return [LabelledWindow(one, 0, 0) for one in windows]
    gold = chosen_answer(question.spans)
    assert gold.start is not None
    assert gold.end is not None
    tokens = passage.covering(gold.start, gold.end)
    holding = [tokens is not None and _holds(one, tokens) for one in windows]
    if tokens is None or not any(holding):
        counts["too_long"] += 1
        return []
    counts["questions"] += 1
    counts["answered"] += sum(holding)
    blank = len(gold.text) - len(gold.text.lstrip())
    bare = (gold.start + blank, gold.start + len(gold.text.rstrip()))
    counts["inexact"] += passage.span(*tokens) != bare
    found: list[LabelledWindow] = []
    for number, (one, holds) in enumerate(zip(windows, holding, strict=True)):
        if holds:
            shift = one.first - one.begin
            found.append(LabelledWindow(one, tokens[0] + shift, tokens[1] + shift))
        elif _draw(f"{question.id} {number}", seed) < negatives:
            found.append(LabelledWindow(one, 0, 0))
        else:
            counts["dropped"] += 1
    return found


def chosen_answer(spans: Sequence[Answer]) -> Answer:
    """Return the answer that is learnt: the one given most often, of these the first."""
    votes = Counter((one.start, one.text) for one in spans)
    return max(spans, key=lambda one: votes[one.start, one.text])


def _holds(window: QuestionWindow, tokens: tuple[int, int]) -> bool:
    return window.begin <= tokens[0] and tokens[1] < window.end


def _draw(name: str, seed: int) -> float:
    """Return a number from 0 to 1, below 1, that depends on name and seed alone."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:6], "big") / 2**48


class WindowBatches:
    """Draws batches; a batch is a function of seed and step.

    Args:
        windows: What is read.
        batch: Windows of a batch at most; those of an epoch differ by one at most.
        pool: Batches whose windows are sorted by length together. 1 for windows of any length.

    Raises:
        InputError: There is no window.
        OptionError: A batch or pool of none.
    """

    def __init__(
        self, windows: Sequence[LabelledWindow], batch: int = 32, pool: int = POOL
    ) -> None:
        if not windows:
            raise InputError("no window to learn from: bring some questions")
        self.windows = windows
        self._places = LengthBatches(np.array([one.window.size for one in windows]), batch, pool)

    @property
    def per_epoch(self) -> int:
        """Batches of an epoch: so many steps make one."""
        return self._places.per_epoch

    def draw(self, seed: int, step: int) -> list[LabelledWindow]:
        """Return the batch of a step."""
        return [self.windows[place] for place in self._places.draw(seed, step)]
