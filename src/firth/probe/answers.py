"""How right is an answer? Exact match and F1 of the published evaluation scripts, by name.

    squad    SQuAD 1.1, ``evaluate-v1.1.py`` (Rajpurkar et al. 2016): words, for English
    squad2   SQuAD 2.0, ``evaluate-v2.0.py`` (Rajpurkar, Jia & Liang 2018): the same with questions
             that have no answer
    xquad    SQuAD 1.1's rules on any language, as XQuAD is scored (Artetxe, Ruder & Yogatama 2020):
             a Chinese answer without blanks is one word, so F1 there is little more than EM
    mlqa     MLQA, ``mlqa_evaluation_v1.py`` (Lewis et al. 2020): rules for seven languages
    cmrc     CMRC 2018, ``cmrc2018_evaluate.py`` (Cui et al. 2019): the longest common run
    drcd     DRCD (Shao et al. 2018): a bag of characters; no published script is known

What each compares, and what is uncertain about it, is said in `answer_words` and
`answer_characters`. Against several gold answers EM and F1 are each the best; the score of a set is
the mean over questions. The numbers are shares, not per cent. A question that was not answered at
all (None) scores 0, as all scripts have it but that of SQuAD 2.0, which leaves it out of the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from firth.errors import InputError, OptionError, did_you_mean
from firth.probe.answer_characters import normalise_cmrc, normalise_drcd, run_f1, segments_cmrc
from firth.probe.answer_words import bag_f1, normalise_mlqa, normalise_squad

# Language -> the scorers that apply to it, its own first. A bag of characters needs no words, so it
# also serves languages that do not set them apart; all others have SQuAD's rules only.
BY_LANGUAGE: dict[str, tuple[str, ...]] = {
    "en": ("squad", "mlqa", "xquad"),
    "de": ("mlqa", "xquad"),
    "es": ("mlqa", "xquad"),
    "ar": ("mlqa", "xquad"),
    "hi": ("mlqa", "xquad"),
    "vi": ("mlqa", "xquad"),
    "zh": ("cmrc", "drcd", "mlqa", "xquad"),
    "zh-hant": ("drcd", "cmrc", "mlqa", "xquad"),
    "ja": ("drcd", "xquad"),
    "th": ("drcd", "xquad"),
}
_OTHERS = ("xquad",)
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


@dataclass(frozen=True)
class AnswerScore:
    """One prediction against its gold answers: 0 or 1, and from 0 to 1."""

    em: float
    f1: float


@dataclass(frozen=True)
class AnswerScores:
    """Scores by question, in the order they were given."""

    em: Float[np.ndarray, " n"]
    f1: Float[np.ndarray, " n"]


_View = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class _Scorer:
    """How answers are compared.

    Attributes:
        view: An answer and its language -> the text that EM compares, and what F1 counts.
        f1: Of a prediction and a gold answer, so viewed.
    """

    view: Callable[[str, str], _View]
    f1: Callable[[Sequence[str], Sequence[str]], float]


def _bag2_f1(prediction: Sequence[str], gold: Sequence[str]) -> float:
    """Return SQuAD 2.0's F1: where one side is empty, whether both are."""
    return bag_f1(prediction, gold) if prediction and gold else float(not prediction and not gold)


def _squad(text: str, _: str) -> _View:
    bare = normalise_squad(text)
    return bare, bare.split()


def _mlqa(text: str, language: str) -> _View:
    bare = normalise_mlqa(text, language)
    return bare, bare.split()


def _cmrc(text: str, _: str) -> _View:
    return normalise_cmrc(text), segments_cmrc(text)


def _drcd(text: str, _: str) -> _View:
    bare = normalise_drcd(text)
    return bare, bare


SCORERS: dict[str, _Scorer] = {
    "squad": _Scorer(_squad, bag_f1),
    "squad2": _Scorer(_squad, _bag2_f1),
    "xquad": _Scorer(_squad, bag_f1),
    "mlqa": _Scorer(_mlqa, bag_f1),
    "cmrc": _Scorer(_cmrc, run_f1),
    "drcd": _Scorer(_drcd, bag_f1),
}


def scorers_for(language: str, *, unanswerable: bool = False) -> tuple[str, ...]:
    """Return the scorers that apply to a language, its own first.

    Args:
        language: As ``en`` or ``zh-Hant``; a region or script without a row of its own is dropped.
        unanswerable: Whether some of the questions have no answer: only one script knows them.
    """
    if unanswerable:
        return ("squad2",)
    return BY_LANGUAGE.get(_language(language), _OTHERS)


def _language(given: str) -> str:
    """Return the key of the table: ``zh-hant`` for zh-TW, else what stands before a hyphen."""
    first, *rest = given.lower().replace("_", "-").split("-")
    return "zh-hant" if first == "zh" and _TRADITIONAL & set(rest) else first


def check_scorer(scorer: str, language: str) -> None:
    """Refuse a scorer that does not exist or does not apply to a language.

    Raises:
        OptionError: With the scorers that do.
    """
    if scorer not in SCORERS:
        raise OptionError(
            f"scorer {scorer!r}: legal are {', '.join(SCORERS)}.{did_you_mean(scorer, SCORERS)}"
        )
    legal = scorers_for(language)
    if scorer not in (*legal, "squad2"):
        raise OptionError(
            f"scorer {scorer!r} has no rules for {language!r}: legal are {', '.join(legal)}"
        )


def score_answer(
    prediction: str | None, golds: Sequence[str], scorer: str, language: str
) -> AnswerScore:
    """Score one prediction.

    Args:
        prediction: What was answered. An empty text says that there is no answer; None is a
            question that was left out.
        golds: The gold answers; none of them means that the question has no answer.
        scorer: A name of `SCORERS`.
        language: The language of the answers.

    Raises:
        OptionError: The scorer does not exist or does not apply to the language.
        InputError: The question has no gold answer, and the scorer knows no such questions.
    """
    check_scorer(scorer, language)
    rules = SCORERS[scorer]
    main = _language(language).partition("-")[0]
    views = [rules.view(gold, main) for gold in golds]
    if scorer == "squad2":
        # Golds of which nothing is left are no golds there; without any, the right answer is empty.
        views = [view for view in views if view[0]] or [("", [])]
    if not views:
        raise InputError(
            f"a question without a gold answer was given to {scorer}: leave such questions out, or "
            "take squad2, where an empty prediction is right"
        )
    if prediction is None:
        return AnswerScore(0.0, 0.0)
    own, parts = rules.view(prediction, main)
    return AnswerScore(
        max(float(own == gold) for gold, _ in views),
        max(rules.f1(parts, gold) for _, gold in views),
    )


def scores_by_question(
    predictions: Sequence[str | None],
    golds: Sequence[Sequence[str]],
    scorer: str,
    language: str,
) -> AnswerScores:
    """Score many predictions, a number a question, so that questions can be drawn by article.

    Args:
        predictions: One a question.
        golds: The gold answers of each question.
        scorer: A name of `SCORERS`.
        language: The language of the answers.

    Raises:
        OptionError: The scorer does not exist or does not apply to the language.
        InputError: As `score_answer`, or the numbers of predictions and questions differ.
    """
    check_scorer(scorer, language)
    if len(predictions) != len(golds):
        raise InputError(f"{len(predictions)} predictions for {len(golds)} questions")
    scores = [
        score_answer(prediction, own, scorer, language)
        for prediction, own in zip(predictions, golds, strict=True)
    ]
    return AnswerScores(
        np.array([one.em for one in scores], dtype=np.float64),
        np.array([one.f1 for one in scores], dtype=np.float64),
    )
