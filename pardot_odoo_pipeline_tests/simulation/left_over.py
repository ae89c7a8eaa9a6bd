"""What must not be left in the ledger once it is quiet.

What lives here: batches that account for every row, events that are closed, nothing held or in
doubt, no retry spent by a system's fault. What does not: agreement of the two systems (`verdict`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import UNFINISHED_STATES, BatchState
from pardot_odoo_pipeline.ledger.circuit_tables import circuits
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.quota_tables import call_slots
from pardot_odoo_pipeline.ledger.tables import identity_claims, retries, sync_batches
from pardot_odoo_pipeline.pushed_events import EventState

if TYPE_CHECKING:
    from pardot_odoo_pipeline_tests.simulation.world import World

__all__ = ["left_over"]

_OF_RECORDS = ("odoo_", "pardot_", "bad_", "value", "validation", "missing", "user", "access")


def left_over(site: World) -> Iterator[str]:
    """Everything that should be gone, or that does not add up."""
    with site.site.ledger.read() as connection:
        yield from _batches(connection)
        yield from _events(connection)
        held = sa.select(identity_claims).where(identity_claims.c.expires_at > site.now)
        for row in connection.execute(held):
            yield f"{row.kind} {row.value[:12]} is still claimed by {row.batch_key}"
        places = sa.select(call_slots).where(call_slots.c.expires_at > site.now)
        for row in connection.execute(places):
            yield f"a place of Pardot's is still taken by {row.holder}"
        for row in connection.execute(sa.select(circuits).where(circuits.c.state != "closed")):
            yield f"{row.system} is still left alone: {row.reason}"
        for row in connection.execute(sa.select(retries).where(retries.c.failures > 0)):
            if not str(row.code).startswith(_OF_RECORDS):
                yield f"{row.prospect_id} spent {row.failures} attempts on {row.code}"


def _batches(connection: sa.Connection) -> Iterator[str]:
    for row in connection.execute(sa.select(sync_batches)):
        if row.state in {state.value for state in UNFINISHED_STATES}:
            yield f"{row.key} is {row.state}"
        counted = (row.outcome or {}).get("dispositions")
        if row.state == BatchState.DONE.value and counted is not None:
            read = row.outcome["read"]
            if sum(counted.values()) != read:
                yield f"{row.key} read {read} rows and accounts for {counted}"


def _events(connection: sa.Connection) -> Iterator[str]:
    for row in connection.execute(sa.select(inbox_events)):
        if row.state != EventState.CLOSED.value:
            yield f"event {row.event_id} is {row.state} in {row.batch_key}"
