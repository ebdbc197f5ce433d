"""Texts in several languages: ``en=FILE zh=FILE``, or those that firth carries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from firth.errors import InputError, OptionError
from firth.text.carried import sentences
from firth.text.files import read_sentences
from firth.text.language import LANGUAGES

CARRIED = "carried"
_CODE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

Corpora = dict[str, list[str]]


def parse_corpora(given: Sequence[str]) -> dict[str, str]:
    """Return language -> file of what stands on a command line.

    Args:
        given: ``en=FILE`` once a language; or the one word ``carried``: then nothing is returned.

    Raises:
        OptionError: It is neither, or a language comes twice.
    """
    if list(given) == [CARRIED]:
        return {}
    files: dict[str, str] = {}
    for one in given:
        language, sign, path = one.partition("=")
        if not sign or not path or not _CODE.fullmatch(language):
            raise OptionError(
                f"corpus {one!r}: write LANGUAGE=FILE, as in zh=news.zh.txt, or only {CARRIED}"
            )
        if language in files:
            raise OptionError(f"corpus {one!r}: {language} was given before, as {files[language]}")
        files[language] = path
    return files


def read_corpora(files: Mapping[str, str]) -> Corpora:
    """Read plain text files, one sentence a line; each sentence is kept once a language.

    Args:
        files: Language -> file; empty for the sentences that firth carries.

    Raises:
        InputError: A file cannot be read, is not UTF-8, or holds no text.
    """
    if not files:
        return {language: sentences(language) for language in LANGUAGES}
    corpora = {language: read_sentences(path) for language, path in files.items()}
    return {language: list(dict.fromkeys(own)) for language, own in corpora.items()}


def check_several(corpora: Mapping[str, Sequence[str]], least: int) -> None:
    """Refuse fewer than two languages, or a language with too little text.

    Raises:
        InputError: There is too little.
    """
    if len(corpora) < 2:
        raise InputError("texts of at least two languages are needed, such as en=FILE zh=FILE")
    for language, own in corpora.items():
        if len(own) < least:
            raise InputError(
                f"the {language} text has {len(own)} different sentences; at least {least} are "
                "needed"
            )
