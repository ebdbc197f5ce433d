"""How far the languages of a checkpoint have aligned: the MRR of `firth.experiments.align`.

Word vectors come from held-out text that no arm has read, the same for all arms, so that only the
model differs. With a fake language the dictionary is known: each word and its shifted twin.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from firth.encoder.model import Encoder
from firth.errors import InputError
from firth.experiments.align_pairs import measure_pair, pair_of
from firth.experiments.align_vectors import Occurrences, WordVectors, word_vectors
from firth.experiments.answer import Measured
from firth.results.manifest import text_card
from firth.results.schema import ModelCard
from firth.text.dictionary import Dictionary, dictionary_of
from firth.text.fake import fake, fake_language
from firth.text.matching import Matcher
from firth.train.pretraining import Pretraining, own_special
from firth.train.tokenizer import FIRST, LAST, MASK, PAD, UNKNOWN

LEAST, MOST = 3, 50  # occurrences of a word
SIMILARITIES = ("raw", "centred")
LONGEST_FAKE = 1_500  # words of a fake language's dictionary
FEWEST = 5  # words with a translation: fewer say nothing
METRICS = ("mrr", "precision_at_1")


@dataclass(frozen=True)
class Question:
    """What is asked of every checkpoint.

    Attributes:
        dictionaries: Of the pairs of languages.
        texts: Language -> sentences in which the words are read.
        least: Occurrences that a word needs.
    """

    dictionaries: tuple[Dictionary, ...]
    texts: Mapping[str, Sequence[str]]
    least: int = LEAST

    @property
    def key(self) -> str:
        """A hash of it: another question has other answers."""
        said = [f"{self.least} {MOST}"]
        said += ["\t".join(pair) for one in self.dictionaries for pair in one.pairs]
        said += [line for language, own in self.texts.items() for line in (language, *own)]
        return text_card("question", said).sha256[:8]

    def is_about(self, languages: Sequence[str]) -> bool:
        """Tell whether it can be asked of a model of these languages."""
        return any({one.source, one.target} <= {*languages} for one in self.dictionaries)


def fake_dictionary(language: str, sentences: Sequence[str], least: int = LEAST) -> Dictionary:
    """Return the most frequent words of a text (letters only) with their shifted twins."""
    counts = Counter(
        word for one in sentences for word in re.findall(r"(?<![\w'’.-])[a-z]{2,}", one.lower())
    )
    words = [word for word, n in counts.most_common(LONGEST_FAKE) if n >= least]
    pairs = [(word, fake(word)) for word in words]
    return dictionary_of(language, fake_language(language), pairs)


def encoders_of(
    task: Pretraining, tokenizer: Tokenizer, name: str, fingerprint: str, dtype: torch.dtype
) -> dict[str, Encoder]:
    """Return language -> encoder: one for all, unless languages have positions of their own.

    Args:
        task: Holds the weights.
        tokenizer: That it reads with.
        name: What the encoder is called.
        fingerprint: Of its weights.
        dtype: Of the products.
    """
    made: dict[tuple[int, str], Encoder] = {}
    every: dict[str, Encoder] = {}
    for language, start in task.starts.items():
        specials = {token: own_special(token, language) for token in (FIRST, LAST, MASK)}
        if tokenizer.token_to_id(specials[FIRST]) is None:
            specials = {token: token for token in specials}
        key = (start, specials[FIRST])
        if key not in made:
            made[key] = _encoder(task, tokenizer, specials, start, name, fingerprint, dtype)
        every[language] = made[key]
    return every


def _encoder(
    task: Pretraining,
    tokenizer: Tokenizer,
    specials: Mapping[str, str],
    start: int,
    name: str,
    fingerprint: str,
    dtype: torch.dtype,
) -> Encoder:
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    config, length = task.model.config, task.sequences.length
    own = BertConfig(**config.to_dict() | {"max_position_embeddings": length})
    model = BertModel(own, add_pooling_layer=False)
    state = {key: value.detach().clone() for key, value in task.model.bert.state_dict().items()}
    places = "embeddings.position_embeddings.weight"
    state[places] = state[places][start : start + length]
    # Not a weight: transformers counts positions in a buffer, some versions store it.
    state.pop("embeddings.position_ids", None)
    model.load_state_dict(state)
    model.eval()
    backend = Tokenizer.from_str(tokenizer.to_str())
    first, last = specials[FIRST], specials[LAST]
    backend.post_processor = TemplateProcessing(
        single=f"{first} $A {last}",
        special_tokens=[(one, backend.token_to_id(one)) for one in (first, last)],
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token=PAD, unk_token=UNKNOWN, cls_token=first,
        sep_token=last, mask_token=specials[MASK], model_max_length=length,
    )  # fmt: skip
    card = ModelCard(
        name=name, revision="local", fingerprint=fingerprint,
        parameters=sum(one.numel() for one in task.model.parameters()), family="bert",
        layers=config.num_hidden_layers, width=config.hidden_size, source=name,
    )  # fmt: skip
    return Encoder(
        card=card, tokenizer=fast, model=model, max_tokens=length, dtype=dtype,
        device=torch.device("cpu"),
    )  # fmt: skip


def alignment(
    encoders: Mapping[str, Encoder], question: Question, seed: int
) -> list[dict[str, Any]]:
    """Return scores of a checkpoint as rows: every pair, direction, layer and similarity.

    Args:
        encoders: Language -> encoder.
        question: What is asked.
        seed: Of the order of the text and the bootstrap, the same for all checkpoints.

    Raises:
        InputError: No word of a dictionary occurs often enough.
    """
    rows: list[dict[str, Any]] = []
    layers = tuple(range(next(iter(encoders.values())).n_layers + 1))
    vectors: dict[str, WordVectors] = {}
    for at, (language, sentences) in enumerate(question.texts.items()):
        words = dict.fromkeys(
            word
            for one in question.dictionaries
            for side, code in enumerate((one.source, one.target))
            if code == language
            for word in one.words(side)
        )
        if words:
            rng = np.random.default_rng([seed, at])
            vectors[language] = word_vectors(
                encoders[language], sentences, words, layers, Occurrences(question.least, MOST), rng
            )
    for at, one in enumerate(question.dictionaries):
        found = Measured()
        pair = pair_of(one, vectors[one.source], vectors[one.target], found)
        rng = np.random.default_rng([seed, 1000 + at])
        measure_pair(encoders[one.source], pair, layers, rng, found)
        rows += [
            score.model_dump(exclude_none=True)
            for score in found.scores
            if score.metric in METRICS
            and score.arm is None
            and score.control in (None, "chance")
            and score.similarity in (*SIMILARITIES, None)
        ]
    return rows


def question_of(
    held_out: Mapping[str, Sequence[str]], dictionaries: Sequence[Dictionary]
) -> Question:
    """Return what is asked of every checkpoint; a mistake in it costs nobody a training.

    Args:
        held_out: Language -> sentences that no arm learns from.
        dictionaries: Of pairs of its languages.

    Raises:
        InputError: A dictionary is of a language that is not trained, or the held-out text has too
            few of its words.
    """
    for one in dictionaries:
        for language in (one.source, one.target):
            if language not in held_out:
                raise InputError(
                    f"dictionary {one.name}: there is no text in {language}; the languages are "
                    f"{', '.join(held_out)}"
                )
        sources = _frequent(one.words(0), held_out[one.source])
        targets = _frequent(one.words(1), held_out[one.target])
        found = {source for source, target in one.pairs if source in sources and target in targets}
        if len(found) < FEWEST:
            raise InputError(
                f"dictionary {one.name}: {len(found)} of its words stand at least {LEAST} times in "
                f"the held-out text with a translation that does; at least {FEWEST} are needed: "
                "hold more out, or bring another dictionary"
            )
    return Question(tuple(dictionaries), held_out)


def _frequent(words: Sequence[str], sentences: Sequence[str]) -> set[str]:
    """Return the words that occur often enough."""
    matcher = Matcher(words)
    counts = Counter(match.word for sentence in sentences for match in matcher.find(sentence))
    return {matcher.words[number] for number, n in counts.items() if n >= LEAST}
