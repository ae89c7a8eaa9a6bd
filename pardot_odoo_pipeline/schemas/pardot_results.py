"""``pardot_load_results``: what Pardot answered for every person written.

What lives here: the columns. What does not: the writing (``steps/load_pardot.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.reasons import Disposition

__all__ = ["PardotResults"]


class PardotResults(pa.DataFrameModel):
    """One row per person that the plan wanted written in Pardot."""

    prospect_id: pd.StringDtype = pa.Field(unique=True, description="Prospect id")
    disposition: pd.StringDtype = pa.Field(
        isin=[d.value for d in Disposition], description="What became of the person"
    )
    status: pd.StringDtype = pa.Field(nullable=True, description="What became of the prospect")
    code: pd.StringDtype = pa.Field(nullable=True, description="Code of the failure, if any")

    class Config:
        """Ids and words only, no values of people."""

        name = "pardot_load_results"
        coerce = True
        strict = True
