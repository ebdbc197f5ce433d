"""The made-up language: classes differ in order and in nothing else."""

from collections import Counter

import pytest

from firth.errors import OptionError
from firth.text.grammar import KINDS, grammar


def test_counts_of_symbols_are_equal_between_classes():
    data = grammar(60, seed=1)
    assert Counter(one.label for one in data.examples) == dict.fromkeys(data.classes, 20)
    assert data.alphabet == tuple("".join(KINDS))
    for at in range(0, 60, 3):
        one, two, three = (Counter(data.examples[at + more].symbols) for more in range(3))
        assert one == two == three


def test_without_noise_the_kinds_take_turns():
    kind = {symbol: number for number, own in enumerate(KINDS) for symbol in own}
    for one in grammar(30, noise=0.0).examples:
        steps = {
            (kind[b] - kind[a]) % 3 for a, b in zip(one.symbols, one.symbols[1:], strict=False)
        }
        assert steps == {"forward": {1}, "backward": {2}, "neither": {0, 1, 2}}[one.label]


def test_a_seed_makes_the_same_again():
    assert grammar(30, seed=4) == grammar(30, seed=4)
    assert grammar(30, seed=4) != grammar(30, seed=5)
    assert grammar(20, classes=2).classes == ("backward", "forward")
    assert grammar(9, noise=0.0) != grammar(9, noise=1.0)


def test_what_cannot_be_made():
    for options, said in (
        ({"classes": 4}, "classes 4"), ({"n": 10}, "multiple of 3"), ({"n": 0}, "multiple of 3"),
        ({"length": 3}, "length 3"), ({"length": 10}, "length 10"), ({"noise": 1.5}, "noise 1.5"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=said):
            grammar(**options)
