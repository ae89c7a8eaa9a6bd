"""What batches say of themselves, for whoever compares them: one value a batch.

What lives here: reading the accounts of batches that are done, and what waits. What does not:
judging any of it (`operations`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKind, BatchState
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.store.retries import RetryState
from pardot_odoo_pipeline.ledger.tables import retries, sync_batches
from pardot_odoo_pipeline.pushed_events import EventState

__all__ = ["Done", "Waiting", "done_batches", "last_done", "waiting"]

_WAITS = (BatchState.SCOPED, BatchState.ABANDONED, BatchState.REQUESTED)


@dataclass(frozen=True, slots=True)
class Done:
    """A batch that came to its end.

    Attributes:
        key: The batch.
        kind: What opened it.
        scope: What its scope is: ``changes``, ``ids``, ``activities``, …
        waited: Seconds from its opening to the attempt that did it.
        finished_at: When it was over.
        outcome: Its account.
    """

    key: str
    kind: BatchKind
    scope: str
    waited: float
    finished_at: datetime
    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be done, apart from initial syncs, whose buckets wait for each other.

    Attributes:
        batches: How many batches want a run.
        events: How many pushed events are in no batch.
        retries: How many records are owed and due.
        since: Since when the oldest of all of them waits; None where nothing does.
    """

    batches: int
    events: int
    retries: int
    since: datetime | None


def done_batches(connection: sa.Connection, *, of_a_kind: int) -> Sequence[Done]:
    """The latest batches that are done, so many of each kind, the one that ended last first."""
    t = sync_batches
    found: list[Done] = []
    for kind in BatchKind:
        query = (
            sa.select(
                *(t.c.key, t.c.opened_at, t.c.started_at, t.c.finished_at, t.c.outcome),
                t.c.scope["type"].as_string().label("scope"),
            )
            .where(
                t.c.kind == kind.value,
                t.c.state == BatchState.DONE.value,
                t.c.finished_at.is_not(None),
            )
            .order_by(t.c.opened_at.desc(), t.c.key.desc())
            .limit(of_a_kind)
        )
        for row in connection.execute(query):
            waited = (row.started_at or row.finished_at) - row.opened_at
            found.append(
                Done(
                    row.key,
                    kind,
                    row.scope,
                    waited.total_seconds(),
                    row.finished_at,
                    row.outcome or {},
                )
            )
    return sorted(found, key=lambda one: (one.finished_at, one.key), reverse=True)


def waiting(connection: sa.Connection, *, now: datetime) -> Waiting:
    """What waits now."""
    b, e, r = sync_batches.c, inbox_events.c, retries.c
    counts: list[int] = []
    oldest: list[datetime] = []
    for moment, which in (
        (b.opened_at, sa.and_(b.state.in_(_WAITS), b.kind != BatchKind.INITIAL.value)),
        (e.received_at, e.state == EventState.WAITING.value),
        (r.due_at, sa.and_(r.state == RetryState.WAITING.value, r.due_at <= now)),
    ):
        query = sa.select(sa.func.count(), sa.func.min(moment)).where(which)
        number, since = connection.execute(query).one()
        counts.append(number)
        if since is not None:
            oldest.append(since)
    return Waiting(counts[0], counts[1], counts[2], min(oldest) if oldest else None)


def last_done(connection: sa.Connection) -> datetime | None:
    """When the batch that ended last was done; None before the first."""
    t = sync_batches.c
    query = sa.select(sa.func.max(t.finished_at)).where(t.state == BatchState.DONE.value)
    return connection.execute(query).scalar()
