"""The methods box of a result: what was asked, of how much, how often, against what, after whom."""

from __future__ import annotations

from firth.report.words import Words
from firth.results.schema import Result

# Of more controls, arms or units than this the first ones are named.
MOST = 12


def methods(result: Result, say: Words) -> list[tuple[str, str]]:
    """Return the lines of the box as pairs of a name and a text; empty ones are left out.

    Args:
        result: Any result.
        say: The words of a language.
    """
    text = say["methods"]
    lines = {
        "what": say["method"].get(result.experiment, ""),
        "n": _sizes(result, say),
        "seeds": ", ".join(str(one) for one in _seeds(result)),
        "controls": _listed([say["control"].get(one, one) for one in _named(result, "control")]),
        "arms": _listed(_named(result, "arm")),
        "intervals": text["intervals_95"] if any(s.low is not None for s in result.scores) else "",
        "source": say["source"].get(result.experiment, ""),
    }
    return [(text[name], line) for name, line in lines.items() if line]


def _sizes(result: Result, say: Words) -> str:
    """Return the largest n of every unit, as in ``45 sentence pairs``."""
    most: dict[str, int] = {}
    for one in result.scores:
        if one.n:
            most[one.unit] = max(most.get(one.unit, 0), one.n)
    pattern = say["methods"]["size"]
    return _listed(
        [pattern.format(n=f"{n:,}", unit=say["unit"].get(unit, unit)) for unit, n in most.items()]
    )


def _seeds(result: Result) -> list[int]:
    of_scores = {one.seed for one in result.scores if one.seed is not None}
    return sorted({result.seed, *of_scores})


def _named(result: Result, field: str) -> list[str]:
    """Return what stands in a field of the scores, each once, in their order."""
    values = (getattr(one, field) for one in result.scores)
    return list(dict.fromkeys(str(one) for one in values if one is not None))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:MOST]) + (" …" if len(names) > MOST else "")
