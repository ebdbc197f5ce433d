"""Does a multilingual model fill blanks in the language of the sentence?

Source: the puzzle of Hung-yi Lee's lecture: if the words of all languages lie close together, why
does multilingual BERT not fill an English blank with Chinese?

Tokens of sentences in several languages are hidden, one at a time. *Language consistency* is the
probability that lies on tokens of the sentence's own language, among tokens that have a language
(``scorer`` is ``mass``), and the share of first guesses that do (``top_1``). The language of a
token comes from its frequencies in texts (`firth.text.vocabulary`): half of the sentences, none of
which is scored. Tokens that several languages share count to neither; their share is a score of
its own. Special tokens are no candidates. Intervals resample sentences.

Controls (``control`` of a score):
    text        the hidden tokens themselves: how consistent the sentences are
    unigram     tokens drawn by their frequency in the texts, languages weighing alike
    vocabulary  tokens drawn evenly from the vocabulary: its own mix of languages
    no_context  the model's answer to a mask with nothing beside it
For ``mlm_accuracy`` the unigram control always answers with the language's most frequent token.

Tables: ``confusion``, one row for every language of sentences, every language of fills (and
``shared``, and ``foreign``: letters that none of the texts is written in) and every scorer;
``mixes``, the same of the controls; ``crossings``, the surest first guesses in another language.
Items: the sums of each sentence (`consistency_items`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from firth.encoder.cloze import MaskedLMHead, Query, load_head
from firth.encoder.model import Encoder
from firth.errors import OptionError
from firth.experiments.answer import Measured, answer
from firth.experiments.consistency_blanks import Asked, Asker
from firth.experiments.consistency_items import Kept, mean_items
from firth.probe.statistics import DRAWS, interval
from firth.results.items import item_arrays
from firth.results.manifest import text_card
from firth.results.schema import Cell, Result, Score
from firth.text.corpora import CARRIED, check_several, read_corpora
from firth.text.vocabulary import token_language

NAME = "consistency"
METRIC = "language_consistency"
SCORERS = ("mass", "top_1")
SHARED_AND_FOREIGN = ("shared", "foreign")
SHARED = -2  # the column of shared tokens, before that of foreign ones
# Sentences of a language that are counted, at most: a token's language needs no more.
MOST_COUNTED = 20_000
LEAST = 4
# Crossings that are kept, a language.
SHOWN = 20


def consistency(
    encoder: Encoder,
    corpora: Mapping[str, Sequence[str]] | None = None,
    *,
    blanks: int = 5,
    most: int = 200,
    seed: int = 0,
    files: Mapping[str, str] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: An encoder whose folder holds a masked-LM head.
        corpora: Language -> sentences; by default those of ``files``, or what firth carries.
        blanks: Tokens of a sentence that are hidden, one at a time.
        most: Sentences of a language that are scored, at most; never more than half of them.
        seed: Seed of which sentences and tokens, and of the bootstrap.
        files: Language -> file the sentences come from, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of sentences done since the last call.

    Raises:
        InputError: There are not two languages, or one has fewer than four sentences.
        ModelError: The model has no head.
        OptionError: A number is below 1.
    """
    for name, value in (("blanks", blanks), ("most", most)):
        if value < 1:
            raise OptionError(f"{name} {value}: it must be at least 1")
    given = corpora if corpora is not None else read_corpora(files or {})
    texts = {language: list(dict.fromkeys(own)) for language, own in given.items()}
    check_several(texts, LEAST)
    config: dict[str, Any] = {
        "files": dict(files) if files else None,
        "carried": corpora is None and not files,
        "blanks": blanks,
        "most": most,
        "seed": seed,
    }
    named = dict(files or {}) or dict.fromkeys(texts, CARRIED if config["carried"] else "sentences")
    data = [text_card(f"{language}: {named[language]}", own) for language, own in texts.items()]

    def measure() -> Measured:
        return _measure(load_head(encoder), texts, blanks, most, seed, progress)

    return answer(NAME, encoder, config, data, runs, measure)


@dataclass(frozen=True)
class _Halves:
    """Of each language the sentences that are scored, and the others with their tokens' counts."""

    scored: dict[str, list[str]]
    counted: dict[str, list[str]]
    counts: dict[str, Int[np.ndarray, " v"]]


def _halves(
    head: MaskedLMHead, texts: Mapping[str, list[str]], most: int, rng: np.random.Generator
) -> _Halves:
    halves = _Halves({}, {}, {})
    for language, own in texts.items():
        order = rng.permutation(len(own))
        n = min(most, len(own) // 2)
        halves.scored[language] = [own[at] for at in np.sort(order[:n])]
        halves.counted[language] = [own[at] for at in order[n : n + MOST_COUNTED]]
        ids = [one.ids for one in head.blanker.blank(halves.counted[language])]
        halves.counts[language] = np.bincount(np.concatenate(ids), minlength=head.vocabulary)
    return halves


def _measure(
    head: MaskedLMHead,
    texts: Mapping[str, list[str]],
    blanks: int,
    most: int,
    seed: int,
    progress: Callable[[int], None] | None,
) -> Measured:
    rng = np.random.default_rng(seed)
    halves = _halves(head, texts, most, rng)
    surfaces = head.blanker.surfaces(head.vocabulary)
    tokens = token_language(surfaces, halves.counts, halves.counted)
    groups = tokens.groups()  # (v, r)
    groups[[not surface for surface in surfaces]] = False  # special tokens are no candidates
    asker = Asker(head, groups)
    names = [*tokens.languages, *SHARED_AND_FOREIGN]
    found = Measured(tables={"confusion": [], "mixes": [], "crossings": []})
    _mixes(asker, halves, names, found)
    means: dict[str, list[_Ratio]] = {scorer: [] for scorer in SCORERS}
    every: list[Kept] = []
    for at, (language, sentences) in enumerate(halves.scored.items()):
        asked = asker.ask(sentences, blanks, rng, progress)
        if not len(asked.gold):
            found.warnings.append(f"{language}: no sentence has a token that could be hidden")
            continue
        drawn = rng.multinomial(
            len(sentences), np.full(len(sentences), 1 / len(sentences)), size=DRAWS
        )[:, asked.sentence].astype(np.float64)  # (m, k): a sentence comes with all its tokens
        kept = Kept(language, at, sentences, asked.sentence)
        every.append(kept)
        first = groups[asked.first].astype(np.float64)
        for scorer, mass in zip(SCORERS, (asked.mass, first), strict=True):
            means[scorer] += _add(mass, at, drawn, found, kept, language=language, scorer=scorer)
            found.tables["confusion"] += _tidy(
                names, mass.mean(axis=0), len(mass), language=language, scorer=scorer
            )
        gold = groups[asked.gold].astype(np.float64)
        _add(gold, at, drawn, found, None, language=language, control="text")
        usual = int(halves.counts[language].argmax())
        for guess, control in ((asked.first, None), (usual, "unigram")):
            right = (asked.gold == guess).astype(np.float64)
            one = _Ratio.of(right, np.ones_like(right), drawn)
            found.scores.append(one.score("mlm_accuracy", language=language, control=control))
            if control is None:
                kept.add("mlm_accuracy", right, np.ones_like(right))
        found.tables["crossings"] += _crossings(asked, at, names, first, head, language)
    for scorer, ratios in means.items():
        if len(ratios) > 1:
            found.scores.append(_Ratio.mean(ratios).score(METRIC, "language", scorer=scorer))
    items = [*(one.items() for one in every), *mean_items(every, METRIC, SCORERS)]
    found.arrays = item_arrays(items)
    found.warnings += head.sentences()
    return found


@dataclass(frozen=True)
class _Ratio:
    """A ratio of sums with its bootstrap samples."""

    value: float
    samples: Float[np.ndarray, " m"]
    n: int

    @classmethod
    def of(
        cls,
        above: Float[np.ndarray, " k"],
        below: Float[np.ndarray, " k"],
        drawn: Float[np.ndarray, "m k"],
    ) -> _Ratio:
        """Return the ratio over all positions; they are drawn by sentence."""
        with np.errstate(invalid="ignore", divide="ignore"):
            samples = (drawn @ above) / (drawn @ below)
        return cls(float(above.sum() / below.sum()), samples, len(above))

    @classmethod
    def mean(cls, ratios: Sequence[_Ratio]) -> _Ratio:
        """Return the mean over languages; their sentences are drawn independently."""
        samples = np.mean([one.samples for one in ratios], axis=0)
        return cls(float(np.mean([one.value for one in ratios])), samples, len(ratios))

    def score(self, metric: str, unit: str = "position", **fields: Any) -> Score:
        """Return the row."""
        low, high = interval(self.samples, self.value)
        return Score(
            metric=metric, value=self.value, n=self.n, unit=unit, low=low, high=high, **fields
        )


def _add(
    mass: Float[np.ndarray, "k r"],
    own: int,
    drawn: Float[np.ndarray, "m k"],
    found: Measured,
    kept: Kept | None,
    **fields: Any,
) -> list[_Ratio]:
    """Add consistency and the shared tokens' share; return the former where it exists."""
    shared = mass[:, SHARED]
    total = mass.sum(axis=1)
    found.scores.append(_Ratio.of(shared, total, drawn).score("shared_tokens", **fields))
    clear = total - shared
    if kept is not None:
        kept.add("shared_tokens", shared, total, fields["scorer"])
    if not clear.sum():
        return []
    if kept is not None:
        kept.add(METRIC, mass[:, own], clear, fields["scorer"])
    ratio = _Ratio.of(mass[:, own], clear, drawn)
    found.scores.append(ratio.score(METRIC, **fields))
    return [ratio]


def _mixes(asker: Asker, halves: _Halves, names: list[str], found: Measured) -> None:
    """Add the controls that know nothing of a sentence, the same for all of its tokens."""
    head, groups = asker.head, asker.groups.astype(np.float64)
    # A language weighs as much as another, however much text it has.
    unigram = np.mean([own / max(own.sum(), 1) for own in halves.counts.values()], axis=0)
    alone = Query(np.array([head.blanker.mask_id]), np.array([0]))
    mixes = {
        "vocabulary": (groups.sum(axis=0), int(groups.any(axis=1).sum())),
        "unigram": (unigram @ groups, int(sum(own.sum() for own in halves.counts.values()))),
        "no_context": (asker.answers([alone])[0][0].mass, 1),
    }
    for control, (mass, n) in mixes.items():
        found.tables["mixes"] += _tidy(names, mass / max(mass.sum(), 1e-300), n, control=control)
        clear = mass.sum() - mass[SHARED]
        # Where all tokens are shared there is nothing to be consistent with.
        for at, language in enumerate(halves.scored if clear > 0 else ()):
            found.scores.append(
                Score(
                    metric=METRIC, value=float(mass[at] / clear), n=n, unit="token",
                    language=language, control=control,
                )
            )  # fmt: skip


def _tidy(
    names: list[str], shares: Float[np.ndarray, " r"], n: int, **fields: Cell
) -> list[dict[str, Cell]]:
    pairs = zip(names, shares.tolist(), strict=True)
    return [fields | {"filled": name, "share": share, "n": n} for name, share in pairs]


def _crossings(
    asked: Asked,
    own: int,
    names: list[str],
    first: Float[np.ndarray, "k r"],
    head: MaskedLMHead,
    language: str,
) -> list[dict[str, Cell]]:
    """Return the surest first guesses that belong to another language."""
    group = first.argmax(axis=1)
    crossed = np.flatnonzero((group != own) & (names.index("shared") != group))
    order = crossed[np.argsort(-asked.chance[crossed], kind="stable")][:SHOWN]
    return [
        {
            "language": language, "sentence": asked.texts[at],
            "token": head.blanker.piece(int(asked.gold[at])),
            "fill": head.blanker.piece(int(asked.first[at])), "filled": names[int(group[at])],
            "probability": float(asked.chance[at]), "own_mass": float(asked.mass[at, own]),
        }
        for at in order.tolist()
    ]  # fmt: skip
