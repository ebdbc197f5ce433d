"""Run a stored result again, and say what differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from firth.encoder.model import Encoder
from firth.encoder.vectors import StaticVectors
from firth.errors import ResultError, did_you_mean
from firth.experiments.align import NAME as ALIGN
from firth.experiments.align import align
from firth.experiments.align_texts import Texts
from firth.experiments.cloze import cloze, given_card
from firth.experiments.consistency import consistency
from firth.experiments.language_vectors import NAME as LANGUAGE_VECTORS
from firth.experiments.language_vectors import fit
from firth.experiments.links import NAME as LINKS
from firth.experiments.links import links
from firth.experiments.rerun_fair import rerun_search, rerun_where
from firth.experiments.rerun_transfer import rerun_transfer
from firth.experiments.retrieval import NAME as RETRIEVAL
from firth.experiments.retrieval import retrieval
from firth.experiments.search import NAME as SEARCH
from firth.experiments.senses import occurrences_card, senses
from firth.experiments.sweep import NAME as SWEEP
from firth.experiments.sweep import sweep
from firth.experiments.sweep_texts import SweepFiles
from firth.experiments.transfer import NAME as TRANSFER
from firth.experiments.translate import NAME as TRANSLATE
from firth.experiments.translate import translate
from firth.experiments.vectors import NAME as VECTORS
from firth.experiments.vectors import evaluate
from firth.experiments.where import NAME as WHERE
from firth.experiments.wic import wic
from firth.results.schema import Cell, Result
from firth.text.alignment import GoldLinks, Link, SentencePair, read_gold, read_sentence_pairs
from firth.text.cloze import read_blanks
from firth.text.corpora import read_corpora
from firth.text.parallel import parse_parallel, read_parallel
from firth.text.questions import read_analogies, read_pairs
from firth.text.reading import Source
from firth.text.sentences import Occurrence
from firth.text.wic import WordPair


def rerun(old: Result, model: Encoder | Sequence[Encoder] | StaticVectors) -> Result:
    """Run the experiment of a result with its own settings.

    What was studied is read again from the files that are named; without files it comes from the
    result itself.

    Args:
        old: The result.
        model: The encoder, or those of a result about several; for ``vectors``, the word vectors.

    Raises:
        ResultError: The experiment is unknown, needs another kind of model, or the result does not
            hold what was studied.
    """
    if isinstance(model, StaticVectors) != (old.experiment == VECTORS):
        given = "word vectors" if isinstance(model, StaticVectors) else "an encoder"
        raise ResultError(f"experiment {old.experiment!r} cannot be run again with {given}")
    if isinstance(model, StaticVectors):
        return _vectors(old, model)
    if not isinstance(model, Encoder):
        if old.experiment != ALIGN:
            raise ResultError(f"experiment {old.experiment!r} is of one model; {len(model)} given")
        return _align(old, model)
    again: dict[str, Callable[[Result, Encoder], Result]] = {
        "senses": _senses,
        "wic": _wic,
        "cloze": _cloze,
        "consistency": _consistency,
        ALIGN: _align,
        RETRIEVAL: _retrieval,
        SWEEP: _sweep,
        TRANSLATE: _translate,
        LANGUAGE_VECTORS: _language_vectors,
        LINKS: _links,
        WHERE: rerun_where,
        SEARCH: rerun_search,
        TRANSFER: rerun_transfer,
    }
    if old.experiment not in again:
        known = [*again, VECTORS]
        raise ResultError(
            f"experiment {old.experiment!r} cannot be run again; known are "
            f"{', '.join(known)}.{did_you_mean(old.experiment, known)}"
        )
    return again[old.experiment](old, model)


def _settings(old: Result) -> dict[str, Any]:
    """Return what ``senses`` and ``wic`` share."""
    source = Source.of(old.config["source"]) if old.config["source"] else None
    names = ("layers", "centre_corpus", "language", "seed")
    return {name: old.config[name] for name in names} | {"source": source}


def _senses(old: Result, encoder: Encoder) -> Result:
    settings = _settings(old) | {key: old.config[key] for key in ("anchors", "most")}
    if settings["source"] is not None:
        return senses(encoder, **settings)
    occurrences = [
        Occurrence(
            str(row["word"]), str(row["sentence"]), _whole(row["start"]), _whole(row["end"]),
            _text(row.get("label")), _text(row.get("split")),
        )
        for row in old.tables["items"]
    ]  # fmt: skip
    if not occurrences or occurrences_card(occurrences, None).sha256 != old.data[0].sha256:
        raise ResultError(
            "this result holds only a part of the sentences that were studied, and they were not "
            "read from a file, so it cannot be run again"
        )
    return senses(encoder, sentences=occurrences, **settings)


def _wic(old: Result, encoder: Encoder) -> Result:
    settings = _settings(old)
    if settings["source"] is not None:
        return wic(encoder, **settings)
    pairs: list[WordPair] = []
    for row in old.tables["pairs"]:
        spans: list[Any] = [row["first_span"], row["second_span"]]
        sides = [
            Occurrence(str(row["word"]), str(row[f"{name}_sentence"]), int(span[0]), int(span[1]))
            for name, span in zip(("first", "second"), spans, strict=True)
        ]
        pairs.append(WordPair(sides[0], sides[1], bool(row["same"]), _text(row.get("split"))))
    if len(pairs) != old.data[0].n:
        raise ResultError(
            "this result holds only the pairs that were scored, and they were not read from a "
            "file, so it cannot be run again"
        )
    return wic(encoder, pairs=pairs, **settings)


def _cloze(old: Result, encoder: Encoder) -> Result:
    config = old.config
    settings: dict[str, Any] = {
        key: config[key] for key in ("top", "decode", "only_language", "words", "seed")
    }
    settings |= {"score": config["score"] or False, "beam": config["beam"] or 1}
    source = config["sentences"]
    if source is not None:
        lines = list(read_blanks(source))
        texts, answers = [line.text for line in lines], [line.answer for line in lines]
        return cloze(encoder, texts, answers=answers, source=source, **settings)
    rows = old.tables["sentences"]
    texts, answers = [str(row["text"]) for row in rows], [_text(row.get("gold")) for row in rows]
    if given_card(texts, answers, None).sha256 != old.data[0].sha256:
        raise ResultError(
            "lines were left out of this result, and they were not read from a file, so it cannot "
            "be run again"
        )
    return cloze(encoder, texts, answers=answers, **settings)


def _consistency(old: Result, encoder: Encoder) -> Result:
    config = old.config
    if config["files"] is None and not config["carried"]:
        raise ResultError("the sentences of this result were not read from files: give them again")
    settings = {key: config[key] for key in ("blanks", "most", "seed", "files")}
    return consistency(encoder, **settings)


def _vectors(old: Result, vectors: StaticVectors) -> Result:
    config = old.config
    pairs, analogies = config["pairs"], config["analogies"]
    without = [name for sets in (pairs, analogies) for name, file in sets.items() if file is None]
    if without:
        raise ResultError(
            f"{', '.join(without)}: not read from a file, so this result cannot be run again"
        )
    return evaluate(
        vectors,
        pairs=[read_pairs(file) for file in pairs.values()],
        analogies=[read_analogies(file) for file in analogies.values()],
        restrict=config["restrict"],
        seed=config["seed"],
        source=config["model"],
    )


def _align(old: Result, encoder: Encoder | Sequence[Encoder]) -> Result:
    config = old.config
    if config["source"] is None:
        raise ResultError("the texts of this result were not read from files: give them again")
    dictionaries, corpora = Texts.from_config(config["source"]).read(config["context"])
    names = ("layers", "least", "most", "seed", "source", "context", "carriers")
    settings = {key: config[key] for key in names}
    return align(encoder, dictionaries, corpora, **settings)


def _retrieval(old: Result, encoder: Encoder) -> Result:
    config = old.config
    if config["source"] is None:
        raise ResultError("the texts of this result were not read from files: give them again")
    places = parse_parallel([f"{name}={path}" for name, path in config["source"].items()])
    texts = [read_parallel(path, pair) for pair, path in places.items()]
    names = ("layers", "pooling", "prefix", "margin", "most", "aside", "seed", "source")
    return retrieval(encoder, texts, **{key: config[key] for key in names})


def _links(old: Result, encoder: Encoder) -> Result:
    config = old.config
    source = config["source"]
    if source is None:
        rows = old.tables["sentences"]
        pairs = [SentencePair(_words(row["source"]), _words(row["target"])) for row in rows]
        gold = [GoldLinks(_pairs(row["sure"]), _pairs(row["possible"])) for row in rows
                if "sure" in row] or None  # fmt: skip
    else:
        pairs = read_sentence_pairs(source["pairs"])
        gold = read_gold(source["gold"], pairs, source["index"]) if source["gold"] else None
    names = ("languages", "layers", "level", "null", "seed", "source")
    return links(encoder, pairs, gold, **{key: config[key] for key in names})


def _words(cell: Cell) -> tuple[str, ...]:
    return tuple(map(str, cell)) if isinstance(cell, list) else ()


def _pairs(cell: Cell) -> tuple[Link, ...]:
    """Return the links of cells such as ``0-1``."""
    sides = [str(one).split("-") for one in _words(cell)]
    return tuple((int(i), int(j)) for i, j in sides)


def _sweep(old: Result, encoder: Encoder) -> Result:
    config = old.config
    if config["source"] is None:
        raise ResultError("the texts of this result were not read from files: give them again")
    texts, dictionaries = SweepFiles(**config["source"]).read()
    names = ("layers", "alphas", "fit", "dev", "test", "seed", "source")
    return sweep(encoder, texts, dictionaries, **{key: config[key] for key in names})


def _translate(old: Result, encoder: Encoder) -> Result:
    names = ("source", "target", "layer", "alpha", "tokens", "seed")
    texts = [str(row["text"]) for row in old.tables["texts"]]
    settings = {key: old.config[key] for key in names}
    return translate(encoder, texts, vectors=old.config["vectors_file"], **settings)


def _language_vectors(old: Result, encoder: Encoder) -> Result:
    config = old.config
    if config["files"] is None:
        raise ResultError("the texts of this result were not read from files: give them again")
    corpora = read_corpora(config["files"])
    settings = {key: config[key] for key in ("weighting", "seed", "files")}
    return fit(encoder, corpora, **settings)[1]


def _whole(cell: Cell) -> int:
    return int(str(cell))


def _text(cell: Cell) -> str | None:
    return None if cell is None else str(cell)


def compare(old: Result, new: Result) -> list[str]:
    """Return sentences on what differs between two results of the same question."""
    lines: list[str] = []
    if old.model.fingerprint != new.model.fingerprint:
        lines.append(f"the model differs: {old.model.revision} then, {new.model.revision} now")
    if old.version != new.version:
        lines.append(f"firth {old.version} then, {new.version} now")
    then = {card.name: card.sha256 for card in old.data}
    changed = [card.name for card in new.data if then.get(card.name) != card.sha256]
    if changed:
        lines.append(f"the data differs: {', '.join(changed)}")
    if len(old.scores) != len(new.scores):
        lines.append(f"{len(old.scores)} scores then, {len(new.scores)} now")
        return lines
    gaps = [abs(a.value - b.value) for a, b in zip(old.scores, new.scores, strict=True)]
    equal = sum(gap == 0 for gap in gaps)
    lines.append(
        f"{equal} of {len(gaps)} scores are equal; "
        f"the largest difference is {max(gaps, default=0):.3g}"
    )
    return lines
