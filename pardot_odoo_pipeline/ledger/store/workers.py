"""The processes of this installation that show life: warm workers and receivers.

What lives here: their rows. What does not: acting on a dead one (`launching`), and which batches a
worker holds, which the batches themselves say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import workers as t
from pardot_odoo_pipeline.ledger.store.sql import insert_into

__all__ = [
    "RECEIVER",
    "SILENT_AFTER",
    "WARM",
    "Process",
    "alive",
    "heartbeat",
    "listed",
    "register",
    "stop",
]

WARM = "warm"
RECEIVER = "receiver"

SILENT_AFTER = timedelta(seconds=20)
"""After this long without a sign of life a process is not counted on."""

_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Process:
    """A process as the ledger knows it; the names are those of the table."""

    id: str
    kind: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None
    detail: Mapping[str, Any]

    def is_alive(self, now: datetime, within: timedelta = SILENT_AFTER) -> bool:
        """Whether it showed life lately and did not stop."""
        return self.stopped_at is None and self.heartbeat_at >= now - within


def register(
    connection: sa.Connection,
    worker_id: str,
    kind: str,
    *,
    host: str,
    pid: int,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Make a process known; whoever was silent for a week is forgotten.

    Args:
        connection: An open write transaction.
        worker_id: Unique among all processes.
        kind: `WARM` or `RECEIVER`.
        host: Where it runs.
        pid: Its process id there.
        now: The present moment.
        detail: What people should see of it; counts and words only.
    """
    connection.execute(sa.delete(t).where(t.c.heartbeat_at < now - _FORGOTTEN_AFTER))
    row = {
        "kind": kind,
        "host": host[:255],
        "pid": pid,
        "started_at": now,
        "heartbeat_at": now,
        "stopped_at": None,
        "detail": dict(detail or {}),
    }
    statement = insert_into(connection, t).values(id=worker_id, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=[t.c.id], set_=row))


def heartbeat(
    connection: sa.Connection,
    worker_id: str,
    *,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """Show that a process lives; whether it is known and did not stop."""
    values: dict[str, Any] = {"heartbeat_at": now}
    if detail is not None:
        values["detail"] = dict(detail)
    shown = sa.update(t).where(t.c.id == worker_id, t.c.stopped_at.is_(None)).values(**values)
    return connection.execute(shown).rowcount == 1


def stop(connection: sa.Connection, worker_id: str, *, now: datetime) -> None:
    """Say that a process ends by its own decision: nobody needs to wait for its silence."""
    ended = sa.update(t).where(t.c.id == worker_id, t.c.stopped_at.is_(None))
    connection.execute(ended.values(stopped_at=now))


def alive(
    connection: sa.Connection, kind: str, *, now: datetime, within: timedelta = SILENT_AFTER
) -> bool:
    """Whether a process of that kind showed life lately and did not stop."""
    query = sa.select(t.c.id).where(
        t.c.kind == kind, t.c.stopped_at.is_(None), t.c.heartbeat_at >= now - within
    )
    return connection.execute(query.limit(1)).first() is not None


def listed(connection: sa.Connection) -> list[Process]:
    """All known processes, the one that showed life last first."""
    query = sa.select(t).order_by(t.c.heartbeat_at.desc(), t.c.id)
    return [
        Process(**{**row._asdict(), "detail": row.detail or {}})
        for row in connection.execute(query)
    ]
