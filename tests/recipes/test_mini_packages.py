"""Texts out of packages: how archives and formats are read, what is kept, how it is trained on."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import struct
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from recipes.mini import mlm_packages, mlm_texts  # noqa: E402
from recipes.mini.mlm import parser  # noqa: E402
from recipes.mini.mlm_texts import FILES, is_held_out, read_texts  # noqa: E402
from recipes.mini.mlm_weights import WeightedSequences, weight  # noqa: E402
from recipes.mini.package_cleaning import is_prose, tidy  # noqa: E402
from recipes.mini.package_formats import FORMATS, catalogue, markup, members, summaries  # noqa: E402
from recipes.mini.package_left_out import LEFT_OUT  # noqa: E402
from recipes.mini.package_table import PACKAGES, Package  # noqa: E402

from firth.errors import InputError  # noqa: E402
from firth.train.sequences import Source  # noqa: E402

STARS = "The stars of the river were a road to the people who lived on its banks."
STERNE = "Die Sterne des Flusses waren eine Straße, und die Menschen lebten an ihm."
FORTRESS = "這座古老的城堡是國王在兩百年前建造的。"


def wheel(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def tar(files: dict[str, bytes], mode: Literal["w:gz", "w:xz"]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return held.getvalue()


def deb(path: Path, files: dict[str, bytes]) -> None:
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": tar({"./control": b"odd"}, "w:gz"),
        "data.tar.xz": tar({f".{name}": data for name, data in files.items()}, "w:xz"),
    }
    written = b"!<arch>\n"
    for name, data in parts.items():
        written += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data
        written += b"\n" * (len(data) % 2)
    path.write_bytes(written)


def mo(messages: dict[str, str]) -> bytes:
    pairs = [(k.encode(), v.encode()) for k, v in sorted(messages.items())]
    at = 28 + 16 * len(pairs)
    tables, text = [b"", b""], b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<II", len(pair[side]), at + len(text))
            text += pair[side] + b"\0"
    head = struct.pack("<IIIIIII", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + tables[0] + tables[1] + text


def test_every_package_has_a_licence_and_none_is_evaluation_data() -> None:
    assert len({(p.registry, p.name, p.kind) for p in PACKAGES}) == len(PACKAGES)
    free = re.compile(r"(GPL|GFDL|CC-BY-SA|CC-BY|MPL)[-\d.+NIV]*( or [\w.+-]+)?|public domain")
    evaluated = re.compile(r"squad|drcd|mlqa|wsd|\bwic\b|wordnet|qa\b|bench|\beval", re.IGNORECASE)
    kinds = {Path(name).name.split(".")[0] for name in FILES}
    for package in PACKAGES:
        assert free.fullmatch(package.licence), package.name
        assert package.version
        assert package.about
        assert package.format in FORMATS
        assert not evaluated.search(f"{package.name} {package.kind} {package.about}")
        assert package.kind not in kinds  # lines of parallel/ stay apart
        assert bool(package.language) != ("?P<language>" in package.wanted)
        re.compile(package.wanted)


@pytest.mark.parametrize("name", ["a-1.whl", "a_1_all.deb", "a-1.tar.gz"])
def test_archives_give_the_wanted_files(tmp_path: Path, name: str) -> None:
    files = {"/usr/doc/de.txt": b"ja", "/usr/doc/fr.txt": b"oui", "/usr/doc/de.png": b"x"}
    path = tmp_path / name
    if name.endswith(".whl"):
        wheel(path, files)
    elif name.endswith(".deb"):
        deb(path, files)
    else:
        path.write_bytes(tar(files, "w:gz"))
    found = list(members(path, re.compile(r"/de\.txt$")))
    assert [(found_name.lstrip("."), data) for found_name, data in found] == [
        ("/usr/doc/de.txt", b"ja")
    ]


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name in ("a.rpm", "a.deb"):
        (tmp_path / name).write_bytes(b"not an archive")
        with pytest.raises(ValueError, match=name[:5]):
            list(members(tmp_path / name, re.compile("")))


def test_markup_gives_paragraphs_without_code() -> None:
    page = (
        "<html><head><title>x</title></head><body><p>One <b>bold</b> &amp;\nword</p>"
        "<pre>no = code()</pre><div class='para'>Two<!-- <p>no</p> --></div><ul><li>Three</li></ul>"
    )
    found = [tidy(p) for p in markup(page.encode())]
    assert [p for p in found if p] == ["One bold & word", "Two", "Three"]


def test_catalogue_gives_translations() -> None:
    data = mo({"": "Content-Type: text/plain\n", "a": "Eins.\n\n<i>Zwei</i>.", "b": "%s Bilder"})
    assert list(catalogue(data)) == ["Eins.", "Zwei."]


def test_summaries_leave_articles_of_evaluations_out() -> None:
    title = min(LEFT_OUT)
    assert title == title.strip() != ""
    table = {title: {"extract": "no"}, "River": {"extract": "one\ntwo"}}
    assert list(summaries(json.dumps(table).encode())) == ["one", "two"]


def test_only_prose_of_the_language_is_kept() -> None:
    assert is_prose(STARS, "en")
    assert is_prose(STERNE, "de")
    assert is_prose(FORTRESS, "zh")
    assert is_prose("Звёзды реки были дорогой для людей, которые там жили.", "ru")
    assert is_prose("この古い城は二百年前に王によって建てられました。", "ja")
    for line, language in (
        (STARS, "de"),
        (STERNE, "en"),
        (STARS, "zh"),
        (FORTRESS, "ja"),
        ("この古い城は二百年前に王によって建てられました。", "zh"),
        (STARS.rstrip("."), "en"),
        ("Yes, it is.", "en"),
        ("The value of the field is 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14.", "en"),
        ("Run the program in the shell with the option --all of the command.", "en"),
        ("The file is to be found in /etc/passwd on the system of the user.", "en"),
    ):
        assert not is_prose(line, language), (line, language)
    assert tidy(" 這座\n 古老 的 Wien 城[3]。 ") == "這座古老的 Wien 城。"


def packages(folder: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> Path:
    """A folder of two packages and a table that names them."""
    pages = "".join(f"<p>{line}</p>" for line in lines).encode()
    deb(folder / "tales_1%3a2-1_all.deb", {"/l/en.html": pages, "/l/fr.html": b"<p>non</p>"})
    chinese = mo({"": "Content-Type: x", "a": FORTRESS, "b": FORTRESS.replace("二", "三")})
    wheel(folder / "old_tales-1.0-py3-none-any.whl", {"l/zh_TW.mo": chinese})
    shared = ("1.0", "GPL-2", "tales", "tales")
    table = (
        Package("debian", "tales", *shared, r"/(?P<language>en|de)\.html$", "markup"),
        Package("pypi", "old-tales", *shared, r"\.mo$", "catalogue", "zh-tw"),
    )
    monkeypatch.setattr(mlm_packages, "PACKAGES", table)
    return folder


def test_lines_of_packages_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{STARS[:-1]}, and the {n} of them was the night." for n in "zyxab"]
    folder = packages(tmp_path, monkeypatch, lines)
    found = list(mlm_packages.lines(folder))
    assert found[:5] == [("en", "tales", line) for line in lines]
    assert found[5:] == [("zh", "tales-hant", FORTRESS)] * 2
    (folder / "tales_1%3a2-1_all.deb").unlink()
    with pytest.raises(ValueError, match="lacks tales"):
        list(mlm_packages.lines(folder))


def parallel(folder: Path) -> Path:
    (folder / "parallel").mkdir()
    for name in FILES:
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            file.writelines(f"{name} {i}\t{name} 体 {i}\n" for i in range(200))
    return folder


def test_packages_are_read_beside_the_parallel_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{STARS[:-1]}, and number {n} of them was the night." for n in range(300)]
    folder = packages(parallel(tmp_path), monkeypatch, [*lines, *lines])
    before, after = read_texts(folder), read_texts(folder, folder)
    training = after.training["en"].pop("tales")
    held = after.held_out["en"].pop("tales")
    assert training == [line for line in lines if not is_held_out(line)]
    assert held == [line for line in lines if is_held_out(line)] != []
    assert len(after.training["zh"].pop("tales-hant")) == 1
    assert before == after


def test_a_share_of_the_chinese_is_read_in_traditional_script_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlm_texts, "to_traditional", lambda line: line.replace("体", "體"))
    texts = read_texts(parallel(tmp_path), traditional=1.0)
    for side in (texts.training, texts.held_out):
        kinds = side["zh"]
        assert {kind for kind in kinds if not kind.endswith("-hant")} == {
            kind.removesuffix("-hant") for kind in kinds
        }
        assert kinds["bible-hant"] == [line.replace("体", "體") for line in kinds["bible"]]
    half = read_texts(tmp_path, traditional=0.5).training["zh"]
    assert 0 < len(half["bible-hant"]) < len(half["bible"])


def test_weights_raise_a_kind_within_its_languages() -> None:
    source = Source.of([[1, 2, 3]])
    sources = {"en": {"a": source, "b": source}, "de": {"b": source}}
    made = WeightedSequences(sources, 5, 2, 0, 9, factors={"a": 3.0})
    shares = made.weights()
    assert shares == pytest.approx({("en", "a"): 0.375, ("en", "b"): 0.125, ("de", "b"): 0.5})
    assert np.isin(made.draw(0, 0), [0, 1, 2, 3, 9]).all()
    with pytest.raises(InputError, match="no text of kind c"):
        WeightedSequences(sources, 5, 2, 0, 9, factors={"c": 2.0})
    with pytest.raises(InputError, match="nothing of language 'de'"):
        WeightedSequences(sources, 5, 2, 0, 9, factors={"b": 0.0})


def test_weights_are_read_from_the_command_line() -> None:
    options = parser().parse_args(["--output", "x", "--weight", "a=2", "--weight", "b-hant=0.5"])
    assert dict(options.weight) == {"a": 2.0, "b-hant": 0.5}
    for text in ("a", "=2", "a=-1", "a=x", "a=inf"):
        with pytest.raises(argparse.ArgumentTypeError):
            weight(text)
