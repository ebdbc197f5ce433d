"""English words as the Penn Treebank splits them: what CMRC's F1 does between Chinese characters.

The rules are those of Robert MacIntyre's script (1995) as NLTK 3.8's ``word_tokenize`` has them
(later editions also split at dashes and before quoted words), as far as they matter to lower-cased
text without the marks that CMRC takes out beforehand: hyphens, colons, asterisks, “ ” ’ and others.
NLTK first cuts a text into sentences (Punkt), each of which gives up its last full stop; here only
the whole text does.
"""

from __future__ import annotations

import re

_CLITICS = r"re|ve|ll|m|t|s|d|n"
_TWO_IN_ONE = (
    r"\b(can)(not)",
    r"\b(d)('ye)",
    r"\b(gim|lem)(me)",
    r"\b(gon|wan)(na)",
    r"\b(got)(ta)",
    r"\b(more)('n)",
    r" ('t)(is|was)",
)
# In this order, each on the outcome of those before.
_RULES = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"[«‘„]", r" \g<0> "),
        (r'^"', " `` "),
        (r'([ (\[{<])("|\'\')', r"\1 `` "),
        # An apostrophe before a single letter that is no clitic.
        (rf"'(?!{_CLITICS})(\w)\b", r"' \1"),
        # The last full stop, brackets and quotation marks behind it or not; not an ellipsis.
        (r"([^.])\.([\])}>\"'»”’ ]*)\s*$", r"\1 . \2 "),
        (r",(\D|$)", r" , \1"),  # 1,000 stays whole
        (r"\.{2,}|[;@#$%&?!]", r" \g<0> "),
        (r"(?<=[^'])' ", " ' "),
        (r"[\]\[(){}<>]", r" \g<0> "),
        (r"^|$", " "),
        (r"»", " » "),
        (r"''|\"", " '' "),
        (r"\s+", " "),
        (r"(?<=[^' ])('[smd]?) ", r" \1 "),
        (r"(?<=[^' ])('ll|'re|'ve|n't) ", r" \1 "),
        *((rf"{two}\b", r" \1 \2 ") for two in _TWO_IN_ONE),
    )
)


def treebank_words(text: str) -> list[str]:
    """Return the words and marks of a lower-cased text."""
    if not text.strip():
        return []
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return text.split()
