"""Comparing moments, where the versions differ.

What lives here: conditions on datetime columns. Columns hold microseconds; 18 compares them
exactly, 19 compares whole seconds. What does not: other conditions (`conditions.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import value_error

__all__ = ["moment_condition"]

Sql = tuple[str, list[Any]]
_POSITIVE = {"!=": "=", "<>": "=", "not in": "in"}


def moment_condition(column: str, operator: str, value: Any, version: int) -> Sql:
    """A condition on a datetime column.

    Args:
        column: The column as SQL.
        operator: A comparison, or in / not in.
        value: Text, a list of texts, or something empty.
        version: Odoo's major version.
    """
    wanted = _POSITIVE.get(operator, operator)
    if wanted in ("=", "in"):
        values = value if isinstance(value, list | tuple) else [value]
        parts: list[str] = []
        parameters: list[Any] = []
        for one in values:
            sql, more = _equal(column, one, version)
            parts.append(sql)
            parameters += more
        sql = f"({' OR '.join(parts)})" if parts else "0"
        return (f"NOT COALESCE({sql}, 0)" if wanted != operator else sql), parameters
    if not value:
        return "0", []
    if "like" in operator:
        return f"odoo_like(?, {column})", [f"%{value}%"]
    first, last = _bounds(str(value), version, operator)
    # "Above" and "up to" mean the end of the second on 19; on 18 both bounds are one moment.
    return f"{column} {operator} ?", [last if operator in (">", "<=") else first]


def _equal(column: str, value: Any, version: int) -> Sql:
    if not value:
        return f"{column} IS NULL", []
    return f"{column} BETWEEN ? AND ?", list(_bounds(str(value), version, "="))


def _bounds(value: str, version: int, operator: str) -> tuple[str, str]:
    """The first and the last moment that the value stands for."""
    text = value.replace("T", " ").rstrip("Z")
    if len(text) == 10:
        text += " 23:59:59" if operator in (">", "<=") else " 00:00:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise value_error(
            f"time data {value!r} does not match format '%Y-%m-%d %H:%M:%S'"
        ) from None
    exact = moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    if version < 19:
        return exact, exact
    return f"{exact[:19]}.000000", f"{exact[:19]}.999999"
