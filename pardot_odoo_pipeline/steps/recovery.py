"""What a killed attempt of the same batch left behind.

What lives here: closing its operations, now that their outcome is known, and counting its work as
the batch's. What does not: finding out, which the plan did by reading Odoo anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pardot_odoo_pipeline.ledger.store import operations
from pardot_odoo_pipeline.ledger.store.operations import OperationResult, OperationState
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.odoo.loader import RecordStatus
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.outcomes import result_row

__all__ = ["close", "credit_earlier_attempts", "found_again"]

_CREDITED = {
    "create": (Disposition.CREATED, RecordStatus.CREATED),
    "update": (Disposition.UPDATED, RecordStatus.WRITTEN),
}

# What is told to Pardot, or of consent, may be left: the records themselves are as they should be.
_NOTHING_LEFT = {Disposition.UNCHANGED.value, Disposition.UPDATED.value}


def credit_earlier_attempts(
    batch: RunningBatch, entries: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """People whom a killed attempt of this batch wrote: this one finds them unchanged.

    The batch as a whole created or updated them, and its account should say so. A replay of a
    finished batch is another matter: its account was closed.
    """
    if batch.attempt == 1 or "dispositions" in (batch.row.outcome or {}):
        return []
    with batch.ports.ledger.read() as connection:
        earlier = operations.of_batch(connection, batch.key)
    credited: dict[str, dict[str, Any]] = {}
    for operation in earlier:
        row = entries.get(operation.prospect_id)
        if (
            row is None
            or operation.kind not in _CREDITED
            or operation.state is OperationState.FAILED
            or row["disposition"] not in _NOTHING_LEFT
            or row["lead_values"] is not None
            or row["partner_values"] is not None
            or operation.prospect_id in credited
        ):
            continue
        disposition, usual = _CREDITED[operation.kind]
        told = operation.outcome or {}
        if operation.kind == "update" and told.get("disposition") == Disposition.UNCHANGED.value:
            continue
        contact = told.get("contact", usual.value)
        batch.contacts_created += contact == RecordStatus.CREATED.value
        batch.contacts_updated += contact == RecordStatus.WRITTEN.value
        credited[operation.prospect_id] = {
            **result_row(operation.prospect_id, disposition),
            "lead_id": row["lead_id"],
            "lead_status": RecordStatus.EXISTS.value,
            "partner_id": row["partner_id"],
            "partner_status": RecordStatus.EXISTS.value,
        }
    return list(credited.values())


def found_again(batch: RunningBatch) -> dict[str, list[OperationResult]]:
    """Operations of earlier attempts whose outcome this attempt now knows: it looked."""
    with batch.ports.ledger.read() as connection:
        open_ones = operations.unresolved(connection, batch.key)
    found: dict[str, list[OperationResult]] = {}
    for operation in open_ones:
        if operation.attempt < batch.attempt:
            found.setdefault(operation.prospect_id, []).append(
                OperationResult(operation.id, OperationState.DONE, {"found_in": batch.attempt})
            )
    return found


def close(batch: RunningBatch, left: Mapping[str, Iterable[OperationResult]]) -> None:
    """Earlier attempts' operations on people whom this attempt wrote itself."""
    with batch.ports.ledger.write() as connection:
        operations.finish(
            connection,
            [result for results in left.values() for result in results],
            now=batch.ports.clock.now(),
        )
