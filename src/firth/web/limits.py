"""How much one request may ask for, and how much work may wait.

The page is for one machine and its user; the limits keep a slip (a whole book pasted into a field,
a script that asks in a loop) from taking that machine away.
"""

from __future__ import annotations

# Bytes of a request, JSON and all.
BODY = 64 * 1024
# Letters.
SENTENCE = 300
CLOZE_TEXT = 600
SHIFT_TEXT = 400
CONTEXT = 8000
QUESTION = 300
WORD = 60
# Things of one request.
SENTENCES = 24
BLANKS = 8
TOP = 20
# The similarity matrix grows with the square of the occurrences.
OCCURRENCES = 32
# |alpha| of a shift.
ALPHA = 6.0
# Questions that may wait: for a quick answer, and for work of a minute.
QUICK_WAITING = 64
LONG_WAITING = 8
# Runs that are listed, the latest ones.
RUNS = 500
