"""Readers of what `mlm_packages` finds in packages: archives, and the formats of their texts.

A reader of a format takes the bytes of one file and yields its paragraphs in their order, with
markup taken out and everything else still in.
"""

from __future__ import annotations

import html
import io
import json
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from .package_left_out import LEFT_OUT

AR = b"!<arch>\n"
AR_HEADER = 60
MO_MAGIC = 0x950412DE

# Left out with all that is in them.
BLOCKS = re.compile(
    r"<(script|style|head|pre|screen|programlisting|nav|header|footer)\b[^>]*>.*?</\1>|<!--.*?-->",
    re.DOTALL | re.IGNORECASE,
)
# Where a paragraph begins or ends: text between two of these is one.
EDGES = re.compile(
    r"</?(?:p|para|simpara|div|section|article|aside|ul|ol|li|dl|dt|dd|item|steps|note|table|tr|td|th|"
    r"h[1-6]|title|blockquote|listitem|body|br)\b[^>]*>",
    re.IGNORECASE,
)
TAGS = re.compile(r"<[^<>]*>")
PLACES = re.compile(r"%[sdnl%]|%\d")  # where a program puts something


def members(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the files of an archive whose name matches, in the archive's order.

    Args:
        path: A wheel, a ``.tar.gz`` or a Debian package.
        wanted: What `re.Pattern.search` must find in the name.

    Raises:
        ValueError: The file is none of these, or holds no data.
    """
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if wanted.search(name):
                    yield name, archive.read(name)
    elif path.suffix == ".deb":
        with path.open("rb") as file:
            yield from _tar_members(_data_of(file, path), wanted)
    elif path.name.endswith((".tar.gz", ".tgz")):
        with path.open("rb") as file:
            yield from _tar_members(file, wanted)
    else:
        raise ValueError(f"{path.name} is no archive that can be read")


def _tar_members(file: IO[bytes], wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=file, mode="r:*") as archive:
        for member in archive:
            if member.isfile() and wanted.search(member.name):
                found = archive.extractfile(member)
                if found is not None:
                    yield member.name, found.read()


def _data_of(file: IO[bytes], path: Path) -> IO[bytes]:
    """The tar file with the contents of a Debian package, which is an ``ar`` archive."""
    if file.read(len(AR)) != AR:
        raise ValueError(f"{path.name} is no Debian package")
    while header := file.read(AR_HEADER):
        name, size = header[:16].decode().strip(), int(header[48:58])
        if name.startswith("data.tar"):
            return io.BytesIO(file.read(size))
        file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError(f"{path.name} holds no data")


def markup(data: bytes) -> Iterator[str]:
    """Paragraphs of HTML, DocBook or Mallard: what stands between tags that are not inline."""
    for piece in EDGES.split(BLOCKS.sub(" ", data.decode("utf-8", "replace"))):
        yield html.unescape(TAGS.sub("", piece))


def catalogue(data: bytes) -> Iterator[str]:
    """Translations of a gettext catalogue (``.mo``), paragraph by paragraph."""
    order = "<" if struct.unpack_from("<I", data)[0] == MO_MAGIC else ">"
    count, _, table = struct.unpack_from(f"{order}III", data, 8)
    for i in range(count):
        length, at = struct.unpack_from(f"{order}II", data, table + 8 * i)
        message = data[at : at + length].decode("utf-8", "replace")
        if i == 0 and "Content-Type:" in message:
            continue
        for form in message.split("\0"):
            for paragraph in re.split(r"\n\s*\n", html.unescape(TAGS.sub("", form))):
                if not PLACES.search(paragraph):
                    yield paragraph


def summaries(data: bytes) -> Iterator[str]:
    """Paragraphs of a table of article -> summary, those of `LEFT_OUT` not among them."""
    for title, article in json.loads(data).items():
        if title not in LEFT_OUT:
            yield from article["extract"].split("\n")


FORMATS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "markup": markup,
    "catalogue": catalogue,
    "summaries": summaries,
}
