"""firth: the stories told about BERT, as experiments that anybody can run.

    encoder = firth.load("mini")
    result = firth.senses(encoder)
    result.figure("matrix", layer=8).save("apples.svg")
    result.save("runs")
    firth.write_report("runs", "report.html")

Names are imported when they are first used, so that ``import firth`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from firth import lecture
    from firth.encoder.load import load
    from firth.encoder.model import Encoder
    from firth.errors import FirthError, InputError, ModelError, OptionError, ResultError
    from firth.experiments.align import align
    from firth.experiments.cloze import cloze
    from firth.experiments.consistency import consistency
    from firth.experiments.senses import senses
    from firth.experiments.translate import translate
    from firth.experiments.wic import wic
    from firth.report.page import write_report
    from firth.results.schema import Result, Score
    from firth.results.store import load as load_result
    from firth.text.sentences import Occurrence, mark, read_occurrences

__all__ = [
    "Encoder",
    "FirthError",
    "InputError",
    "ModelError",
    "Occurrence",
    "OptionError",
    "Result",
    "ResultError",
    "Score",
    "__version__",
    "align",
    "cloze",
    "consistency",
    "lecture",
    "load",
    "load_result",
    "mark",
    "read_occurrences",
    "senses",
    "translate",
    "wic",
    "write_report",
]

_HOMES = {
    "Encoder": "firth.encoder.model:Encoder",
    "FirthError": "firth.errors:FirthError",
    "InputError": "firth.errors:InputError",
    "ModelError": "firth.errors:ModelError",
    "Occurrence": "firth.text.sentences:Occurrence",
    "OptionError": "firth.errors:OptionError",
    "Result": "firth.results.schema:Result",
    "ResultError": "firth.errors:ResultError",
    "Score": "firth.results.schema:Score",
    "align": "firth.experiments.align:align",
    "cloze": "firth.experiments.cloze:cloze",
    "consistency": "firth.experiments.consistency:consistency",
    "lecture": "firth.lecture:",
    "load": "firth.encoder.load:load",
    "load_result": "firth.results.store:load",
    "mark": "firth.text.sentences:mark",
    "read_occurrences": "firth.text.sentences:read_occurrences",
    "senses": "firth.experiments.senses:senses",
    "translate": "firth.experiments.translate:translate",
    "wic": "firth.experiments.wic:wic",
    "write_report": "firth.report.page:write_report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'firth' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    found = importlib.import_module(module)
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
