"""What a result says in one line, built from its scores."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from firth.report.findings_align import of_alignment
from firth.report.findings_fair import of_search, of_where
from firth.report.findings_links import of_links
from firth.report.findings_pretrain import of_pretraining
from firth.report.findings_reading import of_asking, of_reading, of_reading_arms
from firth.report.findings_retrieval import of_retrieval
from firth.report.findings_shift import of_stability, of_sweep, of_translation
from firth.report.findings_transfer import of_transfer
from firth.report.findings_vectors import of_vectors
from firth.report.numbers import decimals, interval_of
from firth.report.pretrain_data import pretrain_title
from firth.report.senses_data import best_score, scores_of, words_of
from firth.report.words import Words
from firth.results.schema import Result

# Filled sentences that are told, at most.
MOST_FILLS = 6
# Metric of filled blanks -> the sentence that tells it.
_FILLED = {"mlm_accuracy": "cloze_accuracy", "pseudo_perplexity": "likelihood"}


def title_of(result: Result, say: Words) -> str:
    """Return the title of a result: what was asked of which model."""
    title = say["title"]["other"].format(experiment=result.experiment)
    if result.experiment == "senses":
        title = say["title"]["senses"].format(word=", ".join(words_of(result)[:6]))
    elif result.experiment == "pretrain":
        title = pretrain_title(result, say)
    elif result.experiment in say["title"]:
        title = say["title"][result.experiment]
    return say["title"]["with_model"].format(title=title, model=result.model.name)


def findings(result: Result, say: Words) -> list[str]:
    """Return what was found, a line each; for unknown experiments, that nothing is stated."""
    lines = FINDINGS.get(result.experiment)
    return lines(result, say) if lines is not None else [say["page"]["no_finding"]]


def _of_senses(result: Result, say: Words) -> list[str]:
    return [_of_word(result, word, say) for word in words_of(result)] + _of_centroids(result, say)


def _of_blanks(result: Result, say: Words) -> list[str]:
    text = say["finding"]
    lines = [
        text[name].format(value=decimals(one.value), interval=interval_of(one, say), n=one.n)
        for metric, name in _FILLED.items()
        for one in result.rows(metric)
    ]
    rows = [row for row in result.tables["sentences"] if row["blanks"]][:MOST_FILLS]
    lines += [text["filled"].format(text=row["text"], filled=row["filled"]) for row in rows]
    return lines


def _of_languages(result: Result, say: Words) -> list[str]:
    text, metric = say["finding"], "language_consistency"
    mass = result.rows(metric, language=None, scorer="mass")
    first = result.rows(metric, language=None, scorer="top_1")
    if not mass or not first:
        return [say["page"]["no_finding"]]
    line = text["consistency"].format(
        mass=decimals(mass[0].value), mass_interval=interval_of(mass[0], say),
        first=decimals(first[0].value), first_interval=interval_of(first[0], say), n=mass[0].n,
    )  # fmt: skip
    means = {
        control: decimals(fmean(one.value for one in rows))
        for control in ("text", "unigram", "vocabulary", "no_context")
        if (rows := list(result.rows(metric, control=control)))
    }
    controls = ", ".join(f"{say['control'][key]} {value}" for key, value in means.items())
    shared = {
        key: decimals(fmean(one.value for one in result.rows("shared_tokens", **fields)))
        for key, fields in (("shared", {"scorer": "mass"}), ("text", {"control": "text"}))
    }
    return [
        line,
        text["consistency_controls"].format(controls=controls),
        text["shared"].format(**shared),
    ]


def _of_centroids(result: Result, say: Words) -> list[str]:
    metric, text = "centroid_accuracy_macro", say["finding"]
    chosen = result.rows(metric, similarity="centred", arm="best_on_dev", control=None)
    if not chosen:
        return []
    best = chosen[0]
    where = text["together"] if best.layer is None else text["layer"].format(layer=best.layer)
    line = text["centroids"].format(
        where=where, value=decimals(best.value), interval=interval_of(best, say), n=best.n
    )
    beside = result.rows(metric, control="most_frequent_sense")
    controls = [f"{say['control']['most_frequent_sense']} {decimals(one.value)}" for one in beside]
    shallow = result.rows(metric, similarity="centred", layer=0, arm=None, control=None)
    controls += [f"{say['control']['layer_0']} {decimals(one.value)}" for one in shallow]
    return [f"{line} {text['centroid_controls'].format(controls=', '.join(controls))}"]


def _of_pairs(result: Result, say: Words) -> list[str]:
    text = say["finding"]
    best = result.rows("accuracy", similarity="centred", arm="best_on_dev")[0]
    line = text["wic"].format(value=decimals(best.value), interval=interval_of(best, say), n=best.n)
    controls = [
        f"{say['control'][one.control]} {decimals(one.value)}"
        for one in result.rows("accuracy")
        if one.control is not None and (one.control != "layer_0" or one.similarity == "centred")
    ]
    return [f"{line} {text['wic_controls'].format(controls=', '.join(controls))}"]


def _of_word(result: Result, word: str, say: Words) -> str:
    text = say["finding"]
    best = best_score(result, word)
    if best is None:
        return text["unscored"].format(word=word)
    interval = interval_of(best, say)
    tested = best.p_adjusted if best.p_adjusted is not None else best.p
    p = ""
    if tested is not None:
        p = text["p_below"].format(p="0.001") if tested < 0.001 else ""
        p = p or text["p"].format(p=decimals(tested))
    line = text["best"].format(
        word=word, layer=best.layer, value=decimals(best.value), interval=interval, n=best.n, p=p
    )
    controls: list[str] = []
    for control in ("layer_0", "static", "random_words"):
        found = scores_of(result, word, control=control)
        found.sort(key=lambda one: one.similarity != "centred")
        controls += [f"{say['control'][control]} {decimals(one.value)}" for one in found[:1]]
    if controls:
        line += " " + text["controls"].format(controls=", ".join(controls))
    return line


# experiment -> what makes its lines
FINDINGS: dict[str, Callable[[Result, Words], list[str]]] = {
    "senses": _of_senses,
    "wic": _of_pairs,
    "cloze": _of_blanks,
    "consistency": _of_languages,
    "vectors": of_vectors,
    "align": of_alignment,
    "retrieval": of_retrieval,
    "links": of_links,
    "translate": of_translation,
    "sweep": of_sweep,
    "language_vectors": of_stability,
    "where": of_where,
    "search": of_search,
    "reading": of_reading,
    "reading_arms": of_reading_arms,
    "ask": of_asking,
    "pretrain": of_pretraining,
    "transfer": of_transfer,
}
