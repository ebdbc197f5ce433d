"""The sections of a page: one a result, and one for every group of models on the same sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firth.errors import FirthError
from firth.report.align_data import pairs_of
from firth.report.charts import figure, figures_of
from firth.report.cloze_bars import sentences_of
from firth.report.figure import Figure
from firth.report.findings import findings, title_of
from firth.report.links_matrix import matrices_of
from firth.report.methods import methods
from firth.report.notices import noticed
from firth.report.pages import story_of
from firth.report.senses_data import words_of
from firth.report.senses_models import names_of, occurrences_of
from firth.report.tables import FEW_ROWS, origin, score_table, table
from firth.report.translate_tokens import texts_of
from firth.report.words import Words
from firth.results.schema import Result

# Of more words than this the page shows the heat map, and figures of the first ones only.
MOST_WORDS = 6
MOST_SENTENCES = 6
MOST_PAIRS = 6


class _Drawer:
    """Draws figures into the list of a page, and keeps what could not be drawn as lines."""

    def __init__(self, drawn: list[Figure], language: str) -> None:
        self.drawn = drawn
        self.language = language
        self.shown: list[dict[str, Any]] = []
        self.absent: list[str] = []

    def draw(self, result: Result, name: str, file: str, **options: Any) -> None:
        try:
            one = figure(result, name, language=self.language, **options)
        except FirthError as error:
            if str(error) not in self.absent:
                self.absent.append(str(error))
            return
        self.drawn.append(one)
        self.shown.append({"index": len(self.drawn) - 1, "title": one.title, "file": file})


def section(
    result: Result, at: int, drawn: list[Figure], say: Words, language: str
) -> dict[str, Any]:
    """Return what the page says of one result; its figures are appended to ``drawn``."""
    drawer = _Drawer(drawn, language)
    names = words_of(result) if figures_of(result, "word") else []
    # A figure over all words has nothing to compare where there is one.
    for name in figures_of(result, "result") if len(names) != 1 else ():
        drawer.draw(result, name, f"{result.experiment}-{name}-{result.model.name}")
    for word in names[:MOST_WORDS]:
        for name in figures_of(result, "word"):
            file = f"{result.experiment}-{word}-{name}-{result.model.name}"
            drawer.draw(result, name, file, word=word)
            if name == "matrix" and result.tables.get("anchors"):
                drawer.draw(result, name, f"{file}-anchors", word=word, anchors=True)
    numbers = _sentences(result) if figures_of(result, "sentence") else []
    for number in numbers[:MOST_SENTENCES]:
        for name in figures_of(result, "sentence"):
            file = f"{result.experiment}-{number}-{name}-{result.model.name}"
            drawer.draw(result, name, file, sentence=number)
    more = _more(names, say, 'result.figure("matrix", word="{word}")')
    if len(numbers) > MOST_SENTENCES:
        name = figures_of(result, "sentence")[0]
        call = f'result.figure("{name}", sentence={numbers[MOST_SENTENCES]})'
        counts = {"shown": MOST_SENTENCES, "n": len(numbers)}
        more.append(say["page"]["more_sentences"].format(call=call, **counts))
    more += _draw_pairs(result, drawer, say)
    title = title_of(result, say)
    return {
        "id": f"result-{at}",
        "story": story_of(result.experiment),
        "title": title,
        "methods": methods(result, say),
        "findings": findings(result, say),
        "warnings": noticed(result.warnings, say["page"]["lang"]),
        "figures": drawer.shown,
        "absent": drawer.absent + more,
        "scores": score_table(result.scores, say),
        "open": len(result.scores) <= FEW_ROWS,
        "tables": [table(name, rows, say) for name, rows in result.tables.items() if rows],
        "origin": origin(result, say),
    }


def _sentences(result: Result) -> list[int]:
    """Return the numbers of the sentences, texts or sentence pairs that have figures."""
    of = {"links": matrices_of, "translate": texts_of}.get(result.experiment, sentences_of)
    return of(result)


def _draw_pairs(result: Result, drawer: _Drawer, say: Words) -> list[str]:
    """Draw the figures of the first pairs of languages; returns a line on those left out."""
    about = figures_of(result, "pair")
    pairs = pairs_of(result) if about else []
    for pair in pairs[:MOST_PAIRS]:
        for name in about:
            file = f"{result.experiment}-{pair}-{name}-{result.model.name}"
            drawer.draw(result, name, file, pair=pair)
    if len(pairs) <= MOST_PAIRS:
        return []
    call = f'result.figure("{about[0]}", pair="{pairs[MOST_PAIRS]}")'
    counts = {"shown": MOST_PAIRS, "n": len(pairs)}
    return [say["page"]["more_pairs"].format(call=call, **counts)]


def comparisons(
    results: Sequence[Result], drawn: list[Figure], say: Words, language: str
) -> list[dict[str, Any]]:
    """Return a section for every group of models that saw the same sentences."""
    return [
        _comparison(group, at, drawn, say, language) for at, group in enumerate(_groups(results), 1)
    ]


def _groups(results: Sequence[Result]) -> list[list[Result]]:
    """Return results that compare: of one experiment, on the same items, of different models."""
    groups: dict[Any, dict[str, Result]] = {}
    for result in results:
        if not figures_of(result, "results") or not result.tables.get("items"):
            continue
        items = tuple((word, *occurrences_of(result, word)) for word in words_of(result))
        of_models = groups.setdefault((result.experiment, items), {})
        # A model that ran twice, with other settings, is shown by its last run.
        earlier = of_models.get(result.model.fingerprint)
        if earlier is None or result.started >= earlier.started:
            of_models[result.model.fingerprint] = result
    return [list(group.values()) for group in groups.values() if len(group) > 1]


def _comparison(
    group: list[Result], at: int, drawn: list[Figure], say: Words, language: str
) -> dict[str, Any]:
    drawer = _Drawer(drawn, language)
    first, *others = group
    models = names_of(group)
    names = words_of(first)
    for word in names[:MOST_WORDS]:
        file = f"{first.experiment}-{word}"
        drawer.draw(first, "models", f"{file}-models", others=others, word=word)
        pair = "-".join(models[:2])
        drawer.draw(first, "beside", f"{file}-beside-{pair}", other=others[0], word=word)
    lead = say["compare"]["lead" if len(group) == 2 else "lead_first"]
    return {
        "id": f"models-{at}",
        "title": say["compare"]["title"].format(
            word=say["compare"]["comma"].join(names[:MOST_WORDS])
        ),
        "lead": lead.format(n=len(group), models=say["compare"]["comma"].join(models)),
        "figures": drawer.shown,
        "absent": drawer.absent
        + _more(names, say, 'result.figure("beside", other=other, word="{word}")'),
    }


def _more(names: Sequence[str], say: Words, call: str) -> list[str]:
    """Return a line on the words whose figures are not on the page, with the way to draw one."""
    if len(names) <= MOST_WORDS:
        return []
    left = names[MOST_WORDS:]
    code = call.format(word=left[0])
    return [say["page"]["more_words"].format(shown=MOST_WORDS, n=len(names), call=code)]
