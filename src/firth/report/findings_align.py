"""What a result of ``align`` says: for every pair of languages, and what it gets wrong."""

from __future__ import annotations

from typing import Any

from firth.report.align_data import BEST, DIFFERENT, directions_of, models_of, pairs_of
from firth.report.numbers import decimals, interval_of
from firth.report.words import Words
from firth.results.schema import Cell, Result, Score

# Words of each pair that are told, at most: those whose translations rank last.
MOST_FAILED = 8


def of_alignment(
    result: Result,
    say: Words,
) -> list[str]:
    """Return a line a pair and model, and after those of a pair one on its hardest words.

    Args:
        result: The result.
        say: The words of a language.
    """
    text = say["align_finding"]
    lines: list[str] = []
    for pair in pairs_of(result):
        chosen: list[Score] = []
        for model in models_of(result):
            best = _chosen(result, pair, model)
            if best is None:
                continue
            chosen.append(best)
            lines.append(
                text["line"].format(
                    name=_name(best, text), value=decimals(best.value),
                    interval=interval_of(best, say),
                    layer=best.layer, n=best.n,
                    beside=text["comma"].join(_beside(result, best, say)),
                )
            )  # fmt: skip
        # Of several models the one that aligns best: what it fails at is not for want of skill.
        first = max(chosen, key=lambda one: one.value, default=None)
        failed = _failed(result, first, text) if first is not None else ""
        if first is not None and failed:
            lines.append(text["failed"].format(name=_name(first, text), words=failed))
    return lines or [say["page"]["no_finding"]]


def _name(score: Score, text: Words) -> str:
    if score.model is None:
        return str(score.pair)
    return text["of_model"].format(pair=score.pair, model=score.model)


def _chosen(
    result: Result, pair: str, model: str | None, similarity: str = "centred", way: int = 0
) -> Score | None:
    """Return the score of the layer that is best on one half of the words, over the other half."""
    ways = directions_of(result, pair)
    if way >= len(ways):
        return None
    found = result.rows(
        "mrr", arm=BEST, pair=pair, model=model, similarity=similarity, direction=ways[way]
    )
    return found[0] if found else None


def _beside(result: Result, best: Score, say: Words) -> list[str]:
    """Return what the finding has to be seen beside: other vectors, controls, coverage."""
    text, pair = say["align_finding"], str(best.pair)
    about: dict[str, Any] = {"pair": pair, "model": best.model, "direction": best.direction}
    named = [
        (say["similarity"][kind], _chosen(result, pair, best.model, kind))
        for kind in ("raw", "csls")
    ] + [(text["back"], _chosen(result, pair, best.model, way=1))]
    lines = [f"{name} {decimals(one.value)}" for name, one in named if one is not None]
    lines += [
        text["different"].format(value=decimals(one.value), n=one.n)
        for one in result.rows(
            "mrr", arm=DIFFERENT, layer=best.layer, similarity="centred", **about
        )
    ]
    lines += [
        f"{say['control'][control]} {decimals(one.value)}"
        for control in ("chance", "static")
        for one in result.rows("mrr", control=control, **about)
        if one.similarity in (None, "centred")
    ]
    return lines + [
        text["coverage"].format(value=decimals(one.value), n=one.n)
        for one in result.rows("coverage", pair=pair, model=best.model)
    ]


def _failed(result: Result, best: Score, text: Words) -> str:
    """Return the words whose translations rank last; nothing where all come first."""
    rows = [
        row
        for row in result.tables.get("words", [])
        if row["pair"] == best.pair
        and row.get("model") == best.model
        and float(str(row["expected_rank"])) > 1
    ]
    rows.sort(key=lambda row: -float(str(row["expected_rank"])))
    return text["comma"].join(
        text["word"].format(
            word=row["word"], rank=f"{float(str(row['expected_rank'])):.0f}",
            translation=text["or"].join(_listed(row["translations"])),
        )
        for row in rows[:MOST_FAILED]
    )  # fmt: skip


def _listed(cell: Cell) -> list[str]:
    return [str(one) for one in cell] if isinstance(cell, list) else [str(cell)]
