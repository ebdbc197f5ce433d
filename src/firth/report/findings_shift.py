"""What the translation trick says: the texts, each direction of a sweep, how stable the vectors."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from firth.report.numbers import decimals, interval_of
from firth.report.shift_data import SERIES, chosen_way, named, test_scores, way_name, ways_of
from firth.report.stability_curves import METRIC, pair_name
from firth.report.vega import shorten
from firth.report.words import Words
from firth.results.schema import Result, Score

# Texts that are told, at most, and columns of each.
MOST_TEXTS, WIDEST = 6, 160
CONTROLS = ("random", "alpha_0", "third_language")


def of_translation(result: Result, say: Words) -> list[str]:
    """Return a line a text, and the conversion rate.

    Args:
        result: A result of ``translate``.
        say: The words of a language.
    """
    text, config = say["translate_finding"], result.config
    lines = [
        text["text"].format(
            text=shorten(str(row["text"]), 0, 1, WIDEST),
            output=shorten(str(row["output"]), 0, 1, WIDEST),
        )
        for row in result.tables["texts"][:MOST_TEXTS]
    ]
    # Where nothing else may come out the rate says little; a reader has to know.
    bound = text["bound"] if config["tokens"] == "target" else ""
    return lines + [
        text["converted"].format(
            value=decimals(one.value), interval=interval_of(one, say), n=one.n,
            language=named(str(config["target"]), say), layer=config["layer"],
            alpha=f"{config['alpha']:g}",
        )
        + bound
        for one in result.rows("conversion_rate")
    ]  # fmt: skip


def of_sweep(result: Result, say: Words) -> list[str]:
    """Return a line a direction: what was chosen, its scores, and those of the controls.

    Args:
        result: A result of ``sweep``.
        say: The words of a language.
    """
    return [_of_way(result, way, say) for way in ways_of(result)]


def _of_way(result: Result, way: str, say: Words) -> str:
    text, how = say["sweep_finding"], chosen_way(result, way)
    scores = {
        name: {one.metric: one for one in own} for name, own in test_scores(result, way).items()
    }
    own = scores[SERIES[0]]

    def said(score: Score) -> str:
        return decimals(score.value) + interval_of(score, say)

    def beside(metric: str, controls: tuple[str, ...]) -> str:
        found = [
            text["control"].format(control=say["control"][one], value=said(scores[one][metric]))
            for one in controls
            if metric in scores.get(one, {})
        ]
        return text["beside"].format(controls=text["comma"].join(found)) if found else ""

    sentences = [
        text["chosen"].format(
            way=way_name(result, way, say), layer=how["layer"], alpha=f"{how['alpha']:g}",
            by=say["shift_metric"][how["by"]], dev=how["dev"], test=how["test"],
        )
    ]  # fmt: skip
    hits = own.get("dictionary_hit_rate")
    if hits is not None:
        sentences.append(
            text["hits"].format(value=said(hits), n=hits.n, beside=beside(hits.metric, CONTROLS))
        )
    # Where there are no hits, BLEU-1 is what the controls are held against.
    controls = ("dictionary",) if hits is not None else CONTROLS
    bleu = own["bleu_1"]
    sentences.append(text["bleu"].format(value=said(bleu), beside=beside(bleu.metric, controls)))
    judged = bleu if hits is None else hits
    if _within(judged, scores.get("random", {}).get(judged.metric)):
        sentences.append(text["within"].format(metric=say["shift_metric"][judged.metric]))
    converted = own.get("conversion_rate")
    if converted is not None:
        sentences.append(text["converted"].format(value=said(converted)))
    return text["space"].join(sentences)


def _within(score: Score, random: Score | None) -> bool:
    """Whether a score's interval fails to lie above the random vector's."""
    if random is None or score.low is None or random.high is None:
        return False
    return score.low <= random.high


def of_stability(result: Result, say: Words) -> list[str]:
    """Return a line on the middle layer, and one on the least stable layer.

    Args:
        result: A result of ``language_vectors``.
        say: The words of a language.
    """
    text, rows = say["stability_finding"], result.rows(METRIC)
    if not rows:
        return [say["page"]["no_finding"]]
    layers = sorted({one.layer for one in rows if one.layer is not None})
    middle = layers[len(layers) // 2]
    pairs = list(dict.fromkeys(one.pair for one in rows))
    least, most = (
        [end(result.rows(METRIC, pair=pair, layer=middle), key=lambda one: one.n) for pair in pairs]
        for end in (min, max)
    )

    def said(scores: list[Score]) -> dict[str, Any]:
        counts = sorted({one.n for one in scores})
        worst = min(scores, key=lambda one: one.value)
        return {
            "n": str(counts[0]) if len(counts) == 1 else f"{counts[0]}–{counts[-1]}",
            "mean": decimals(fmean(one.value for one in scores)),
            "least": decimals(worst.value), "pair": pair_name(result, str(worst.pair), say),
        }  # fmt: skip

    way = "one" if len(pairs) == 1 else "several"
    first, last = (text[f"{way}_at"].format(**said(scores)) for scores in (least, most))
    worst = min(
        (max(result.rows(METRIC, pair=pair, layer=layer), key=lambda one: one.n)
         for pair in pairs for layer in layers),
        key=lambda one: one.value,
    )  # fmt: skip
    return [
        text[way].format(
            layer=middle, first=first, last=last, pairs=len(pairs),
            pair=pair_name(result, str(pairs[0]), say),
        ),
        text["layers"].format(
            value=decimals(worst.value), layer=worst.layer, n=worst.n,
            pair=pair_name(result, str(worst.pair), say),
        ),
    ]  # fmt: skip
