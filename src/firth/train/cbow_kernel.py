"""The inner loop of CBOW and skip-gram, compiled: negative sampling on a run of token ids.

Source: Mikolov et al. 2013; the right gradient of the averaged context: İrsoy, Benton & Stratos
2021. word2vec and gensim average the context vectors and then add to each the whole gradient,
which belongs to their mean: larger by the number of context words than the gradient of the loss.

A run is a pure function of the arrays that go in and the seed. Several runs may go on at once in
threads on the same two matrices (Hogwild, Recht et al. 2011): the interpreter's lock is not held.

Legend: n ids, v vocabulary, d width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numba import njit

END = -1  # closes a sentence among the ids
CBOW, CBOW_WORD2VEC, SKIP_GRAM = 0, 1, 2
# A longer sentence is cut: the buffer holds as many tokens as word2vec's.
LONGEST = 10_000
# Beyond it the sigmoid is 0 or 1 in single precision's eyes.
REACH = 8.0
STEPS = 8192

_table: Any = 1 / (1 + np.exp(-((np.arange(STEPS) + 0.5) / STEPS * 2 - 1) * REACH))
SIGMOID = _table.astype(np.float32)

_A, _B, _C, _32 = np.uint64(12), np.uint64(25), np.uint64(27), np.uint64(32)
_STAR = np.uint64(2685821657736338717)
_LOW = np.uint64(0xFFFFFFFF)
_UNIT = np.float32(2.0**-32)


def alias_table(
    weights: Float[np.ndarray, " v"],
) -> tuple[Float[np.ndarray, " v"], Int[np.ndarray, " v"]]:
    """Return Walker's table: a draw takes a slot evenly, and keeps it or goes to its alias.

    Args:
        weights: Not negative, not all zero.

    Returns:
        The probability to keep each slot, float32, and its alias, int32.
    """
    n = len(weights)
    scaled = np.asarray(weights, dtype=np.float64) * (n / float(np.sum(weights)))
    alias = np.arange(n, dtype=np.int32)
    small = [int(i) for i in np.flatnonzero(scaled < 1)]
    large = [int(i) for i in np.flatnonzero(scaled >= 1)]
    while small and large:
        low, high = small.pop(), large[-1]
        alias[low] = high
        scaled[high] -= 1 - scaled[low]
        if scaled[high] < 1:
            small.append(large.pop())
    # What is left over differs from 1 by rounding only.
    scaled[[*small, *large]] = 1
    return scaled.astype(np.float32), alias


@njit(inline="always")
def _next(state: Any) -> Any:
    """xorshift64*: the state that follows."""
    state ^= state >> _A
    state ^= state << _B
    state ^= state >> _C
    return state


@njit(inline="always")
def _below(drawn: Any, n: Any) -> Any:
    """Return an integer below n from the upper half of a draw."""
    return np.int64(((drawn >> _32) * np.uint64(n)) >> _32)


@njit(inline="always")
def _unit(drawn: Any) -> Any:
    """Return a number in [0, 1) from the lower half of a draw."""
    return np.float32(drawn & _LOW) * _UNIT


@njit(nogil=True, fastmath=True, cache=True, error_model="numpy")
def run(
    ids: Int[np.ndarray, " n"],
    keep: Float[np.ndarray, " v"],
    slots: Float[np.ndarray, " v"],
    alias: Int[np.ndarray, " v"],
    sigmoid: Float[np.ndarray, " s"],
    inputs: Float[np.ndarray, "v d"],
    outputs: Float[np.ndarray, "v d"],
    algorithm: int,
    window: int,
    negatives: int,
    first_rate: float,
    last_rate: float,
    seed: int,
) -> tuple[int, float]:
    """Learn from the ids, in place.

    Args:
        ids: Token ids, int32; `END` closes a sentence.
        keep: Probability that an occurrence is kept, by token.
        slots: See `alias_table`.
        alias: The same.
        sigmoid: `SIGMOID`.
        inputs: Vectors of context words (of the words themselves in skip-gram), float32.
        outputs: Vectors of what is predicted, float32.
        algorithm: `CBOW`, `CBOW_WORD2VEC` or `SKIP_GRAM`.
        window: Largest distance of a context word; of each word a smaller one is drawn.
        negatives: Words that are drawn against each right one.
        first_rate: Learning rate at the first id; it falls linearly.
        last_rate: Learning rate at the last id.
        seed: Where chance begins.

    Returns:
        How many words were predicted, and the sum of their losses (right word against drawn ones).
    """
    width = inputs.shape[1]
    words = inputs.shape[0]
    n = len(ids)
    state = np.uint64(seed) * np.uint64(2) + np.uint64(1)
    for _ in range(8):
        state = _next(state)
    sentence = np.empty(LONGEST, np.int32)
    hidden = np.empty(width, np.float32)
    error = np.empty(width, np.float32)
    targets = np.empty(negatives + 1, np.int64)
    gains = np.empty(negatives + 1, np.float32)
    scale = np.float32(STEPS / (2 * REACH))
    loss = 0.0
    predicted = 0
    at = 0
    while at < n:
        rate = np.float32(first_rate + (last_rate - first_rate) * (at / n))
        length = 0
        while at < n and length < LONGEST:
            token = ids[at]
            at += 1
            if token < 0:
                break
            if keep[token] < np.float32(1):
                state = _next(state)
                if _unit(state * _STAR) >= keep[token]:
                    continue
            sentence[length] = token
            length += 1
        for centre in range(length):
            state = _next(state)
            reach = 1 + _below(state * _STAR, window)
            start = max(0, centre - reach)
            stop = min(length, centre + reach + 1)
            count = stop - start - 1
            if count < 1:
                continue
            word = np.int64(sentence[centre])
            if algorithm == SKIP_GRAM:
                for place in range(start, stop):
                    if place == centre:
                        continue
                    row = inputs[sentence[place]]
                    state, lost = _against(
                        row, error, word, outputs, targets, gains, negatives, words, slots, alias,
                        sigmoid, scale, rate, state,
                    )  # fmt: skip
                    loss += lost
                    predicted += 1
                    for i in range(width):
                        row[i] += error[i]
                continue
            share = np.float32(1) / np.float32(count)
            first = inputs[sentence[start if start != centre else start + 1]]
            for i in range(width):
                hidden[i] = first[i]
            for place in range(start + 1 if start != centre else start + 2, stop):
                if place != centre:
                    row = inputs[sentence[place]]
                    for i in range(width):
                        hidden[i] += row[i]
            for i in range(width):
                hidden[i] *= share
            state, lost = _against(
                hidden, error, word, outputs, targets, gains, negatives, words, slots, alias,
                sigmoid, scale, rate, state,
            )  # fmt: skip
            loss += lost
            predicted += 1
            if algorithm == CBOW:
                for i in range(width):
                    error[i] *= share
            for place in range(start, stop):
                if place != centre:
                    row = inputs[sentence[place]]
                    for i in range(width):
                        row[i] += error[i]
    return predicted, loss


@njit(inline="always", fastmath=True, error_model="numpy")
def _against(
    hidden: Any, error: Any, word: Any, outputs: Any, targets: Any, gains: Any, negatives: Any,
    words: Any, slots: Any, alias: Any, sigmoid: Any, scale: Any, rate: Any, state: Any,
) -> Any:  # fmt: skip
    """Predict one word against drawn ones; ``error`` gets the step for what predicted it.

    All scores are taken before any vector moves, so that a word drawn twice counts twice.
    """
    width = len(hidden)
    targets[0] = word
    drawn = 1
    for _ in range(negatives):
        state = _next(state)
        random = state * _STAR
        slot = _below(random, words)
        if _unit(random) >= slots[slot]:
            slot = np.int64(alias[slot])
        if slot != word:
            targets[drawn] = slot
            drawn += 1
    lost = 0.0
    for k in range(drawn):
        row = outputs[targets[k]]
        score = np.float32(0)
        for i in range(width):
            score += row[i] * hidden[i]
        place = np.int64((score + np.float32(REACH)) * scale)
        chance = sigmoid[min(max(place, 0), STEPS - 1)]
        if k == 0:
            lost -= np.log(chance)
            gains[k] = (np.float32(1) - chance) * rate
        else:
            lost -= np.log(np.float32(1) - chance)
            gains[k] = -chance * rate
    for i in range(width):
        error[i] = np.float32(0)
    for k in range(drawn):
        row = outputs[targets[k]]
        gain = gains[k]
        for i in range(width):
            error[i] += gain * row[i]
    for k in range(drawn):
        row = outputs[targets[k]]
        gain = gains[k]
        for i in range(width):
            row[i] += gain * hidden[i]
    return state, lost
