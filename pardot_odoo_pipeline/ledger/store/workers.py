"""The processes of this installation that show life: warm workers and receivers.

What lives here: their rows. What does not: acting on a dead one (`launching`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import workers as t

__all__ = ["WARM", "alive"]

WARM = "warm"

_SILENT_AFTER = timedelta(seconds=20)


def alive(
    connection: sa.Connection, kind: str, *, now: datetime, within: timedelta = _SILENT_AFTER
) -> bool:
    """Whether a process of that kind showed life lately and did not stop."""
    query = sa.select(t.c.id).where(
        t.c.kind == kind, t.c.stopped_at.is_(None), t.c.heartbeat_at >= now - within
    )
    return connection.execute(query.limit(1)).first() is not None
