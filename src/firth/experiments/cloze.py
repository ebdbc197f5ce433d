"""What stands in the blank?

Source: BERT learnt by filling blanks (Devlin et al. 2019); pseudo-log-likelihood: Salazar et al.
2020, and within words Kauf & Ivanova 2023.

In: sentences with ``[MASK]``, with the right answer or without. Out: for each blank the likeliest
tokens with their probabilities, the filled sentence with its joint log-probability
(`firth.encoder.filling` says what that is), and where it is asked for how likely the sentence as a
whole is. A sentence without a blank can be scored, not filled; one with a blank is scored as the
best fill left it.

Probabilities are the model's own over its whole vocabulary, also where only some candidates are
wanted; special tokens are never candidates.

Tables: ``fills``, one row a candidate: ``sentence`` (number among those given, from 1), ``mask``,
``rank``, ``token``, ``probability`` when the blank was filled, ``filled``,
``joint_log_probability`` (left out where the tokens of other blanks would have to be chosen anew).
``sentences``, one row a sentence: ``text``, ``filled``, ``blanks``, ``answer``, ``gold``,
``right``, ``pseudo_log_likelihood``, ``tokens``, ``pseudo_perplexity``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firth.encoder.cloze import MaskedLMHead, load_head
from firth.encoder.likelihood import (
    MASKINGS,
    Likelihood,
    Masking,
    pseudo_log_likelihoods,
    pseudo_perplexity,
)
from firth.encoder.model import Encoder
from firth.errors import InputError, OptionError, did_you_mean
from firth.experiments.answer import Measured, answer
from firth.experiments.cloze_fills import CHUNK_TEXTS, FilledText, Filler, Settings
from firth.probe.statistics import DRAWS, interval, mean_interval
from firth.results.manifest import text_card
from firth.results.schema import Cell, DataCard, Result, Score

NAME = "cloze"


@dataclass
class _Found:
    """What was found so far."""

    fills: list[dict[str, Cell]] = field(default_factory=list[dict[str, Cell]])
    sentences: list[dict[str, Cell]] = field(default_factory=list[dict[str, Cell]])
    right: list[bool] = field(default_factory=list[bool])
    likelihoods: list[Likelihood] = field(default_factory=list[Likelihood])
    too_long: int = 0


def cloze(
    encoder: Encoder,
    texts: Sequence[str] | str,
    *,
    answers: Sequence[str | None] | None = None,
    top: int = 10,
    decode: str = "joint",
    beam: int = 5,
    only_language: str | None = None,
    words: Sequence[str] | None = None,
    score: bool | Masking = False,
    seed: int = 0,
    source: str | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: An encoder whose folder holds a masked-LM head.
        texts: Sentences with ``[MASK]`` or the model's own mask token.
        answers: For each what stood from the first to the last blank, where it is known.
        top: How many candidates of each blank are kept.
        decode: ``joint`` (easiest first), ``independent``, ``left-to-right``, ``easiest-first`` or
            ``beam``.
        beam: How many fills a beam keeps.
        only_language: Candidates of this language only, as far as that can be told of a token.
        words: Candidates are these words only; a word may have several tokens.
        score: Also the pseudo-log-likelihood; True is ``original``, or ``within-word``.
        seed: Seed of the bootstrap.
        source: Where the texts come from.
        runs: A store: the same question is answered from it.
        progress: Called with the number of texts done since the last call.

    Raises:
        InputError: No text has a blank (and none is to be scored), or there is no text.
        ModelError: The model has no head.
        OptionError: A setting is not legal.
    """
    given = [texts] if isinstance(texts, str) else list(texts)
    gold = list(answers) if answers is not None else [None] * len(given)
    if len(gold) != len(given):
        raise InputError(f"{len(given)} texts but {len(gold)} answers")
    settings = Settings(top, decode, beam, only_language, None if words is None else tuple(words))
    settings.check()
    masking = check_masking(score)
    config: dict[str, Any] = {
        "sentences": source,
        "top": top,
        "decode": settings.order,
        "beam": beam if decode == "beam" else None,
        "only_language": only_language,
        "words": list(settings.words) if settings.words is not None else None,
        "score": masking,
        "seed": seed,
    }
    data = [given_card(given, gold, source)]

    def measure() -> Measured:
        head = load_head(encoder)
        numbers = _usable(head, given, masking)
        found = _run(head, settings, masking, given, gold, numbers, progress)
        return Measured(
            _scores(found, masking, np.random.default_rng(seed)),
            {"fills": found.fills, "sentences": found.sentences},
            [*said_of(given, numbers), *answers_said(found.too_long), *head.sentences()],
        )

    return answer(NAME, encoder, config, data, runs, measure)


def given_card(texts: Sequence[str], answers: Sequence[str | None], source: str | None) -> DataCard:
    """Return the card of the texts with their answers."""
    lines = (f"{a}\t{b}" if b is not None else a for a, b in zip(texts, answers, strict=True))
    return text_card(source or "sentences", lines)


def check_masking(score: bool | str) -> Masking | None:
    """Return how pseudo-log-likelihood masks, or None when it is not asked for.

    Raises:
        OptionError: There is no such way.
    """
    if isinstance(score, bool):
        return "original" if score else None
    for legal in MASKINGS:
        if score == legal:
            return legal
    near = did_you_mean(score, MASKINGS)
    raise OptionError(f"score {score!r}: legal are {', '.join(MASKINGS)}.{near}")


def _usable(head: MaskedLMHead, given: list[str], masking: Masking | None) -> list[int]:
    """Return the indices of the texts that can be filled or scored."""
    if not any(text.strip() for text in given):
        raise InputError("there are no sentences")
    kept = [
        index
        for index, text in enumerate(given)
        if text.strip() and (masking is not None or head.blanker.spans(text))
    ]
    if not kept:
        raise no_blank(head.blanker.mask_token)
    return kept


def no_blank(mask_token: str, text: str | None = None) -> InputError:
    """Return the error of texts that have no blank; ``text`` names one of them."""
    also = "" if mask_token == "[MASK]" else f" (or {mask_token})"
    what = "no sentence has a blank" if text is None else f"{text[:40]!r} has no blank"
    return InputError(
        f"{what}: write [MASK]{also} where a word is missing, or add --score (score=True) to rate "
        "whole sentences"
    )


def said_of(given: Sequence[str], kept: Sequence[int]) -> list[str]:
    """Return the warnings about lines that were left out."""
    return left_out(
        len(given), sum(not text.strip() for text in given),
        sum(bool(text.strip()) for text in given) - len(kept),
    )  # fmt: skip


def left_out(total: int, empty: int, without: int) -> list[str]:
    """Return the warnings about ``empty`` lines and lines ``without`` a blank, of ``total``."""
    said: list[str] = []
    if empty:
        said.append(f"{empty} of {total} lines are empty: skipped")
    if without:
        said.append(f"{without} of {total} sentences have no blank: left out")
    return said


def answers_said(too_long: int) -> list[str]:
    """Return the warning about answers that no fill could reach."""
    if not too_long:
        return []
    return [
        f"{too_long} answers have more tokens in this model than their sentence has blanks: they "
        "count as wrong"
    ]


def _run(
    head: MaskedLMHead,
    settings: Settings,
    masking: Masking | None,
    given: list[str],
    gold: Sequence[str | None],
    numbers: list[int],
    progress: Callable[[int], None] | None,
) -> _Found:
    filler, found = Filler(head, settings), _Found()
    for start in range(0, len(numbers), CHUNK_TEXTS):
        own = numbers[start : start + CHUNK_TEXTS]
        filled = list(filler.fill([given[index] for index in own]))
        scores: Sequence[Likelihood | None] = [None] * len(own)
        if masking is not None:
            scores = pseudo_log_likelihoods(head, [one.filled for one in filled], masking)
        for index, one, likelihood in zip(own, filled, scores, strict=True):
            _add(found, filler, index + 1, one, gold[index], likelihood)
        if progress is not None:
            progress(len(own))
    return found


def _add(
    found: _Found,
    filler: Filler,
    number: int,
    one: FilledText,
    gold: str | None,
    likelihood: Likelihood | None,
) -> None:
    row: dict[str, Cell] = {
        "sentence": number, "text": one.text, "filled": one.filled, "blanks": one.blanks,
        "joint_log_probability": one.joint, "answer": one.answer if one.blanks else None,
    }  # fmt: skip
    if gold is not None and one.blanks:
        right, reachable = filler.judge(one, gold)
        row |= {"gold": gold, "right": right}
        found.right.append(right)
        found.too_long += not reachable
    if likelihood is not None:
        row |= {
            "pseudo_log_likelihood": likelihood.total, "tokens": likelihood.tokens,
            "pseudo_perplexity": likelihood.perplexity,
        }  # fmt: skip
        found.likelihoods.append(likelihood)
    found.sentences.append(row)
    found.fills += [candidate.row(number) for candidate in one.candidates]


def _scores(found: _Found, masking: Masking | None, rng: np.random.Generator) -> list[Score]:
    scores: list[Score] = []
    if found.right:
        scores.append(accuracy(found.right, rng))
    rated = [one for one in found.likelihoods if one.tokens]
    if not rated:
        return scores
    totals = np.array([one.total for one in rated])
    tokens = np.array([one.tokens for one in rated], dtype=float)
    several = len(rated) > 1
    low, high = mean_interval(totals, rng) if several else (None, None)
    scores.append(
        Score(
            metric="pseudo_log_likelihood", value=float(totals.mean()), n=len(rated),
            unit="sentence", low=low, high=high, scorer=masking,
        )
    )  # fmt: skip
    value = pseudo_perplexity(rated)
    if value is None or not np.isfinite(value):
        return scores
    low, high = None, None
    if several:
        counts = rng.multinomial(len(rated), np.full(len(rated), 1 / len(rated)), size=DRAWS)
        samples = np.exp(-(counts @ totals) / (counts @ tokens))
        low, high = interval(samples, value)
    scores.append(
        Score(
            metric="pseudo_perplexity", value=value, n=len(rated), unit="sentence",
            low=low, high=high, scorer=masking,
        )
    )  # fmt: skip
    return scores


def accuracy(right: Sequence[bool], rng: np.random.Generator) -> Score:
    """Return the share of right answers with its bootstrap interval over sentences."""
    values = np.array(right, dtype=float)
    low, high = mean_interval(values, rng) if len(values) > 1 else (None, None)
    return Score(
        metric="mlm_accuracy", value=float(values.mean()), n=len(values), unit="sentence",
        low=low, high=high,
    )  # fmt: skip
