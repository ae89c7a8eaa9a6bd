"""Values in the forms that the API takes.

What lives here: one value for a JSON body, one for a cell of an import file. What does not: which
fields are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pardot_odoo_pipeline.pardot.stretches import api_time

__all__ = ["BETWEEN_VALUES", "cell", "json_value", "json_values"]

BETWEEN_VALUES = ";"


def json_value(value: Any) -> Any:
    """A value as a body takes it; several values as a list.

    Raises:
        ValueError: A time without a zone.
        TypeError: No field holds such a value.
    """
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, datetime):  # a datetime is a date, too
        return api_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list | tuple | set | frozenset):
        several = sorted(value) if isinstance(value, set | frozenset) else value
        return [str(item) for item in several]
    raise TypeError(f"A {type(value).__name__} is no value of a prospect")


def json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """All of them."""
    return {name: json_value(value) for name, value in values.items()}


def cell(value: Any) -> str:
    """A value as a cell of an import file; an absent one as a blank."""
    plain = json_value(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, list):
        return BETWEEN_VALUES.join(plain)
    return str(plain)
