"""Add one vector to a hidden layer, and English comes out as Chinese: a text, token by token.

Source: Hung-yi Lee's lecture; Hsu, Liu & Lee 2020. The difference of two language vectors, alpha
times, is added after a layer at every position; the rest of the model and its masked-LM head then
name a token at each position. It is no translation in a translator's sense: a token has one token
in its place, in the order of the source language. How good it is, is measured by `sweep`.

Tables: ``texts`` (text, output), ``tokens`` (a row a token: what stood there, what came out, its
probability, and the languages of both by `firth.encoder.languages`).
Scores: ``conversion_rate``, the share of output tokens in the target language among those that
have a language, over all texts, resampling texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from firth.encoder.cloze import MaskedLMHead, load_head
from firth.encoder.languages import LanguageVectors, languages_of
from firth.encoder.model import Encoder
from firth.encoder.translation import (
    Rendering,
    Shift,
    allowed_tokens,
    check_tokens,
    render,
    spelled,
    way_of,
)
from firth.errors import InputError
from firth.experiments.answer import Measured, answer
from firth.experiments.sweep_scores import conversion
from firth.results.manifest import text_card
from firth.results.schema import Cell, Result
from firth.text.vocabulary import FOREIGN, SHARED

NAME = "translate"
# Where the sweep of mini found the best, in relative depth; a starting point for other models.
DEPTH, ALPHA = 0.5, 2.0


def translate(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    source: str,
    target: str,
    layer: int | None = None,
    alpha: float = ALPHA,
    tokens: str = "any",
    vectors: str | LanguageVectors | None = None,
    seed: int = 0,
    runs: str | None = None,
) -> Result:
    """Run texts through a model whose hidden states are moved.

    Args:
        encoder: An encoder with a masked-LM head.
        texts: The texts.
        source: Their language.
        target: The language that they shall come out in.
        layer: After which layer the vector is added; the middle of the model by default.
        alpha: How many times the difference of the language vectors.
        tokens: ``any``; or ``target``, only the target language's tokens and shared ones.
        vectors: Language vectors, or their file; those aboard for mini.
        seed: Seed of the bootstrap.
        runs: A store: the same question is answered from it.

    Raises:
        InputError: There is no text, or the vectors cannot be used.
        OptionError: A language, layer or alpha that there is not.
        ModelError: The model has no masked-LM head.
    """
    if not texts or not all(text.strip() for text in texts):
        raise InputError("there is no text to translate; give at least one that is not empty")
    found = vectors if isinstance(vectors, LanguageVectors) else languages_of(encoder, vectors)
    chosen = round(DEPTH * encoder.n_layers) if layer is None else layer
    alpha = float(alpha)
    shift = Shift(source, target, chosen, alpha, check_tokens(tokens))
    shift.check(found)
    head = load_head(encoder)
    config: dict[str, Any] = {
        "source": source, "target": target, "layer": chosen, "alpha": alpha, "tokens": tokens,
        "vectors": found.sha256(), "vectors_file": vectors if isinstance(vectors, str) else None,
        "seed": seed,
    }  # fmt: skip

    def measure() -> Measured:
        move = (chosen, way_of(found, shift))
        renderings = render(head, texts, move, allowed_tokens(found, shift))
        measured = Measured(
            tables={"texts": [], "tokens": []}, warnings=head.encoder.report.sentences()
        )
        for number, one in enumerate(renderings, 1):
            measured.tables["texts"].append(
                {"text_number": number, "text": one.text, "output": spelled(head, one.found)}
            )
            measured.tables["tokens"] += token_rows(head, found, one, number)
        measured.scores = conversion(
            renderings, found, target, np.random.default_rng(seed),
            pair=f"{source}-{target}", direction=f"{source}-{target}", layer=chosen, alpha=alpha,
        )  # fmt: skip
        return measured

    return answer(NAME, encoder, config, [text_card("texts", texts)], runs, measure)


def token_rows(
    head: MaskedLMHead, vectors: LanguageVectors, one: Rendering, number: int
) -> list[dict[str, Cell]]:
    """Return a row a token: what stood there and what came out."""
    rows: list[dict[str, Cell]] = []
    for at, (own, new) in enumerate(zip(one.ids.tolist(), one.found.tolist(), strict=True)):
        rows.append(
            {
                "text_number": number, "position": at + 1,
                "token": head.blanker.piece(own), "output": head.blanker.piece(new),
                "probability": float(one.probability[at]),
                "token_language": language_of_token(vectors, own),
                "output_language": language_of_token(vectors, new),
            }
        )  # fmt: skip
    return rows


def language_of_token(vectors: LanguageVectors, token: int) -> str | None:
    """Return the language of a token, ``shared``, ``foreign``, or None where nobody knows."""
    if vectors.codes is None:
        return None
    code = int(vectors.codes[token])
    return {SHARED: "shared", FOREIGN: "foreign"}.get(code) or vectors.languages[code]
