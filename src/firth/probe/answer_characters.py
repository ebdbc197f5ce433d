"""Chinese answers compared by characters: the rules of CMRC 2018 and of DRCD.

CMRC 2018 (``cmrc2018_evaluate.py``, Cui et al. 2019). EM compares the lower-cased, stripped texts
without a list of punctuation; white space inside counts. F1 counts segments: each Han character
(U+4E00 to U+9FA5), and what stands between them as NLTK's ``word_tokenize`` splits it. Precision
and recall are the longest common run of segments over the segments of each side. It is often cited
as the longest common *subsequence*; but the script's recurrence starts anew after a mismatch, which
makes it the longest common *substring*, and so it is here. Where nothing is left of either side, EM
is 1 and F1 is 0. The script was not re-read for this; of its details, the list of punctuation is
the least certain: it has no ASCII comma, full stop, bracket or quotation mark; of ‘ ’ the second.

DRCD (Shao et al. 2018): no script of theirs is known here. F1 is over characters as a multiset.
Chosen here, and not known to be theirs: lower case; all white space taken out, so that "iPhone 5"
is "iPhone5"; the punctuation of all scripts taken out, and full-width symbols such as ＋ with it;
English articles left in; two sides of which nothing is left have EM 1 and F1 0.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Sequence
from functools import cache

from firth.probe.answer_words import HAN
from firth.probe.treebank import treebank_words

CMRC_PUNCTUATION = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_CMRC = str.maketrans("", "", "".join(CMRC_PUNCTUATION))


def normalise_cmrc(text: str) -> str:
    """Return an answer as CMRC's EM compares it."""
    return text.lower().strip().translate(_CMRC)


def segments_cmrc(text: str) -> list[str]:
    """Return the segments that CMRC's F1 counts: Han characters, and words of what is between."""
    bare = normalise_cmrc(text)
    segments: list[str] = []
    end = 0
    for match in HAN.finditer(bare):
        segments += treebank_words(bare[end : match.start()])
        segments.append(match.group())
        end = match.end()
    return segments + treebank_words(bare[end:])


def common_run(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest run of equal segments."""
    longest = 0
    before = [0] * (len(second) + 1)
    for one in first:
        now = [0] * (len(second) + 1)
        for at, other in enumerate(second):
            if one == other:
                now[at + 1] = before[at] + 1
        longest = max(longest, *now)
        before = now
    return longest


def run_f1(prediction: Sequence[str], gold: Sequence[str]) -> float:
    """Return F1 by the longest common run; 0 where there is none."""
    length = common_run(gold, prediction)
    if length == 0:
        return 0.0
    precision, recall = length / len(prediction), length / len(gold)
    return 2 * precision * recall / (precision + recall)


def normalise_drcd(text: str) -> str:
    """Return the characters that DRCD's EM and F1 compare."""
    return "".join(char for char in text.lower() if not char.isspace() and not _is_mark(char))


@cache
def _is_mark(char: str) -> bool:
    # Full-width ＋ or ＄ are symbols to Unicode, as their narrow forms are, which SQuAD takes out.
    narrow = unicodedata.normalize("NFKC", char)
    return unicodedata.category(char)[0] == "P" or narrow in set(string.punctuation)
