"""Step 3: the people's values in canonical form.

What lives here: what normalisation is told about this Odoo, and the check of its result. What does
not: the transforms (`mapping`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
from pandera.errors import SchemaErrors

from pardot_odoo_pipeline.mapping.normalize import NormalizeOptions, normalize_prospects
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["Normalized", "normalize_batch", "options_of"]


@dataclass(frozen=True)
class Normalized(StepResult):
    """The canonical rows as frame, and beside them what was found on the way.

    Attributes:
        findings: ``prospect_id, field, code, raw``; holds personal data.
    """

    findings: pd.DataFrame = field(default_factory=pd.DataFrame)


def options_of(batch: RunningBatch) -> NormalizeOptions:
    """What normalisation is told about this Odoo."""
    return batch.ports.mapping.options


def normalize_batch(batch: RunningBatch, validated: pd.DataFrame) -> Normalized:
    """Normalise the valid rows; a value that cannot be is a finding, never a lost person."""
    # What people made in Odoo meanwhile is no finding.
    batch.ports.reference.learn(batch.ports.mapping.unknown_names(validated))
    frame, findings = normalize_prospects(validated, options_of(batch))
    broken: dict[str, int] = {}
    try:
        frame = checked(ProspectsNormalized, frame, lazy=True)
    except SchemaErrors as error:
        columns = error.failure_cases["column"].fillna("frame")
        broken = {f"broken_{name}": int(count) for name, count in columns.value_counts().items()}
    codes = findings["code"].value_counts()
    batch.ports.progress("normalise", len(frame), len(frame))
    return Normalized(
        "prospects_normalized",
        frame,
        {
            "people": len(frame),
            "findings": len(findings),
            **{f"finding_{code}": int(count) for code, count in codes.items()},
        },
        (CheckResult("schema_is_valid", not broken, metadata=dict(broken)),),
        findings,
    )
