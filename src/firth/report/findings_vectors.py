"""What a result of ``vectors`` says: a line for every data set."""

from __future__ import annotations

from firth.report.numbers import decimals, interval_of
from firth.report.words import Words
from firth.results.schema import Result, Score

METHODS = ("3CosAdd", "3CosMul")
CONTROL = "b_only"


def of_vectors(
    result: Result,
    say: Words,
) -> list[str]:
    """Return the lines.

    Args:
        result: The result.
        say: The words of a language.
    """
    text = say["finding"]
    lines: list[str] = []
    for cover in result.rows("coverage", arm=None):
        about = {"dataset": cover.word, "coverage": decimals(cover.value)}
        pairs = result.rows("spearman", word=cover.word)
        asked = result.rows("accuracy", word=cover.word, arm="micro")
        if pairs:
            (one,) = pairs
            lines.append(
                text["pairs"].format(
                    value=decimals(one.value), interval=interval_of(one, say), n=one.n, **about
                )
            )
        elif asked:
            scores = ", ".join(
                text["analogies_score"].format(
                    scorer=one.scorer, value=decimals(one.value), interval=interval_of(one, say)
                )
                for one in asked
                if one.scorer in METHODS
            )
            lines.append(
                text["analogies"].format(scores=scores, n=asked[0].n, **about)
                + _controls(result, asked, cover, say)
            )
        else:
            lines.append(text["uncovered"].format(n=cover.n, **about))
    return lines


def _controls(
    result: Result,
    asked: list[Score],
    cover: Score,
    say: Words,
) -> str:
    controls = [
        f"{say['control'][CONTROL]} {decimals(one.value)}"
        for one in asked
        if one.control == CONTROL
    ]
    controls += [
        f"{say['control']['chance']} {one.value:.2g}"
        for one in result.rows("chance", word=cover.word)
    ]
    joined = ", ".join(controls)
    return " " + say["finding"]["analogies_controls"].format(controls=joined)
