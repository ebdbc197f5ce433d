"""The pages for a reader, in each language, and the files that they ask for."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from firth import __version__
from firth.report.embed import script_json
from firth.web import limits
from firth.web.assets import asset
from firth.web.examples import examples_of, label_of
from firth.web.lab import Lab
from firth.web.words import languages, preferred, words

# In the order of the tour; the page of the stored runs comes last.
PAGES = ("senses", "cloze", "neighbours", "reading", "align", "pretrain", "shift", "runs")
# What a page cannot do without: a part of the lab.
NEEDS = {"cloze": "head", "shift": "head", "reading": "reader", "neighbours": "vectors"}
# What lists stored runs.
LISTING = ("align", "pretrain", "runs")
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def add_pages(app: FastAPI, lab: Lab) -> None:
    """Add pages and files to the application."""

    @app.get("/", include_in_schema=False)
    def root(request: Request) -> Response:
        return RedirectResponse(f"/{preferred(request.headers.get('accept-language'))}")

    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str, request: Request) -> Response:
        found = asset(name)
        if found is None:
            return _page(lab, "en", "not_found", 404)
        headers = {"ETag": found.tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type=found.kind, headers=headers)

    @app.get("/{language}", include_in_schema=False)
    def home(language: str, request: Request) -> Response:
        if language not in languages():
            return _lost(lab, request)
        return _page(lab, language, "home")

    @app.get("/{language}/{name}", include_in_schema=False)
    def page(language: str, name: str, request: Request) -> Response:
        if language not in languages() or name not in PAGES:
            return _lost(lab, request)
        return _page(lab, language, name, runs=lab.shelf.runs() if name in LISTING else [])

    @app.get("/{language}/runs/{run}", include_in_schema=False)
    def run(language: str, run: str, request: Request) -> Response:
        found = lab.shelf.page(run, language) if language in languages() else None
        if found is None:
            return _lost(lab, request)
        return _report(found, language)

    del root, static, home, page, run


def _lost(lab: Lab, request: Request) -> Response:
    return _page(lab, preferred(request.headers.get("accept-language")), "not_found", 404)


def _page(lab: Lab, language: str, name: str, status: int = 200, **more: Any) -> HTMLResponse:
    say = words(language)
    own = say["stops"].get(name, {})
    missing = None
    for part in _parts(name):
        if getattr(lab, part) is None and missing is None:
            missing = say["missing"][part].format(model=lab.encoder.name)
    data = {
        "language": language,
        "say": {"status": say["status"], "figures": say["figures"], "stop": own},
        "languages": say["languages"],
        "layers": lab.encoder.n_layers,
        "examples": examples_of(name),
    }
    html = _template(f"{name}.html.j2").render(
        say=say, own=own, name=name, language=language, pages=PAGES, lab=lab, limits=limits,
        others=[(one, words(one)["page"]["name"]) for one in languages()],
        labels=[label_of(one, own.get("examples", {})) for one in examples_of(name)],
        missing=missing, data=Markup(script_json(data)), version=__version__, **more,
    )  # fmt: skip
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def _parts(name: str) -> list[str]:
    return [NEEDS[name], *(["languages"] if name == "shift" else [])] if name in NEEDS else []


def _report(page: str, language: str) -> HTMLResponse:
    """Return a report page with a way back, and rights of its own.

    It brings its scripts inside itself, and its figures are made of expressions; so it may run
    just these scripts, in a sandbox: as a page of no server it cannot ask this one.
    """
    back = words(language)["stops"]["runs"]["back"]
    link = f'<nav><a href="/{language}/runs">← {back}</a></nav>'
    page = page.replace("<body>\n", f"<body>\n{link}\n", 1)
    allowed = " ".join(f"'sha256-{_digest(one)}'" for one in _SCRIPT.findall(page))
    policy = (
        f"default-src 'none'; script-src {allowed} 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


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
