"""Which text an exported correction is fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from firth.errors import OptionError, did_you_mean
from firth.experiments.corrected import carried_sentences, drawn
from firth.text.corpora import CARRIED, parse_corpora, read_corpora
from firth.text.language import LANGUAGES


@dataclass(frozen=True)
class ExportTexts:
    """Sentences of each language, and where they are from.

    Attributes:
        sentences: Language -> sentences.
        origins: Language -> file, or ``carried``.
    """

    sentences: Mapping[str, list[str]]
    origins: Mapping[str, str]

    def rows(self) -> list[tuple[str, ...]]:
        """Return language, number of sentences and the file's name, for a card."""
        return [
            (language, str(len(own)), Path(self.origins[language]).name)
            for language, own in self.sentences.items()
        ]

    def warnings(self) -> list[str]:
        """Return what a user must know of the texts."""
        few = [language for language, origin in self.origins.items() if origin == CARRIED]
        if not few:
            return []
        return [
            f"the correction of {', '.join(few)} is fitted on the few sentences that firth "
            "carries; give --corpus en=FILE, some thousands of the kind that will be searched"
        ]


def export_texts(languages: str | None, corpus: Sequence[str], most: int, seed: int) -> ExportTexts:
    """Read what stands on a command line.

    Args:
        languages: ``en,zh,de``; by default those of the corpora, or all that firth carries.
        corpus: ``en=FILE`` a language.
        most: So many sentences of a language at most.
        seed: Draws them.

    Raises:
        InputError: A file has a mistake, or there are too few languages or sentences.
        OptionError: A language has no text, or a text is of no language that is wanted.
    """
    files = parse_corpora(corpus) if corpus and list(corpus) != [CARRIED] else {}
    wanted = list(files) or list(LANGUAGES)
    if languages is not None:
        wanted = list(dict.fromkeys(one.strip() for one in languages.split(",") if one.strip()))
        idle = [one for one in files if one not in wanted]
        if idle:
            raise OptionError(
                f"the corpus {idle[0]} is of no use: --languages are {', '.join(wanted)}."
                + did_you_mean(idle[0], wanted)
            )
    texts = read_corpora(files) if files else {}
    every = {one: texts.get(one) or carried_sentences(one) for one in wanted}
    origins = {one: files.get(one, CARRIED) for one in wanted}
    return ExportTexts(drawn(every, {}, most, seed), origins)
