"""What the server holds: the encoder with its head and vectors, a reader, word vectors, the runs.

Everything is loaded once, when the server starts; what is missing is known by then, and a stop that
needs it says so in one line instead of failing later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firth.errors import InputError, ModelError
from firth.web.faults import MissingPartError
from firth.web.runs import Shelf
from firth.web.words import languages as page_languages

if TYPE_CHECKING:
    from firth.encoder.cloze import MaskedLMHead
    from firth.encoder.languages import LanguageVectors
    from firth.encoder.model import Encoder
    from firth.encoder.reader import Reader
    from firth.encoder.vectors import StaticVectors
    from firth.experiments.cloze_fills import Filler
    from firth.shapes import LayerMeans


@dataclass
class Lab:
    """What the stops work with.

    Attributes:
        encoder: The encoder of all stops but those that bring their own.
        head: Its masked-LM head, where it has one.
        languages: Its language vectors, where there are any.
        reader: Answers questions of a text.
        vectors: Words and their vectors.
        vectors_name: What they are called on the page.
        shelf: The stored results.
        device: Where an encoder for long work is loaded to, when it is needed.
        dtype: Its type.
    """

    encoder: Encoder
    head: MaskedLMHead | None
    languages: LanguageVectors | None
    reader: Reader | None
    vectors: StaticVectors | None
    vectors_name: str
    shelf: Shelf
    device: str = "auto"
    dtype: str = "auto"
    _means: dict[str, LayerMeans] = field(default_factory=dict[str, Any])
    _second: Encoder | None = None

    @classmethod
    def open(
        cls,
        model: str = "mini",
        *,
        reader: str | None = None,
        vectors: str | None = None,
        language_vectors: str | None = None,
        runs: str | Path = "runs",
        device: str = "auto",
        dtype: str = "auto",
    ) -> Lab:
        """Load everything.

        Args:
            model: mini, a folder, or a hub id.
            reader: A reader's folder; by default the one that the model brings, if any.
            vectors: A file of word vectors; the model's input embeddings by default.
            language_vectors: A file of ``firth shift fit``; mini has its own.
            runs: The folder of stored results; it need not be there yet.
            device: As in `firth.load`.
            dtype: As in `firth.load`.

        Raises:
            FirthError: Something that was named cannot be loaded.
        """
        from firth.encoder.load import load

        encoder = load(model, device=device, dtype=dtype)
        return cls.of(
            encoder, reader=reader, vectors=vectors, language_vectors=language_vectors, runs=runs,
            device=device, dtype=dtype,
        )  # fmt: skip

    @classmethod
    def of(
        cls,
        encoder: Encoder,
        *,
        reader: str | None = None,
        vectors: str | None = None,
        language_vectors: str | None = None,
        runs: str | Path = "runs",
        device: str = "auto",
        dtype: str = "auto",
    ) -> Lab:
        """Load everything around an encoder that is loaded already; see `open`."""
        from firth.encoder.cloze import load_head
        from firth.encoder.languages import languages_of

        try:
            head = load_head(encoder)
        except ModelError:
            head = None
        try:
            languages = languages_of(encoder, language_vectors)
        except InputError:
            if language_vectors is not None:
                raise
            languages = None
        words, name = _word_vectors(encoder, vectors)
        answering = _reader(encoder, reader, device, dtype)
        shelf = Shelf(Path(runs), page_languages())
        return cls(encoder, head, languages, answering, words, name, shelf, device, dtype)

    def warm(self) -> None:
        """Ask each part something, so that the first question of a user is as quick as others."""
        if self.head is not None:
            next(self.filler(1, None).fill(["a [MASK] b"]))
        self.means("en")
        if self.reader is not None:
            self.reader.ask([("Who?", "I.")])
        if self.vectors is not None:
            _ = self.vectors.normalised

    def needed(self, name: str) -> Any:
        """Return a part.

        Raises:
            MissingPartError: It is not loaded.
        """
        part = getattr(self, name)
        if part is None:
            raise MissingPartError(name, model=self.encoder.name)
        return part

    def means(self, language: str) -> LayerMeans:
        """Return the mean hidden state of carried text of a language at every layer, [l, d]."""
        from firth.experiments.centring import Background, token_means
        from firth.text.carried import plain

        if language not in self._means:
            text = Background(f"carried {language}", language, plain(language))
            layers = tuple(range(self.encoder.n_layers + 1))
            self._means[language] = token_means(self.encoder, text, layers)
        return self._means[language]

    def filler(self, top: int, only_language: str | None) -> Filler:
        """Return what fills blanks; finding the tokens of a language takes a while, once."""
        return _filler(self.needed("head"), top, only_language)

    def second(self) -> Encoder:
        """Return an encoder of its own for long work, which runs beside quick answers."""
        from firth.encoder.load import load

        if self._second is None:
            source = self.encoder.card.source
            self._second = load(source, device=self.device, dtype=self.dtype)
        return self._second


@lru_cache(maxsize=32)
def _filler(head: MaskedLMHead, top: int, only_language: str | None) -> Filler:
    from firth.experiments.cloze_fills import Filler, Settings

    return Filler(head, Settings(top=top, only_language=only_language))


def _reader(encoder: Encoder, folder: str | None, device: str, dtype: str) -> Reader | None:
    """Return the reader of a folder, or the one that the encoder is or brings, if any."""
    from firth.encoder.compact_reader import reader_of
    from firth.encoder.reader import Reader

    if folder is not None:
        return Reader.load(folder, device=device, dtype=dtype)
    try:
        return reader_of(encoder)
    except ModelError:
        return None


def _word_vectors(encoder: Encoder, file: str | None) -> tuple[StaticVectors | None, str]:
    """Return the words of a file, or the pieces of the encoder with their input embeddings."""
    from firth.encoder.vectors import StaticVectors, read_vectors

    if file is not None:
        return read_vectors(file), Path(file).name
    if encoder.tokenizer is None:
        return None, ""
    names: list[Any] = encoder.tokenizer.convert_ids_to_tokens(list(range(len(encoder.tokenizer))))
    special = set(encoder.tokenizer.all_special_tokens)
    kept: dict[str, int] = {}
    for at, name in enumerate(names):
        if name not in special and str(name).strip("▁ "):
            kept.setdefault(str(name), at)
    rows = encoder.model.get_input_embeddings().weight.detach().float().cpu().numpy()
    own = rows[np.array(list(kept.values()))]
    return StaticVectors(tuple(kept), own, None, {"unit": "pieces"}), f"static:{encoder.name}"
