"""Stored results as one page that opens without a network, and as a fragment for notebooks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from firth.errors import FirthError, InputError, OptionError, ResultError
from firth.report import fonts
from firth.report.charts import figure, figures_of
from firth.report.embed import javascript, script_json
from firth.report.figure import Figure
from firth.report.findings import decimals, findings, probability, title_of
from firth.report.senses_data import words_of
from firth.report.words import Words, words
from firth.results.files import replacing
from firth.results.metrics import METRICS
from firth.results.schema import Result, Score
from firth.results.store import load, results_below

# Longer tables are cut on the page; the result's JSON has every row.
MOST_ROWS = 200
FEW_ROWS = 24
_ALWAYS = ("metric", "layer", "similarity")
_SHOWN = ("value", "interval", "n", "unit")
_TESTS = ("p", "p_adjusted")
_NAMED = (
    "language", "pair", "direction", "word", "arm", "control", "alpha", "scorer", "split",
    "checkpoint", "seed",
)  # fmt: skip


def write_report(runs: str | Path, output: str | Path, *, language: str = "en") -> Path:
    """Write all results below ``runs`` as one HTML file that needs nothing else.

    Args:
        runs: The folder of stored results.
        output: The page; it is written whole or not at all.
        language: ``en`` or ``zh``.

    Returns:
        The path of the page.

    Raises:
        InputError: There is no result below ``runs`` that can be read.
        OptionError: No words in this language, or a place that cannot be written.
    """
    say = words(language)
    results, unreadable = _load_all(runs)
    drawn: list[Figure] = []
    sections = [_section(result, at, drawn, say, language) for at, result in enumerate(results, 1)]
    page = _template("report.html.j2").render(
        say=say,
        sections=sections,
        unreadable=unreadable,
        version=results[0].version,
        family_list=Markup(fonts.STACK),
        figures=Markup(script_json([one.spec for one in drawn])),
        javascript=Markup(javascript()),
        font_css=Markup("FONT-CSS"),
    )
    # The letters are known only now: of the page's text, and of the figures inside it.
    page = page.replace("FONT-CSS", fonts.subset_css(_own_text(page)), 1)
    path = Path(output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as staging:
            staging.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OptionError(f"cannot write {path}: {error.strerror}") from error
    return path


def result_fragment(result: Result, *, language: str = "en") -> str:
    """Return a small piece of HTML: what was found, warnings and the scores."""
    say = words(language)
    return _template("fragment.html.j2").render(
        say=say,
        title=title_of(result, say),
        findings=findings(result, say),
        warnings=result.warnings,
        scores=_score_table(result.scores, say),
        few=FEW_ROWS,
    )


def _load_all(runs: str | Path) -> tuple[list[Result], list[str]]:
    results: list[Result] = []
    unreadable: list[str] = []
    for folder in results_below(runs) if Path(runs).is_dir() else ():
        try:
            results.append(load(folder))
        except ResultError as error:
            unreadable.append(str(error))
    if not results:
        also = f" ({unreadable[0]})" if unreadable else ""
        raise InputError(
            f"no results can be read below {str(runs)!r}{also}; run an experiment first, "
            "e.g. firth tour"
        )
    return results, unreadable


def _section(
    result: Result, at: int, drawn: list[Figure], say: Words, language: str
) -> dict[str, Any]:
    title = title_of(result, say)
    shown: list[dict[str, Any]] = []
    absent: list[str] = []
    for word in words_of(result) if figures_of(result) else ():
        for name in figures_of(result):
            try:
                one = figure(result, name, word=word, language=language)
            except FirthError as error:
                absent.append(str(error))
                continue
            drawn.append(one)
            file = f"{result.experiment}-{word}-{name}-{result.model.name}"
            shown.append({"index": len(drawn) - 1, "title": one.title, "file": file})
    return {
        "id": f"result-{at}",
        "title": title,
        "findings": findings(result, say),
        "warnings": result.warnings,
        "figures": shown,
        "absent": list(dict.fromkeys(absent)),
        "scores": _score_table(result.scores, say),
        "open": len(result.scores) <= FEW_ROWS,
        "tables": [_table(name, rows, say) for name, rows in result.tables.items() if rows],
        "origin": _origin(result, say),
    }


def _score_table(scores: list[Score], say: Words) -> dict[str, Any]:
    """Return the head and the rows of the table of scores; empty columns are left out."""

    def used(key: str) -> bool:
        return any(getattr(one, key) is not None for one in scores)

    keys = [key for key in (*_ALWAYS, *_NAMED) if used(key)] + list(_SHOWN)
    keys += [key for key in _TESTS if used(key)]
    if not any(one.low is not None for one in scores):
        keys.remove("interval")
    return {
        "head": [say["column"][key] for key in keys],
        "numeric": [key in {"layer", "value", "n", "p", "p_adjusted", "alpha"} for key in keys],
        "rows": [[_cell(one, key, say) for key in keys] for one in scores],
        "meanings": [METRICS[one.metric].meaning for one in scores],
    }


def _cell(score: Score, key: str, say: Words) -> str:
    if key == "interval":
        if score.low is None or score.high is None:
            return ""
        return f"{decimals(score.low)} … {decimals(score.high)}"
    value = getattr(score, key)
    if value is None:
        return ""
    if key == "value":
        return decimals(value)
    if key in _TESTS:
        return probability(value)
    if key in ("similarity", "control"):
        return str(say[key].get(value, value))
    return str(value)


def _table(name: str, rows: list[dict[str, Any]], say: Words) -> dict[str, Any]:
    head = list(dict.fromkeys(key for row in rows for key in row))
    shown = rows[:MOST_ROWS]
    caption = say["page"]["table_caption" if len(shown) == len(rows) else "table_cut"]

    def text(value: Any) -> str:
        if isinstance(value, float):
            return decimals(value)
        if isinstance(value, list):
            return ", ".join(text(one) for one in value)
        return "" if value is None else str(value)

    return {
        "caption": caption.format(name=name, n=len(rows), shown=len(shown)),
        "head": head,
        "rows": [[text(row.get(key)) for key in head] for row in shown],
    }


def _origin(result: Result, say: Words) -> list[tuple[str, list[str]]]:
    """Return where a result comes from, as pairs of a name and its lines."""
    model, environment = result.model, result.environment
    versions = environment.get("versions", {})
    data = [
        say["origin"]["data_row"].format(name=card.name, n=card.n, sha256=card.sha256)
        for card in result.data
    ]
    config = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in result.config.items()
        if value is not None
    ]
    lines: dict[str, list[str]] = {
        "experiment": [result.experiment],
        "version": [result.version],
        "model": [model.name if model.name == model.source else f"{model.name} ({model.source})"],
        "revision": [model.revision],
        "fingerprint": [model.fingerprint],
        "parameters": [f"{model.parameters:,}"],
        "data": data,
        "seed": [str(result.seed)],
        "config": config,
        "versions": [", ".join(f"{name} {number}" for name, number in versions.items())],
        **{key: [str(environment.get(key, ""))] for key in ("cpu", "threads", "dtype")},
        "started": [result.started],
        "seconds": [f"{result.seconds:.1f}"],
    }
    return [(say["origin"][key], some) for key, some in lines.items() if any(some)]


def _own_text(page: str) -> str:
    """Return the page without the libraries, whose letters need no font."""
    return page.replace(javascript(), "", 1)


@cache
def _template(name: str) -> Any:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
