"""``firth cbow``: word vectors, what lies near what, and how well they do.

Vectors come as safetensors, word2vec's binary or text, or GloVe's text, from firth or elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from firth.cli import options
from firth.cli.screen import progress, show, warn
from firth.errors import OptionError, did_you_mean

if TYPE_CHECKING:
    from firth.encoder.vectors import StaticVectors

METHODS = ("3CosAdd", "3CosMul")
BOTH = "both"

app = typer.Typer(
    help="Word vectors: one vector a word, wherever it stands; the ancestor of BERT.",
    no_args_is_help=True,
)

File = Annotated[
    str, typer.Argument(metavar="VECTORS", help="safetensors, word2vec or GloVe; see convert.")
]


@app.command()
def neighbours(
    vectors: File,
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="Words.")],
    top: Annotated[int, typer.Option("--top", min=1, help="Neighbours of each word.")] = 10,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Which words lie nearest to a word, by cosine?"""
    known = _read(vectors, quiet or json)
    from firth.probe.analogy import nearest

    unit = known.normalised
    found: list[dict[str, Any]] = []
    for word in words:
        row = known.row(word)
        near, cosines = nearest(unit, unit[row], top, (row,))
        each = zip(near.tolist(), cosines.tolist(), strict=True)
        found.append(
            {
                "word": known.words[row],
                "neighbours": [{"word": known.words[at], "cosine": value} for at, value in each],
            }
        )
    if json:
        _print_json({"vectors": vectors, "words": found})
        return
    from firth.cli.cbow_tables import print_ranked

    for one in found:
        print_ranked(one["word"], one["neighbours"], "cosine")


@app.command()
def similarity(
    vectors: File,
    a: Annotated[str, typer.Argument(metavar="A", help="A word.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another word.")],
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """The cosine of two words."""
    known = _read(vectors, quiet or json)
    from firth.probe.similarity import pairs_cosine

    rows = [known.row(a), known.row(b)]
    first, second = (known.vectors[row][None, None] for row in rows)
    value = float(pairs_cosine(first, second)[0, 0])
    words = [known.words[row] for row in rows]
    if json:
        _print_json({"vectors": vectors, "words": words, "cosine": value})
        return
    typer.echo(f"{words[0]}  {words[1]}  {value:.4f}")


@app.command()
def analogy(
    vectors: File,
    a: Annotated[str, typer.Argument(metavar="A", help="A is to B ...")],
    b: Annotated[str, typer.Argument(metavar="B", help="A is to B ...")],
    c: Annotated[str, typer.Argument(metavar="C", help="... as C is to what?")],
    method: Annotated[str, typer.Option("--method", help="3CosAdd, 3CosMul, or both.")] = "3CosAdd",
    top: Annotated[int, typer.Option("--top", min=1, help="Answers.")] = 5,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """A is to B as C is to what? The three words themselves are no answers, as is the custom."""
    legal = (*METHODS, BOTH)
    near = [one for one in legal if one.lower() == method.lower()]
    if not near:
        raise OptionError(
            f"method {method!r}: legal are {', '.join(legal)}.{did_you_mean(method, legal)}"
        )
    known = _read(vectors, quiet or json)
    from firth.probe.analogy import analogy as best

    question = (known.row(a), known.row(b), known.row(c))
    words = [known.words[row] for row in question]
    found: dict[str, list[dict[str, Any]]] = {}
    for name in METHODS if near == [BOTH] else near:
        rows, scores = best(known.normalised, question, top, name)
        each = zip(rows.tolist(), scores.tolist(), strict=True)
        found[name] = [{"word": known.words[at], "score": value} for at, value in each]
    if json:
        _print_json({"vectors": vectors, "question": words, "answers": found})
        return
    from firth.cli.cbow_tables import print_ranked

    for name, answers in found.items():
        print_ranked(f"{words[0]} : {words[1]} = {words[2]} : ?  ({name})", answers, "score")


@app.command()
def evaluate(
    vectors: File,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--pairs",
            help="Two words and a score a line; repeatable. wordsim353 and simlex999 are gensim's.",
        ),
    ] = None,
    analogies: Annotated[
        list[str] | None,
        typer.Option(
            "--analogies",
            help="Four words a line under `: group`; repeatable. google is gensim's.",
        ),
    ] = None,
    restrict: Annotated[
        int | None,
        typer.Option("--restrict", help="Analogies with the first so many words only."),
    ] = None,
    seed: options.Seed = 0,
    out: options.Out = "runs",
    fresh: options.Fresh = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """How well do the vectors do on word similarity and analogies?"""
    from firth.text.questions import read_analogies, read_pairs

    if not pairs and not analogies:
        raise OptionError(f"nothing to evaluate: give --pairs FILE or --analogies FILE{_carried()}")
    of_pairs = [read_pairs(one) for one in pairs or ()]
    of_questions = [read_analogies(one) for one in analogies or ()]
    known = _read(vectors, quiet or json)
    from firth.experiments.vectors import compared
    from firth.experiments.vectors import evaluate as run

    total = compared(known, of_questions, restrict)
    with progress("evaluate", total, quiet=quiet or json) as step:
        result = run(
            known,
            pairs=of_pairs,
            analogies=of_questions,
            restrict=restrict,
            seed=seed,
            source=vectors,
            runs=None if fresh else out,
            progress=step,
        )
    from firth.cli.cbow_tables import print_evaluation

    show(result, print_evaluation, out=out, fresh=fresh, json=json, quiet=quiet)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="Vectors of any format.")],
    output: Annotated[
        str, typer.Argument(metavar="OUT", help=".safetensors, .bin (word2vec), .txt or .vec.")
    ],
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Write vectors in another format, whole or not at all."""
    from firth.encoder.vectors import check_suffix, save_vectors

    check_suffix(output)
    known = _read(source, quiet or json)
    save_vectors(known, output)
    if json:
        said = {"output": output, "words": len(known), "width": known.width}
        _print_json(said | {"about": dict(known.about)})
        return
    typer.echo(f"{len(known)} words, {known.width} numbers each: {output}")


def _read(path: str, quiet: bool) -> StaticVectors:
    """Read vectors; words that the file repeats are told."""
    from firth.encoder.vectors import REPEATED, read_vectors

    known = read_vectors(path)
    repeated = known.about.get(REPEATED)
    if repeated:
        warn([f"{path}: {repeated} rows repeat a word; its first row counts"], quiet=quiet)
    return known


def _carried() -> str:
    """Return which data sets gensim brings, where it is installed."""
    from firth.text.questions import BUNDLED_ANALOGIES, BUNDLED_PAIRS, bundled

    said = [
        f"{option} {' or '.join(here)}"
        for option, names in (("--pairs", BUNDLED_PAIRS), ("--analogies", BUNDLED_ANALOGIES))
        if (here := [name for name, file in names.items() if bundled(file)])
    ]
    return f"; gensim brings {', '.join(said)}" if said else ""


def _print_json(document: dict[str, Any]) -> None:
    import json as js

    typer.echo(js.dumps(document, ensure_ascii=False, indent=1))
