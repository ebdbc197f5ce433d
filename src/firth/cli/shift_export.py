"""``firth shift export``: an encoder that does not prefer a language, for sentence-transformers."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, warn


def export(
    output: Annotated[str, typer.Option("--output", "-o", help="The folder; it must be new.")],
    languages: Annotated[
        str | None,
        typer.Option("--languages", help="en,zh,de; those of the corpora by default."),
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            help="en=FILE, a sentence a line: what the correction is fitted on. Without: the few "
            "sentences that firth carries. Repeatable.",
        ),
    ] = None,
    layer: Annotated[
        int | None, typer.Option("--layer", help="Cut the model after this block.")
    ] = None,
    pooling: Annotated[
        Literal["mean", "cls"],
        typer.Option("--pooling", help="Of a text's tokens: their mean, or the first one."),
    ] = "mean",
    prefix: Annotated[
        str, typer.Option("--prefix", help="Put before each text, such as 'query: ' for E5.")
    ] = "",
    keep_mean: Annotated[
        bool,
        typer.Option("--keep-mean", help="Leave the common mean of the languages where it is."),
    ] = False,
    most: Annotated[
        int, typer.Option("--most", min=8, help="Sentences of a language that are fitted on.")
    ] = 2000,
    result: Annotated[
        str | None,
        typer.Option("--result", help="A stored result of shift search, for the model card."),
    ] = None,
    model: options.Model = "mini",
    seed: options.Seed = 0,
    device: options.Device = "auto",
    dtype: Annotated[
        str,
        typer.Option("--dtype", help="fp32, as sentence-transformers computes; auto or bf16."),
    ] = "fp32",
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Save an encoder with the language taken out, as a folder of sentence-transformers."""
    from firth.experiments.fair_texts import export_texts

    texts = export_texts(languages, corpus or [], most, seed)
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.encoder.fair import FairEncoder, check_export, export_fair
    from firth.encoder.fair_card import Facts, card
    from firth.experiments.fair import fit_agnostic, measured
    from firth.results.store import load

    block = check_export(encoder, layer, output)
    found = None
    if result is not None:
        found = measured(load(result), encoder, block, pooling, prefix, centred=not keep_mean)
    with progress("export", sum(map(len, texts.sentences.values())), quiet=quiet or json) as step:
        fitted = fit_agnostic(
            encoder, texts.sentences, layer=block, pooling=pooling, prefix=prefix,
            centred=not keep_mean, progress=step,
        )  # fmt: skip
    facts = Facts(
        encoder, block, pooling, prefix, fitted.basis.shape[1], not keep_mean, texts.rows(),
        found.rows if found else (), found.about if found else "",
    )  # fmt: skip
    one = FairEncoder(encoder, block, pooling, prefix, *fitted.affine(), card(facts))
    samples = [own[0] for own in texts.sentences.values()]
    folder = export_fair(one, output, samples)
    if json:
        from json import dumps

        summary = {
            "folder": str(folder), "layer": block, "directions": facts.directions,
            "sentences": {language: len(own) for language, own in texts.sentences.items()},
        }  # fmt: skip
        print(dumps(summary, ensure_ascii=False))
        return
    directions = f"{facts.directions} language direction{'' if facts.directions == 1 else 's'}"
    print(
        f"{folder}: {encoder.name} to block {block}, {directions} taken out; weights fp32; "
        f"SentenceTransformer({str(folder)!r}) loads it"
    )
    warn(texts.warnings(), quiet=quiet)
