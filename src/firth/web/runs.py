"""The stored runs: a list that is read anew when something changed, and each run by its id.

An id is made of where a run lies below the folder; what a request names is looked up among the ids
of the list and is never joined to a path.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from firth.errors import ResultError
from firth.report.findings import findings, title_of
from firth.report.page import write_report
from firth.report.words import Words
from firth.report.words import words as report_words
from firth.results.schema import Result
from firth.results.store import RESULT_FILE, load, results_below
from firth.web import limits

# Report pages that are kept, the latest ones; one is a megabyte or two.
PAGES = 16


@dataclass(frozen=True)
class Run:
    """One stored result, as a list shows it.

    Attributes:
        id: Names it in addresses.
        folder: Where it lies.
        stamp: Changes when the file does.
        experiment: Of which experiment.
        model: Of which model.
        started: When.
        scores: How many scores it has.
        titles: Language -> what was asked.
        findings: Language -> what was found, a line each.
    """

    id: str
    folder: Path
    stamp: tuple[int, int]
    experiment: str
    model: str
    started: str
    scores: int
    titles: dict[str, str]
    findings: dict[str, list[str]]


@dataclass
class Shelf:
    """The runs below a folder.

    Attributes:
        folder: It need not be there yet.
        languages: In which languages titles and findings are kept.
    """

    folder: Path
    languages: tuple[str, ...]
    _known: dict[Path, Run] = field(default_factory=dict[Path, Run])
    _pages: dict[tuple[str, str], tuple[tuple[int, int], str]] = field(
        default_factory=dict[tuple[str, str], tuple[tuple[int, int], str]]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def runs(self) -> list[Run]:
        """Return the latest runs, the latest first; what cannot be read is left out."""
        with self._lock:
            folders = list(results_below(self.folder)) if self.folder.is_dir() else []
            self._known = {one.folder: one for one in self._read(folders)}
            found = sorted(self._known.values(), key=lambda one: one.started, reverse=True)
        return found[: limits.RUNS]

    def run(self, name: str) -> Run | None:
        """Return the run of an id, or None."""
        return next((one for one in self.runs() if one.id == name), None)

    def result(self, name: str) -> Result | None:
        """Return the result of an id, or None."""
        run = self.run(name)
        try:
            return None if run is None else load(run.folder)
        except ResultError:
            return None  # it was overwritten or removed just now

    def page(self, name: str, language: str) -> str | None:
        """Return the report page of a run, or None; made once for each state of its file."""
        run = self.run(name)
        if run is None:
            return None
        kept = self._pages.get((name, language))
        if kept is None or kept[0] != run.stamp:
            with tempfile.TemporaryDirectory(prefix="firth-page-") as place:
                page = write_report(run.folder, Path(place) / "page.html", language=language)
                kept = (run.stamp, page.read_text(encoding="utf-8"))
            while len(self._pages) >= PAGES:
                self._pages.pop(next(iter(self._pages)))
            self._pages[name, language] = kept
        return kept[1]

    def _read(self, folders: Iterable[Path]) -> Iterable[Run]:
        for folder in folders:
            try:
                status = (folder / RESULT_FILE).stat()
                stamp = (status.st_mtime_ns, status.st_size)
                known = self._known.get(folder)
                fresh = known is None or known.stamp != stamp
                yield self._run(folder, stamp) if fresh or known is None else known
            except (ResultError, OSError):
                continue

    def _run(self, folder: Path, stamp: tuple[int, int]) -> Run:
        result = load(folder)
        place = folder.relative_to(self.folder).as_posix()
        say = {language: report_words(language) for language in self.languages}
        return Run(
            id=hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16],
            folder=folder,
            stamp=stamp,
            experiment=result.experiment,
            model=result.model.name,
            started=result.started,
            scores=len(result.scores),
            titles={language: title_of(result, own) for language, own in say.items()},
            findings={language: _findings(result, own) for language, own in say.items()},
        )


def _findings(result: Result, say: Words) -> list[str]:
    """Return what was found; nothing of a result that another version stored in another way."""
    try:
        return findings(result, say)
    except (LookupError, ValueError, TypeError):
        return []
