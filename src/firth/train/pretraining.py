"""A masked language model from nothing: texts, tokenizer and shape become a task of the loop.

The switches of Dufter & Schütze 2020 (section 2.3), with which they ask what makes a model
multilingual, act on all languages but the first:

    positions  each language has position embeddings of its own
    specials   each language has its own tokens that open, close and mask
    no-random  a masked position never shows a random token, which may be of the other language
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Int
from tokenizers import AddedToken, Tokenizer

from firth.errors import InputError, OptionError, did_you_mean
from firth.train.masking import MaskedBatch, Masking, Vocabulary, mask
from firth.train.mlm import MASK_STREAM, MaskedLM
from firth.train.packing import Ends, Packed
from firth.train.sequences import Source
from firth.train.shape import Shape
from firth.train.tokenizer import FIRST, LAST, MASK, PAD, id_of, special_ids

SWITCHES = ("positions", "specials", "no-random")
FIXED = 20_000  # a seed for validation, apart from those of training
BLOCK = 10_000  # lines that are cut into pieces at a time


def check_switches(switches: Sequence[str]) -> tuple[str, ...]:
    """Return the switches, each once, in their order.

    Raises:
        OptionError: One does not exist.
    """
    for one in switches:
        if one not in SWITCHES:
            legal = ", ".join(SWITCHES)
            raise OptionError(f"switch {one!r}: legal are {legal}.{did_you_mean(one, SWITCHES)}")
    return tuple(one for one in SWITCHES if one in switches)


@dataclass(frozen=True)
class Recipe:
    """How a model is trained, texts and tokenizer aside.

    Attributes:
        shape: Of the model.
        length: Pieces of a sequence, special tokens included.
        batch: Sequences of a batch.
        masking: How positions are hidden.
        language_power: How languages are drawn (`firth.train.packing`).
        held_out_sequences: Sequences of each language that are validated.
        switches: Of Dufter & Schütze.
        seed: Of weights, order and masks.
    """

    shape: Shape = field(default_factory=Shape)
    length: int = 64
    batch: int = 64
    masking: Masking = field(default_factory=Masking)
    language_power: float = 0.0
    held_out_sequences: int = 128
    switches: tuple[str, ...] = ()
    seed: int = 0

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Recipe:
        """Return the recipe that `as_dict` gave."""
        own = dict(config)
        own["shape"], own["masking"] = Shape(**own["shape"]), Masking(**own["masking"])
        own["switches"] = tuple(own["switches"])
        return cls(**own)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back."""
        return {
            "shape": self.shape.as_dict(),
            "length": self.length,
            "batch": self.batch,
            "masking": self.masking.as_dict(),
            "language_power": self.language_power,
            "held_out_sequences": self.held_out_sequences,
            "switches": list(self.switches),
            "seed": self.seed,
        }


@dataclass
class Pretraining(MaskedLM):
    """`MaskedLM` whose languages may have masks and positions of their own.

    Attributes:
        masks: Language -> id of its mask token.
        starts: Language -> its first position.
    """

    masks: Mapping[str, int] = field(default_factory=dict[str, int])
    starts: Mapping[str, int] = field(default_factory=dict[str, int])

    def batch(self, step: int) -> MaskedBatch:
        """Return the batch of a step, a function of seed and step."""
        packed = self.sequences
        assert isinstance(packed, Packed)
        generator = np.random.default_rng([self.seed, step, MASK_STREAM])
        ids = packed.draw(self.seed, step)
        masked = mask(ids, self.masking, self.vocabulary, generator)
        return self.own(masked, packed.languages(), packed.rows(step))

    def own(
        self, batch: MaskedBatch, languages: Sequence[str], rows: Int[np.ndarray, " b"]
    ) -> MaskedBatch:
        """Give each row the masks and positions of its language."""
        inputs, offsets = batch.inputs, batch.offsets
        if len(set(self.masks.values())) > 1:
            masks = np.array([self.masks[language] for language in languages])[rows]
            inputs = np.where(inputs == self.vocabulary.mask, masks[:, None], inputs)
        if any(self.starts.values()):
            offsets = np.array([self.starts[language] for language in languages])[rows]
        return replace(batch, inputs=inputs, offsets=offsets)


def sources_of(texts: Mapping[str, Sequence[str]], tokenizer: Tokenizer) -> dict[str, Source]:
    """Cut texts into pieces, without special tokens.

    Raises:
        InputError: A language has no piece.
    """
    sources: dict[str, Source] = {}
    for language, lines in texts.items():
        pieces: list[Sequence[int]] = []
        for at in range(0, len(lines), BLOCK):
            block = tokenizer.encode_batch_fast(
                list(lines[at : at + BLOCK]), add_special_tokens=False
            )
            pieces += [one.ids for one in block]
        if not any(pieces):
            raise InputError(f"no piece of the {language} text: it has nothing but blanks")
        sources[language] = Source.of(pieces)
    return sources


def with_own_specials(tokenizer: Tokenizer, languages: Sequence[str]) -> Tokenizer:
    """Return a tokenizer with opening, closing and masking tokens for all languages but the first.

    They are named ``[CLS-en-x-fake]`` and so on, behind all pieces.
    """
    grown = Tokenizer.from_str(tokenizer.to_str())
    grown.add_special_tokens(
        [
            AddedToken(own_special(token, language), special=True, normalized=False)
            for language in languages[1:]
            for token in (FIRST, LAST, MASK)
        ]
    )
    return grown


def own_special(token: str, language: str) -> str:
    """Return the name of a language's own special token."""
    return f"{token[:-1]}-{language}]"


def pretraining(
    texts: Mapping[str, Sequence[str]],
    held_out: Mapping[str, Sequence[str]],
    tokenizer: Tokenizer,
    recipe: Recipe,
    about: Mapping[str, Any] | None = None,
) -> Pretraining:
    """Make the task.

    Args:
        texts: Language -> sentences to learn from.
        held_out: Language -> sentences to validate on.
        tokenizer: Of all languages; with the switch ``specials`` see `with_own_specials`.
        recipe: How.
        about: What else must be the same for a run to go on.
    """
    languages = list(texts)
    ids = special_ids(tokenizer)
    ends = dict.fromkeys(languages, Ends(ids[FIRST], ids[LAST]))
    masks = dict.fromkeys(languages, ids[MASK])
    starts = dict.fromkeys(languages, 0)
    masking = recipe.masking
    special = list(ids.values())
    for number, language in enumerate(languages[1:], start=1):
        if "specials" in recipe.switches:
            first, last, own = (
                id_of(tokenizer, own_special(token, language)) for token in (FIRST, LAST, MASK)
            )
            ends[language], masks[language] = Ends(first, last), own
            special += [first, last, own]
        if "positions" in recipe.switches:
            starts[language] = number * recipe.length
    if "no-random" in recipe.switches:
        masking = replace(masking, replaced=0.0)
    size = tokenizer.get_vocab_size()
    pieces = [tokenizer.id_to_token(at) or "" for at in range(size)]
    positions = recipe.length * (len(languages) if "positions" in recipe.switches else 1)
    packed = Packed(
        sources_of(texts, tokenizer), recipe.length, recipe.batch, ends, recipe.language_power
    )
    task = Pretraining(
        model=recipe.shape.model(size, positions, ids[PAD], recipe.seed),
        sequences=packed,
        masking=masking,
        vocabulary=Vocabulary.of(pieces, special, ids[MASK]),
        seed=recipe.seed,
        about={"recipe": recipe.as_dict()} | dict(about or {}),
        masks=masks,
        starts=starts,
    )
    task.held_out = _held_out(task, sources_of(held_out, tokenizer), recipe)
    return task


def _held_out(
    task: Pretraining, sources: Mapping[str, Source], recipe: Recipe
) -> dict[str, list[MaskedBatch]]:
    """Fixed sequences under fixed masks; each masked position shows the mask token."""
    packed = task.sequences
    assert isinstance(packed, Packed)
    batches: dict[str, list[MaskedBatch]] = {}
    for language, source in sources.items():
        inner = recipe.length - 1
        n = max(1, min(recipe.held_out_sequences, (len(source.ids) + len(source.starts)) // inner))
        alone = Packed({language: source}, recipe.length, n, {language: packed.ends[language]})
        hide = Masking(recipe.masking.share, replaced=0.0, kept=0.0)
        masked = mask(
            alone.draw(FIXED, 0), hide, task.vocabulary, np.random.default_rng([FIXED, MASK_STREAM])
        )
        own = task.own(masked, [language], np.zeros(n, np.int64))
        batches[language] = [own]
    return batches
