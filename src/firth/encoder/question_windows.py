"""Questions with their contexts as token windows that fit an encoder.

A window is the question and a part of the context, between the special tokens that the tokenizer
itself puts around a pair; consecutive parts share some tokens (as ``run_squad.py`` of Devlin et al.
2019 reads paragraphs longer than the encoder). The windows are those of the library's own pair
encoding (``truncation="only_second"``, ``return_overflowing_tokens``), but a context is cut into
tokens once, however many questions it has.

Legend: q tokens of a question, w tokens of a window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int

from firth.encoder.passages import Passage
from firth.encoder.windows import Windower
from firth.errors import ModelError, OptionError

SHORTEST = 16  # tokens of a window


@dataclass(frozen=True)
class WindowOptions:
    """How windows are cut.

    Attributes:
        length: Tokens of a window at most, special tokens included.
        stride: Tokens of the context that two neighbouring windows share; at most half of what a
            window has of it.
        question_length: Tokens of a question at most, and never more than half of a window; what
            is longer is cut, and counted.
    """

    length: int = 384
    stride: int = 128
    question_length: int = 64

    def __post_init__(self) -> None:
        """Refuse what leaves no room."""
        for name, least in (("length", SHORTEST), ("stride", 0), ("question_length", 1)):
            value = getattr(self, name)
            if value < least:
                raise OptionError(f"{name} {value}: it must be at least {least}")

    def as_dict(self) -> dict[str, int]:
        """Return the fields as JSON would give them back."""
        return dict(vars(self))


@dataclass(frozen=True)
class Template:
    """What a tokenizer puts around a question and a context.

    Attributes:
        before: Special tokens before the question; the first of them stands for "no answer here".
        between: Those between question and context.
        after: Those at the end.
        types: Token types of before, question, between, context, after; None where the encoder
            has none or all are 0.
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[int, ...] | None

    @property
    def size(self) -> int:
        """How many special tokens a window has."""
        return len(self.before) + len(self.between) + len(self.after)

    @classmethod
    def of(cls, tokenizer: Any, typed: bool) -> Template:
        """Read it off a pair of texts.

        Args:
            tokenizer: A fast tokenizer of transformers.
            typed: Whether the encoder tells token types apart.

        Raises:
            ModelError: It has no template for pairs.
        """
        encoding = tokenizer.backend_tokenizer.encode("a", "a")
        real = [at for at, seen in enumerate(encoding.attention_mask) if seen]  # it may pad
        of = [encoding.sequence_ids[at] for at in real]
        ids, kinds = ([own[at] for at in real] for own in (encoding.ids, encoding.type_ids))
        if 0 not in of or 1 not in of or of[0] is not None:
            raise ModelError(
                "its tokenizer puts no special token before a pair of texts, and a reader needs "
                "one to say that there is no answer; give tokenizer.json a template for pairs"
            )
        a, b = of.index(0), of.index(1)
        middle, end = a + of.count(0), b + of.count(1)
        types = (kinds[0], kinds[a], kinds[middle] if middle < b else kinds[b], kinds[b], kinds[-1])
        said = "token_type_ids" in tokenizer.model_input_names
        return cls(
            tuple(ids[:a]), tuple(ids[middle:b]), tuple(ids[end:]),
            types if typed and said and any(types) else None,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class QuestionWindow:
    """A question with a part of its context.

    Attributes:
        item: Which of the questions that were given.
        question: Its tokens, cut where it is too long, [q].
        passage: The whole context.
        begin: First token of the context that the window has.
        end: Past the last one.
        template: What stands around the two.
    """

    item: int
    question: Int[np.ndarray, " q"]
    passage: Passage
    begin: int
    end: int
    template: Template

    @property
    def first(self) -> int:
        """Position of the first token of the context in the window."""
        return len(self.template.before) + len(self.question) + len(self.template.between)

    @property
    def size(self) -> int:
        """Tokens of the window."""
        return self.template.size + len(self.question) + self.end - self.begin

    @property
    def ids(self) -> Int[np.ndarray, " w"]:
        """Token ids."""
        around, part = self.template, self.passage.ids[self.begin : self.end]
        parts = (around.before, self.question, around.between, part, around.after)
        return np.concatenate([np.asarray(one, np.int64) for one in parts])

    @property
    def types(self) -> Int[np.ndarray, " w"] | None:
        """Token types; None where all are 0."""
        around = self.template
        if around.types is None:
            return None
        sizes = (len(around.before), len(self.question), len(around.between),
                 self.end - self.begin, len(around.after))  # fmt: skip
        return np.repeat(np.asarray(around.types, np.int64), sizes)


@dataclass
class QuestionWindower:
    """Cuts questions and contexts into windows.

    Attributes:
        tokenizer: A fast tokenizer of transformers.
        options: How.
        typed: Whether the encoder tells token types apart.
        cut: Questions that were longer than they may be, so far.
    """

    tokenizer: Any
    options: WindowOptions = field(default_factory=WindowOptions)
    typed: bool = False
    cut: int = 0

    def __post_init__(self) -> None:
        self.template = Template.of(self.tokenizer, self.typed)
        self._tokens = Windower(self.tokenizer, self.options.length)

    @property
    def unknown(self) -> int:
        """Tokens that the vocabulary does not know, so far."""
        return self._tokens.report.unknown

    def passages(self, contexts: Sequence[str]) -> dict[str, Passage]:
        """Cut contexts into tokens, each once."""
        unique = list(dict.fromkeys(contexts))
        found = self._tokens.tokenise(unique)
        return {text: Passage.of(text, one) for text, one in zip(unique, found, strict=True)}

    def windows(
        self, pairs: Sequence[tuple[str, str]], passages: Mapping[str, Passage] | None = None
    ) -> list[QuestionWindow]:
        """Return the windows of each question and context, in order; at least one for each.

        Args:
            pairs: Question and context.
            passages: The contexts as tokens, where they are known already.
        """
        known = self.passages([context for _, context in pairs]) if passages is None else passages
        questions = self._tokens.tokenise([question for question, _ in pairs])
        room = self.options.length - self.template.size
        most = min(self.options.question_length, room // 2)
        found: list[QuestionWindow] = []
        for item, ((_, context), question) in enumerate(zip(pairs, questions, strict=True)):
            self.cut += len(question.ids) > most
            ids, passage = question.ids[:most].astype(np.int32), known[context]
            for begin, end in _parts(len(passage.ids), room - len(ids), self.options.stride):
                found.append(QuestionWindow(item, ids, passage, begin, end, self.template))
        return found


def _parts(n: int, room: int, shared: int) -> list[tuple[int, int]]:
    """Return first and past-the-last token of each part of n tokens, the last one to the end."""
    step = room - min(shared, room // 2)
    begins = range(0, max(1, n - room + step), step)
    return [(begin, min(begin + room, n)) for begin in begins]


def windower_of(
    tokenizer: Any, config: Any, options: WindowOptions, max_tokens: int
) -> QuestionWindower:
    """Make a windower that fits an encoder.

    Args:
        tokenizer: Its fast tokenizer.
        config: Its configuration.
        options: How windows are cut.
        max_tokens: Its longest input.

    Raises:
        OptionError: The windows would be longer than that.
        ModelError: Its tokenizer has no template for pairs.
    """
    if options.length > max_tokens:
        raise OptionError(f"length {options.length}: the encoder reads {max_tokens} tokens at most")
    typed = getattr(config, "type_vocab_size", 0) > 1
    return QuestionWindower(tokenizer, options, typed)
