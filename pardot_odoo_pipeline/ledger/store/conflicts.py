"""The conflict history: what lost, why, and whether somebody wanted it back.

What lives here: reading conflicts and marking them as restored. What does not: recording them,
which happens with the outcome of their person (``outcomes.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.ledger.tables import conflicts as t

__all__ = ["RecordedConflict", "by_ids", "mark_restored", "of_person", "recent"]


@dataclass(frozen=True, slots=True)
class RecordedConflict:
    """One value that a rule overruled. Values are personal: show them, never log them.

    Attributes:
        id: Its number, for `conflicts restore`.
        prospect_id: Whose.
        field: The cell, ``model/field``.
        agreed: What both sides showed before, or None on first contact.
        pardot_value: What Pardot showed, in the cell's form.
        odoo_value: What Odoo showed.
        pardot_changed_from: After this moment Pardot's value changed, as far as it is known.
        pardot_changed_until: Not later than this one.
        odoo_changed_from: The same of Odoo's value.
        odoo_changed_until: The same of Odoo's value.
        rule: Which rule decided.
        winner: ``pardot`` or ``odoo``.
        batch_key: In which batch.
        decided_at: When.
        restored_at: When somebody had the losing value put back.
        restored_batch: By which batch.
    """

    id: int
    prospect_id: str
    field: str
    agreed: Any
    pardot_value: Any
    odoo_value: Any
    pardot_changed_from: datetime | None
    pardot_changed_until: datetime | None
    odoo_changed_from: datetime | None
    odoo_changed_until: datetime | None
    rule: str
    winner: str
    batch_key: str
    decided_at: datetime
    restored_at: datetime | None
    restored_batch: str | None

    @property
    def lost(self) -> Any:
        """The value that lost, in the cell's form."""
        return self.odoo_value if self.loses_in_odoo else self.pardot_value

    @property
    def loses_in_odoo(self) -> bool:
        """Whether it is Odoo's value that lost."""
        # A cell that another cell outvoted loses its own value, though Odoo's side won.
        return self.winner == "pardot" or self.rule == "home"


_COLUMNS = [t.c[name] for name in RecordedConflict.__dataclass_fields__]


def by_ids(connection: sa.Connection, ids: Iterable[int]) -> list[RecordedConflict]:
    """These conflicts, as far as they exist, oldest first."""
    return [
        RecordedConflict(*row)
        for chunk in chunks(ids)
        for row in connection.execute(
            sa.select(*_COLUMNS).where(t.c.id.in_(chunk)).order_by(t.c.id)
        )
    ]


def of_person(
    connection: sa.Connection, prospect_ids: Sequence[str], *, limit: int = 200
) -> list[RecordedConflict]:
    """The conflicts of these prospects, newest first."""
    query = sa.select(*_COLUMNS).where(t.c.prospect_id.in_(list(prospect_ids)))
    rows = connection.execute(query.order_by(t.c.id.desc()).limit(limit))
    return [RecordedConflict(*row) for row in rows]


def recent(
    connection: sa.Connection, *, limit: int = 50, before: int | None = None
) -> list[RecordedConflict]:
    """The latest conflicts of everybody, newest first."""
    query = sa.select(*_COLUMNS)
    if before is not None:
        query = query.where(t.c.id < before)
    rows = connection.execute(query.order_by(t.c.id.desc()).limit(limit))
    return [RecordedConflict(*row) for row in rows]


def mark_restored(
    connection: sa.Connection, ids: Iterable[int], *, batch_key: str, now: datetime
) -> None:
    """Somebody wanted the losing values back; this batch brings them."""
    for chunk in chunks(ids):
        connection.execute(
            sa.update(t).where(t.c.id.in_(chunk)).values(restored_at=now, restored_batch=batch_key)
        )
