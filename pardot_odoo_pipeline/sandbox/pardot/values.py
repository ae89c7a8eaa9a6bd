"""Values of a request body: checked against a field and put into stored form.

What lives here: one value, one body. What does not: rules that look at other records (`rules.py`).
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.pardot.catalogue import Access, Field, Kind, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.times import parse_moment

__all__ = ["accept", "accept_body", "check_email"]

# The service's own rule, as its staff published it; stricter and laxer than the standards.
_EMAIL = re.compile(r"[^ @]{1,64}@[^ @]{1,255}\.[^ @]{2,13}")
_MAXIMUM_EMAIL = 255


def check_email(text: Any) -> str:
    """The address, if the service takes it.

    Raises:
        ApiError: 4 when it does not.
    """
    if (
        not isinstance(text, str)
        or len(text) > _MAXIMUM_EMAIL
        or not _EMAIL.fullmatch(text.strip())
    ):
        raise ApiError(4)
    return text.strip()


def accept_body(target: ObjectType, body: dict[str, Any], *, creating: bool) -> dict[str, Any]:
    """A body's members in stored form.

    Raises:
        ApiError: 180 for names that this request may not set, or the value's own code.
    """
    allowed = {Access.EDITABLE, Access.CREATE_ONLY} if creating else {Access.EDITABLE}
    wrong = [
        name
        for name in body
        if name not in target.fields or target.fields[name].access not in allowed
    ]
    if wrong:
        raise ApiError(180, ", ".join(wrong))
    if creating:
        missing = [
            name for name, f in target.fields.items() if f.required and body.get(name) in (None, "")
        ]
        if missing:
            raise ApiError(153, ", ".join(missing))
    return {name: accept(target.fields[name], value) for name, value in body.items()}


def accept(described: Field, value: Any) -> Any:
    """One value in stored form; an empty text clears a field, or resets it, as null does.

    Raises:
        ApiError: The value does not fit its field.
    """
    if value is None or value == "":
        return described.default
    return _READERS[described.kind](described, value)


def _text(described: Field, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ApiError(154, described.name)
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _integer(described: Field, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        raise ApiError(29 if described.name == "score" else 154, described.name)
    return int(text)


def _number(described: Field, value: Any) -> float:
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
        if not math.isfinite(number):
            raise ValueError
        return number
    except (TypeError, ValueError):
        raise ApiError(56, described.name) from None


def _boolean(described: Field, value: Any) -> int:
    if not isinstance(value, bool):
        raise ApiError(50, described.name)
    return int(value)


def _moment(described: Field, value: Any) -> int:
    try:
        return parse_moment(str(value))
    except (ValueError, OverflowError):
        raise ApiError(57, described.name) from None


def _day(described: Field, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise ApiError(57, described.name) from None


def _several(described: Field, value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise ApiError(154, described.name)
    return orjson.dumps(values).decode()


_READERS = {
    Kind.STRING: _text,
    Kind.INTEGER: _integer,
    Kind.FLOAT: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATETIME: _moment,
    Kind.DATE: _day,
    Kind.ARRAY: _several,
}
