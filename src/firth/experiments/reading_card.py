"""The card of a reader: what whoever finds its folder should know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def reader_card(about: Mapping[str, Any]) -> str:
    """Return the README of a reader's folder.

    Args:
        about: What ``training.json`` says.
    """
    recipe, encoder = about["recipe"], about["encoder"]
    languages = list(about["training"])
    begun = (
        f"begins with the weights of {encoder['name']} ({encoder['revision']})"
        if recipe["pretrained"]
        else f"has the shape of {encoder['name']} and began with random weights"
    )
    lines = [
        "---",
        "library_name: transformers",
        "pipeline_tag: question-answering",
        f"language: [{', '.join(languages)}]",
        "---",
        "",
        f"# A reader: {encoder['name']}, trained on {' and '.join(languages)} questions",
        "",
        f"It {begun}, with a span head, and was trained by `firth reading train` on questions in "
        f"{' and '.join(languages)} only; what it answers in any other language it was never "
        "taught.",
        "",
        "| learnt from | file | articles | paragraphs | questions | of these without an answer |",
        "|---|---|---:|---:|---:|---:|",
        *(
            f"| {language} | {own['name'].rsplit('/', 1)[-1]} | {own['articles']} | "
            f"{own['paragraphs']} | {own['questions']} | {own['impossible']} |"
            for language, own in about["training"].items()
        ),
        "",
        f"{about['steps']:,} steps of {recipe['batch']} windows of at most "
        f"{recipe['windows']['length']} tokens, highest rate {recipe['rate']:g}, dropout "
        f"{recipe['dropout']:g}, products in {recipe['dtype']}, seed {recipe['seed']}"
        f"{_frozen(recipe['frozen_layers'])}.",
        "",
    ]
    if about["validation"]:
        lines += [
            "| held-out windows | loss | start and end right | windows |",
            "|---|---:|---:|---:|",
            *(
                f"| {language} | {own['span_loss']:.3f} | {own['span_exact']:.3f} | {own['n']} |"
                for language, own in about["validation"].items()
            ),
            "",
        ]
    lines += [
        "An answer is always a passage of the text that it is given; there is no knowledge in it. "
        '`firth reading ask --reader FOLDER --context FILE "question"` asks it, and '
        "`AutoModelForQuestionAnswering` of transformers loads it.",
        "",
    ]
    return "\n".join(lines)


def _frozen(layers: int | None) -> str:
    if layers is None:
        return ""
    blocks = f" and the lowest {layers} blocks" if layers else ""
    return f"; the embeddings{blocks} stayed as they were"
