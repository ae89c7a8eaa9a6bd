"""Steps 2 and 3 of the activities: which can be placed, and what each of them is.

What lives here: the counting around the split, and names for those that will be shown. What does
not: the rules for a row (``schemas``) and the conversion (``mapping/activity_values.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
from pandera.errors import SchemaErrors

from pardot_odoo_pipeline.ledger.store import activities as store
from pardot_odoo_pipeline.mapping.activity_table import Show
from pardot_odoo_pipeline.mapping.activity_values import asset_of, canonical_activity
from pardot_odoo_pipeline.schemas.activities_normalized import ActivitiesNormalized
from pardot_odoo_pipeline.schemas.activities_validated import split_activities
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.activities.names import AssetNames
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["ValidatedActivities", "normalize_activities", "validate_activities"]


@dataclass(frozen=True)
class ValidatedActivities(StepResult):
    """The valid rows, and how many were not."""

    quarantined: dict[str, int] = field(default_factory=dict)


def validate_activities(raw: pd.DataFrame) -> ValidatedActivities:
    """Split the rows by the pandera schema."""
    valid, reasons = split_activities(raw)
    quarantined = sum(reasons.values())
    return ValidatedActivities(
        "activities_validated",
        valid,
        {
            "valid": len(valid),
            "quarantined": quarantined,
            **{f"quarantined_{reason}": count for reason, count in reasons.items()},
        },
        (
            CheckResult(
                "rows_add_up",
                len(valid) + quarantined == len(raw),
                metadata={"read": len(raw), "valid": len(valid), "quarantined": quarantined},
            ),
        ),
        reasons,
    )


def normalize_activities(batch: RunningBatch, validated: pd.DataFrame) -> StepResult:
    """Name kind, asset and day of every row."""
    rules = batch.ports.rules
    given = list(rows(validated))
    names = AssetNames(batch.ports.pardot)
    names.look_up(_unnamed(batch, given))
    canonical = [
        canonical_activity(row, rules.account_time_zone, label=names.label, url=names.url)
        for row in given
    ]
    columns = ActivitiesNormalized.to_schema().columns
    frame = pd.DataFrame(
        {
            name: pd.array(
                [row[name] for row in canonical],
                dtype="boolean" if name == "is_new" else "string",
            )
            for name in columns
        }
    )
    broken: dict[str, int] = {}
    try:
        frame = checked(ActivitiesNormalized, frame, lazy=True)
    except SchemaErrors as error:
        failed = error.failure_cases["column"].fillna("frame")
        broken = {f"broken_{name}": int(count) for name, count in failed.value_counts().items()}
    kinds = frame["kind"].value_counts()
    return StepResult(
        "activities_normalized",
        frame,
        {
            "activities": len(frame),
            "names_missing": names.missing,
            **{f"kind_{kind}": int(count) for kind, count in kinds.items()},
        },
        (CheckResult("schema_is_valid", not broken, metadata=dict(broken)),),
    )


def _unnamed(batch: RunningBatch, given: list[dict[str, str | None]]) -> dict[str, set[int]]:
    """The assets of activities that are still to be shown; pages tell their address themselves."""
    with batch.ports.ledger.read() as connection:
        known = store.remembered(connection, [str(row["id"]) for row in given])
    wanted: dict[str, set[int]] = {}
    for row in given:
        earlier = known.get(str(row["id"]))
        if earlier is not None and earlier.state not in (store.WAITING, store.WRITING):
            continue
        kind, name, number = asset_of(row)
        if name is None or number is None or row["prospectId"] is None:
            continue
        if batch.ports.rules.activities.show(kind) is Show.NONE:
            continue
        if name == "visitorPageViewId" and (row["url"] or row["details"]):
            continue
        wanted.setdefault(name, set()).add(number)
    return wanted
