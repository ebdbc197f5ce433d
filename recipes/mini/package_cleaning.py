"""Which paragraphs of packages are running prose of a language, and how a paragraph becomes a line.

The rules would rather lose a good line than keep a bad one.
"""

from __future__ import annotations

import re

WIDE = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uff60"
BETWEEN_WIDE = re.compile(rf"(?<=[{WIDE}])\s+(?=[{WIDE}])")
BLANKS = re.compile(r"\s+")
NOTES = re.compile(r"\s*\[\d+\]")

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
KANA = re.compile("[\u3041-\u30ff]")
CYRILLIC = re.compile("[\u0400-\u04ff]")
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
LETTERS = re.compile(r"[^\W\d_]")
ENDS = re.compile(r"[.!?:…。！？：][\"'”’»“」』）)]*$")
CODE = re.compile(r"[{}<>\\|$=_~^#@]|://|\w\(\)|\s--?\w|(^|\s)/\w|\w/\w+/|\.(com|org|net|conf)\b")

LEAST = 20  # letters of a line
LEAST_WIDE = 12  # the same in Chinese and Japanese, where a letter says more
LEAST_SHARE = 0.8  # letters among what is no blank
LEAST_SHARE_WIDE = 0.7
OWN = 0.55  # share of the letters that must be of the language's script
KANA_OWN = 0.15

# Words that stand in nearly every paragraph of a language and in few of the others.
WORDS = {
    "en": re.compile(r"\b(?:the|of|and|to|is|in|that|for|with|as|by|was|are|on|this|it|be)\b"),
    "de": re.compile(r"\b(?:der|die|das|und|ist|von|den|mit|zu|ein|eine|nicht|auf|im|sie)\b"),
    "es": re.compile(r"\b(?:el|la|los|las|de|del|que|y|en|es|un|una|por|con|para|se)\b"),
}


def tidy(paragraph: str) -> str:
    """One line: blanks made one, none between wide characters, marks of notes taken out."""
    line = BLANKS.sub(" ", NOTES.sub("", paragraph)).strip()
    return BETWEEN_WIDE.sub("", line)


def is_prose(line: str, language: str) -> bool:
    """Whether a line is a running text of the language: long enough, closed, no code in it."""
    if len(line) < LEAST_WIDE or not ENDS.search(line) or CODE.search(line):
        return False
    wide = language in ("zh", "ja")
    letters = len(LETTERS.findall(line))
    visible = len(line) - line.count(" ")
    if letters < (LEAST_WIDE if wide else LEAST):
        return False
    return letters >= (LEAST_SHARE_WIDE if wide else LEAST_SHARE) * visible and _is_in(
        line, language, letters
    )


def _is_in(line: str, language: str, letters: int) -> bool:
    if language == "ru":
        return len(CYRILLIC.findall(line)) >= OWN * letters
    if language in ("zh", "ja"):
        kana, han = len(KANA.findall(line)), len(HAN.findall(line))
        if kana + han < OWN * letters:
            return False
        return kana >= KANA_OWN * letters if language == "ja" else not kana
    if len(LATIN.findall(line)) < 0.95 * letters:
        return False
    counts = {key: len(words.findall(line.lower())) for key, words in WORDS.items()}
    return counts[language] > 0 and counts[language] == max(counts.values())
