"""How the sync is, in figures: one look at the ledger.

What lives here: the figures that `sync_health` shows and plots. What does not: judging them
(`unusual`), and what a single batch did, which is its own outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store import (
    circuits,
    figures,
    incidents,
    links,
    notices,
    quota,
    retries,
    review,
)
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.store.retries import RetryState
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations.budget import Lane, account_day, ceiling_of, limit_of, room

__all__ = ["figures_of", "quota_left"]


def figures_of(
    connection: sa.Connection, rules: Rules, *, now: datetime
) -> Mapping[str, int | float]:
    """Counts as whole numbers, ages and shares as floats; what is not known is missing."""
    waits = figures.waiting(connection, now=now)
    owed = retries.count(connection)
    linked = links.count(connection).get(LinkState.ACTIVE, 0)
    quarantined = sum(review.count_quarantine(connection).values())
    people = linked + quarantined
    found: dict[str, int | float] = {
        "links": linked,
        "quarantined": quarantined,
        "quarantine_share": round(quarantined / people, 4) if people else 0.0,
        "queued_batches": waits.batches,
        "queued_events": waits.events,
        "due_retries": waits.retries,
        "oldest_waiting_minutes": _minutes(waits.since, now),
        "retries": owed.get(RetryState.WAITING, 0),
        "suspended": owed.get(RetryState.SUSPENDED, 0),
        "open_incidents": len(incidents.open_incidents(connection)),
        "waiting_notices": sum(queue.waiting for queue in notices.queues(connection)),
        "systems_left_alone": len(circuits.standing(connection)),
    }
    last = figures.last_done(connection)
    if last is not None:
        found["last_batch_minutes"] = _minutes(last, now)
    left = quota_left(connection, rules, now=now)
    if left is not None:
        found["quota_left_share"] = left
    return found


def quota_left(connection: sa.Connection, rules: Rules, *, now: datetime) -> float | None:
    """Of the calls that interval batches may make today, the share that is left.

    That is what stops the sync: other lanes stop sooner or are small. None before the first call.
    """
    day = account_day(now, rules.account_time_zone)
    usage = quota.usage(connection, "pardot", day.name)
    if not usage.spent:
        return None
    ceiling, limit = (
        ceiling_of(Lane.INTERVAL, rules.quota),
        limit_of(rules.quota, usage.reported_limit),
    )
    whole = room(ceiling, limit=limit, spent=0, others=0)
    left = room(ceiling, limit=limit, spent=usage.spent, others=usage.others)
    return round(max(left, 0) / whole, 4) if whole else None


def _minutes(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else round(max((now - since).total_seconds(), 0.0) / 60, 2)
