"""Step 2: who can be synced at all.

What lives here: the counting around the split. What does not: the rules for a row (`schemas`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from pardot_odoo_pipeline.mapping.split import split_prospects
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["Validated", "validate_prospects"]


@dataclass(frozen=True)
class Validated(StepResult):
    """The valid rows as frame, and beside them those set aside.

    Attributes:
        quarantined: ``prospect_id, reason, detail``; no values.
    """

    quarantined: pd.DataFrame = field(default_factory=pd.DataFrame)


def validate_prospects(batch: RunningBatch, raw: pd.DataFrame) -> Validated:
    """Split the rows by the pandera schema; a bad row never stops the others."""
    valid, quarantined = split_prospects(raw)
    reasons = quarantined["reason"].value_counts()
    return Validated(
        "prospects_validated",
        valid,
        {
            "valid": len(valid),
            "quarantined": len(quarantined),
            **{f"quarantined_{reason}": int(count) for reason, count in reasons.items()},
        },
        (
            CheckResult(
                "rows_add_up",
                len(valid) + len(quarantined) == len(raw),
                metadata={
                    "read": len(raw),
                    "valid": len(valid),
                    "quarantined": len(quarantined),
                },
            ),
        ),
        quarantined,
    )
