"""Step 2: what the memberships say, written into the ledger.

What lives here: setting unusable and superseded rows apart, and storing the rest. What does not:
what follows from it (`steps.memberships.plan`).

A membership of somebody who has no record in Odoo yet is stored like any other: it shows as soon as
there is one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.ledger.store import batches, memberships
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.memberships import Membership, latest
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.memberships_validated import MembershipsValidated
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.memberships.reading import MembershipsRead
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["validate_memberships"]

_NEEDED = ("membership_id", "list_id", "prospect_id", "updated_at")


def validate_memberships(batch: RunningBatch, read: MembershipsRead) -> StepResult:
    """Store lists and memberships; one row for each row read."""
    readings = [_membership(row) for row in rows(read.frame)]
    holding = latest(one for one in readings if one is not None)
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        batches.heartbeat(connection, batch.row, now=now)
        memberships.store_lists(connection, list(read.lists.values()), batch_key=batch.key, now=now)
        stale = memberships.store_memberships(
            connection, list(holding.values()), batch_key=batch.key, now=now
        )
    told = [
        _row(raw, one, one is not None and (holding[one.pair] is not one or one.pair in stale))
        for raw, one in zip(rows(read.frame), readings, strict=True)
    ]
    frame = checked(MembershipsValidated, _frame(told))
    by_disposition = frame["disposition"].value_counts()
    quarantined = int(by_disposition.get(Disposition.QUARANTINED.value, 0))
    superseded = int(by_disposition.get(Disposition.STALE.value, 0))
    said = int(frame["disposition"].isna().sum())
    return StepResult(
        "memberships_validated",
        frame,
        {"valid": said, "stale": superseded, "quarantined": quarantined},
        (
            CheckResult(
                "rows_add_up",
                said + superseded + quarantined == len(read.frame),
                metadata={"read": len(read.frame), "accounted": len(frame)},
            ),
        ),
    )


def _membership(row: dict[str, Any]) -> Membership | None:
    """The membership; None where it does not say whose, of what, or when."""
    if any(row[name] is None for name in _NEEDED):
        return None
    try:
        version = datetime.fromisoformat(row["updated_at"])
    except ValueError:
        return None
    if version.tzinfo is None:
        return None
    return Membership(
        row["prospect_id"],
        int(row["list_id"]),
        int(row["membership_id"]),
        is_member=not row["is_deleted"],
        opted_out=bool(row["opted_out"]),
        version=version.astimezone(UTC),
    )


def _row(raw: dict[str, Any], one: Membership | None, is_stale: bool) -> dict[str, Any]:
    disposition = Disposition.STALE.value if is_stale else None
    return {
        "membership_id": raw["membership_id"],
        "list_id": raw["list_id"],
        "prospect_id": raw["prospect_id"],
        "gives_tag": None if one is None else one.gives_tag,
        "disposition": Disposition.QUARANTINED.value if one is None else disposition,
    }


def _frame(told: list[dict[str, Any]]) -> pd.DataFrame:
    kinds = {
        "membership_id": "Int64",
        "list_id": "Int64",
        "prospect_id": "string",
        "gives_tag": "boolean",
        "disposition": "string",
    }
    return pd.DataFrame(
        {
            name: pd.array([row[name] for row in told], dtype=kind)  # type: ignore[call-overload]
            for name, kind in kinds.items()
        }
    )
