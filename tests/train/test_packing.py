"""Packed sequences: nothing twice, nothing left out, epochs counted exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.train.packing import Ends, Packed
from firth.train.sequences import Source

ENDS = Ends(first=1, last=2)


def packed(
    lines: dict[str, list[list[int]]], length: int = 5, batch: int = 4, power: float = 0.0
) -> Packed:
    sources = {language: Source.of(own) for language, own in lines.items()}
    return Packed(sources, length, batch, dict.fromkeys(lines, ENDS), power)


TWO = {"a": [[10, 11], [12], [13, 14, 15]], "b": [[20, 21, 22, 23]]}


def test_an_epoch_holds_every_sentence_once_and_in_one_piece() -> None:
    task = packed({"a": TWO["a"]}, length=10, batch=1)
    assert task.epoch_pieces("a") == 9
    epochs = [task.draw(0, step)[0] for step in range(3)]
    for row in epochs:
        assert row[0] == ENDS.first
        text = " ".join(map(str, row[1:].tolist()))
        for sentence in ("10 11 2", "12 2", "13 14 15 2"):
            assert sentence in text
    assert any((epochs[0] != other).any() for other in epochs[1:])


def test_each_row_is_of_one_language_and_rows_say_which() -> None:
    task = packed(TWO)
    for step in range(5):
        rows = task.rows(step)
        drawn = task.draw(3, step)
        assert rows.tolist() == [0, 0, 1, 1]
        for language, row in zip(rows, drawn, strict=True):
            own = row[row >= 10]
            assert (own // 10 == language + 1).all()


def test_a_batch_is_a_function_of_seed_and_step() -> None:
    forward, later = packed(TWO), packed(TWO)
    drawn = [forward.draw(7, step) for step in range(6)]
    assert (later.draw(7, 5) == drawn[5]).all()
    assert (later.draw(7, 2) == drawn[2]).all()
    assert any((later.draw(8, step) != drawn[step]).any() for step in range(6))


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    batch=st.integers(8, 40),
    power=st.floats(0, 0.5),
)
def test_every_step_has_a_whole_batch_in_the_languages_shares(
    sizes: list[int], batch: int, power: float
) -> None:
    lines = {f"l{i}": [[10, 11, 12]] * size for i, size in enumerate(sizes)}
    try:
        task = packed(lines, batch=batch, power=power)
    except OptionError:
        return
    shares = np.array(list(task.shares().values()))
    for step in (0, 1, 7, 1000):
        counts = task.before(step + 1) - task.before(step)
        assert counts.sum() == batch
        assert (counts >= 0).all()
        assert np.abs(task.before(step) - shares * batch * step).max() <= 1
        assert len(task.rows(step)) == batch


def test_epochs_are_what_was_read() -> None:
    task = packed(TWO)
    pieces = 10 * 2 * 4  # steps x rows of the language x pieces of a row
    assert task.epochs(10) == {"a": pieces / 9, "b": pieces / 5}


def test_refusals() -> None:
    with pytest.raises(OptionError, match="at least 4 pieces"):
        packed(TWO, length=3)
    with pytest.raises(InputError, match="no text in language 'a'"):
        packed({"a": [[]]})
    with pytest.raises(OptionError, match="less than one sequence"):
        packed({"a": [[10]] * 500, "b": [[20]]}, power=1.0)
