"""A figure: a Vega-Lite document that can be shown, saved and read as data."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firth.errors import OptionError, did_you_mean
from firth.report import fonts
from firth.report.embed import javascript, script_json
from firth.results.files import replacing

if TYPE_CHECKING:
    import altair

SUFFIXES = (".svg", ".png", ".html", ".json", ".csv")
MIME = "application/vnd.vegalite.v6+json"
# Data is compact: one row for all layers, sentences once. This says how to write it out.
LAYOUT = "firth"


@dataclass(frozen=True)
class Figure:
    """One figure of a result.

    Attributes:
        name: Its name among the figures of the experiment.
        title: What it asks, in the reader's language.
        spec: The Vega-Lite document, data included.
    """

    name: str
    title: str
    spec: dict[str, Any]

    @cached_property
    def chart(self) -> altair.TopLevelMixin:
        """The figure as an Altair chart, to be changed further."""
        import altair

        return altair.Chart.from_dict(self.spec)

    def rows(self) -> list[dict[str, Any]]:
        """Return the data one row a value: a layer a row, with sentences and labels."""
        layout = self.spec["usermeta"][LAYOUT]
        layers, arrays, items = layout["layers"], layout["arrays"], layout["items"]
        found: list[dict[str, Any]] = []
        for row in self.spec["datasets"]["data"]:
            plain = {key: value for key, value in row.items() if key not in arrays}
            for key in layout["joins"]:
                plain |= {f"{key}_{name}": text for name, text in items[row[key] - 1].items()}
            if not arrays:
                found.append(plain)
            for position, layer in enumerate(layers if arrays else ()):
                found.append(
                    {"layer": layer, **plain, **{key: row[key][position] for key in arrays}}
                )
        return found

    def to_csv(self) -> str:
        """Return ``rows`` as CSV."""
        rows = self.rows()
        columns = list(dict.fromkeys(key for row in rows for key in row))
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return buffer.getvalue()

    def to_svg(self) -> str:
        """Return the figure as SVG that carries the letters it uses."""
        import vl_convert

        fonts.register()
        svg = vl_convert.vegalite_to_svg(self.spec)
        css = fonts.subset_css(html.unescape(re.sub(r"<[^>]*>", "", svg)))
        if not css:
            return svg
        return re.sub(r"(<svg\b[^>]*>)", lambda tag: f"{tag[1]}<style>{css}</style>", svg, count=1)

    def to_png(self, scale: float = 2) -> bytes:
        """Return the figure as PNG, ``scale`` times as large as on the screen."""
        import vl_convert

        fonts.register()
        return vl_convert.vegalite_to_png(self.spec, scale=scale)

    def to_html(self) -> str:
        """Return a page of its own, which opens without a network."""
        data = script_json(self.spec)
        return (
            '<!doctype html>\n<html lang="und">\n<head>\n<meta charset="utf-8">\n'
            '<link rel="icon" href="data:,">\n'
            f"<title>{html.escape(self.title)}</title>\n"
            f"<style>{fonts.subset_css(data)}body{{font-family:{fonts.STACK}}}</style>\n</head>\n"
            f'<body>\n<div id="figure"></div>\n<script>{javascript()}</script>\n'
            f'<script>vegaEmbed("#figure", {data}, {{renderer: "svg", actions: false}})'
            ".catch(error => document.body.append(String(error)));</script>\n</body>\n</html>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Write the figure; the suffix says how.

        Args:
            path: ``.svg``, ``.png``, ``.html``, ``.json`` (Vega-Lite) or ``.csv`` (the data).

        Returns:
            The path. The file is written whole or not at all.

        Raises:
            OptionError: Another suffix, or a place that cannot be written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise OptionError(
                f"a figure cannot be saved as {path.name!r}; the name may end in "
                f"{', '.join(SUFFIXES)}.{did_you_mean(suffix, SUFFIXES)}"
            )
        content = self._content(suffix)
        try:
            with replacing(path) as staging:
                staging.write_bytes(content)
        except OSError as error:
            raise OptionError(f"cannot write {path}: {error.strerror}") from error
        return path

    def _content(self, suffix: str) -> bytes:
        if suffix == ".png":
            return self.to_png()
        text = {
            ".svg": self.to_svg,
            ".html": self.to_html,
            ".csv": self.to_csv,
            ".json": lambda: json.dumps(self.spec, ensure_ascii=False, indent=1) + "\n",
        }[suffix]()
        return text.encode()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME: self.spec, "text/html": self._repr_html_(), "text/plain": repr(self)}

    def _repr_html_(self) -> str:
        return f"<figure>{self.to_svg()}</figure>"

    def __repr__(self) -> str:
        return f"<Figure {self.name}: {self.title}>"
