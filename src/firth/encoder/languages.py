"""Language vectors: the mean hidden state of each language at every layer, and their file.

    vectors = fit_languages(encoder, {"en": sentences, "zh": sentences})
    vectors.save("V.safetensors")
    way = read_languages("V.safetensors", encoder).difference("en", "zh", layer=7)

The mean is over all tokens of all sentences, special tokens left out (``tokens``), or over the
means of the sentences (``sentences``), so that long ones count no more than short ones. Hidden
states are never stored. A file names the model that it was fitted on by its fingerprint; vectors
of another model are refused.

Legend of dimensions: g languages, l layers, d width, v vocabulary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float32, Int, Int16
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from firth.encoder.blanks import Blanker
from firth.encoder.model import Encoder
from firth.errors import InputError, OptionError, did_you_mean, first_line
from firth.results.files import replacing
from firth.text.vocabulary import SHARED, token_language

Weighting = Literal["tokens", "sentences"]
WEIGHTINGS: tuple[Weighting, ...] = ("tokens", "sentences")
KIND = "firth language vectors"
# Not among the files of mini: its fingerprint is of what lies in that folder.
MINI = Path(__file__).parent / "mini"
ABOARD = Path(__file__).parent / "mini_languages.safetensors"
LEAST = 2


@dataclass(frozen=True)
class LanguageVectors:
    """The mean of each language at every layer of one model.

    Attributes:
        languages: Codes, [g].
        means: Mean hidden states, [g, l, d]; layers are 0 to L.
        sentences: How many sentences each mean is of, [g].
        tokens: How many tokens, [g].
        model: Name of the model.
        fingerprint: Its fingerprint.
        about: What else is known of them, such as the texts.
        codes: Which of the languages each token of the vocabulary clearly belongs to by the same
            texts, or `firth.text.vocabulary.SHARED` or `FOREIGN`, [v]; None where the tokenizer
            has no mask token.
    """

    languages: tuple[str, ...]
    means: Float32[np.ndarray, "g l d"]
    sentences: Int[np.ndarray, " g"]
    tokens: Int[np.ndarray, " g"]
    model: str
    fingerprint: str
    about: Mapping[str, str]
    codes: Int16[np.ndarray, " v"] | None = None

    def mean(self, language: str, layer: int) -> Float32[np.ndarray, " d"]:
        """Return the mean of a language.

        Raises:
            OptionError: The language or the layer is not there.
        """
        if language not in self.languages:
            raise OptionError(
                f"there is no vector of the language {language!r}; there are "
                f"{', '.join(self.languages)}.{did_you_mean(language, self.languages)}"
            )
        if not 0 <= layer < self.means.shape[1]:
            raise OptionError(
                f"layer {layer} does not exist: there are 0 to {self.means.shape[1] - 1}"
            )
        return self.means[self.languages.index(language), layer]

    def difference(self, source: str, target: str, layer: int) -> Tensor:
        """Return what leads from one language to another at a layer, fp32, [d].

        Raises:
            OptionError: A language or the layer is not there.
        """
        return torch.from_numpy(self.mean(target, layer) - self.mean(source, layer))

    def sha256(self) -> str:
        """Return the hash of the numbers, which names them in a result."""
        found = hashlib.sha256(",".join(self.languages).encode())
        found.update(np.ascontiguousarray(self.means).tobytes())
        return found.hexdigest()

    def save(self, path: str | Path) -> Path:
        """Write them as safetensors, whole or not at all."""
        path = Path(path)
        metadata = {
            "kind": KIND, "model": self.model, "fingerprint": self.fingerprint,
            "languages": ",".join(self.languages), **self.about,
        }  # fmt: skip
        arrays = {"means": self.means, "sentences": self.sentences, "tokens": self.tokens}
        arrays |= {} if self.codes is None else {"codes": self.codes}
        try:
            with replacing(path) as staging:
                staging.write_bytes(save(arrays, metadata=metadata))
        except OSError as error:
            raise OptionError(f"cannot write {path}: {error.strerror}") from error
        return path


def fit_languages(
    encoder: Encoder,
    corpora: Mapping[str, Sequence[str]],
    *,
    weighting: Weighting = "tokens",
    about: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> LanguageVectors:
    """Return the language vectors of some texts.

    Args:
        encoder: The encoder.
        corpora: Language -> sentences, at least two languages and two sentences of each.
        weighting: ``tokens`` or ``sentences``.
        about: What the file shall say of the texts.
        progress: Called with the number of sentences done since the last call.

    Raises:
        InputError: There are too few languages or sentences.
    """
    if len(corpora) < 2:
        raise InputError("texts of at least two languages are needed, such as en=FILE zh=FILE")
    for language, own in corpora.items():
        if len(own) < LEAST:
            raise InputError(
                f"the language {language} has {len(own)} sentences; at least {LEAST} are needed, "
                "and some hundreds for a vector that can be relied on"
            )
    sums = [running_mean(encoder, own, weighting, progress) for own in corpora.values()]
    return LanguageVectors(
        tuple(corpora),
        np.stack([one.mean() for one in sums]),
        np.array([one.sentences for one in sums]),
        np.array([one.tokens for one in sums]),
        encoder.name,
        encoder.card.fingerprint,
        {"weighting": weighting, **(about or {})},
        token_codes(encoder, corpora),
    )


def token_codes(
    encoder: Encoder, corpora: Mapping[str, Sequence[str]]
) -> Int16[np.ndarray, " v"] | None:
    """Return which language each token belongs to by some texts (`firth.text.vocabulary`)."""
    if encoder.tokenizer.mask_token is None:
        return None
    blanker = Blanker(encoder.tokenizer, encoder.max_tokens)
    size = encoder.model.get_input_embeddings().weight.shape[0]
    counts = {
        language: np.bincount(
            np.concatenate([one.ids for one in blanker.blank(own)]), minlength=size
        )
        for language, own in corpora.items()
    }
    surfaces = blanker.surfaces(size)
    codes = token_language(surfaces, counts, corpora).codes
    codes[[not surface for surface in surfaces]] = SHARED  # special tokens
    return codes.astype(np.int16)


def check_weighting(weighting: str) -> Weighting:
    """Return the weighting of this name.

    Raises:
        OptionError: There is none.
    """
    for one in WEIGHTINGS:
        if one == weighting:
            return one
    raise OptionError(f"weighting {weighting!r} is not one of {', '.join(WEIGHTINGS)}")


class RunningMean:
    """A mean over tokens or sentences, in float64.

    Args:
        layers: How many.
        width: Of a hidden state.
        weighting: ``tokens`` or ``sentences``.
    """

    def __init__(self, layers: int, width: int, weighting: Weighting) -> None:
        self._total = np.zeros((layers, width))
        self._weighting = weighting
        self.tokens = self.sentences = 0

    def add(self, states: Float32[np.ndarray, "l t d"]) -> None:
        """Add the states of one sentence."""
        n = states.shape[1]
        if not n:
            return
        total = states.sum(axis=1, dtype=np.float64)
        self._total += total if self._weighting == "tokens" else total / n
        self.tokens += n
        self.sentences += 1

    def mean(self) -> Float32[np.ndarray, "l d"]:
        """Return the mean so far."""
        n = self.tokens if self._weighting == "tokens" else self.sentences
        return (self._total / max(n, 1)).astype(np.float32)


def running_mean(
    encoder: Encoder,
    sentences: Sequence[str],
    weighting: Weighting = "tokens",
    progress: Callable[[int], None] | None = None,
) -> RunningMean:
    """Return the mean of some sentences at every layer."""
    found = RunningMean(encoder.n_layers + 1, encoder.width, weighting)
    for one in encoder.hidden_states(sentences, progress=progress):
        found.add(one.vectors)
    return found


def read_languages(path: str | Path, encoder: Encoder) -> LanguageVectors:
    """Read language vectors that were fitted on this encoder.

    Raises:
        InputError: The file cannot be read, holds something else, or is of another model.
    """
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata: dict[str, str] = file.metadata() or {}
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} cannot be read as safetensors: {first_line(error)}") from error
    if metadata.get("kind") != KIND or not {"means", "sentences", "tokens"} <= set(arrays):
        raise InputError(f"{path} holds no language vectors; firth shift fit makes them")
    if metadata.get("fingerprint") != encoder.card.fingerprint:
        raise InputError(
            f"{path} holds the language vectors of another model, {metadata.get('model')} "
            f"({metadata.get('fingerprint', '')[:8]}), not of {encoder.name} "
            f"({encoder.card.fingerprint[:8]}); fit them again: firth shift fit"
        )
    languages = tuple(metadata["languages"].split(","))
    means: Any = arrays["means"]
    if means.shape != (len(languages), encoder.n_layers + 1, encoder.width):
        raise InputError(f"{path}: vectors of shape {means.shape} do not fit {encoder.name}")
    if not np.isfinite(means).all():
        raise InputError(f"{path}: the vectors hold NaN or infinity")
    named = ("kind", "model", "fingerprint", "languages")
    return LanguageVectors(
        languages, means, arrays["sentences"], arrays["tokens"], metadata["model"],
        metadata["fingerprint"], {key: metadata[key] for key in metadata if key not in named},
        arrays.get("codes"),
    )  # fmt: skip


def languages_of(encoder: Encoder, path: str | Path | None = None) -> LanguageVectors:
    """Return the vectors of a file, or those that travel with mini.

    Raises:
        InputError: There is no file, and the encoder is not mini.
    """
    if path is not None:
        return read_languages(path, encoder)
    if encoder.folder is not None and encoder.folder.resolve() == MINI.resolve():
        return read_languages(ABOARD, encoder)
    raise InputError(
        f"{encoder.name} has no language vectors aboard, only mini has; make them with firth shift "
        "fit and give the file as --vectors"
    )
