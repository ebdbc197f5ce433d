"""The main job, as a stranger runs it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from firth.experiments.tour import STOPS
from firth.text.carried import girl
from firth.text.language import LANGUAGES

FIRTH = Path(sys.executable).with_name("firth")


def test_the_tour_ends_in_a_page_that_needs_no_network(tmp_path):
    begun = time.monotonic()
    done = subprocess.run([FIRTH, "tour"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 300
    *stops, last = done.stdout.splitlines()
    assert len(stops) == len(STOPS)
    for number, line in enumerate(stops, 1):
        assert re.match(rf"{number}/{len(STOPS)} .+ \(\d+\.\d s\): \S", line)
        assert "skipped" not in line
    assert "苹果" in stops[0]
    assert "MRR" in stops[[stop.name for stop in STOPS].index("align")]
    assert last.startswith("report: ")
    page = tmp_path / "runs" / "report.html"
    assert str(page) in done.stdout
    html = page.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html)
    assert "智利苹果的季节来了" in html
    stored = sorted((tmp_path / "runs").glob("senses/mini/*/result.json"))
    documents = [json.loads(one.read_text(encoding="utf-8")) for one in stored]
    assert len(documents) == 2
    (fills,) = (tmp_path / "runs").glob("cloze/mini/*/result.json")
    filled = json.loads(fills.read_text(encoding="utf-8"))
    assert [score["metric"] for score in filled["scores"]] == ["mlm_accuracy"]
    assert len({row["sentence"] for row in filled["tables"]["fills"]}) == 18
    (languages,) = (tmp_path / "runs").glob("consistency/mini/*/result.json")
    scores = json.loads(languages.read_text(encoding="utf-8"))["scores"]
    for metric in ("mlm_accuracy", "language_consistency"):
        rows = [one for one in scores if one["metric"] == metric and "control" not in one]
        assert {one["language"] for one in rows if "language" in one} == set(LANGUAGES)
        assert all(one["low"] <= one["value"] <= one["high"] for one in rows)
    (cube,) = (tmp_path / "runs").glob("align/mini/*/result.json")
    aligned = json.loads(cube.read_text(encoding="utf-8"))
    assert len(aligned["tables"]["words"]) > 5 * 200
    best = [one for one in aligned["scores"] if one.get("arm") == "best_on_half"]
    assert {one["pair"] for one in best} == {f"en-{other}" for other in LANGUAGES if other != "en"}
    moved = sorted((tmp_path / "runs").glob("translate/mini/*/result.json"))
    outputs = [json.loads(one.read_text(encoding="utf-8"))["tables"]["texts"] for one in moved]
    assert {one["text"] for own in outputs for one in own} == set(girl().values())
    assert all(one["model"]["revision"].startswith("edition") for one in documents)
    again = subprocess.run([FIRTH, "tour"], cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0
    assert [json.loads(one.read_text(encoding="utf-8")) for one in stored] == documents
