"""``batch_outcome``: how many people ended in which disposition.

What lives here: the columns. What does not: the counting (``steps/outcome.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.reasons import Disposition

__all__ = ["BatchOutcome"]


class BatchOutcome(pa.DataFrameModel):
    """One row per disposition and reason that occurred."""

    disposition: pd.StringDtype = pa.Field(
        isin=[d.value for d in Disposition], description="What became of these people"
    )
    reason: pd.StringDtype = pa.Field(nullable=True, description="Quarantine reason")
    people: pd.Int64Dtype = pa.Field(gt=0, description="How many")

    class Config:
        """Counts only."""

        name = "batch_outcome"
        coerce = True
        strict = True
