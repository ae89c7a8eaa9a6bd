"""The parameters of a query, read and checked.

What lives here: from a query string to filters, order, limit, offset, recycle-bin choice. What
does not: page tokens (`paging.py`), SQL (`query.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Field, Filter, Kind, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.times import parse_moment

__all__ = ["Condition", "QueryShape", "SortKey", "parse_fields", "parse_order", "parse_shape"]

_DEFAULT_LIMIT = 200
_MAXIMUM_LIMIT = 1000
_MAXIMUM_OFFSET = 2000
_MAXIMUM_FILTERED_FIELDS = 3
_WORDS = {
    Kind.DATETIME: {"After": ">", "Before": "<"},
    Kind.INTEGER: {"GreaterThan": ">", "LessThan": "<"},
}
_INCLUSIVE = "OrEqualTo"


@dataclass(frozen=True)
class Condition:
    """One filter: a field, a comparison (`=`, `>`, `>=`, `<`, `<=`, `in`), a value."""

    field: str
    comparison: str
    value: Any


@dataclass(frozen=True)
class SortKey:
    """One ordering."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class QueryShape:
    """Everything about a query but its fields and its place in a chain of pages."""

    conditions: tuple[Condition, ...] = ()
    order: tuple[SortKey, ...] = (SortKey("id"),)
    order_text: str = ""
    limit: int = _DEFAULT_LIMIT
    offset: int = 0
    deleted: str | None = None
    raw_filters: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def parse_fields(query: dict[str, str]) -> list[str]:
    """The names in `fields`.

    Raises:
        ApiError: 13 when there are none.
    """
    names = [name.strip() for name in query.get("fields", "").split(",")]
    names = [name for name in names if name]
    if not names:
        raise ApiError(13, "fields")
    return names


def parse_shape(target: ObjectType, query: dict[str, str], switches: Switches) -> QueryShape:
    """Read filters, order, limit, offset and the recycle-bin choice.

    Raises:
        ApiError: The first thing that is wrong, with its code.
    """
    shape = QueryShape()
    conditions: list[Condition] = []
    raw: list[tuple[str, str]] = []
    for name, text in query.items():
        if name in ("fields", "nextPageToken"):
            continue
        if name == "limit":
            shape = replace(shape, limit=_whole_number(text, 1, _MAXIMUM_LIMIT, 23))
        elif name == "offset":
            shape = replace(shape, offset=_whole_number(text, 0, _MAXIMUM_OFFSET, 21))
        elif name == "orderBy":
            shape = replace(shape, order=parse_order(target, text), order_text=text)
        elif name == "deleted" and target.soft_delete:
            if text not in ("all", "true", "false"):
                raise ApiError(27, status=400)
            shape = replace(shape, deleted=text)
        else:
            condition = _condition(target, name, text, switches)
            if condition is not None:
                conditions.append(condition)
                raw.append((name, text))
    filtered = {c.field for c in conditions}
    if switches["deleted_counts_as_filter"] and shape.deleted is not None:
        filtered.add("deleted")
    if len(filtered) > _MAXIMUM_FILTERED_FIELDS:
        raise ApiError(
            209,
            f"max {_MAXIMUM_FILTERED_FIELDS} distinct fields",
            status=switches["too_many_filters_status"],
        )
    _check_ranges(target, conditions)
    return replace(shape, conditions=tuple(conditions), raw_filters=tuple(raw))


def parse_order(target: ObjectType, text: str) -> tuple[SortKey, ...]:
    """Read `orderBy`; the id is always the last key, so that pages never overlap.

    Raises:
        ApiError: 133, 134, 135 for too many or unfit keys, 19 and 20 for unknown words.
    """
    parts = [part.split() for part in text.split(",")]
    if len(parts) > 2:
        raise ApiError(133)
    keys: list[SortKey] = []
    for part in parts:
        if not part or part[0] not in target.orderings:
            raise ApiError(19, part[0] if part else "")
        if len(part) > 2:
            raise ApiError(134)
        direction = part[1].upper() if len(part) == 2 else "ASC"
        if direction not in ("ASC", "DESC"):
            raise ApiError(20, part[1])
        keys.append(SortKey(part[0], direction == "DESC"))
    if len(keys) == 2 and not any(key.field == "id" for key in keys):
        raise ApiError(135)
    if keys[0].field == "id":
        return (keys[0],)
    if len(keys) == 1:
        keys.append(SortKey("id", keys[0].descending))
    return tuple(keys)


def _whole_number(text: str, least: int, most: int, code: int) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        raise ApiError(code, f"must be between {least} and {most}")
    return int(text)


def _condition(target: ObjectType, name: str, text: str, switches: Switches) -> Condition | None:
    for field_name, forms in target.filters.items():
        if not name.startswith(field_name):
            continue
        described = target.fields[field_name]
        form = name[len(field_name) :]
        if form == "" and Filter.EXACT in forms:
            return Condition(field_name, "=", _value(described, text))
        if form == "List" and Filter.LIST in forms:
            texts = [part.strip() for part in text.split(",") if part.strip()]
            if len(texts) > switches["id_list_maximum"]:
                raise ApiError(63, name)
            return Condition(field_name, "in", tuple(_value(described, t) for t in texts))
        bound = form.removesuffix(_INCLUSIVE)
        comparison = _WORDS.get(described.kind, {}).get(bound)
        if comparison is not None and Filter.RANGE in forms:
            if form != bound:
                comparison += "="
            return Condition(field_name, comparison, _value(described, text))
    if switches["unknown_parameter"] == "refuse":
        raise ApiError(5, name)
    return None


def _value(described: Field, text: str) -> Any:
    if described.kind is Kind.DATETIME:
        try:
            return parse_moment(text)
        except (ValueError, OverflowError):
            raise ApiError(7, described.name) from None
    if described.kind is Kind.INTEGER:
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
            raise ApiError(16, described.name)
        return int(text)
    if described.kind is Kind.BOOLEAN:
        if text not in ("true", "false"):
            raise ApiError(50, described.name)
        return int(text == "true")
    return text


def _check_ranges(target: ObjectType, conditions: list[Condition]) -> None:
    for low in conditions:
        for high in conditions:
            if (
                low.field == high.field
                and low.comparison.startswith(">")
                and high.comparison.startswith("<")
                and low.value > high.value
            ):
                timed = target.fields[low.field].kind is Kind.DATETIME
                raise ApiError(8 if timed else 17, low.field)
