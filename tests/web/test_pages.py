"""The pages, their files, and the stored runs; nothing of a request becomes a path."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from firth.web.app import create_app
from firth.web.assets import names
from firth.web.lab import Lab
from firth.web.pages import PAGES
from firth.web.server import names_of
from firth.web.words import languages, words

HOST = "127.0.0.1:8765"


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("page", ["", *PAGES])
def test_every_page_in_every_language(client, language, page):
    found = client.get(f"/{language}/{page}" if page else f"/{language}")
    assert found.status_code == 200
    html = found.text
    say = words(language)
    assert f'<html lang="{say["page"]["lang"]}">' in html
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html)
    # Scripts come as files, and styles too: the policy forbids them inside the page.
    for tag in re.findall(r"<script\b[^>]*>", html):
        assert "src=" in tag or 'type="application/json"' in tag
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)
    for name in re.findall(r'(?:src|href)="/static/([^"]+)"', html):
        assert name in names()
        assert client.get(f"/static/{name}").status_code == 200
    if page:
        assert say["stops"][page]["title"].replace("'", "&#39;") in html
    for field in re.findall(r'<label for="([^"]+)"', html):
        assert f'id="{field}"' in html


def test_scripts_ask_for_words_and_files_that_there_are():
    folder = Path(sys.modules["firth.web.pages"].__file__).parent / "static"
    shared = {"firth.js", "figures.js", "letters.js"}
    for path in folder.glob("*.js"):
        text = path.read_text()
        for name in re.findall(r'from "\./([^"]+)"', text):
            assert name in names()
        own = words("en")["stops"].get(path.stem)
        if path.name not in shared:
            for key in re.findall(r"\bsay\.(\w+)", text):
                assert key in own, f"{path.name}: {key}"
    status = words("en")["status"]
    for key in re.findall(r"\bwords\.(\w+)", (folder / "firth.js").read_text()):
        assert key in status
    figures = words("en")["figures"]
    for key in re.findall(r"\bwords\.(\w+)", (folder / "figures.js").read_text()):
        assert key in figures or key == "save_"


def test_the_first_page_is_in_the_browsers_language(client):
    for accepted, language in (("zh-CN,zh;q=0.9", "zh"), ("en-GB", "en"), ("de", "en")):
        found = client.get("/", headers={"Accept-Language": accepted})
        assert found.headers["location"] == f"/{language}"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd",
        "/static/%2fetc%2fpasswd", "/static/firth.css%00", "/../../etc/passwd", "/en/../words.en.toml",
        "/en/base", "/en/stop", "/en/macros", "/xx", "/en/runs/../../etc/passwd",
        "/en/runs/..%2f..%2fresult.json", "/api/runs/..%2f..%2fetc%2fpasswd", "/static/", "/static/words.en.toml",
    ],
)  # fmt: skip
def test_no_path_leads_anywhere(client, path):
    found = client.get(path)
    assert found.status_code in (404, 422)
    assert "root:" not in found.text
    assert "import" not in found.text


def test_a_file_is_sent_once(client):
    first = client.get("/static/firth.css")
    again = client.get("/static/firth.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.fixture
def stocked(lab, tmp_path):
    """A client of a server with one stored run, the run's folder, and where runs lie."""
    from firth.experiments.cloze import cloze

    result = cloze(lab.encoder, ["A <b>bold</b> [MASK] & more"], runs=str(tmp_path / "runs"))
    own = Lab.of(lab.encoder, runs=tmp_path / "runs")
    app = create_app(own, names_of("127.0.0.1", 8765))
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as client:
        yield client, result, tmp_path / "runs"


def test_runs_are_listed_and_opened_by_id(stocked):
    client, result, folder = stocked
    (line,) = client.get("/api/runs").json()
    assert (line["experiment"], line["model"]) == ("cloze", "mini")
    assert re.fullmatch("[0-9a-f]{16}", line["id"])
    assert client.get(f"/api/runs/{line['id']}").text == result.to_json()
    chinese = client.get("/api/runs", headers={"Accept-Language": "zh"}).json()
    assert chinese[0]["title"] != line["title"]
    listed = client.get("/en/runs").text
    assert f'href="/en/runs/{line["id"]}"' in listed
    assert "<b>bold" not in listed
    page = client.get(f"/zh/runs/{line['id']}")
    assert 'href="/zh/runs"' in page.text
    assert str(folder) not in page.text
    policy = page.headers["content-security-policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy  # default-src 'none' forbids it
    assert "default-src 'none'" in policy
    inline = re.findall(r"<script>", page.text)
    assert policy.count("'sha256-") == len(inline)
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]


def test_other_ids_are_not_found(stocked):
    client, *_ = stocked
    for name in ("0" * 16, "f" * 16):
        assert client.get(f"/api/runs/{name}").status_code == 404
        assert client.get(f"/en/runs/{name}").status_code == 404
    assert client.get("/api/runs/cloze").status_code == 422


def test_the_list_follows_the_folder(stocked):
    client, _, folder = stocked
    (file,) = folder.rglob("result.json")
    kept = file.read_text()
    file.write_text("{")  # damaged
    assert client.get("/api/runs").json() == []
    file.write_text(kept)
    assert len(client.get("/api/runs").json()) == 1
    file.unlink()
    assert client.get("/api/runs").json() == []
    assert client.get("/en/runs").status_code == 200
