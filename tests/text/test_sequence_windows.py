"""Windows: everything is in one, and each knows what it is of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import OptionError
from firth.text.sequence_windows import cut_windows


def test_by_hand():
    found = cut_windows([tuple("ABCDEFG"), tuple("AB"), tuple("ABCDE")], 4, 2)
    assert ["".join(one) for one in found.symbols] == ["ABCD", "CDEF", "DEFG", "AB", "ABCD", "BCDE"]
    assert found.whole == (0, 0, 0, 1, 2, 2)
    assert found.cut == 2
    assert found.notes == (
        "2 of 3 sequences are longer than 4 symbols (up to 7) and were cut into 5 windows, 2 apart",
    )
    assert cut_windows([tuple("AB")], 2).notes == ()


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.integers(1, 20), st.data())
def test_every_symbol_is_in_a_window(lengths, longest, data):
    stride = data.draw(st.integers(1, longest))
    sequences = [tuple(f"{n}.{at}" for at in range(length)) for n, length in enumerate(lengths)]
    found = cut_windows(sequences, longest, stride)
    for number, symbols in enumerate(sequences):
        own = [one for one, of in zip(found.symbols, found.whole, strict=True) if of == number]
        assert {symbol for one in own for symbol in one} == set(symbols)
        assert all(len(one) == min(longest, len(symbols)) for one in own)
        assert len(own) == len(set(own))
    assert found.cut == sum(length > longest for length in lengths)


def test_what_would_pass_over_symbols_is_refused():
    for longest, stride, said in ((0, None, "window 0"), (4, 5, "stride 5: legal are 1 to 4"),
                                  (4, 0, "stride 0")):  # fmt: skip
        with pytest.raises(OptionError, match=said):
            cut_windows([("A",)], longest, stride)
