"""Does a word mean the same in two sentences (word in context)?

Source: WiC (Pilehvar & Camacho-Collados 2019), MCL-WiC (Martelli et al. 2021). The cosine of the
two occurrences, raw and centred, is compared with a threshold.

The threshold, and for ``best_on_dev`` the layer, come from development data: the development or
training split where there is another one to score (train -> dev, dev -> test), else the other nine
tenths of the words, ten times over (words are never parted). Intervals resample words, with all
their pairs; with fewer than ten words, folds and intervals are over pairs, and it is said. The AUC
needs no threshold; its p-value permutes the labels, maximum over all choices.

Controls (``control`` of a score):
    layer_0            position and neighbouring-token effects alone
    static             the cosine of the two forms' static vectors: 1 where the form is the same
    most_frequent_answer  always the more frequent answer of the development data

Table ``pairs``: one row a pair that is scored, and whether the best choice is right. Items: under
every choice the cosine of each pair, and whether its answer is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt64

from firth.encoder.model import Encoder
from firth.encoder.states import check_layers
from firth.errors import InputError
from firth.experiments.answer import Measured, answer
from firth.experiments.centring import Background, background, token_means
from firth.experiments.choices import BEST_ON_DEV, Choices
from firth.probe.ranking import TIE, auc, rank_pairs, weighted_auc
from firth.probe.similarity import pairs_cosine
from firth.probe.statistics import DRAWS, interval, permutation_p
from firth.probe.threshold import best_threshold
from firth.results.items import Items, item_arrays, keys_of, numbered
from firth.results.manifest import text_card
from firth.results.schema import Cell, Comparison, Result, Score
from firth.text.language import guess_language
from firth.text.reading import Source
from firth.text.wic import WordPair

NAME = "wic"
FOLDS = 10
KINDS: tuple[Comparison, ...] = ("raw", "centred")
# Which split is scored, and which one chooses for it; the first that the data has.
ROLES = (("test", "dev"), ("test", "train"), ("dev", "train"))
_AT_ONCE = 50

Pairs = Float[np.ndarray, "c p"]


def wic(
    encoder: Encoder,
    *,
    pairs: Sequence[WordPair] | None = None,
    layers: Sequence[int] | None = None,
    centre_corpus: str | None = None,
    language: str | None = None,
    seed: int = 0,
    source: Source | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder.
        pairs: The pairs, labelled; read from ``source`` by default.
        layers: Which layers; all by default.
        centre_corpus: A text file whose token mean is removed; carried text by default, of the
            first sentences' language for the first and of the second sentences' for the second.
        language: Language of all sentences, where the guess would be wrong.
        seed: Seed of folds, bootstrap and permutation.
        source: The files the pairs come from, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of sentences done since the last call.

    Raises:
        InputError: There are no labelled pairs, or all have the same label.
        OptionError: A layer or language does not exist.
    """
    if pairs is None:
        pairs = source.pairs() if source is not None else []
    scored, chooses, without = _roles(pairs)
    chosen = check_layers(layers, encoder.n_layers)
    used = [*scored, *chooses]
    texts = [
        _text([side.sentence for side in sides], centre_corpus, language)
        for sides in ([pair.first for pair in used], [pair.second for pair in used])
    ]
    config: dict[str, Any] = {
        "source": source.config() if source else None,
        "layers": list(chosen),
        "centre_corpus": centre_corpus,
        "language": language,
        "seed": seed,
    }
    cards = {text.name: text_card(text.name, text.sentences) for text in texts}
    data = [text_card(str(source) if source else "pairs", map(str, used)), *cards.values()]

    def measure() -> Measured:
        found = _run(encoder, scored, chooses, chosen, texts, seed, progress)
        if without:
            found.warnings.insert(0, f"{without} pairs have no label: left out")
        return found

    return answer(NAME, encoder, config, data, runs, measure)


def _run(
    encoder: Encoder,
    scored: list[WordPair],
    chooses: list[WordPair],
    layers: tuple[int, ...],
    texts: list[Background],
    seed: int,
    progress: Callable[[int], None] | None,
) -> Measured:
    before = replace(encoder.report)
    found = Measured()
    choices = Choices.of(layers, encoder.n_layers)
    used = [*scored, *chooses]
    cosines, static, there = _cosines(encoder, used, choices, layers, texts, progress)
    lost = int((~there).sum())
    if lost:
        found.warnings.append(f"{lost} pairs have a word without a token of its own: left out")
    used = [pair for pair, kept in zip(used, there.tolist(), strict=True) if kept]
    n_scored = int(there[: len(scored)].sum())
    _score(used, n_scored, cosines, static, choices, np.random.default_rng(seed), found)
    found.warnings += encoder.report.since(before).sentences()
    return found


def _roles(pairs: Sequence[WordPair]) -> tuple[list[WordPair], list[WordPair], int]:
    """Return the pairs that are scored, those that choose, and how many have no label."""
    known = [pair for pair in pairs if pair.same is not None]
    if not known:
        raise InputError(
            "no pair has a label; word-in-context accuracy needs T or F for each pair (for WiC "
            "and MCL-WiC the gold file beside the data file)"
        )
    by_split: dict[str | None, list[WordPair]] = {}
    for pair in known:
        by_split.setdefault(pair.split, []).append(pair)
    scored, chooses = known, []
    for target, chooser in ROLES:
        if target in by_split and chooser in by_split:
            scored, chooses = by_split[target], by_split[chooser]
            break
    for some in (scored, chooses):
        if some and len({pair.same for pair in some}) < 2:
            raise InputError(f"all {len(some)} pairs have the same label; both are needed")
    return scored, chooses, len(pairs) - len(known)


def _text(sentences: list[str], corpus: str | None, language: str | None) -> Background:
    return background(sentences, corpus, language or guess_language(sentences))


def _cosines(
    encoder: Encoder,
    pairs: list[WordPair],
    choices: Choices,
    layers: tuple[int, ...],
    texts: list[Background],
    progress: Callable[[int], None] | None,
) -> tuple[dict[Comparison, Pairs], Float[np.ndarray, " p"], Bool[np.ndarray, " n"]]:
    """Return the cosines of all pairs [c, p], those of static vectors [p], and who has them."""
    means = {text.name: choices.combine(token_means(encoder, text, layers)) for text in texts}
    of_side = [means[text.name] for text in texts]

    def items() -> Iterator[tuple[str, tuple[tuple[int, int]]]]:
        for pair in pairs:
            for side in (pair.first, pair.second):
                yield side.sentence, ((side.start, side.end),)

    stream = encoder.word_vectors(items(), layers=layers, progress=progress)
    columns: dict[Comparison, list[np.ndarray]] = {kind: [] for kind in KINDS}
    static: list[float] = []
    there = np.zeros(len(pairs), dtype=bool)
    rows: dict[str, np.ndarray] = {}
    for number, pair in enumerate(pairs):
        both = [next(stream), next(stream)]
        if any(one.counts[0] == 0 for one in both):
            continue
        there[number] = True
        first, second = (choices.combine(one.vectors) for one in both)  # (c, 1, d)
        columns["raw"].append(pairs_cosine(first, second))
        centred = [
            states - mean[:, None, :] for states, mean in zip((first, second), of_side, strict=True)
        ]
        columns["centred"].append(pairs_cosine(centred[0], centred[1]))
        for form in (pair.first.form.lower(), pair.second.form.lower()):
            if form not in rows:
                rows[form] = encoder.static_vector(form)[None, None]
        fixed = pairs_cosine(rows[pair.first.form.lower()], rows[pair.second.form.lower()])
        static.append(float(fixed[0, 0]))
    if not there.any():
        raise InputError("no pair has its word among the tokens of both sentences")
    found: dict[Comparison, Pairs] = {
        kind: np.concatenate(some, axis=1) for kind, some in columns.items()
    }
    return found, np.array(static), there


def _score(
    pairs: list[WordPair],
    n_scored: int,
    cosines: dict[Comparison, Pairs],
    static: Float[np.ndarray, " p"],
    choices: Choices,
    rng: np.random.Generator,
    found: Measured,
) -> None:
    """Add the scores of the first ``n_scored`` pairs; the others choose."""
    same = np.array([bool(pair.same) for pair in pairs])
    group, n_groups = _groups(pairs[:n_scored], found)
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=DRAWS)
    weights = drawn[:, group].astype(np.float64)  # (m, p): a word comes with all its pairs
    folds = rng.permutation(np.arange(n_groups) % min(FOLDS, n_groups))[group]
    own = same[:n_scored]
    chosen: dict[Comparison, tuple[np.ndarray, str]] = {}
    clusters = group if n_groups < n_scored else None
    keys = keys_of(numbered(map(str, pairs[:n_scored])))
    items: list[Items] = []
    for kind, values in cosines.items():
        right, best, name = _answers(values, same, n_scored, folds, choices)
        chosen[kind] = best, name
        for metric, scored in (("auc", values[:, :n_scored]), ("accuracy", right)):
            rows = tuple(
                {"metric": metric, "similarity": kind, **choice.fields} for choice in choices.each
            )
            items.append(_items(metric, keys, rows, scored.T, own, clusters))
        _auc_rows(values[:, :n_scored], own, weights, choices, kind, rng, found)
        for position, choice in enumerate(choices.each):
            row = _accuracy(right[position], weights, similarity=kind, **choice.fields)
            found.scores.append(row)
            if choice.layer == 0:
                found.scores.append(row.model_copy(update={"control": "layer_0"}))
        found.scores.append(_accuracy(best, weights, similarity=kind, arm=BEST_ON_DEV))
    alone = Choices.of((0,), 1)
    right, _, _ = _answers(static[None], same, n_scored, folds, alone)
    found.scores.append(_accuracy(right[0], weights, similarity="raw", control="static"))
    frequent = _most_frequent(same, n_scored, folds)
    found.scores.append(_accuracy(frequent, weights, control="most_frequent_answer"))
    found.tables["pairs"] = [
        _row(pair, number, {kind: chosen[kind][0][number] for kind in KINDS})
        for number, pair in enumerate(pairs[:n_scored])
    ]
    found.arrays = item_arrays(items)
    found.tables["development"] = [
        {"similarity": kind, "choice": chosen[kind][1]} for kind in KINDS
    ]


def _groups(pairs: list[WordPair], found: Measured) -> tuple[Int[np.ndarray, " s"], int]:
    """Return which pairs are drawn together, and how many such groups there are."""
    words = {word: number for number, word in enumerate(dict.fromkeys(p.word for p in pairs))}
    if len(words) >= FOLDS:
        return np.array([words[pair.word] for pair in pairs]), len(words)
    found.warnings.append(
        f"only {len(words)} words: folds and intervals are over pairs, which share sentences' "
        "words, so the intervals are too narrow for other words"
    )
    return np.arange(len(pairs)), len(pairs)


def _items(
    metric: str,
    keys: UInt64[np.ndarray, " s"],
    rows: tuple[dict[str, Any], ...],
    scored: Float[np.ndarray, "s c"],
    same: Bool[np.ndarray, " s"],
    clusters: Int[np.ndarray, " s"] | None,
) -> Items:
    """Return what each pair brings to the scores of one kind of cosine: its cosine, or 0 or 1."""
    group = f"{metric}.{rows[0]['similarity']}"
    if metric == "accuracy":
        return Items(group, keys, rows, scored, clusters)
    ranked = np.rint(scored / TIE)  # as `rank_pairs` has them; what ties must tie when stored
    values = np.stack([ranked, np.broadcast_to(same[:, None], scored.shape)], axis=2)
    return Items(group, keys, rows, values, clusters, metric)


def _answers(
    values: Pairs,
    same: Bool[np.ndarray, " p"],
    n_scored: int,
    folds: Int[np.ndarray, " s"],
    choices: Choices,
) -> tuple[Float[np.ndarray, "c s"], Float[np.ndarray, " s"], str]:
    """Return which answers are right for every choice and for the one best on development data."""
    right = np.empty((len(values), n_scored))
    best = np.empty(n_scored)
    names: list[str] = []
    learns = np.arange(len(same)) >= n_scored
    parts = [(learns, np.arange(n_scored))]
    if not learns.any():
        parts = [(folds != fold, np.flatnonzero(folds == fold)) for fold in np.unique(folds)]
    for chooser, scored in parts:
        cuts = best_threshold(values[:, chooser], same[chooser])
        right[:, scored] = (values[:, scored] > cuts[:, None]) == same[scored]
        known = ((values[:, chooser] > cuts[:, None]) == same[chooser]).mean(axis=1)
        position = int(known.argmax())
        best[scored] = right[position, scored]
        names.append(str(choices.each[position]))
    counted = {name: names.count(name) for name in dict.fromkeys(names)}
    said = ", ".join(
        name if len(names) == 1 else f"{name} ({count} of {len(names)} folds)"
        for name, count in counted.items()
    )
    return right, best, said


def _most_frequent(
    same: Bool[np.ndarray, " p"], n_scored: int, folds: Int[np.ndarray, " s"]
) -> Float[np.ndarray, " s"]:
    if len(same) > n_scored:
        return (same[:n_scored] == (same[n_scored:].mean() >= 0.5)).astype(np.float64)
    right = np.empty(n_scored)
    for fold in np.unique(folds):
        right[folds == fold] = same[folds == fold] == (same[folds != fold].mean() >= 0.5)
    return right


def _accuracy(
    right: Float[np.ndarray, " s"], weights: Float[np.ndarray, "m s"], **fields: Any
) -> Score:
    value = float(right.mean())
    low, high = interval(weights @ right / weights.sum(axis=1), value)
    return Score(
        metric="accuracy", value=value, n=len(right), unit="sentence pair", low=low, high=high,
        **fields,
    )  # fmt: skip


def _auc_rows(
    values: Pairs,
    same: Bool[np.ndarray, " s"],
    weights: Float[np.ndarray, "m s"],
    choices: Choices,
    kind: Comparison,
    rng: np.random.Generator,
    found: Measured,
) -> None:
    ranks = [rank_pairs(row) for row in values]
    midranks = np.stack([one.midranks() for one in ranks])
    observed = auc(midranks, same[None, :])[0]
    tried = np.stack([rng.permutation(same) for _ in range(DRAWS)])
    p, adjusted = permutation_p(observed, auc(midranks, tried), exact=False)
    for position, choice in enumerate(choices.each):
        samples = np.concatenate(
            [
                weighted_auc(ranks[position], same, weights[at : at + _AT_ONCE])
                for at in range(0, len(weights), _AT_ONCE)
            ]
        )
        value = float(observed[position])
        low, high = interval(samples, value)
        fields: dict[str, Any] = {"similarity": kind, **choice.fields}
        row = Score(
            metric="auc", value=value, n=len(same), unit="sentence pair", low=low, high=high,
            p=float(p[position]), p_adjusted=float(adjusted[position]), **fields,
        )  # fmt: skip
        found.scores.append(row)
        if choice.layer == 0:
            found.scores.append(row.model_copy(update={"control": "layer_0"}))
        for metric, some in (("same", same), ("different", ~same)):
            own = values[position, some]
            total = weights[:, some].sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                low, high = interval(weights[:, some] @ own / total, float(own.mean()))
            found.scores.append(
                Score(
                    metric=metric, value=float(own.mean()), n=int(some.sum()),
                    unit="sentence pair", low=low, high=high, **fields,
                )
            )  # fmt: skip


def _row(pair: WordPair, number: int, right: dict[Comparison, float]) -> dict[str, Cell]:
    row: dict[str, Cell] = {"index": number, "word": pair.word, "same": bool(pair.same)}
    for name, side in (("first", pair.first), ("second", pair.second)):
        row |= {f"{name}_sentence": side.sentence, f"{name}_span": [side.start, side.end]}
    if pair.split is not None:
        row["split"] = pair.split
    return row | {f"right_{kind}": bool(value) for kind, value in right.items()}
