"""The operations that are said to be done are those that are done."""

from __future__ import annotations

import pytest
from test_pretraining import LINES, TOKENIZER
from torch.utils.flop_counter import FlopCounterMode

from firth.train.operations import operations
from firth.train.pretraining import Recipe, pretraining
from firth.train.shape import Shape


def test_one_block_by_hand():
    # Width 2, inner 8, one sequence of 3: keys and values 8 a token; at each masked position 8 for
    # query and output, 32 for the feed-forward layer, 12 for attention, 4 + 2 * 5 for the head.
    assert operations(Shape(1, 2, 1), 3, 5, 1.0) == 6 * (8 + 8 + 32 + 12 + 14)
    assert operations(Shape(1, 2, 1), 3, 5, 0.0) == 6 * 8
    assert operations(Shape(2, 2, 1), 3, 5, 0.0) == 6 * (8 + 8 + 8 + 32 + 12)


@pytest.mark.parametrize("shape", [Shape(2, 32, 2), Shape(3, 64, 4, 96)])
def test_they_are_those_that_torch_counts(shape):
    recipe = Recipe(shape, length=32, batch=16)
    task = pretraining({"en": LINES}, {"en": LINES[:9]}, TOKENIZER, recipe)
    with FlopCounterMode(display=False) as counted:
        loss, found = task.loss(0)
        loss.backward()
    masked = found["masked"] / (16 * 32)
    said = 16 * 32 * operations(shape, 32, TOKENIZER.get_vocab_size(), masked)
    assert counted.get_total_flops() == pytest.approx(said, rel=0.05)
