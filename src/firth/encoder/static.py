"""Static vectors behind the calls of an encoder: one layer, and no context.

``firth.load("cbow:FILE")`` reads word vectors; ``firth.load("static:MODEL")`` takes the rows of a
model's input embeddings. A word's vector is then the same in every sentence, which is what a
contextual encoder is measured against.

How a text becomes tokens depends on the vectors: pieces come from the model's own tokenizer; words
and characters are looked up, in scripts without blanks the longest that the vocabulary has. What is
unknown has no vector; it is counted in the report. A word that is looked for is taken whole where
the vocabulary has it, else it is the mean over its tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from firth.encoder.encode import Item, Pooling
from firth.encoder.model import Encoder, Progress
from firth.encoder.states import Pooled, Span, check_layers, overlapping
from firth.encoder.vectors import StaticVectors, read_vectors
from firth.encoder.windows import Overflow, Windower
from firth.errors import ModelError
from firth.results.schema import ModelCard
from firth.text.words import SPACELESS

CBOW, ROWS = "cbow:", "static:"
PREFIXES = (CBOW, ROWS)
_PARTS = re.compile(rf"[{SPACELESS}]+|[^\W{SPACELESS}]+(?:['’-][^\W{SPACELESS}]+)*|[^\w\s]")
_LONGEST = 12  # characters of a word in scripts without blanks

Tokens = tuple[Int[np.ndarray, " t"], Int[np.ndarray, "t 2"], int]


@dataclass
class StaticEncoder(Encoder):
    """Static vectors as an encoder whose only layer is 0.

    Attributes:
        vectors: The vectors.
        pieces: Makes the tokens, where they are a model's pieces.
        piece_rows: The row of each piece of that model, -1 without one, [p].
    """

    vectors: StaticVectors | None = None
    pieces: Windower | None = None
    piece_rows: Int[np.ndarray, " p"] | None = None

    @property
    def _vectors(self) -> StaticVectors:
        assert self.vectors is not None
        return self.vectors

    def stream(
        self,
        items: Iterable[Item],
        *,
        pooling: Pooling,
        layers: Sequence[int] | None = None,
        overflow: Overflow = "window",
        progress: Progress | None = None,
    ) -> Iterator[Pooled]:
        """Yield vectors of each text; ``cls`` is the mean, since there is no first token.

        Raises:
            OptionError: A layer is not 0.
        """
        check_layers(layers, 0)
        for text, spans in items:
            ids, offsets, unknown = self._tokens(text)
            self.report.texts += 1
            self.report.tokens += len(ids) + unknown
            self.report.unknown += unknown
            yield self._pool(text, spans, ids, offsets, pooling)
            if progress is not None:
                progress(1)

    def _pool(
        self,
        text: str,
        spans: Sequence[Span],
        ids: Int[np.ndarray, " t"],
        offsets: Int[np.ndarray, "t 2"],
        pooling: Pooling,
    ) -> Pooled:
        rows = self._vectors.vectors[ids]  # (t, d)
        if pooling == "tokens":
            return Pooled(rows[None], np.ones(len(ids), dtype=np.int64), offsets, ids)
        if pooling == "words":
            each = [self._span(text[start:end], rows[overlapping(offsets, (start, end))])
                    for start, end in spans]  # fmt: skip
        else:
            each = [(rows.mean(axis=0), len(rows))] if len(rows) else [(self._nothing(), 0)]
        vectors = np.stack([vector for vector, _ in each]) if each else np.zeros((0, self.width))
        counts = np.array([n for _, n in each], dtype=np.int64)
        return Pooled(vectors.astype(np.float32)[None], counts, offsets, ids)

    def _span(
        self, form: str, rows: Float[np.ndarray, "k d"]
    ) -> tuple[Float[np.ndarray, " d"], int]:
        """Return the vector of a word and how many tokens it is the mean of."""
        whole = self._known(form) if self.pieces is None else None
        if whole is not None:
            return self._vectors.vectors[whole], 1
        return (rows.mean(axis=0), len(rows)) if len(rows) else (self._nothing(), 0)

    def _nothing(self) -> Float[np.ndarray, " d"]:
        return np.zeros(self.width, dtype=np.float32)

    def _known(self, form: str) -> int | None:
        """Return the row of a form, as it stands or in small letters."""
        index = self._vectors.index
        return index.get(form, index.get(form.lower()))

    def _tokens(self, text: str) -> Tokens:
        """Return ids and offsets of the tokens that are known, and how many are not."""
        if self.pieces is not None:
            return self._model_pieces(text)
        ids: list[int] = []
        spans: list[Span] = []
        unknown = 0
        for match in _PARTS.finditer(text):
            start, end = match.span()
            while start < end:
                stop, row = self._longest(text, start, end)
                if row is not None:
                    ids.append(row)
                    spans.append((start, stop))
                elif match.group()[0].isalnum():  # a vocabulary need not have signs
                    unknown += 1
                start = stop
        return np.array(ids, np.int64), np.array(spans, np.int64).reshape(-1, 2), unknown

    def _longest(self, text: str, start: int, end: int) -> tuple[int, int | None]:
        """Return the end and the row of the token at ``start``, inside a part of a text."""
        whole = self._known(text[start:end])
        if whole is not None or not re.match(f"[{SPACELESS}]", text[start]):
            return end, whole
        for stop in range(min(end, start + _LONGEST), start, -1):
            row = self._known(text[start:stop])
            if row is not None:
                return stop, row
        return start + 1, None

    def _model_pieces(self, text: str) -> Tokens:
        assert self.pieces is not None
        assert self.piece_rows is not None
        one = self.pieces.tokenise([text])[0]
        rows = self.piece_rows[one.ids]
        known = rows >= 0
        return rows[known], one.offsets[known], int((~known).sum())

    def static_vector(self, word: str) -> Float[np.ndarray, " d"]:
        """Return the vector of a word; zeros where nothing of it is known."""
        ids, _, _ = self._tokens(word)
        return self._span(word, self._vectors.vectors[ids])[0].astype(np.float32)


def load_static(name: str) -> StaticEncoder:
    """Load static vectors as an encoder.

    Args:
        name: ``cbow:FILE``, word vectors in a format that `read_vectors` knows; or
            ``static:MODEL``, the input embeddings of anything `firth.load` loads.

    Raises:
        InputError: The file cannot be read.
        ModelError: The model cannot be loaded, or it is one of static vectors.
    """
    prefix = CBOW if name.startswith(CBOW) else ROWS
    source = name.removeprefix(prefix)
    if not source:
        raise ModelError(f"{name} names nothing; write {CBOW}FILE or {ROWS}MODEL")
    if prefix == ROWS:
        return _rows_of(name, source)
    vectors = read_vectors(source)
    pieces, rows = None, None
    if vectors.about.get("unit") == "pieces":
        pieces, names = _pieces_of(vectors.about["model"])
        rows = np.array([vectors.index.get(one, -1) for one in names], dtype=np.int64)
    card = vectors.card(Path(source).stem, f"{CBOW}{Path(source).resolve()}")
    return _encoder(card, vectors, pieces, rows)


def _rows_of(name: str, source: str) -> StaticEncoder:
    if source.startswith(PREFIXES):
        raise ModelError(f"{name}: static vectors have no embeddings below them")
    from firth.encoder.load import load

    encoder = load(source, device="cpu", dtype="fp32")
    rows = encoder.model.get_input_embeddings().weight.detach().float().numpy()
    pieces, names = _pieces_of(encoder)
    names += [f"[row {at}]" for at in range(len(names), len(rows))]
    vectors = StaticVectors(tuple(names), rows, None, {"unit": "pieces", "model": source})
    card = encoder.card.model_copy(
        update={
            "name": f"{encoder.card.name} static", "layers": 0, "width": rows.shape[1],
            "parameters": rows.size, "family": "static", "source": f"{ROWS}{encoder.card.source}",
        }
    )  # fmt: skip
    return _encoder(card, vectors, pieces, np.arange(len(names)))


def _pieces_of(model: str | Encoder) -> tuple[Windower, list[str]]:
    """Return what makes a model's pieces, and their names by id."""
    if isinstance(model, str):
        from firth.encoder.load import load

        model = load(model, device="cpu", dtype="fp32")
    tokenizer = model.tokenizer
    names = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    return Windower(tokenizer, model.max_tokens), [str(name) for name in names]


def _encoder(
    card: ModelCard,
    vectors: StaticVectors,
    pieces: Windower | None,
    rows: Int[np.ndarray, " p"] | None,
) -> StaticEncoder:
    return StaticEncoder(
        card=card, tokenizer=None, model=None, max_tokens=2**31, dtype=torch.float32,
        device=torch.device("cpu"), vectors=vectors, pieces=pieces, piece_rows=rows,
    )  # fmt: skip
