"""How corrections are called and coloured in figures and findings."""

from __future__ import annotations

from firth.report.vega import PALETTE
from firth.report.words import Words
from firth.results.schema import Result

NONE, CENTRED = "none", "agnostic_centred"
LIR = "lir_"
_COLOURS = {
    NONE: PALETTE[7], "zero_mean": PALETTE[1], "agnostic": PALETTE[0], CENTRED: PALETTE[5],
}  # fmt: skip
# Of LIR, by how many directions it removes.
_SHADES = (PALETTE[2], PALETTE[4], PALETTE[3], PALETTE[6])


def corrections_of(result: Result, metric: str) -> list[str]:
    """Return the corrections that a metric was measured under, ``none`` first."""
    return list(dict.fromkeys(one.arm for one in result.rows(metric) if one.arm is not None))


def correction_name(correction: str, say: Words) -> str:
    """Return the name of a correction as a reader knows it."""
    if correction.startswith(LIR):
        return str(say["correction"]["lir"]).format(r=correction.removeprefix(LIR))
    return str(say["correction"][correction])


def colours(corrections: list[str]) -> dict[str, str]:
    """Return the colour of each correction; one keeps its colour whichever others are drawn."""
    lir = [one for one in corrections if one.startswith(LIR)]
    shades = {one: _SHADES[at % len(_SHADES)] for at, one in enumerate(lir)}
    return {one: shades.get(one) or _COLOURS[one] for one in corrections}
