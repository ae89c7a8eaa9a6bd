"""Visitors that became a prospect, and whether their earlier page views were looked up.

What lives here: noting them, taking some for a batch, settling them. What does not: the look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.activity_tables import activity_visitors as t
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into

__all__ = ["note", "open_visitors", "settle"]

_NEW, _DONE = "new", "done"


def note(
    connection: sa.Connection, visitors: Mapping[str, str], *, look_up: bool, now: datetime
) -> None:
    """Store visitors with their prospect; one that is known stays as it is.

    Args:
        connection: An open write transaction.
        visitors: Prospect id by visitor id.
        look_up: Whether what they did before is still to be read.
        now: The present moment.
    """
    if not visitors:
        return
    connection.execute(
        insert_into(connection, t).on_conflict_do_nothing(),
        [
            {
                "visitor_id": visitor,
                "prospect_id": prospect,
                "state": _NEW if look_up else _DONE,
                "seen_at": now,
            }
            for visitor, prospect in sorted(visitors.items())
        ],
    )


def open_visitors(connection: sa.Connection, limit: int) -> dict[str, str]:
    """Visitors still to be looked up, with their prospect: the longest known first."""
    query = (
        sa.select(t.c.visitor_id, t.c.prospect_id)
        .where(t.c.state == _NEW)
        .order_by(t.c.seen_at, t.c.visitor_id)
        .limit(limit)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def settle(connection: sa.Connection, visitors: Iterable[str]) -> None:
    """Their page views have been read and have a disposition."""
    for chunk in chunks(visitors):
        connection.execute(sa.update(t).where(t.c.visitor_id.in_(chunk)).values(state=_DONE))
