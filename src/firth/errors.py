"""The errors that firth raises on purpose.

    FirthError                 everything below; the command line prints it in one line
    ├── InputError             a text, a label or a file that cannot be used
    ├── OptionError            an option or an argument outside what is legal
    ├── ModelError             a name that is no encoder, or an encoder that cannot be loaded
    └── ResultError            a stored result that cannot be read or compared

Each message says what was given, what is legal and what to do. The command line turns every
``FirthError`` into one line on standard error and exit code 2; any other exception is a fault of
firth's own and keeps its traceback (exit code 1).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FirthError(Exception):
    """The root of the errors that a user can cause and mend."""


class InputError(FirthError, ValueError):
    """A text, a label or a file that cannot be used as it is."""


class OptionError(FirthError, ValueError):
    """An option or an argument outside the legal values."""


class ModelError(FirthError, ValueError):
    """A name that is not an encoder, or an encoder that cannot be loaded."""


class ResultError(FirthError, ValueError):
    """A stored result that cannot be read, compared or run again."""


def did_you_mean(given: str, legal: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest legal name, or an empty string.

    Args:
        given: What the user wrote.
        legal: The names that would have been accepted.
    """
    near = difflib.get_close_matches(given, list(legal), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its class when it has none."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
