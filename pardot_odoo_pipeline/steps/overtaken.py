"""People whom another batch was at while this one was reading.

What lives here: leaving them to a later batch. What does not: readings that are older by the
systems' own versions (`steps.plan`, `steps.deciding`).

The ledger remembers what another batch just wrote, the reading may be from before. Compared with
each other they look as if somebody had put the old value back. Versions tell that where they are
known; what Pardot wrote without telling its time they do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.plan_rows import plan_row

__all__ = ["OVERTAKEN", "without_overtaken"]

OVERTAKEN = "claimed_elsewhere"
_WRITTEN = ("lead_values", "partner_values", "pardot_values", "lists", "block")


def without_overtaken(batch: RunningBatch, plan: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The plan with everybody deferred whom another batch was at since this one began to read."""
    writes = [row["prospect_id"] for row in plan if _writes(row)]
    if batch.dry_run or not writes:
        return list(plan)
    with batch.ports.ledger.read() as connection:
        touched = links.touched(
            connection,
            writes,
            since=batch.read_at,
            until=batch.ports.clock.now(),
            other_than=batch.key,
        )
    batch.overtaken = {who: row for row in plan if (who := row["prospect_id"]) in touched}
    return [
        plan_row(row["prospect_id"], Disposition.DEFERRED, reason=OVERTAKEN, leader=row["leader"])
        if row["prospect_id"] in touched
        else row
        for row in plan
    ]


def _writes(row: Mapping[str, Any]) -> bool:
    return any(row[name] is not None for name in _WRITTEN)
