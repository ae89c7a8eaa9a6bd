"""What the statements of the store have in common.

What lives here: the insert of the database at hand, chunks of long id lists, counters. What does
not: anything that knows a table but ``counters``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pardot_odoo_pipeline.ledger.tables import counters

__all__ = ["chunks", "insert_for", "insert_into", "next_numbers", "written"]

T = TypeVar("T")

# Well under SQLite's 32,766 parameters a statement, whatever else the statement carries.
CHUNK = 5_000


def insert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert:
    """An insert that knows ``ON CONFLICT``; both dialects spell it alike."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: sa.Table) -> sqlite.Insert:
    """The same for statements that are made once for each dialect."""
    if dialect == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]
    return sqlite.insert(table)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most that size."""
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def written(connection: sa.Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Run an ``INSERT … RETURNING`` for many rows and collect what it wrote."""
    return list(connection.execute(statement, list(rows)).all()) if rows else []


def next_numbers(connection: sa.Connection, name: str, count: int = 1) -> range:
    """Take the next numbers of a counter; nobody else ever gets the same ones."""
    insert = insert_into(connection, counters).values(name=name, value=count)
    statement = insert.on_conflict_do_update(
        index_elements=[counters.c.name],
        set_={"value": counters.c.value + insert.excluded.value},
    ).returning(counters.c.value)
    last = connection.execute(statement).scalar_one()
    return range(last - count + 1, last + 1)
