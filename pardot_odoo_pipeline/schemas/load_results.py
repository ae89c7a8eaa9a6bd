"""``odoo_load_results``: what Odoo answered for every person written.

What lives here: the columns. What does not: the writing (``steps/load.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.reasons import Disposition

__all__ = ["LoadResults"]


class LoadResults(pa.DataFrameModel):
    """One row per person that the plan wanted written."""

    prospect_id: pd.StringDtype = pa.Field(unique=True, description="Prospect id")
    disposition: pd.StringDtype = pa.Field(
        isin=[d.value for d in Disposition], description="What became of the person"
    )
    lead_id: pd.Int64Dtype = pa.Field(nullable=True, description="The lead")
    lead_status: pd.StringDtype = pa.Field(nullable=True, description="What became of the lead")
    partner_id: pd.Int64Dtype = pa.Field(nullable=True, description="The contact")
    partner_status: pd.StringDtype = pa.Field(
        nullable=True, description="What became of the contact"
    )
    code: pd.StringDtype = pa.Field(nullable=True, description="Code of the failure, if any")

    class Config:
        """Ids and words only, no values of people."""

        name = "odoo_load_results"
        coerce = True
        strict = True
