"""What stands in the ledger and waits for a person: failed batches, suspended records.

What lives here: looking for them. What does not: incidents, and telling anybody
(`operations.standing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKind, BatchState, lineage_of
from pardot_odoo_pipeline.ledger.store.batch_rows import Batch, read_batch
from pardot_odoo_pipeline.ledger.store.retries import RetryState
from pardot_odoo_pipeline.ledger.store.takeover import failed_initial
from pardot_odoo_pipeline.ledger.tables import retries, sync_batches

__all__ = ["Suspended", "failed_batches", "suspended"]

_MOST = 1_000
_EXAMPLES = 3
_LATEST = 50


@dataclass(frozen=True, slots=True)
class Suspended:
    """Records that were given up for one reason.

    Attributes:
        code: The code that their last try ended with.
        people: How many people they belong to.
        systems: Where they could not be written.
        examples: A few of the prospects, by id.
    """

    code: str
    people: int
    systems: tuple[str, ...]
    examples: tuple[str, ...]


def failed_batches(connection: sa.Connection, *, since: datetime) -> Sequence[Batch]:
    """Batches that failed for good and whose work nobody has done since, the oldest first.

    A bucket of the latest initial sync waits for a person. What any other one left is read again
    by the next of its kind: no cursor moved, no event was closed.
    """
    t = sync_batches
    query = (
        sa.select(t)
        .where(
            t.c.state == BatchState.FAILED.value,
            t.c.kind != BatchKind.INITIAL.value,
            t.c.opened_at >= since,
        )
        .order_by(t.c.opened_at, t.c.key)
        .limit(_MOST)
    )
    rows = connection.execute(query).all()
    done = {kind: _latest_done(connection, kind) for kind in sorted({row.kind for row in rows})}
    standing = [
        batch
        for row in rows
        for batch in [read_batch(row)]
        if done[row.kind].get(lineage_of(batch.scope), since) <= row.opened_at
    ]
    return [*failed_initial(connection), *standing]


def suspended(connection: sa.Connection) -> Sequence[Suspended]:
    """Records that wait for a person, by the code that they ended with."""
    t = retries
    is_suspended = t.c.state == RetryState.SUSPENDED.value
    query = (
        sa.select(t.c.code, t.c.system, t.c.prospect_id)
        .where(is_suspended)
        .order_by(t.c.code, t.c.prospect_id, t.c.system)
    )
    found: dict[str, tuple[set[str], set[str]]] = {}
    for code, system, prospect_id in connection.execute(query):
        people, systems = found.setdefault(code or "unknown", (set(), set()))
        people.add(prospect_id)
        systems.add(system)
    return [
        Suspended(code, len(people), tuple(sorted(systems)), tuple(sorted(people)[:_EXAMPLES]))
        for code, (people, systems) in sorted(found.items())
    ]


def _latest_done(connection: sa.Connection, kind: str) -> dict[object, datetime]:
    """When the latest batch of each lineage that came to its end was opened."""
    t = sync_batches
    query = (
        sa.select(t)
        .where(t.c.kind == kind, t.c.state == BatchState.DONE.value)
        .order_by(t.c.opened_at.desc())
        .limit(_LATEST)
    )
    latest: dict[object, datetime] = {}
    for row in connection.execute(query):
        latest.setdefault(lineage_of(read_batch(row).scope), row.opened_at)
    return latest
