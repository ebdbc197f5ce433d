"""What ``firth cloze`` shows on a terminal: candidates as bars, languages as a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from firth.cli.tables import interval, short_interval

if TYPE_CHECKING:
    from firth.results.schema import Result

# More sentences than this are not shown on a terminal.
SHOWN = 20
BAR = 24
CROSSINGS = 3


def print_fills(result: Result) -> None:
    """Print each sentence with its candidates, then the scores."""
    console = Console(highlight=False, markup=False)
    rows = result.tables["sentences"]
    fills: dict[Any, list[dict[str, Any]]] = {}
    for fill in result.tables["fills"]:
        fills.setdefault(fill["sentence"], []).append(fill)
    for row in rows[:SHOWN]:
        console.print(row["text"], soft_wrap=True)
        own = fills.get(row["sentence"], [])
        _print_candidates(own, console)
        if int(str(row["blanks"])) > 1:
            joint = row["joint_log_probability"]
            console.print(
                f"  -> {row['filled']}  (joint log-probability {joint:.2f})", soft_wrap=True
            )
        if row.get("pseudo_log_likelihood") is not None:
            console.print(
                f"  pseudo-log-likelihood {row['pseudo_log_likelihood']:.2f} over {row['tokens']} "
                f"tokens: {row['filled']}",
                soft_wrap=True,
            )
    if len(rows) > SHOWN:
        console.print(
            f"... and {len(rows) - SHOWN} more sentences; --json or --output has them all"
        )
    for one in result.scores:
        name = one.metric.replace("_", " ")
        console.print(f"{name}: {interval(one)} (n = {one.n} {one.unit}s)", soft_wrap=True)


def _print_candidates(fills: list[dict[str, Any]], console: Any) -> None:
    """Print each candidate with a bar as long as its probability."""
    widest = max((cell_len(fill["token"]) for fill in fills), default=0)
    several = any(fill["mask"] > 1 for fill in fills)
    for fill in fills:
        if several and fill["rank"] == 1:
            console.print(f"  blank {fill['mask']}")
        pad = " " * (widest - cell_len(fill["token"]))
        eighths = round(fill["probability"] * BAR * 8)
        bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
        chance = fill["probability"]
        said = f"{chance:.4f}" if chance >= 0.0001 else f"{chance:.1e}"  # words of many tokens
        console.print(f"  {fill['token']}{pad}  {said} {bar}".rstrip(), soft_wrap=True)


def print_consistency(result: Result) -> None:
    """Print how the answers in each language spread over languages, beside the controls."""
    console = Console(highlight=False)
    languages = list(dict.fromkeys(row["language"] for row in result.tables["confusion"]))
    name = result.model.name
    filled = list(dict.fromkeys(str(row["filled"]) for row in result.tables["confusion"]))
    shares = Table(
        title=f"{name} · which language fills the blank? Share of the probability", box=SIMPLE
    )
    for one in ("sentences", *filled):
        shares.add_column(one, justify="left" if one == "sentences" else "right")
    for language in languages:
        rows = [
            row
            for row in result.tables["confusion"]
            if row["scorer"] == "mass" and row["language"] == language
        ]
        shares.add_row(str(language), *(_share(row) for row in rows))
    shares.add_section()
    for control in dict.fromkeys(str(row["control"]) for row in result.tables["mixes"]):
        rows = [row for row in result.tables["mixes"] if row["control"] == control]
        shares.add_row(control.replace("_", " "), *(_share(row) for row in rows), style="dim")
    console.print(shares)
    scores = Table(title="language consistency [95 % interval]", box=SIMPLE, padding=0)
    for one in ("sentences", "probability", "first guesses", "the text", "top-1 right", "n"):
        scores.add_column(one, justify="left" if one == "sentences" else "right", no_wrap=True)
    for language in languages:
        right = result.rows("mlm_accuracy", language=language, control=None)
        scores.add_row(
            str(language),
            _consistency(result, language=language, scorer="mass"),
            _consistency(result, language=language, scorer="top_1"),
            _consistency(result, language=language, control="text").partition(" ")[0],
            short_interval(right[0]),
            str(right[0].n),
        )
    console.print(scores)
    for scorer, said in (("mass", "the probability"), ("top_1", "the first guesses")):
        for row in result.rows("language_consistency", language=None, scorer=scorer):
            console.print(
                f"finding: of {said} on tokens that have a language, {interval(row)} lies on the "
                f"sentence's own (mean over {row.n} languages)",
                soft_wrap=True,
            )
    _print_controls(result, languages, console)
    for row in result.tables["crossings"][:CROSSINGS]:
        console.print(
            f"crossing: {row['sentence']} -> {row['fill']} ({row['filled']}, probability "
            f"{row['probability']:.3f}; the text has {row['token']})",
            soft_wrap=True, markup=False,
        )  # fmt: skip


def _share(row: dict[str, Any]) -> str:
    return f"{row['share']:.3f}".removeprefix("0")


def _consistency(result: Result, **fields: Any) -> str:
    found = result.rows("language_consistency", **fields)
    return short_interval(found[0]) if found else "-"


def _print_controls(result: Result, languages: list[Any], console: Console) -> None:
    said: list[str] = []
    for control in ("text", "unigram", "vocabulary", "no_context"):
        rows = result.rows("language_consistency", control=control)
        if rows:
            mean = sum(row.value for row in rows) / len(languages)
            said.append(f"{control.replace('_', ' ')} {mean:.3f}")
    console.print(f"control: the same mean of {', '.join(said)}", soft_wrap=True)
