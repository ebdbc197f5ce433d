"""What a user got wrong, said at the field where it was typed, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from firth.errors import FirthError, first_line
from firth.web.words import Words


class Fault(BaseModel):
    """One mistake in a request."""

    field: str | None = Field(
        description="The field of the request that it is about; null where it is about none."
    )
    item: int | None = Field(
        default=None, description="Which entry of the field, counted from 0, where it is a list."
    )
    code: str = Field(description="What kind of mistake: does not depend on the language.")
    message: str = Field(description="One line for a reader, in the language that was asked for.")


class Faults(BaseModel):
    """Why a request was not answered."""

    errors: list[Fault] = Field(description="What was wrong; at least one.")


class FieldError(FirthError):
    """A mistake that a stop finds in a field.

    Args:
        field: The field.
        code: A key of ``[error]`` in the words.
        item: Which entry of a list.
        values: What the sentence of the words is filled with.
    """

    def __init__(self, field: str, code: str, item: int | None = None, **values: object) -> None:
        super().__init__(code)
        self.field, self.code, self.item, self.values = field, code, item, values


class MissingPartError(FirthError):
    """What a stop needs is not loaded; ``code`` is a key of ``[missing]`` in the words."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def fault_of(error: FirthError, field: str | None, say: Words) -> Fault:
    """Return an error as a reader sees it; ``field`` is what it is about unless it says itself."""
    if isinstance(error, FieldError):
        text = say["error"][error.code].format(**error.values)
        return Fault(field=error.field, item=error.item, code=error.code, message=text)
    if isinstance(error, MissingPartError):
        text = say["missing"][error.code].format(**error.values)
        return Fault(field=None, code="missing", message=text)
    return Fault(field=field, code="refused", message=first_line(error))


# Kinds of pydantic's errors -> keys of ``[error]``; they bring the numbers of the sentence along.
_KINDS = {
    "missing": "needed",
    "string_too_short": "empty",
    "too_short": "too_few",
    "string_too_long": "too_long",
    "too_long": "too_many",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "finite_number": "no_number",
    "float_parsing": "no_number",
    "float_type": "no_number",
    "int_parsing": "no_number",
    "int_type": "no_number",
    "int_from_float": "no_number",
    "literal_error": "not_legal",
    "extra_forbidden": "unknown_field",
    "json_invalid": "no_json",
}


def faults_of_request(errors: Sequence[Mapping[str, Any]], say: Words) -> list[Fault]:
    """Return what a request's model refused, one entry a mistake."""
    return [_fault(one, say) for one in errors]


def _fault(error: Mapping[str, Any], say: Words) -> Fault:
    where = [part for part in error["loc"] if part not in ("body", "query", "path")]
    field = next((part for part in where if isinstance(part, str)), None)
    item = next((part for part in where if isinstance(part, int)), None)
    code = _KINDS.get(error["type"], "wrong")
    if code == "no_json":
        field = item = None
    given = error.get("input")
    length = len(given) if isinstance(given, str | list) else 0
    values = {**error.get("ctx", {}), "length": length, "field": field}
    text = say["error"][code].format_map(_Blank(values))
    if item is not None and field is not None:
        text = say["error"]["of_item"].format(item=item + 1, message=text)
    return Fault(field=field, item=item, code=code, message=text)


class _Blank(dict[str, object]):
    """Values of a sentence; what is not known leaves nothing."""

    def __missing__(self, key: str) -> str:
        return ""
