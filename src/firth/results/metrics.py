"""The registry of metrics: what each one says, its range, and which direction is better.

A score whose metric is not here is refused, so a name in a result always has one meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["higher", "lower", "none"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: The name in ``Score.metric``.
        meaning: One sentence; what a reader needs to read the number.
        low: The smallest possible value, or None when unbounded.
        high: The largest possible value, or None when unbounded.
        better: Which direction is better; ``none`` when neither is.
        chance: The value that says "nothing was found", where there is one.
    """

    name: str
    meaning: str
    low: float | None
    high: float | None
    better: Direction
    chance: float | None = None


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "auc",
            "Probability that a pair of the same sense is more similar than a pair of different "
            "senses, ties counted half.",
            0.0,
            1.0,
            "higher",
            0.5,
        ),
        Metric("same", "Mean cosine over pairs of the same sense.", -1.0, 1.0, "none"),
        Metric("different", "Mean cosine over pairs of different senses.", -1.0, 1.0, "none"),
        Metric(
            "nn_accuracy",
            "Leave-one-out accuracy of the nearest neighbour's sense.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "chance",
            "What a guess scores: for nn_accuracy, drawing the neighbour at random; for analogies, "
            "drawing one of the words that may be answered; for ranks, a random order of all "
            "targets, the metric named as scorer.",
            0.0,
            1.0,
            "none",
        ),
        Metric(
            "centroid_accuracy",
            "Share of test occurrences whose nearest sense centroid, the mean of the training "
            "occurrences of a sense, is the right one (micro: every occurrence counts the same).",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "centroid_accuracy_macro",
            "centroid_accuracy of each word, then the mean over words.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "centroid_f1",
            "F1 of the nearest centroid: the mean over a word's senses, then over words.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "accuracy",
            "Share of answers that are right.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "exact_match",
            "Share of questions whose answer is one of the gold answers, as the named scorer "
            "compares them.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "f1",
            "Mean over questions of the harmonic mean of precision and recall of what answer and "
            "gold share, words or characters as the named scorer counts them; the best of several "
            "golds.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "anchor_preference",
            "Mean cosine to the first anchor minus mean cosine to the second.",
            -2.0,
            2.0,
            "none",
            0.0,
        ),
        Metric(
            "mlm_loss",
            "Mean cross-entropy, in nats, of what stood at the blanks of held-out text.",
            0.0,
            None,
            "lower",
        ),
        Metric(
            "mlm_accuracy",
            "Share of blanks whose likeliest fill is what stood there, letter by letter.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "pseudo_log_likelihood",
            "Mean over sentences of the sum, over a sentence's tokens, of the natural logarithm of "
            "each token's probability when it alone is masked (Salazar et al. 2020); comparable "
            "between models with the same tokens only.",
            None,
            0.0,
            "higher",
        ),
        Metric(
            "pseudo_perplexity",
            "exp of minus the mean pseudo-log-likelihood of a token, over all tokens of all "
            "sentences.",
            1.0,
            None,
            "lower",
        ),
        Metric(
            "language_consistency",
            "Share of a blank's probability that lies on tokens of the sentence's language, among "
            "tokens that have a language; tokens shared between languages count to neither.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "shared_tokens",
            "Share of a blank's probability (or of first guesses) on tokens that belong to no one "
            "language: digits, punctuation, what several languages write alike.",
            0.0,
            1.0,
            "none",
        ),
        Metric(
            "spearman",
            "Spearman's rank correlation, ties at the mean of their ranks: of predicted with true "
            "numbers; for word pairs, of their cosines with the scores that people gave, pairs "
            "with an unknown word left out.",
            -1.0,
            1.0,
            "higher",
            0.0,
        ),
        Metric(
            "coverage",
            "Share of the word pairs, questions or dictionary words all of whose words have a "
            "vector.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "mrr",
            "Mean over source words, or sentences, of 1 / rank of the best correct translation "
            "among all targets; other correct ones do not count against it, ties at their expected "
            "value.",
            0.0,
            1.0,
            "higher",
        ),
        *(
            Metric(
                f"precision_at_{k}",
                f"Share of source words with a correct translation among the first {k} target "
                "words, ties at their expected value.",
                0.0,
                1.0,
                "higher",
            )
            for k in (1, 5, 10)
        ),
        Metric(
            "hubness",
            "Skewness of how often each target is among the 10 nearest of the sources (Radovanović "
            "et al. 2010); 0 where none is a hub.",
            None,
            None,
            "lower",
            0.0,
        ),
        Metric(
            "retrieval_accuracy",
            "Share of sentences whose most similar sentence of the other language is their "
            "translation, ties at their expected value.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "language_id_accuracy",
            "Share of sentences, or of a sentence's tokens, whose language a linear classifier "
            "reads off their vectors; trained on other sentences.",
            0.0,
            1.0,
            "none",
        ),
        *(
            Metric(
                f"recall_at_{k}",
                f"Share of queries with a right answer among the first {k} documents of the pool, "
                "ties at their expected value.",
                0.0,
                1.0,
                "higher",
            )
            for k in (1, 10)
        ),
        Metric(
            "same_language_share",
            "Share of documents in the query's own language among the first 10 of a pool of "
            "several languages; that of the whole pool, chance, would be no preference.",
            0.0,
            1.0,
            "none",
        ),
        Metric(
            "alignment_f1",
            "Harmonic mean of the share of answered word links that are possible and the share of "
            "sure gold links that are answered, over all sentence pairs together.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "alignment_error_rate",
            "1 - (sure gold links answered + answered links that are possible) / (answered links + "
            "sure gold links), over all sentence pairs together (Och & Ney 2003).",
            0.0,
            1.0,
            "lower",
        ),
        Metric(
            "null_f1",
            "Harmonic mean of precision and recall of the words that are left without a link, "
            "against the words that no gold link touches.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "half_cosine",
            "Cosine between what leads from one language to another in one half of the sentences "
            "and in the other half.",
            -1.0,
            1.0,
            "higher",
        ),
        Metric(
            "conversion_rate",
            "Share of output tokens that belong to the target language, among those that belong to "
            "a language; tokens that several languages share do not count.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "bleu_1",
            "Clipped unigram precision of output tokens against the reference, times the brevity "
            "penalty, over all texts together (Papineni et al. 2002).",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "dictionary_hit_rate",
            "Share of source words in the dictionary on whose tokens a token comes out that spells "
            "one of their translations.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "macro_f1",
            "F1 of each class that occurs, then the mean over classes.",
            0.0,
            1.0,
            "higher",
        ),
        Metric(
            "difference",
            "Score of the first of a pair minus that of the second on the same test data; the "
            "score is named as scorer.",
            -2.0,
            2.0,
            "none",
            0.0,
        ),
        Metric(
            "steps_to",
            "Mean over runs of the training step at which a score on development data, named as "
            "scorer, is first reached; only where all runs reach it.",
            0.0,
            None,
            "lower",
        ),
        Metric(
            "seconds_to",
            "steps_to in seconds of work, those of scoring on the way included.",
            0.0,
            None,
            "lower",
        ),
        Metric("anchor_similarity", "Cosine of two anchor words.", -1.0, 1.0, "none"),
        Metric(
            "random_similarity",
            "Mean cosine between words drawn at random from different sentences of other text.",
            -1.0,
            1.0,
            "none",
        ),
    )
}
