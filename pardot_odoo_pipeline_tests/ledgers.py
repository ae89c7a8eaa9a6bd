"""What tests of the ledger's users share: a home with an empty ledger, and batches in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, IdsScope, Scope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.batches import NewBatch

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


def outcome(**dispositions: int) -> dict[str, Any]:
    """The account of a batch as its last step writes it."""
    return {
        "read": sum(dispositions.values()),
        "dispositions": dispositions,
        "quarantined": {},
        "findings": {},
        "contacts_created": 0,
        "contacts_updated": 0,
        "pardot_calls": 1,
        "odoo_calls": 2,
        "seconds": 0.1,
    }


def opened(
    ledger: Ledger,
    *,
    kind: BatchKind = BatchKind.MANUAL,
    scope: Scope | None = None,
    people: int | None = 1,
    at: datetime = NOW,
) -> BatchKey:
    """A batch that nobody asked a run for."""
    new = NewBatch(scope or IdsScope(("1",)), people)
    with ledger.write() as connection:
        return batches.open_batches(connection, kind, [new], now=at)[0]


def begun(ledger: Ledger, key: BatchKey, worker: str, *, at: datetime = NOW) -> batches.Batch:
    """The same in the hands of a worker."""
    with ledger.write() as connection:
        batches.request_run(connection, key, now=at)
        return batches.start(connection, key, worker, now=at)


def done(ledger: Ledger, key: BatchKey, *, at: datetime = NOW, **dispositions: int) -> None:
    """The same, finished."""
    batch = begun(ledger, key, "elsewhere:1:x", at=at)
    document = outcome(**dispositions)
    with ledger.write() as connection:
        batches.finish(connection, batch, now=at, outcome=document, people=document["read"])


def state(ledger: Ledger, key: BatchKey) -> str:
    """Where a batch stands."""
    with ledger.read() as connection:
        return batches.get(connection, key).state.value
