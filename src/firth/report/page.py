"""Stored results as one page that opens without a network, and as a fragment for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from firth.errors import InputError, OptionError, ResultError
from firth.report import fonts
from firth.report.comparison import comparison_section
from firth.report.embed import javascript, script_json
from firth.report.figure import Figure
from firth.report.findings import findings, title_of
from firth.report.notices import noticed
from firth.report.pages import ordered, pages
from firth.report.sections import comparisons, section
from firth.report.tables import FEW_ROWS, score_table
from firth.report.words import words
from firth.results.comparison import Compared
from firth.results.files import replacing
from firth.results.schema import Result
from firth.results.store import load, results_below


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
    results, unreadable = _load_all(runs)
    return write_page(results, output, unreadable=unreadable, language=language)


def write_page(
    results: Sequence[Result],
    output: str | Path,
    *,
    compared: Sequence[Compared] = (),
    unreadable: Sequence[str] = (),
    language: str = "en",
) -> Path:
    """Write some results as one HTML file, after comparisons of them.

    Args:
        results: At least one.
        output: The page; it is written whole or not at all.
        compared: Comparisons of runs.
        unreadable: What a reader must know of results that could not be read.
        language: ``en`` or ``zh``.

    Raises:
        OptionError: No words in this language, or a place that cannot be written.
    """
    say = words(language)
    drawn: list[Figure] = []
    shown = ordered(results)
    sections = [section(result, at, drawn, say, language) for at, result in enumerate(shown, 1)]
    tables = [comparison_section(one, say, at) for at, one in enumerate(compared, 1)]
    beside = comparisons(results, drawn, say, language)
    page = _template("report.html.j2").render(
        say=say,
        sections=sections,
        pages=pages(sections, say),
        many=len(sections) + len(tables) + len(beside) > 1,
        compared=tables,
        comparisons=beside,
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
        warnings=noticed(result.warnings, say["page"]["lang"]),
        scores=score_table(result.scores, say),
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
