"""Mending what a comparison found: normal batches of the people concerned.

What lives here: opening them. What does not: any write; those batches read, plan and are braked as
all others.
"""

from __future__ import annotations

from datetime import datetime

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, IdsScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.operations.agreement import Comparison

__all__ = ["open_repairs"]


def open_repairs(
    ledger: Ledger, found: Comparison, now: datetime, *, batch_size: int
) -> list[BatchKey]:
    """Open batches for everybody whom a batch would mend; whoever launches batches runs them."""
    scopes = [IdsScope(tuple(some)) for some in chunks(found.to_mend, batch_size)]
    if not scopes:
        return []
    new = [NewBatch(scope, len(scope.prospect_ids)) for scope in scopes]
    with ledger.write() as connection:
        return batches.open_batches(connection, BatchKind.MANUAL, new, now=now)
