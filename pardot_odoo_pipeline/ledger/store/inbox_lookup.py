"""One event of the inbox, by what its sender calls it.

What lives here: the look-up for whoever sent it and waits for it. What does not: the life of an
event (``inbox.py``).
"""

from __future__ import annotations

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import inbox_events as t
from pardot_odoo_pipeline.pushed_events import EventState

__all__ = ["found_event"]


def found_event(
    connection: sa.Connection, source: str, event_id: str
) -> tuple[int, EventState] | None:
    """The number and state of an event; None while it is not there."""
    query = sa.select(t.c.id, t.c.state).where(t.c.source == source, t.c.event_id == event_id)
    row = connection.execute(query).first()
    return None if row is None else (row[0], EventState(row[1]))
