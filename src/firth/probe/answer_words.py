"""Answers compared as bags of words: the rules of SQuAD, XQuAD and MLQA.

SQuAD 1.1 (``evaluate-v1.1.py``, Rajpurkar et al. 2016) lower-cases, takes out ASCII punctuation,
then the words a, an and the, and splits at white space. F1 is over the words as a multiset; it is 0
without a common word, also where nothing is left of both sides, such as "The" and "a!": there EM is
1 and F1 is 0. ``evaluate-v2.0.py`` (Rajpurkar, Jia & Liang 2018) says 1 there, and 0 where one
side only is empty.

MLQA (``mlqa_evaluation_v1.py``, Lewis et al. 2020) takes out the punctuation of all scripts
(Unicode's categories P, and ASCII punctuation), the articles of the language, and splits Chinese
into single characters from U+4E00 to U+9FA5, with what stands between them split at white space
("mixed segmentation").

The scripts were not re-read for this. Of the details, the lists of German and Vietnamese articles
are the least certain. The Arabic rule is kept as recalled: its first alternative goes on after an
anchor and matches nothing, so every ال becomes a blank, inside words too.
"""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

from firth.errors import OptionError

_ENGLISH = r"\b(a|an|the)\b"
# Language -> its articles, as the script of MLQA has them; None where it has none to take out.
MLQA_ARTICLES: dict[str, str | None] = {
    "en": _ENGLISH,
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "hi": None,
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "ar": r"\sال^|ال",
    "zh": None,
}
_SEGMENTED = frozenset({"zh"})
_ASCII = str.maketrans("", "", string.punctuation)
HAN = re.compile("[\u4e00-\u9fa5]")


def normalise_squad(text: str) -> str:
    """Return an answer as the scripts of SQuAD compare it."""
    bare = text.lower().translate(_ASCII)
    return " ".join(re.sub(_ENGLISH, " ", bare).split())


def normalise_mlqa(text: str, language: str) -> str:
    """Return an answer as the script of MLQA compares it.

    Raises:
        OptionError: The script has no rule for the language.
    """
    if language not in MLQA_ARTICLES:
        raise OptionError(
            f"language {language!r}: mlqa has rules for {', '.join(MLQA_ARTICLES)} only"
        )
    bare = text.lower().translate(_punctuation())
    articles = MLQA_ARTICLES[language]
    if articles is not None:
        bare = re.sub(articles, " ", bare)
    if language in _SEGMENTED:
        bare = HAN.sub(r" \g<0> ", bare)
    return " ".join(bare.split())


@cache
def _punctuation() -> dict[int, None]:
    """Return the punctuation of all scripts, to be deleted."""
    codes = (code for code in range(sys.maxunicode) if unicodedata.category(chr(code))[0] == "P")
    return dict.fromkeys(codes) | dict.fromkeys(map(ord, string.punctuation))


def bag_f1(prediction: Sequence[str], gold: Sequence[str]) -> float:
    """Return F1 of two multisets of words or characters; 0 where they have none in common."""
    common = sum((Counter(prediction) & Counter(gold)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(prediction), common / len(gold)
    return 2 * precision * recall / (precision + recall)
