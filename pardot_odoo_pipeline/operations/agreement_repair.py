"""Mending what a comparison found: normal batches of the people concerned.

What lives here: opening them, and the yes to more deletions than `safety.vanished` allows. What
does not: any write; those batches read, plan and are braked as all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, IdsScope
from pardot_odoo_pipeline.ledger.store import batches, holds
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.operations.agreement import Comparison
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.brakes import VANISHED

__all__ = ["Repairs", "open_repairs"]


@dataclass(frozen=True)
class Repairs:
    """What was opened.

    Attributes:
        keys: The batches.
        people: Whom they are about.
        unconfirmed: People whose deletion a person has to confirm first; they are in no batch.
    """

    keys: Sequence[BatchKey]
    people: Sequence[str]
    unconfirmed: Sequence[str]


def open_repairs(ports: Ports, found: Comparison, *, yes: bool = False) -> Repairs:
    """Open batches for everybody whom a batch would mend; whoever launches batches runs them.

    Deletions have batches of their own: where one of those is stopped, nobody else is.

    Args:
        ports: What may be touched.
        found: The comparison.
        yes: A person confirms the deletions, however many they are. It holds for these people and
            for that brake alone.
    """
    rules, now = ports.rules, ports.clock.now()
    many = found.too_many_missing(rules)
    deleted = [who for who in found.missing if yes or who not in many]
    others = [who for who in found.to_mend if who not in set(found.missing)]
    with ports.ledger.write() as connection:
        keys = _open(connection, others, rules.batch_size, now)
        plain = [who for who in deleted if who not in many]
        keys += _open(connection, plain, rules.batch_size, now)
        confirmed = [who for who in deleted if who in many]
        if confirmed:
            keys += _confirm(connection, confirmed, ports.outside.new_id(), rules.batch_size, now)
    return Repairs(keys, [*others, *deleted], [] if yes else sorted(many, key=int))


def _open(
    connection: sa.Connection,
    people: Sequence[str],
    size: int,
    now: datetime,
    waiver_id: str | None = None,
) -> list[BatchKey]:
    scopes = [IdsScope(tuple(some)) for some in chunks(people, size)]
    new = [NewBatch(scope, len(scope.prospect_ids), waiver_id=waiver_id) for scope in scopes]
    return batches.open_batches(connection, BatchKind.MANUAL, new, now=now)


def _confirm(
    connection: sa.Connection, people: Sequence[str], waiver_id: str, size: int, now: datetime
) -> list[BatchKey]:
    """Batches with a waiver. What was waived stays in the ledger, as a hold that was released."""
    keys = _open(connection, people, size, now, waiver_id)
    first = str(keys[0])
    detail = {"asked": len(people), "confirmed": True}
    hold = holds.hold(
        connection, VANISHED, people, detail=detail, batch_key=first, waiver_id=waiver_id, now=now
    )
    assert hold is not None, "no hold of that rule stays open"
    holds.release(connection, hold.id, batch_key=first, now=now)
    return keys
