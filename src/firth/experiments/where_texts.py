"""Which sentences a probe of the language reads, and which ask for their translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firth.errors import InputError, OptionError, did_you_mean
from firth.experiments.corrected import carried_sentences, drawn
from firth.experiments.retrieval_texts import Questions, questions_of
from firth.experiments.where_probe import TOKENS
from firth.text.language import LANGUAGES
from firth.text.parallel import Parallel


@dataclass(frozen=True)
class WhereTexts:
    """All that is encoded.

    Attributes:
        corpora: Language -> sentences in random order, the three parts one after another.
        questions: Sentences that ask for their translation, one a pair of languages.
        carried: Whether the corpora are those that firth carries.
    """

    corpora: Mapping[str, list[str]]
    questions: tuple[Questions, ...]
    carried: bool

    def vectors(self) -> int:
        """Return how many vectors of a layer are held at once."""
        asked = sum(len(one.sources) + len(one.targets) for one in self.questions)
        return asked + (1 + TOKENS) * sum(map(len, self.corpora.values()))


def where_texts(
    corpora: Mapping[str, Sequence[str]] | None,
    parallel: Sequence[Parallel],
    most: int,
    asked: int,
    seed: int,
) -> WhereTexts:
    """Choose what is read; no sentence that asks is in a corpus.

    Raises:
        InputError: Too few languages or sentences, or a pair without the corpora of its languages.
        OptionError: A number is too small.
    """
    for name, value in (("most", most), ("asked", asked)):
        if value < 2:
            raise OptionError(f"{name} {value}: it must be at least 2")
    given = corpora if corpora is not None else {one: carried_sentences(one) for one in LANGUAGES}
    names = [one.name for one in parallel]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(f"the pair {twice.pop()} comes twice: put its sentences together")
    for one in parallel:
        for language in (one.source, one.target):
            if language not in given:
                raise InputError(
                    f"the pair {one.name} needs a corpus of {language}, on which corrections are "
                    f"fitted; there are {', '.join(given)}.{did_you_mean(language, given)}"
                )
    questions = tuple(questions_of(one, asked, 0, seed) for one in parallel)
    without: dict[str, list[str]] = {}
    for one in questions:
        without.setdefault(one.parallel.source, []).extend(one.sources)
        without.setdefault(one.parallel.target, []).extend(one.targets)
    return WhereTexts(drawn(given, without, most, seed), questions, corpora is None)
