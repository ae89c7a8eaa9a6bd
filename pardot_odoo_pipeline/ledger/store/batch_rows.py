"""A batch as the ledger knows it: the row as a value, and the token that holds it.

What lives here: reading the row. What does not: changing it (``batches.py``, ``takeover.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import (
    BatchKey,
    BatchState,
    Lineage,
    Scope,
    scope_from_json,
)
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.tables import sync_batches as t

__all__ = ["Batch", "NewBatch", "RunRequest", "held_by", "read_batch", "taken_over"]


@dataclass(frozen=True)
class NewBatch:
    """What to open. ``people`` is the number expected, where the scope tells it."""

    scope: Scope
    people: int | None = None
    priority: int = 0
    follows: str | None = None
    waiver_id: str | None = None


@dataclass(frozen=True)
class Batch:
    """A batch as the ledger knows it."""

    key: BatchKey
    state: BatchState
    scope: Scope
    attempt: int
    faults: int
    priority: int
    people: int | None
    follows: str | None
    waiver_id: str | None
    requested_at: datetime | None
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None
    rests_until: datetime | None
    worker_id: str | None
    dagster_run_id: str | None
    outcome: dict[str, Any] | None


@dataclass(frozen=True)
class RunRequest:
    """The right to launch one run of a batch, given to one asker."""

    key: BatchKey
    attempt: int
    lineage: Lineage = Lineage.PEOPLE
    priority: int = 0

    @property
    def run_key(self) -> str:
        """Dagster never launches a run key twice, so each attempt has its own."""
        return f"{self.key}:{self.attempt}"


def held_by(batch: Batch) -> sa.ColumnElement[bool]:
    """The row of a running batch, if its worker still holds this attempt."""
    return sa.and_(
        t.c.key == str(batch.key),
        t.c.state == BatchState.RUNNING,
        t.c.worker_id == batch.worker_id,
        t.c.attempt == batch.attempt,
    )


def taken_over(batch: Batch) -> PipelineError:
    """What a worker is told that holds its batch no more."""
    return PipelineError(
        f"Batch {batch.key} was taken from this worker in attempt {batch.attempt}",
        fix="Nothing to do: another worker has it, and this one stops without writing more",
        code="batch_taken_over",
    )


def read_batch(row: sa.Row[Any]) -> Batch:
    """A whole row of the table as a value."""
    values = row._asdict()
    key = BatchKey.parse(values.pop("key"))
    state, scope = BatchState(values.pop("state")), scope_from_json(values.pop("scope"))
    del values["kind"], values["opened_at"]
    return Batch(key=key, state=state, scope=scope, **values)
