"""The cells of docs/notebook.ipynb run, in their order, and what they have shown is kept small."""

import ast
import json
from pathlib import Path

import pytest

import firth

FILE = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
BOOK = json.loads(FILE.read_text(encoding="utf-8"))
CODE = ["".join(one["source"]) for one in BOOK["cells"] if one["cell_type"] == "code"]


def test_every_cell_runs(mini, monkeypatch):
    monkeypatch.setattr(firth, "load", lambda name, dtype: mini)
    names = {}
    for cell in CODE:
        *before, last = ast.parse(cell).body
        exec(compile(ast.Module(before, []), FILE.name, "exec"), names)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), FILE.name, "eval"), names)
            assert shown
        else:
            exec(compile(ast.Module([last], []), FILE.name, "exec"), names)
    assert {names[one].experiment for one in ("senses", "cloze", "align", "shift")} == {
        "senses", "cloze", "align", "translate",
    }  # fmt: skip


def test_what_it_shows_was_computed_in_its_order():
    counts = [one["execution_count"] for one in BOOK["cells"] if one["cell_type"] == "code"]
    assert counts == list(range(1, len(CODE) + 1))
    shown = [one["outputs"] for one in BOOK["cells"] if one["cell_type"] == "code"]
    assert all(shown)
    figures = [out for outs in shown for out in outs if "image/svg+xml" in out["data"]]
    assert len(figures) == 3


@pytest.mark.parametrize("limit", [300_000])
def test_it_stays_small(limit):
    assert FILE.stat().st_size < limit
