"""How many people were changed in the last day, by what happened to them.

What lives here: adding up what batches noted, and noting it. What does not: what counts, and what
follows from it (`steps.brakes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store.batch_rows import Batch, held_by, taken_over
from pardot_odoo_pipeline.ledger.tables import sync_batches as t

__all__ = ["changes_since", "note_changes"]

_LONGEST = timedelta(days=7)
"""A batch that is older than this is not at work any more."""


def changes_since(
    connection: sa.Connection, since: datetime, *, without: str, now: datetime
) -> Counter[str]:
    """How many people batches changed since then, by the brake that counts them.

    Args:
        connection: Any.
        since: Batches that were at work after this moment count.
        without: A batch that does not count: the one that asks.
        now: The present moment.
    """
    query = sa.select(t.c.outcome).where(
        t.c.opened_at >= since - _LONGEST,
        t.c.opened_at <= now,
        t.c.started_at.is_not(None),
        sa.func.coalesce(t.c.finished_at, t.c.heartbeat_at, t.c.started_at) >= since,
        t.c.key != without,
    )
    total: Counter[str] = Counter()
    for (outcome,) in connection.execute(query):
        total.update((outcome or {}).get("changes") or {})
    return total


def note_changes(
    connection: sa.Connection, batch: Batch, changes: Mapping[str, int]
) -> dict[str, int]:
    """Count what a batch is about to change, so that others see it.

    Returns:
        The people by brake, or those of an earlier attempt where they were more.
    """
    outcome = dict(batch.outcome or {})
    earlier: Mapping[str, int] = outcome.get("changes") or {}
    most = {rule: max(changes.get(rule, 0), earlier.get(rule, 0)) for rule in {*changes, *earlier}}
    noted = connection.execute(
        sa.update(t).where(held_by(batch)).values(outcome={**outcome, "changes": most})
    )
    if noted.rowcount != 1:
        raise taken_over(batch)
    return most
