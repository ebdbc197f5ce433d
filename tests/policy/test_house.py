"""The rules of the house that a machine can check."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import firth

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "firth"

# Which rooms a room may import from; leaves first.
ALLOWED = {
    "errors": set(),
    "shapes": set(),
    "results": {"errors", "results", "report"},  # report: lazily, for figure() and _repr_html_
    "text": {"errors", "text"},
    "probe": {"errors", "shapes", "probe"},
    "encoder": {"errors", "shapes", "results", "text", "encoder"},
    "train": {"errors", "shapes", "results", "text", "encoder", "train"},
    "experiments": {
        "errors",
        "shapes",
        "results",
        "text",
        "encoder",
        "train",
        "probe",
        "experiments",
    },
    "compare": {"errors", "results", "probe", "compare"},
    "report": {"errors", "results", "report"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("firth."):
            yield node.module.split(".")[1]


def test_data_flows_one_way():
    for path in SOURCE.rglob("*.py"):
        room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        if room in ALLOWED:
            assert set(imports(path)) <= ALLOWED[room], path


def test_text_and_probe_know_no_torch():
    for room in ("text", "probe", "results", "compare", "report"):
        for path in (SOURCE / room).rglob("*.py"):
            assert not re.search(
                r"^\s*(import|from) (torch|transformers)", path.read_text(), re.M
            ), path


def test_every_version_is_pinned():
    pinned = {
        re.split(r"[=\[ ]", line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    for requirement in wanted:
        name = re.split(r"[>=<\[ ;]", requirement)[0].lower().replace("_", "-")
        assert name in pinned, name


def test_public_names_are_promised_and_there():
    assert len(firth.__all__) <= 25
    for name in firth.__all__:
        assert getattr(firth, name) is not None
    assert set(firth._HOMES) | {"__version__"} == set(firth.__all__)


def test_every_module_and_public_function_says_what_it_is():
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"


def test_no_pickle_no_remote_code_and_no_utils():
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        assert "trust_remote_code=True" not in text, path
        assert not re.search(r"\bpickle\.load|torch\.load\(", text), path
        assert path.stem not in {"utils", "helpers", "misc", "common"}, path


def test_ruff_is_content():
    for verb in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        done = subprocess.run(
            ["python", "-m", "ruff", *verb, "."], cwd=ROOT, capture_output=True, text=True,
            env={"PATH": str(ROOT / ".venv/bin")},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
