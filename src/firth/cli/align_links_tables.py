"""What ``firth align links`` shows on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from firth.cli.tables import interval, short_interval

if TYPE_CHECKING:
    from firth.results.schema import Result

METHODS = ("argmax", "itermax")
F1, ERROR_RATE, NULLS = "alignment_f1", "alignment_error_rate", "null_f1"
BEST = "best_on_half"
ARROW = "→"


def print_links(result: Result) -> None:
    """Print F1 and AER over layers, the finding, its controls, and the links of one pair."""
    console = Console(highlight=False)
    if result.scores:
        _print_layers(result, console)
        _print_findings(result, console)
    _print_chosen(result, console)
    _print_sentence(result.tables["sentences"][0], console)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]")


def _print_layers(result: Result, console: Console) -> None:
    name, level, n = result.model.name, result.config["level"], len(result.tables["sentences"])
    table = Table(
        title=f"{name} · {level} links · F1 [95 % interval] · n = {n}", box=SIMPLE, padding=0
    )
    heads = [head for method in METHODS for head in (f"{method}, centred", "raw", "AER")]
    for head in ("layer", *heads):
        table.add_column(head, justify="right", no_wrap=True)
    own: dict[str, Any] = {"control": None, "split": None}
    for layer in dict.fromkeys(row.layer for row in result.rows(F1, **own)):
        cells: list[str] = []
        for method in METHODS:
            raw, centred = (
                result.rows(F1, arm=method, similarity=kind, layer=layer, **own)[0]
                for kind in ("raw", "centred")
            )
            (error_rate,) = result.rows(
                ERROR_RATE, arm=method, similarity="centred", layer=layer, **own
            )
            cells += [short_interval(centred), _short(raw.value), _short(error_rate.value)]
        table.add_row(str(layer), *cells)
    console.print(table)


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _print_findings(result: Result, console: Console) -> None:
    for method in METHODS:
        for row in result.rows(F1, arm=method, similarity="centred", split=BEST):
            fields = {"arm": method, "similarity": "centred", "split": BEST}
            (error_rate,) = result.rows(ERROR_RATE, **fields)
            nulls = [f", F1 of words without a link {one.value:.3f}"
                     for one in result.rows(NULLS, **fields)]  # fmt: skip
            console.print(
                f"finding: {method}: layer {row.layer} is best on one half of the sentence pairs; "
                f"on the other half F1 {interval(row)}, AER {interval(error_rate)}{''.join(nulls)} "
                f"(centred, n = {row.n})",
                soft_wrap=True,
            )
    said: list[str] = []
    for control, fields in (
        ("static", {"arm": "argmax", "similarity": "centred"}),
        ("static", {"arm": "itermax", "similarity": "centred"}),
        ("diagonal", {}),
    ):
        for row in result.rows(F1, control=control, **fields):
            (error_rate,) = result.rows(ERROR_RATE, control=control, **fields)
            name = f"{control} vectors, {row.arm}" if row.arm else f"the {control}"
            said.append(f"{name} {row.value:.3f} (AER {error_rate.value:.3f})")
    console.print(f"control: F1 of {'; '.join(said)}", soft_wrap=True)


def _print_chosen(result: Result, console: Console) -> None:
    (chosen,) = result.tables["chosen"]
    source, target = result.config["means"]
    console.print(
        f"links: layer {chosen['layer']}, {chosen['similarity']}, {chosen['method']} "
        f"({chosen['by']}); means of {source} and {target}",
        soft_wrap=True, markup=False,
    )  # fmt: skip


def _print_sentence(row: dict[str, Any], console: Console) -> None:
    """Print what each source word of a pair is linked with, and how that differs from gold."""
    source, target = row["source"], row["target"]
    own: dict[int, list[str]] = {}
    for i, j in map(_link, row["links"]):
        own.setdefault(i, []).append(target[j])
    said = [f"{word} {ARROW} {' + '.join(own.get(i, ['-']))}" for i, word in enumerate(source)]
    _say(f"sentence pair {row['sentence']}", said, console)
    if "sure" not in row:
        return
    legal = {*row["sure"], *row["possible"]}
    for name, some in (
        ("  not in gold", [one for one in row["links"] if one not in legal]),
        ("  missed", [one for one in row["sure"] if one not in set(row["links"])]),
    ):
        said = [f"{source[i]} {ARROW} {target[j]}" for i, j in map(_link, some)]
        _say(name, said or ["-"], console)


def _say(name: str, said: list[str], console: Console) -> None:
    console.print(f"{name}: {' · '.join(said)}", soft_wrap=True, markup=False)


def _link(text: str) -> tuple[int, int]:
    i, _, j = text.partition("-")
    return int(i), int(j)
