"""``activity_plan``, ``odoo_activity_results`` and ``activity_outcome``.

What lives here: the columns of what is decided, what Odoo answered and how it is counted. What does
not: the decisions (``merge/activities.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.activity_table import ActivityDisposition

__all__ = ["ActivityOutcome", "ActivityPlanned", "ActivityResults"]

_DISPOSITIONS = [disposition.value for disposition in ActivityDisposition]


class ActivityPlanned(pa.DataFrameModel):
    """One row per activity: its decision."""

    activity_id: pd.StringDtype = pa.Field(unique=True, description="The activity")
    disposition: pd.StringDtype = pa.Field(isin=_DISPOSITIONS, description="What becomes of it")
    entry: pd.StringDtype = pa.Field(nullable=True, description="The entry that shows it")

    class Config:
        """Nothing else."""

        name = "activity_plan"
        coerce = True
        strict = True


class ActivityResults(pa.DataFrameModel):
    """One row per entry: what Odoo answered."""

    entry: pd.StringDtype = pa.Field(unique=True, description="Id of its first activity")
    lead_id: pd.Int64Dtype = pa.Field(description="The lead or opportunity")
    status: pd.StringDtype = pa.Field(
        isin=["created", "found", "grown", "lead_gone", "refused"], description="What happened"
    )
    message_id: pd.Int64Dtype = pa.Field(nullable=True, description="The message in Odoo")
    activity_id: pd.Int64Dtype = pa.Field(nullable=True, description="The done activity in Odoo")
    activities: pd.Int64Dtype = pa.Field(gt=0, description="How many activities it stands for")

    class Config:
        """Nothing else."""

        name = "odoo_activity_results"
        coerce = True
        strict = True


class ActivityOutcome(pa.DataFrameModel):
    """One row per disposition that occurred."""

    disposition: pd.StringDtype = pa.Field(isin=_DISPOSITIONS, unique=True, description="Which")
    activities: pd.Int64Dtype = pa.Field(gt=0, description="How many")

    class Config:
        """Counts only."""

        name = "activity_outcome"
        coerce = True
        strict = True
