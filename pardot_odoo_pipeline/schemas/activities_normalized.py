"""``activities_normalized``: what happened, to what, when, in canonical form.

What lives here: the columns. What does not: the conversion (``steps/activities/normalize.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.activity_table import KINDS, Counter

__all__ = ["ActivitiesNormalized"]


class ActivitiesNormalized(pa.DataFrameModel):
    """One row per activity."""

    activity_id: pd.StringDtype = pa.Field(unique=True, description="Its id in Pardot")
    prospect_id: pd.StringDtype = pa.Field(nullable=True, description="Whose")
    visitor_id: pd.StringDtype = pa.Field(nullable=True, description="Browser that was tracked")
    kind: pd.StringDtype = pa.Field(
        isin=[kind.key for kind in KINDS], description="What happened, by type and asset"
    )
    asset: pd.StringDtype = pa.Field(nullable=True, description="To what: field and id")
    label: pd.StringDtype = pa.Field(nullable=True, description="The asset's name, plain text")
    url: pd.StringDtype = pa.Field(
        nullable=True, str_matches=r"^https?://", description="Address that was opened"
    )
    details: pd.StringDtype = pa.Field(nullable=True, description="What else is told, plain text")
    occurred_at: pd.StringDtype = pa.Field(description="When, ISO 8601 in UTC")
    day: pd.StringDtype = pa.Field(
        str_matches=r"^\d{4}-\d{2}-\d{2}$", description="The day in the account's time zone"
    )
    counter: pd.StringDtype = pa.Field(
        nullable=True,
        isin=[counter.value for counter in Counter],
        description="Number of the person that it adds to",
    )
    is_new: pd.BooleanDtype = pa.Field(description="Whether it was read as a change")

    class Config:
        """Nothing else."""

        name = "activities_normalized"
        coerce = True
        strict = True
