"""``membership_outcome``: how many memberships ended in which disposition.

What lives here: the columns. What does not: the counting (``steps/memberships/outcome.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.reasons import Disposition

__all__ = ["MembershipOutcome"]


class MembershipOutcome(pa.DataFrameModel):
    """One row per disposition and reason that occurred."""

    disposition: pd.StringDtype = pa.Field(
        isin=[d.value for d in Disposition], description="What became of these memberships"
    )
    reason: pd.StringDtype = pa.Field(nullable=True, description="Why, where that is not plain")
    memberships: pd.Int64Dtype = pa.Field(gt=0, description="How many")

    class Config:
        """Counts only."""

        name = "membership_outcome"
        coerce = True
        strict = True
