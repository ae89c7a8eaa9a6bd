"""Many records of one object, written at the speed of the disk.

What lives here: values of the population in stored form, and their insertion. What does not: which
records there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import chain, islice
from operator import itemgetter
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.pardot.catalogue import Kind, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["insert"]

_ROWS_A_TRANSACTION = 2_000


def insert(store: Store, target: ObjectType, records: Iterable[dict[str, Any]]) -> None:
    """Write records; all of them have the keys of the first.

    Raises:
        InterruptedError: The sandbox closes meanwhile.
    """
    rows = iter(records)
    first = next(rows, None)
    if first is None:
        return
    given = [name for name in target.fields if name in first]
    # Most values are stored as they come: those are fetched in one step, a million times.
    asis = [name for name in given if target.fields[name].kind in _AS_IS]
    converted = [(name, _FORMS[target.fields[name].kind]) for name in given if name not in asis]
    absent = [name for name in target.fields if name not in first]
    defaults = tuple(_FORMS[Kind.STRING](target.fields[name].default) for name in absent)
    names = [*asis, *(name for name, _ in converted), *absent]
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    fetch = itemgetter(*asis)

    def stored(row: dict[str, Any]) -> tuple[Any, ...]:
        return (*fetch(row), *[form(row[name]) for name, form in converted], *defaults)

    sql = f'INSERT INTO "{target.table}" ({columns}) VALUES ({marks})'
    waiting = map(stored, chain((first,), rows))
    # Many transactions, so that the log is folded in while it grows.
    while part := list(islice(waiting, _ROWS_A_TRANSACTION)):
        if store.closing.is_set():
            raise InterruptedError("the sandbox is closing")
        with store.writing() as connection:
            connection.executemany(sql, part)


def _second(value: datetime | None) -> int | None:
    return None if value is None else int(value.timestamp())


def _bit(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _other(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return orjson.dumps(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


_AS_IS = frozenset({Kind.STRING, Kind.INTEGER})
_FORMS: dict[Kind, Callable[[Any], Any]] = {
    Kind.DATETIME: _second,
    Kind.BOOLEAN: _bit,
    Kind.STRING: _other,
    Kind.INTEGER: _other,
    Kind.FLOAT: _other,
    Kind.DATE: _other,
    Kind.ARRAY: _other,
}
