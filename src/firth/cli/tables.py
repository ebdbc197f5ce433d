"""A result as a person reads it on a terminal: small tables, the finding and its controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from firth.results.schema import Result, Score

# Of more words than this each gets one line, not a table of layers.
FEW_WORDS = 2
NONE = "-"


def print_result(result: Result) -> None:
    """Print a result: tables, then finding and control in one line each."""
    console = Console()
    if result.experiment == "wic":
        _print_wic(result, console)
    else:
        _print_senses(result, console)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]", highlight=False)


def _print_senses(result: Result, console: Console) -> None:
    words = list(dict.fromkeys(str(row["word"]) for row in result.tables["items"]))
    if len(words) > FEW_WORDS:
        _print_words(result, words, console)
    for word in words if len(words) <= FEW_WORDS else ():
        areas = result.rows("auc", word=word, control=None)
        if not areas:
            console.print(f"{word}: no labels, so nothing is scored; the matrices are stored.")
            continue
        _print_layers(result, word, areas, console)
        rows = [row for row in areas if row.similarity == "centred"]
        console.print(f"finding: {_finding(rows)}", soft_wrap=True)
        console.print(_controls(result, word), soft_wrap=True)
        _print_anchors(result, word, rows, console)
    if result.rows("centroid_accuracy_macro"):
        _print_centroids(result, console)


def _print_layers(result: Result, word: str, areas: list[Score], console: Console) -> None:
    table = Table(title=f"{word} · {result.model.name} · AUC of same sense [95 % interval]")
    for head in ("layer", "raw", "centred", "p (max)", "1-NN"):
        table.add_column(head, justify="right")
    for layer in dict.fromkeys(score.layer for score in areas):
        raw, centred = (
            result.rows("auc", word=word, control=None, layer=layer, similarity=kind)[0]
            for kind in ("raw", "centred")
        )
        near = result.rows("nn_accuracy", word=word, layer=layer, similarity="centred")[0]
        table.add_row(
            str(layer),
            interval(raw),
            interval(centred),
            f"{centred.p_adjusted:.4f}",
            f"{near.value:.2f}",
        )
    console.print(table)


def _print_anchors(result: Result, word: str, areas: list[Score], console: Console) -> None:
    """Print what each sense lies nearer to, at the layer that tells the senses apart best."""
    layer = max(areas, key=lambda score: score.value).layer
    fields = {"word": word, "layer": layer, "similarity": "centred"}
    rows = result.rows("anchor_preference", **fields)
    if not rows:
        return
    for pair in dict.fromkeys(row.pair for row in rows):
        own = [f"{row.arm or word} {_signed(row)}" for row in rows if row.pair == pair]
        (alike,) = result.rows("anchor_similarity", pair=pair, **fields)
        console.print(
            f"anchors {pair}: cosine to the first minus to the second {', '.join(own)}; of the "
            f"anchors themselves {alike.value:+.3f} (layer {layer}, centred)",
            soft_wrap=True,
        )


def _signed(row: Score) -> str:
    return f"{row.value:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"


def _print_words(result: Result, words: list[str], console: Console) -> None:
    """Print one line a word: its best layer beside the controls."""
    table = Table(title=f"{len(words)} words · {result.model.name} · AUC of same sense, centred")
    for head in ("word", "best layer", "AUC [95 % interval]", "p (max)", "layer 0", "static"):
        table.add_column(head, justify="left" if head == "word" else "right")
    for word in words:
        rows = result.rows("auc", word=word, control=None, similarity="centred")
        if not rows:
            table.add_row(word, *[NONE] * 5)
            continue
        best = max(rows, key=lambda row: row.value)
        beside = [
            result.rows("auc", word=word, control=control, similarity=kind)
            for control, kind in (("layer_0", "centred"), ("static", "raw"))
        ]
        table.add_row(
            word,
            str(best.layer),
            interval(best),
            f"{best.p_adjusted:.4f}",
            *(f"{found[0].value:.3f}" if found else NONE for found in beside),
        )
    console.print(table)


def _print_centroids(result: Result, console: Console) -> None:
    table = Table(
        title=f"{result.model.name} · nearest sense centroid, test split (centred where not said)"
    )
    for head in ("vector", "raw, macro", "centred, macro", "micro", "macro F1"):
        table.add_column(head, justify="left" if head == "vector" else "right")
    whole = list(result.rows("centroid_accuracy", word=None, control=None))
    for arm, layer in dict.fromkeys((row.arm, row.layer) for row in whole if not _chosen(row)):
        table.add_row(
            arm.replace("_", " ") if arm else f"layer {layer}",
            *_centroid_cells(result, arm=arm, layer=layer),
        )
    best = [row for row in whole if _chosen(row)]
    if best:
        table.add_section()
        table.add_row("best on dev", *_centroid_cells(result, arm="best_on_dev"))
    console.print(table)
    words = list(dict.fromkeys(row.word for row in result.rows("centroid_accuracy") if row.word))
    lines: list[str] = []
    for word in words:
        found = result.rows("centroid_accuracy", word=word, control=None, similarity="centred")
        own = [row for row in found if _chosen(row)] or found
        lines.append(f"{word} {own[-1].value:.3f}")
    console.print(f"by word (centred, best on dev): {', '.join(lines)}", soft_wrap=True)
    _print_centroid_finding(result, console)


def _chosen(row: Score) -> bool:
    return row.arm == "best_on_dev"


def _centroid_cells(result: Result, **choice: object) -> list[str]:
    cells: list[str] = []
    for kind, metric, shown in (
        ("raw", "centroid_accuracy_macro", interval),
        ("centred", "centroid_accuracy_macro", interval),
        ("centred", "centroid_accuracy", _value),
        ("centred", "centroid_f1", _value),
    ):
        found = result.rows(metric, word=None, control=None, similarity=kind, **choice)
        cells.append(shown(found[0]) if found else NONE)
    return cells


def _value(row: Score) -> str:
    return f"{row.value:.3f}"


def _print_centroid_finding(result: Result, console: Console) -> None:
    metric = "centroid_accuracy_macro"
    own = result.rows(metric, control=None, similarity="centred", arm="best_on_dev")
    control = result.rows(metric, control="most_frequent_sense")
    shallow = result.rows(metric, control=None, similarity="centred", layer=0, arm=None)
    if own:
        where = f"layer {own[0].layer}" if own[0].layer is not None else "layers together"
        console.print(
            f"finding: chosen on development data, {where} names {interval(own[0])} of the test "
            f"occurrences right (centred, mean over {own[0].n} words)",
            soft_wrap=True,
        )
    beside = [f"the most frequent sense {control[0].value:.3f}"] if control else []
    beside += [f"layer 0 {shallow[0].value:.3f}"] if shallow else []
    console.print(f"control: {', '.join(beside)}", soft_wrap=True)


def _print_wic(result: Result, console: Console) -> None:
    table = Table(
        title=f"{result.model.name} · same meaning in two sentences? Accuracy [95 % interval]"
    )
    heads = ("raw", "centred", "AUC, centred", "p (max)")
    for head in ("vector", *heads):
        table.add_column(head, justify="left" if head == "vector" else "right")
    for area in result.rows("auc", control=None, similarity="centred"):
        fields = {"arm": area.arm, "layer": area.layer, "control": None}
        raw, centred = (
            result.rows("accuracy", similarity=kind, **fields)[0] for kind in ("raw", "centred")
        )
        table.add_row(
            area.arm.replace("_", " ") if area.arm else f"layer {area.layer}",
            interval(raw),
            interval(centred),
            _value(area),
            f"{area.p_adjusted:.4f}",
        )
    console.print(table)
    raw, centred = (
        result.rows("accuracy", arm="best_on_dev", similarity=kind)[0]
        for kind in ("raw", "centred")
    )
    console.print(
        f"finding: with layer and threshold from development data {interval(raw)} (raw) and "
        f"{interval(centred)} (centred) of {raw.n} pairs are answered right",
        soft_wrap=True,
    )
    beside = [
        f"{row.control.replace('_', ' ')} {row.value:.3f}"
        for row in result.rows("accuracy")
        if row.control and row.similarity != "centred"
    ]
    console.print(f"control: accuracy of {', '.join(beside)}", soft_wrap=True)


def interval(row: Score) -> str:
    """Return a score with its interval."""
    if row.low is None or row.high is None:
        return f"{row.value:.3f}"
    return f"{row.value:.3f} [{row.low:.2f}, {row.high:.2f}]"


def short_interval(row: Score) -> str:
    """Return a score between 0 and 1 with its interval, in few letters."""
    if row.low is None or row.high is None:
        return f"{row.value:.3f}".removeprefix("0")
    low, high = (f"{value:.2f}".removeprefix("0") for value in (row.low, row.high))
    return f"{row.value:.3f} [{low}, {high}]".removeprefix("0")


def _finding(rows: list[Score]) -> str:
    best = max(rows, key=lambda score: score.value)
    return (
        f"at layer {best.layer} two sentences of one sense are the more similar pair with AUC "
        f"{interval(best)} (centred, n = {best.n} pairs; p = {best.p_adjusted:.4f} for the best of "
        "all layers)"
    )


def _controls(result: Result, word: str) -> str:
    controls = [
        f"{control.replace('_', ' ')} {interval(row)}"
        for control, kind in (("layer_0", "centred"), ("static", "raw"))
        for row in result.rows("auc", word=word, control=control, similarity=kind)
    ]
    return f"control: AUC of {', '.join(controls)}; chance 0.500"
