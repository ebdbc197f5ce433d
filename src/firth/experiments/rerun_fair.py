"""Run a stored result of ``where`` or ``search`` again; its texts are read from their files."""

from __future__ import annotations

from firth.encoder.model import Encoder
from firth.errors import ResultError
from firth.experiments.search import search
from firth.experiments.where import where
from firth.results.schema import Result
from firth.text.corpora import Corpora, read_corpora
from firth.text.parallel import Parallel, parse_parallel, read_parallel


def rerun_where(old: Result, encoder: Encoder) -> Result:
    """Run ``where`` with the settings of a result.

    Raises:
        ResultError: Its texts were given as they are, not as files.
    """
    corpora, pairs = _texts(old, carried=old.config["carried"])
    names = ("layers", "pooling", "prefix", "ranks", "most", "asked", "seed", "source")
    settings = {key: old.config[key] for key in names}
    return where(encoder, corpora or None, pairs, **settings)


def rerun_search(old: Result, encoder: Encoder) -> Result:
    """Run ``search`` with the settings of a result.

    Raises:
        ResultError: Its texts were given as they are, not as files.
    """
    corpora, pairs = _texts(old, carried=False)
    names = ("layers", "pooling", "prefix", "pool", "ranks", "most", "fit", "seed", "source")
    return search(encoder, pairs, corpora, **{key: old.config[key] for key in names})


def _texts(old: Result, *, carried: bool) -> tuple[Corpora, list[Parallel]]:
    source = old.config["source"] or {}
    if not source and not carried:
        raise ResultError("the texts of this result were not read from files: give them again")
    files, named = source.get("corpora") or {}, source.get("parallel") or {}
    places = parse_parallel([f"{name}={path}" for name, path in named.items()])
    pairs = [read_parallel(path, pair) for pair, path in places.items()]
    if len(pairs) + len(files) < sum(_given(old)):
        raise ResultError("some texts of this result were not read from files: give them again")
    return read_corpora(files) if files else {}, pairs


def _given(old: Result) -> tuple[int, int]:
    """Return how many pairs and how many corpora went in, those that firth carries left out."""
    pairs = sum(card.name.endswith(" sentences") for card in old.data)
    corpora = 0 if old.config.get("carried") else len(old.data) - pairs
    return pairs, corpora
