"""Text to train a model from nothing on: one file a language, some of it held out.

Sentences stand in the order of their hash, so that which of them are read does not depend on the
file's order, the first n of 20,000 are the n of 2,000, and no two languages follow each other's
topics. What is held out comes first in that order and is never trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firth.errors import InputError, OptionError
from firth.text.corpora import Corpora
from firth.text.fake import ascii_only, fake, fake_language, is_fake

LONGEST = 2_000  # characters; a longer line is cut
LEAST_HELD_OUT = 20


@dataclass(frozen=True)
class TrainingText:
    """Sentences of several languages.

    Attributes:
        pool: Language -> sentences to learn from.
        held_out: Language -> sentences to validate on.
        sizes: How many of the pool the arms read, ascending.
        notes: What was cut, dropped or left unused.
    """

    pool: Corpora
    held_out: Corpora
    sizes: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def first(self, n: int) -> Corpora:
        """Return the first n sentences of each language's pool."""
        return {language: own[:n] for language, own in self.pool.items()}


def training_text(
    corpora: Mapping[str, Iterable[str]],
    sizes: Sequence[int] | None = None,
    held_out: int = 1000,
) -> TrainingText:
    """Order sentences, cut what is too long, and hold some out.

    Args:
        corpora: Language -> lines.
        sizes: How many sentences a language are asked for; by default as many as all have.
        held_out: Sentences of each language that are held out.

    Raises:
        InputError: A language has no text, or too little for what is asked.
        OptionError: A number is too small.
    """
    if not corpora:
        raise InputError(
            "no text: give --corpus en=FILE --corpus zh=FILE, or --parallel en-zh=FILE"
        )
    if held_out < LEAST_HELD_OUT:
        raise OptionError(f"held out {held_out}: at least {LEAST_HELD_OUT} sentences are needed")
    for size in sizes or ():
        if size < 1:
            raise OptionError(f"sentences {size}: it must be at least 1")
    notes: list[str] = []
    ordered = {language: _ordered(language, own, notes) for language, own in corpora.items()}
    largest = min(len(own) for own in ordered.values()) - held_out
    short = min(ordered, key=lambda language: len(ordered[language]))
    wanted = max(sizes) if sizes else largest
    if wanted > largest or largest < 1:
        raise InputError(
            f"the {short} text has {len(ordered[short]):,} different sentences: too few for "
            f"{max(wanted, 1):,} to learn from and {held_out:,} held out; "
            + (f"at most {largest:,} can be asked for" if largest > 0 else "bring more text")
        )
    for language, own in ordered.items():
        if left := len(own) - held_out - wanted:
            notes.append(
                f"{language}: {left:,} sentences are not learnt from, so that all languages have "
                "as many; the tokenizer reads them"
            )
    return TrainingText(
        {language: own[held_out:] for language, own in ordered.items()},
        {language: own[:held_out] for language, own in ordered.items()},
        tuple(sorted(set(sizes or [wanted]))),
        tuple(notes),
    )


def with_fake(corpora: Mapping[str, Sequence[str]], language: str) -> Corpora:
    """Return a language and its fake twin, each from its own half of the sentences.

    Args:
        corpora: Language -> lines.
        language: The one that gets a twin.

    Raises:
        OptionError: There is no text in the language, or it is a fake one.
    """
    if language not in corpora or is_fake(language):
        raise OptionError(
            f"fake {language!r}: a twin is made of a language that has a text: {', '.join(corpora)}"
        )
    plain = dict.fromkeys(filter(None, map(ascii_only, corpora[language])))
    halves = sorted(plain, key=_hash)
    return {
        language: halves[::2],
        fake_language(language): [fake(sentence) for sentence in halves[1::2]],
    }


def _ordered(language: str, lines: Iterable[str], notes: list[str]) -> list[str]:
    kept: dict[str, None] = {}
    given = cut = 0
    for line in lines:
        text = " ".join(line.split())
        if not text:
            continue
        given += 1
        cut += len(text) > LONGEST
        kept.update(dict.fromkeys(_parts(text)))
    if not kept:
        raise InputError(f"the {language} text is empty: it should hold one sentence a line")
    if cut:
        notes.append(f"{language}: {cut:,} lines of over {LONGEST:,} characters were cut in parts")
    elif given > len(kept):
        notes.append(f"{language}: {given - len(kept):,} sentences stood there before")
    return sorted(kept, key=_hash)


def _parts(text: str) -> Iterable[str]:
    """Cut a line at blanks, or where there is none, so that no part is too long."""
    while len(text) > LONGEST:
        at = text.rfind(" ", LONGEST // 2, LONGEST)
        at = LONGEST if at < 0 else at
        yield text[:at].strip()
        text = text[at:].strip()
    if text:
        yield text


def _hash(sentence: str) -> bytes:
    return hashlib.sha256(sentence.encode("utf-8", "surrogatepass")).digest()
