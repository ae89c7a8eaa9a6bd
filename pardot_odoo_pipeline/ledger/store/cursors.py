"""How far each source has been read: positions that only ever move forward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store.sql import insert_into
from pardot_odoo_pipeline.ledger.tables import cursors as t

__all__ = ["Position", "advance", "moved_at", "position"]


@dataclass(frozen=True, order=True)
class Position:
    """A place in a source ordered by time and, within one time, by id."""

    time: datetime
    tie: int = 0


_POSITION = sa.select(t.c.position, t.c.tie).where(t.c.name == sa.bindparam("b_name"))


def position(connection: sa.Connection, name: str) -> Position | None:
    """Where that cursor stands; ``None`` when nothing was read yet."""
    row = connection.execute(_POSITION, {"b_name": name}).one_or_none()
    return None if row is None else Position(*row)


def moved_at(connection: sa.Connection, name: str) -> datetime | None:
    """When that cursor moved last; ``None`` when nothing was read yet."""
    return connection.execute(sa.select(t.c.moved_at).where(t.c.name == name)).scalar_one_or_none()


def advance(
    connection: sa.Connection,
    name: str,
    *,
    expected: Position | None,
    to: Position,
    now: datetime,
    batch_key: str | None = None,
) -> bool:
    """Move a cursor from where it was seen to a later place.

    Do it in the transaction that stores the last disposition of the stretch, never before: what
    lies behind a cursor is not read again.

    Returns:
        False when it is no longer where it was expected: another batch moved it.

    Raises:
        PipelineError: The move would go backwards.
    """
    if expected is not None and to < expected:
        raise PipelineError(
            f"The cursor {name} was asked to go back from {expected.time:%Y-%m-%d %H:%M:%S} UTC",
            fix="Open a manual batch for the earlier range; cursors only move forward",
            code="cursor_backwards",
        )
    values = {
        "position": to.time,
        "tie": to.tie,
        "batch_key": batch_key,
        "moved_at": now,
    }
    if expected is None:
        first = insert_into(connection, t).values(name=name, **values).on_conflict_do_nothing()
        return connection.execute(first.returning(t.c.name)).one_or_none() is not None
    moved = connection.execute(
        sa.update(t)
        .where(t.c.name == name, t.c.position == expected.time, t.c.tie == expected.tie)
        .values(**values)
        .returning(t.c.name)
    )
    return moved.one_or_none() is not None
