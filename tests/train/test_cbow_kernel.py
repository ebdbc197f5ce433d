"""The inner loop of CBOW against autograd, word by word."""

import numpy as np
import pytest
import torch

from firth.train.cbow_kernel import (
    CBOW,
    CBOW_WORD2VEC,
    END,
    SIGMOID,
    SKIP_GRAM,
    alias_table,
    run,
)

WIDTH, WORDS, NOISE, RATE = 6, 5, 4, 0.3


def matrices(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs, outputs = rng.normal(size=(2, WORDS, WIDTH)).astype(np.float32)
    return inputs, outputs


def learn(
    ids, algorithm: int, inputs: np.ndarray, outputs: np.ndarray, **changed
) -> tuple[int, float]:
    """One run in which every drawn word is `NOISE` and every window is 1 wide."""
    slots, alias = alias_table(np.eye(WORDS)[NOISE])
    settings = {"window": 1, "negatives": 2, "rate": RATE, "seed": 3} | changed
    return run(
        np.array(ids, dtype=np.int32), np.ones(WORDS, np.float32), slots, alias, SIGMOID,
        inputs, outputs, algorithm, settings["window"], settings["negatives"],
        settings["rate"], settings["rate"], settings["seed"],
    )  # fmt: skip


def reference(ids, algorithm: int, inputs: np.ndarray, outputs: np.ndarray) -> float:
    """The same by autograd, one prediction after the other, float64; returns the sum of losses."""
    left, right = (
        torch.tensor(m, dtype=torch.float64, requires_grad=True) for m in (inputs, outputs)
    )
    total = 0.0
    for centre, word in enumerate(ids):
        context = [ids[i] for i in (centre - 1, centre + 1) if 0 <= i < len(ids)]
        groups = [[one] for one in context] if algorithm == SKIP_GRAM else [context]
        for group in groups:
            hidden = left[group].mean(0)
            loss = -torch.nn.functional.logsigmoid(hidden @ right[word])
            loss = loss - 2 * torch.nn.functional.logsigmoid(-hidden @ right[NOISE])
            loss.backward()
            with torch.no_grad():
                step = left.grad
                if algorithm == CBOW_WORD2VEC:  # the whole gradient of the mean, to each word
                    step = step * len(group)
                left -= RATE * step
                right -= RATE * right.grad
            left.grad = right.grad = None
            total += loss.item()
    inputs[:], outputs[:] = left.detach().numpy(), right.detach().numpy()
    return total


@pytest.mark.parametrize("algorithm", [CBOW, CBOW_WORD2VEC, SKIP_GRAM])
@pytest.mark.parametrize("ids", [[0, 1], [0, 1, 2], [2, 0, 3, 1, 0]])
def test_a_step_is_autograds(algorithm, ids):
    ours, theirs = matrices(), matrices()
    predicted, loss = learn([*ids, END], algorithm, *ours)
    expected = reference(ids, algorithm, *theirs)
    assert predicted == (2 * (len(ids) - 1) if algorithm == SKIP_GRAM else len(ids))
    assert loss == pytest.approx(expected, rel=2e-3)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(other, abs=2e-3)  # the sigmoid is a table


def test_the_two_gradients_differ_where_a_context_has_two_words():
    right, wrong = matrices(), matrices()
    learn([0, 1, 2, END], CBOW, *right)
    learn([0, 1, 2, END], CBOW_WORD2VEC, *wrong)
    assert not np.allclose(right[0], wrong[0], atol=1e-2)
    right, wrong = matrices(), matrices()
    learn([0, 1, END], CBOW, *right)
    learn([0, 1, END], CBOW_WORD2VEC, *wrong)
    assert np.array_equal(right[0], wrong[0])


def test_sentences_do_not_see_each_other():
    together, apart = matrices(), matrices()
    learn([0, 1, END, 2, 3, END], CBOW, *together)
    learn([0, 1, END], CBOW, *apart)
    learn([2, 3, END], CBOW, *apart)
    for mine, other in zip(together, apart, strict=True):
        assert mine == pytest.approx(other, abs=1e-6)


def test_a_lone_word_teaches_nothing():
    inputs, outputs = matrices()
    assert learn([0, END, 1, END], CBOW, inputs, outputs) == (0, 0.0)
    assert np.array_equal(inputs, matrices()[0])


def test_the_same_seed_gives_the_same_bits():
    ids = np.random.default_rng(1).integers(WORDS, size=500)
    first, second, third = matrices(), matrices(), matrices()
    weights = np.arange(1.0, WORDS + 1)
    slots, alias = alias_table(weights)
    for seed, pair in ((5, first), (5, second), (6, third)):
        run(
            ids.astype(np.int32), np.full(WORDS, 0.7, np.float32), slots, alias, SIGMOID, *pair,
            CBOW, 4, 3, 0.1, 0.05, seed,
        )  # fmt: skip
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


def test_the_alias_table_draws_by_the_weights():
    weights = np.array([5.0, 1.0, 0.0, 3.0, 0.5, 0.5])
    slots, alias = alias_table(weights)
    drawn = slots.astype(np.float64)
    np.add.at(drawn, alias, 1 - slots)
    assert drawn / len(weights) == pytest.approx(weights / weights.sum(), abs=1e-6)


def test_a_word_is_drawn_as_often_as_its_weight_says():
    # One prediction at a rate of almost nothing moves an output row once for each draw of it.
    weights = np.array([0.0, 0.0, 1.0, 2.0, 5.0])
    slots, alias = alias_table(weights)
    inputs = np.ones((WORDS, WIDTH), np.float32)
    outputs = np.zeros((WORDS, WIDTH), np.float32)
    n = 4000
    run(
        np.array([0, 1, END] * n, dtype=np.int32), np.ones(WORDS, np.float32), slots, alias,
        SIGMOID, inputs, outputs, CBOW, 1, 5, 1e-6, 1e-6, 0,
    )  # fmt: skip
    moved = outputs[2:, 0] / outputs[2:, 0].sum()
    assert moved == pytest.approx(weights[2:] / weights.sum(), abs=0.02)
