"""Which texts `firth.experiments.pretrain` learns from, and how a result reads them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firth.errors import OptionError
from firth.experiments.align_texts import Texts
from firth.text.dictionary import Dictionary, read_dictionary
from firth.text.files import read_sentences
from firth.text.training import TrainingText, training_text, with_fake


@dataclass(frozen=True)
class Sources:
    """Files, and what is made of them.

    Attributes:
        files: Corpora, parallel text and dictionaries.
        fake: The language that gets a fake twin, or None.
        sizes: Sentences a language; as many as there are for none.
        held_out: Sentences a language that no arm learns from.
    """

    files: Texts
    fake: str | None = None
    sizes: Sequence[int] = ()
    held_out: int = 1000

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Sources:
        """Return those that a result names."""
        own = {name: config[name] for name in ("fake", "sizes", "held_out")}
        return cls(Texts.from_config(config), **own)

    def config(self) -> dict[str, Any]:
        """Return what a result keeps."""
        own = {"fake": self.fake, "sizes": list(self.sizes), "held_out": self.held_out}
        return self.files.config() | own

    def dictionaries(self) -> list[Dictionary]:
        """Read the dictionaries.

        Raises:
            InputError: A file has a mistake.
        """
        return [read_dictionary(path, *pair) for pair, path in self.files.dictionaries.items()]

    def text(self) -> TrainingText:
        """Read the texts.

        Raises:
            InputError: A file has a mistake, or too little text.
            OptionError: A fake language stands beside others than its twin.
        """
        corpora = {language: read_sentences(path) for language, path in self.files.corpora.items()}
        corpora |= self.files.halves(corpora)
        if self.fake is not None:
            others = [language for language in corpora if language != self.fake]
            if others:
                raise OptionError(
                    f"--fake {self.fake} stands beside {self.fake} alone; leave the text in "
                    f"{others[0]} out"
                )
            corpora = with_fake(corpora, self.fake)
        return training_text(corpora, self.sizes, self.held_out)
