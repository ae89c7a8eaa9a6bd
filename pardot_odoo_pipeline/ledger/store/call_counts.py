"""Calls of both systems by day and outcome, in the table ``call_counts``.

What lives here: adding up, reading, and dropping old days. What does not: the calls themselves
(`operations.audit`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.audit_tables import call_counts as t
from pardot_odoo_pipeline.ledger.store.sql import insert_into

__all__ = ["CallCount", "add", "of_day", "prune"]


@dataclass(frozen=True, slots=True)
class CallCount:
    """Calls of one day, system and outcome, added up.

    Attributes:
        calls: How many.
        seconds: How long they took in all.
        sent: Bytes of requests.
        received: Bytes of answers.
    """

    calls: int = 0
    seconds: float = 0.0
    sent: int = 0
    received: int = 0


def add(
    connection: sa.Connection,
    counted: Mapping[tuple[str, str, str], CallCount],
    *,
    now: datetime,
) -> None:
    """Add calls to their days.

    Args:
        connection: An open write transaction.
        counted: Day, system and outcome to what was counted.
        now: The present moment.
    """
    for (day, system, outcome), count in sorted(counted.items()):
        insert = insert_into(connection, t).values(
            day=day,
            system=system,
            outcome=outcome,
            calls=count.calls,
            seconds=count.seconds,
            sent=count.sent,
            received=count.received,
            counted_at=now,
        )
        added = {
            name: t.c[name] + insert.excluded[name]
            for name in ("calls", "seconds", "sent", "received")
        }
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=[t.c.day, t.c.system, t.c.outcome],
                set_={**added, "counted_at": insert.excluded.counted_at},
            )
        )


def of_day(connection: sa.Connection, day: date) -> dict[tuple[str, str], CallCount]:
    """What was counted on one day, UTC, by system and outcome."""
    found = connection.execute(
        sa.select(t.c.system, t.c.outcome, t.c.calls, t.c.seconds, t.c.sent, t.c.received)
        .where(t.c.day == day.isoformat())
        .order_by(t.c.system, t.c.outcome)
    )
    return {(row.system, row.outcome): CallCount(*row[2:]) for row in found}


def prune(connection: sa.Connection, before: date) -> int:
    """Drop the days before this one; returns how many rows that were."""
    return connection.execute(sa.delete(t).where(t.c.day < before.isoformat())).rowcount
