"""Run docs/notebook.ipynb and keep its outputs: ``python -m recipes.notebook``.

Needs the extra ``notebook``. Of each figure the picture is kept, and not its data a second time.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.ipynb"
LONGEST = 600  # seconds of a cell


def main() -> None:
    """Run the notebook in place."""
    book = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as place:
        resources = {"metadata": {"path": place}}
        NotebookClient(book, timeout=LONGEST, resources=resources).execute()
    for cell in book.cells:
        cell.metadata = {}
        cell["outputs"] = [one for one in cell.get("outputs", []) if one.output_type != "stream"]
        for output in cell["outputs"]:
            output["data"] = picture(output["data"])
        if cell.cell_type != "code":
            del cell["outputs"]
    book.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    nbformat.write(book, NOTEBOOK)
    print(f"{NOTEBOOK}: {NOTEBOOK.stat().st_size / 1024:.0f} KiB")


def picture(data: dict[str, object]) -> dict[str, object]:
    """Return a figure's output as SVG, which more readers show than Vega-Lite; others as it is."""
    html = str(data.get("text/html", ""))
    if html.startswith("<figure><svg"):
        svg = html.removeprefix("<figure>").removesuffix("</figure>")
        return {"image/svg+xml": svg, "text/plain": data["text/plain"]}
    return data


if __name__ == "__main__":
    main()
