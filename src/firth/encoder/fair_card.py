"""The model card of an exported fair encoder: what was done, on which text, what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firth.encoder.model import Encoder

# Models that were trained with a prefix before every text.
_PREFIXED = ("e5",)

Row = tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What the card says.

    Attributes:
        encoder: The encoder it comes from.
        layer: The block after which it is cut.
        pooling: ``mean`` or ``cls``.
        prefix: What stands before each text.
        directions: How many directions were projected out.
        centred: Whether the common mean was subtracted.
        texts: Language, number of sentences, where they are from.
        measured: Head and rows of a table of what the correction brought; empty without one.
        about: How it was measured, one sentence.
    """

    encoder: Encoder
    layer: int
    pooling: str
    prefix: str
    directions: int
    centred: bool
    texts: Sequence[Row]
    measured: Sequence[Row] = ()
    about: str = ""


def card(facts: Facts) -> str:
    """Return the card in Markdown, with the front matter that model hubs read."""
    own = facts.encoder.card
    name = f"{own.name}, fairer to {len(facts.texts)} languages"
    parts = [
        _front([row[0] for row in facts.texts]),
        f"# {name}",
        _done(facts),
        "## How it is used",
        "```python\nfrom sentence_transformers import SentenceTransformer\n\n"
        'encoder = SentenceTransformer("FOLDER")  # this folder\n'
        'encoder.encode(["..."])\n```',
        _prefix(facts),
        "## What the correction was fitted on",
        _table([("language", "sentences", "text"), *facts.texts]),
        "## What it brings",
        f"{facts.about}\n\n{_table(facts.measured)}"
        if facts.measured
        else "Not measured here: `firth shift search` measures it, and `firth shift export "
        "--result` puts the figures on this card. Measure it on your own text before you rely on "
        "it.",
        "## What to mind",
        _limits(facts),
        "## Licence",
        f"The weights come from {own.name}, whose licence applies to them. The program that wrote "
        "this folder does not know it: whoever passes the folder on puts it here.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(languages: Sequence[str]) -> str:
    lines = ["---", "library_name: sentence-transformers", "pipeline_tag: sentence-similarity"]
    lines += ["language:", *(f"- {one}" for one in languages), "tags:", "- firth", "- multilingual"]
    return "\n".join([*lines, "---"])


def _done(facts: Facts) -> str:
    own = facts.encoder.card
    cut = (
        f"all {own.layers} blocks"
        if facts.layer == own.layers
        else f"the first {facts.layer} of its {own.layers} blocks"
    )
    moved = (
        "and their common mean is subtracted"
        if facts.centred
        else "and their common mean stays where it is"
    )
    directions = f"{facts.directions} direction{'' if facts.directions == 1 else 's'}"
    return (
        f"Made by firth from {own.name} ({own.revision}, fingerprint {own.fingerprint[:16]}): "
        f"{cut}, {'the mean over tokens' if facts.pooling == 'mean' else 'the first token'}, then "
        f"one linear map. The map projects out the {directions} in which the "
        f"means of the languages differ, {moved}, so that a search in texts of several languages "
        "prefers the language of the query less. It needs no language of a text. Weights are fp32."
    )


def _prefix(facts: Facts) -> str:
    if facts.prefix:
        return (
            f"The correction was fitted with `{facts.prefix}` before each text. It is the default "
            "prompt of this folder: `encode` puts it there by itself."
        )
    base = facts.encoder.card.name.lower()
    if base == "mini" or any(one in base for one in _PREFIXED):
        return (
            f"{facts.encoder.card.name} descends from E5, which was trained with `query: ` or "
            "`passage: ` before each text. This correction was fitted without: use it without, or "
            "fit it again with `--prefix 'query: '`."
        )
    return (
        "If the base model was trained with a prefix before each text, fit again with `--prefix`."
    )


def _limits(facts: Facts) -> str:
    return (
        f"- Fitted for {', '.join(row[0] for row in facts.texts)}; for other languages nothing is "
        "promised.\n"
        "- A mean of few sentences, or of another kind of text, points elsewhere.\n"
        f"- Texts longer than {facts.encoder.max_tokens} tokens are cut by sentence-transformers.\n"
        "- What a language says more often is part of its mean, and goes with it."
    )


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    head, *rest = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rest])
