"""The intent log: every write is here before its call leaves.

What lives here: the states of an operation and their changes. What does not: deciding what an
unknown outcome turned out to be (the load looks it up and records it here).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into
from pardot_odoo_pipeline.ledger.tables import operations as t

__all__ = [
    "Intent",
    "Operation",
    "OperationResult",
    "OperationState",
    "committed",
    "counts",
    "finish",
    "in_doubt",
    "intend",
    "of_batch",
    "sent",
    "unresolved",
]


class OperationState(StrEnum):
    """``in_doubt``: the call left and no answer came; the server may still commit it."""

    INTENDED = "intended"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that is about to be made for one person.

    Attributes:
        prospect_id: For whom.
        kind: What, for example ``create`` or ``update``.
        external_ids: The names under which created records will be found again.
        payload_hash: What was meant, so that a repetition can be told from another write.
        call_id: The writes of one call share it.
        field_hashes: Cell to the keyed hash of the value sent.
    """

    prospect_id: str
    kind: str
    external_ids: tuple[str, ...] = ()
    payload_hash: str | None = None
    call_id: str | None = None
    field_hashes: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class OperationResult:
    """How an operation ended. ``outcome`` holds ids, statuses and codes, no person's values."""

    operation_id: int
    state: OperationState
    outcome: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the ledger knows it."""

    id: int
    batch_key: str
    attempt: int
    system: str
    prospect_id: str
    kind: str
    call_id: str | None
    external_ids: tuple[str, ...]
    payload_hash: str | None
    state: OperationState
    sent_at: datetime | None
    in_doubt_until: datetime | None
    finished_at: datetime | None
    outcome: dict[str, Any] | None
    field_hashes: dict[str, str] | None = None


_COLUMNS = [t.c[name] for name in Operation.__dataclass_fields__]


def intend(
    connection: sa.Connection,
    intents: Sequence[Intent],
    *,
    batch_key: str,
    attempt: int,
    system: str,
    now: datetime,
) -> list[Operation]:
    """Record intents, and return the operations to carry out, in the same order.

    An intent that this attempt has recorded before comes back as it stands: one in state ``done``
    must not be sent again, its ``outcome`` is the answer.
    """
    rows = [
        {
            "batch_key": batch_key,
            "attempt": attempt,
            "system": system,
            "prospect_id": intent.prospect_id,
            "kind": intent.kind,
            "call_id": intent.call_id,
            "external_ids": list(intent.external_ids),
            "payload_hash": intent.payload_hash,
            "field_hashes": intent.field_hashes,
            "state": OperationState.INTENDED.value,
            "intended_at": now,
        }
        for intent in intents
    ]
    if not rows:
        return []
    connection.execute(insert_into(connection, t).on_conflict_do_nothing(), rows)
    scope = [t.c.batch_key == batch_key, t.c.attempt == attempt, t.c.system == system]
    found: dict[tuple[str, str], Operation] = {}
    for chunk in chunks(intent.prospect_id for intent in intents):
        query = sa.select(*_COLUMNS).where(*scope, t.c.prospect_id.in_(chunk))
        for row in connection.execute(query):
            operation = _operation(row)
            found[operation.prospect_id, operation.kind] = operation
    return [found[intent.prospect_id, intent.kind] for intent in intents]


def sent(
    connection: sa.Connection,
    operation_ids: Iterable[int],
    *,
    now: datetime,
    in_doubt_until: datetime,
) -> None:
    """The call leaves now. Until ``in_doubt_until`` the server may commit it, answer or not."""
    for chunk in chunks(operation_ids):
        connection.execute(
            sa.update(t)
            .where(
                t.c.id.in_(chunk),
                t.c.state.in_((OperationState.INTENDED, OperationState.IN_DOUBT)),
            )
            .values(state=OperationState.SENT, sent_at=now, in_doubt_until=in_doubt_until)
        )


def in_doubt(connection: sa.Connection, operation_ids: Iterable[int]) -> None:
    """No answer came for these."""
    for chunk in chunks(operation_ids):
        connection.execute(
            sa.update(t)
            .where(t.c.id.in_(chunk), t.c.state == OperationState.SENT)
            .values(state=OperationState.IN_DOUBT)
        )


def finish(connection: sa.Connection, results: Sequence[OperationResult], *, now: datetime) -> None:
    """Record how operations ended. What ended before stays as it was recorded first."""
    rows = [
        {
            "operation": result.operation_id,
            "new_state": result.state.value,
            "new_outcome": result.outcome,
        }
        for result in sorted(results, key=lambda result: result.operation_id)
    ]
    if rows:
        connection.execute(
            sa.update(t)
            .where(
                t.c.id == sa.bindparam("operation"),
                t.c.state != OperationState.DONE,
                t.c.state != OperationState.FAILED,
            )
            .values(
                state=sa.bindparam("new_state"),
                outcome=sa.bindparam("new_outcome", type_=t.c.outcome.type),
                finished_at=now,
            ),
            rows,
        )


def unresolved(connection: sa.Connection, batch_key: str | None = None) -> list[Operation]:
    """The operations whose call left and whose outcome is unknown, in every attempt.

    ``sent`` counts: the process that sent them may be dead. Look them up only after their
    ``in_doubt_until``; right after a time-out a look-up finds nothing although the server commits.
    """
    query = sa.select(*_COLUMNS).where(
        t.c.state.in_((OperationState.SENT, OperationState.IN_DOUBT))
    )
    if batch_key is not None:
        query = query.where(t.c.batch_key == batch_key)
    return [_operation(row) for row in connection.execute(query.order_by(t.c.id))]


def of_batch(connection: sa.Connection, batch_key: str) -> list[Operation]:
    """Everything that was ever intended for a batch."""
    query = sa.select(*_COLUMNS).where(t.c.batch_key == batch_key).order_by(t.c.id)
    return [_operation(row) for row in connection.execute(query)]


def committed(connection: sa.Connection, batch_key: str) -> dict[tuple[str, str], datetime]:
    """When the writes of a batch were done, by (system, prospect id); the last of each."""
    query = (
        sa.select(t.c.system, t.c.prospect_id, sa.func.max(t.c.finished_at))
        .where(t.c.batch_key == batch_key, t.c.state == OperationState.DONE)
        .group_by(t.c.system, t.c.prospect_id)
    )
    return {(system, who): at for system, who, at in connection.execute(query) if at is not None}


def counts(connection: sa.Connection, batch_key: str) -> dict[tuple[str, str, str], int]:
    """How many people have operations of a batch, by (system, kind, state), over all attempts."""
    rows = connection.execute(
        sa.select(t.c.system, t.c.kind, t.c.state, sa.func.count(t.c.prospect_id.distinct()))
        .where(t.c.batch_key == batch_key)
        .group_by(t.c.system, t.c.kind, t.c.state)
    )
    return {(system, kind, state): number for system, kind, state, number in rows}


def _operation(row: Any) -> Operation:
    values = row._asdict()
    values["external_ids"] = tuple(values["external_ids"])
    values["state"] = OperationState(values["state"])
    return Operation(**values)
