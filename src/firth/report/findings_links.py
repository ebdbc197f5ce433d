"""What a result of ``links`` says: a line for each method, the controls, and what is told."""

from __future__ import annotations

from firth.report.numbers import decimals, interval_of
from firth.report.words import Words
from firth.results.schema import Result

F1, ERROR_RATE = "alignment_f1", "alignment_error_rate"


def of_links(
    result: Result,
    say: Words,
) -> list[str]:
    """Return the lines.

    Args:
        result: The result.
        say: The words of a language.
    """
    text = say["links_finding"]
    lines: list[str] = []
    for best in result.rows(F1, similarity="centred", split="best_on_half"):
        fields = {"arm": best.arm, "similarity": "centred", "split": "best_on_half"}
        (rate,) = result.rows(ERROR_RATE, **fields)
        lines.append(
            text["found"].format(
                method=best.arm, layer=best.layer, n=best.n,
                value=decimals(best.value), interval=interval_of(best, say),
                rate=decimals(rate.value), rate_interval=interval_of(rate, say),
            )
        )  # fmt: skip
    controls = [
        text["control"].format(control=text[one.control], value=decimals(one.value))
        for control, kind, method in (("static", "centred", "itermax"), ("diagonal", None, None))
        for one in result.rows(F1, control=control, similarity=kind, arm=method)
    ]
    if controls:
        lines.append(text["controls"].format(controls=text["comma"].join(controls)))
    (how,) = result.tables["chosen"]
    lines.append(
        text["told"].format(
            layer=how["layer"], similarity=say["similarity"][how["similarity"]],
            method=how["method"], why=text["best" if result.scores else "usual"],
        )
    )  # fmt: skip
    return lines
