"""Step 6 of the activities: account for every row, then close the batch.

What lives here: the sum, the cursor's move, and what goes to a following batch. What does not: how
a row got its disposition.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.batches import ActivitiesScope, BatchKind, Lineage
from pardot_odoo_pipeline.call_times import answer_metadata
from pardot_odoo_pipeline.ledger.store import activities as store
from pardot_odoo_pipeline.ledger.store import activity_visitors, batches, cursors
from pardot_odoo_pipeline.mapping.activity_table import ActivityDisposition
from pardot_odoo_pipeline.opening import AFTER_PEOPLE
from pardot_odoo_pipeline.schemas.activities_plan import ActivityOutcome
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.activities.extract import BEGUN_CURSOR, Extracted
from pardot_odoo_pipeline.steps.activities.load import LoadedActivities
from pardot_odoo_pipeline.steps.activities.normalize import ValidatedActivities
from pardot_odoo_pipeline.steps.activities.plan import PlannedActivities
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.pushed_sides import open_side_again
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["conclude_activities"]


def conclude_activities(
    batch: RunningBatch,
    raw: Extracted,
    validated: ValidatedActivities,
    normalized: pd.DataFrame,
    planned: PlannedActivities,
    loaded: LoadedActivities,
) -> StepResult:
    """Count dispositions; where they account for every row, move the cursor and finish."""
    counts: Counter[str] = Counter(
        loaded.changed.get(one.activity_id, one.disposition).value for one in planned.plan.decisions
    )
    quarantined = sum(validated.quarantined.values())
    if quarantined:
        counts[ActivityDisposition.QUARANTINED.value] += quarantined
    read, total = len(raw.frame), sum(counts.values())
    ports = batch.ports
    now = ports.clock.now()
    outcome: dict[str, Any] = {
        "read": read,
        "dispositions": dict(sorted(counts.items())),
        "quarantined": validated.quarantined,
        "findings": {},
        "contacts_created": 0,
        "contacts_updated": 0,
        "entries": loaded.metadata["entries"],
        "lost": len(raw.lost),
        **batch.figures(now),
    }
    if total == read:
        _close(batch, raw, normalized, outcome, read)
    frame = pd.DataFrame(
        {
            "disposition": pd.array(list(counts), dtype="string"),
            "activities": pd.array(list(counts.values()), dtype="Int64"),
        }
    )
    return StepResult(
        "activity_outcome",
        checked(ActivityOutcome, frame),
        {
            "activities_read": read,
            **{word.value: counts.get(word.value, 0) for word in ActivityDisposition},
            "pardot_calls": outcome["pardot_calls"],
            "odoo_calls": outcome["odoo_calls"],
            "batch_seconds": outcome["seconds"],
            **answer_metadata(outcome["answers"]),
        },
        (
            CheckResult(
                "activities_equal_dispositions",
                total == read,
                metadata={"read": read, "dispositions": total},
            ),
        ),
    )


def _close(
    batch: RunningBatch,
    raw: Extracted,
    normalized: pd.DataFrame,
    outcome: dict[str, Any],
    read: int,
) -> None:
    assert isinstance(batch.scope, ActivitiesScope)
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        begun = cursors.position(connection, BEGUN_CURSOR)
        if begun is None:
            first = cursors.Position(batch.scope.until)
            cursors.advance(connection, BEGUN_CURSOR, expected=None, to=first, now=now)
        # In the first reading everybody is seen for the first time, and their past is part of it.
        later = begun is not None and batch.scope.until > begun.time
        activity_visitors.note(connection, _visitors(normalized), look_up=later, now=now)
        activity_visitors.settle(connection, raw.visitors)
        store.forget(connection, raw.lost)
        for name, (expected, to) in batch.cursors.items():
            cursors.advance(
                connection, name, expected=expected, to=to, now=now, batch_key=batch.key
            )
        rest = [raw.rest] if raw.rest is not None else []
        following = [
            batches.NewBatch(scope, priority=AFTER_PEOPLE, follows=batch.key) for scope in rest
        ]
        batches.open_batches(connection, BatchKind.BULK, following, now=now)
        batches.finish(connection, batch.row, now=now, outcome=outcome, people=read)
        open_side_again(connection, batch, Lineage.ACTIVITIES, batch.scope.until, now)


def _visitors(normalized: pd.DataFrame) -> dict[str, str]:
    """Visitors who did something under a name, with it."""
    return {
        row["visitor_id"]: row["prospect_id"]
        for row in rows(normalized)
        if row["is_new"] and row["visitor_id"] is not None and row["prospect_id"] is not None
    }
