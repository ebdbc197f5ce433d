"""Which layer and which alpha translate best, and is it the language vector that does it?

Parallel text is cut in three: language vectors from one third, layer and alpha chosen on another,
scores from the last (`firth.experiments.sweep_texts`; `sweep_scores` says what is scored). Chosen
is what has the best dictionary hit rate, or BLEU-1 where there is no dictionary of the pair.

Scores: ``split`` ``dev``, every layer and alpha, without interval: the trade-off; ``split``
``test``, the chosen one with intervals; ``arm`` ``target_tokens``: the same where only tokens of
the target language, and shared ones, may come out.

Controls, at the chosen layer and alpha on test text (``control``):
    alpha_0         nothing is added: how much of a translation the text itself is
    random          a random vector of the same length
    third_language  the way to a third language instead
    dictionary      each word that the dictionary has, looked up; no model (BLEU-1 only)

Tables: ``chosen``; ``examples``, drawn by lot, and the best and worst by their own matches.
Items: what each text counts (`sweep_items`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from firth.encoder.cloze import MaskedLMHead, load_head
from firth.encoder.languages import LanguageVectors, fit_languages
from firth.encoder.model import Encoder
from firth.encoder.states import check_layers
from firth.encoder.translation import Rendering, Shift, allowed_tokens, render, spelled, way_of
from firth.errors import InputError, OptionError
from firth.experiments.answer import Measured, answer
from firth.experiments.sweep_items import Kept
from firth.experiments.sweep_scores import Judge, clipped, scores_of
from firth.experiments.sweep_texts import Direction, Lexicon, lexicons_of, thirds
from firth.results.items import item_arrays
from firth.results.manifest import text_card
from firth.results.schema import Cell, Result, Score
from firth.text.dictionary import Dictionary
from firth.text.parallel import Parallel

NAME = "sweep"
ALPHAS = (0.5, 1.0, 1.5, 2.0, 3.0)
FIT, DEV, TEST = 4000, 150, 400
BY_LOT, EXTREMES = 10, 3


def sweep(
    encoder: Encoder,
    texts: Sequence[Parallel],
    dictionaries: Sequence[Dictionary] = (),
    *,
    layers: Sequence[int] | None = None,
    alphas: Sequence[float] = ALPHAS,
    fit: int = FIT,
    dev: int = DEV,
    test: int = TEST,
    seed: int = 0,
    source: Mapping[str, Any] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment, in both directions of every file.

    Args:
        encoder: An encoder with a masked-LM head.
        texts: Parallel text, one a pair of languages.
        dictionaries: For the hit rate; one serves both directions.
        layers: Which layers are tried; all by default.
        alphas: Which strengths are tried.
        fit: Most pairs of a file for the language vectors.
        dev: Most pairs that choose.
        test: Most pairs that are scored.
        seed: Seed of the thirds, the random vector and the bootstrap.
        source: What was read from where, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called after each setting tried.

    Raises:
        InputError: There is too little text.
        OptionError: A layer or alpha that there is not.
        ModelError: The model has no masked-LM head.
    """
    if not texts:
        raise InputError("there is no parallel text; give one as en-zh=FILE")
    if not alphas or not all(np.isfinite(alphas)) or min(fit, dev, test) < 1:
        raise OptionError("alphas must be finite numbers, and fit, dev and test at least 1")
    chosen = check_layers(layers, encoder.n_layers)
    head = load_head(encoder)
    config: dict[str, Any] = {
        "source": dict(source) if source else None, "layers": list(chosen),
        "alphas": list(alphas), "fit": fit, "dev": dev, "test": test, "seed": seed,
    }  # fmt: skip
    data = [
        text_card(f"{one.source}-{one.target} text", map("\t".join, one.pairs)) for one in texts
    ]
    data += [text_card(f"{one.name} dictionary", map("\t".join, one.pairs)) for one in dictionaries]

    def measure() -> Measured:
        rng = np.random.default_rng(seed)
        corpora, directions = thirds(texts, fit, dev, test, rng)
        vectors = fit_languages(encoder, corpora)
        lexicons = lexicons_of(head, dictionaries)
        found = Measured(tables={"chosen": [], "examples": []})
        for one in directions:
            lexicon = lexicons.get((one.source, one.target))
            splits = {"dev": one.dev, "test": one.test}
            kept = Kept(one.name, {key: [text for text, _ in own] for key, own in splits.items()})
            _Way(head, vectors, one, lexicon, found, kept).measure(chosen, alphas, seed, progress)
            found.arrays = {**found.arrays, **item_arrays(kept.items())}
        return found

    return answer(NAME, encoder, config, data, runs, measure)


@dataclass(frozen=True)
class _Way:
    """One direction of one file."""

    head: MaskedLMHead
    vectors: LanguageVectors
    texts: Direction
    lexicon: Lexicon | None
    found: Measured
    kept: Kept

    def measure(
        self,
        layers: Sequence[int],
        alphas: Sequence[float],
        seed: int,
        progress: Callable[[int], None] | None,
    ) -> None:
        best = self._choose(layers, alphas, progress)
        self.found.tables["chosen"].append(
            {
                "direction": self.texts.name, "layer": best.layer, "alpha": best.alpha,
                "by": "bleu_1" if self.lexicon is None else "dictionary_hit_rate",
                "dev": len(self.texts.dev), "test": len(self.texts.test),
            }
        )  # fmt: skip
        self._test(best, seed)

    def _choose(
        self,
        layers: Sequence[int],
        alphas: Sequence[float],
        progress: Callable[[int], None] | None,
    ) -> Shift:
        judge = self._judge(self.texts.dev)
        tried: list[tuple[float, float, Shift]] = []
        for layer in layers:
            for alpha in alphas:
                shift = Shift(self.texts.source, self.texts.target, layer, alpha)
                outputs = self._outputs(self.texts.dev, shift)
                counts = judge.counts(outputs)
                scores = scores_of(counts, None, split="dev", **self._fields(shift))
                self.found.scores += scores
                self.kept.add("dev", counts, **self._fields(shift))
                values = {one.metric: one.value for one in scores}
                hits = values.get("dictionary_hit_rate", 0.0)
                tried.append((hits, values["bleu_1"], shift))
                if progress is not None:
                    progress(1)
        return max(tried, key=lambda one: one[:2])[2]

    def _test(self, best: Shift, seed: int) -> None:
        judge, pairs = self._judge(self.texts.test), self.texts.test
        fields = self._fields(best)
        way = way_of(self.vectors, best)
        outputs = self._outputs(pairs, best)

        def score(given: Sequence[Rendering], **more: Any) -> None:
            rng = np.random.default_rng(seed)  # the same samples of texts for all rows
            counts = judge.counts(given)
            self.found.scores += scores_of(counts, rng, split="test", **fields, **more)
            if "control" not in more:
                self.kept.add("test", counts, **fields, **more)

        score(outputs)
        bound = Shift(best.source, best.target, best.layer, best.alpha, "target")
        score(self._outputs(pairs, bound), arm="target_tokens")
        score(self._moved(pairs, best.layer, torch.zeros_like(way)), control="alpha_0")
        generator = torch.Generator().manual_seed(seed)
        lot = torch.randn(way.shape, generator=generator)
        score(self._moved(pairs, best.layer, lot * (way.norm() / lot.norm())), control="random")
        for third in self.vectors.languages:
            if third not in (best.source, best.target):
                other = Shift(best.source, third, best.layer, best.alpha)
                score(self._outputs(pairs, other), control="third_language")
                break
        if self.lexicon is not None:
            blanked = self.head.blanker.blank([source for source, _ in pairs])
            looked = [self.lexicon.lookup(one.text, one.ids, one.offsets) for one in blanked]
            row = judge.lookup(looked, np.random.default_rng(seed))
            self.found.scores.append(row.model_copy(update={"split": "test", **fields}))
        self._add_examples(outputs, judge, seed)

    def _outputs(self, pairs: Sequence[tuple[str, str]], shift: Shift) -> list[Rendering]:
        allowed = allowed_tokens(self.vectors, shift)
        return self._moved(pairs, shift.layer, way_of(self.vectors, shift), allowed)

    def _moved(
        self,
        pairs: Sequence[tuple[str, str]],
        layer: int,
        way: Tensor,
        allowed: Tensor | None = None,
    ) -> list[Rendering]:
        return render(self.head, [source for source, _ in pairs], (layer, way), allowed)

    def _judge(self, pairs: Sequence[tuple[str, str]]) -> Judge:
        references = self.head.blanker.blank([target for _, target in pairs])
        words = [self.lexicon.words(source) if self.lexicon else [] for source, _ in pairs]
        own = [one.ids.tolist() for one in references]
        return Judge(self.vectors, self.texts.target, own, words)

    def _fields(self, shift: Shift) -> dict[str, Any]:
        name = f"{shift.source}-{shift.target}"
        return {"pair": name, "direction": name, "layer": shift.layer, "alpha": shift.alpha}

    def _add_examples(self, outputs: Sequence[Rendering], judge: Judge, seed: int) -> None:
        shares = np.array(
            [
                clipped(one.found.tolist(), own)[0] / max(len(one.found), 1)
                for one, own in zip(outputs, judge.references, strict=True)
            ]
        )
        lot = np.random.default_rng(seed).permutation(len(outputs))[:BY_LOT].tolist()
        order = np.argsort(-shares, kind="stable").tolist()
        drawn = {"by lot": lot, "best": order[:EXTREMES], "worst": order[-EXTREMES:]}
        for kind, chosen in drawn.items():
            for at in chosen:
                row: dict[str, Cell] = {
                    "direction": self.texts.name, "kind": kind, "text": outputs[at].text,
                    "output": spelled(self.head, outputs[at].found),
                    "reference": self.texts.test[at][1], "matches": float(shares[at]),
                }  # fmt: skip
                self.found.tables["examples"].append(row)


def chosen_scores(result: Result, direction: str) -> dict[str, Score]:
    """Return the test scores of the chosen setting of a direction, by metric."""
    return {
        one.metric: one
        for one in result.rows(direction=direction, split="test", control=None, arm=None)
    }
