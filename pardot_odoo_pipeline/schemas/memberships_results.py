"""``odoo_tag_results``: what became of every planned change of a tag.

What lives here: the columns and the words in them. What does not: the writing
(``steps/memberships/load.py``).
"""

from __future__ import annotations

from enum import StrEnum

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.schemas.memberships_plan import TagAction

__all__ = ["TagResult", "TagResults"]


class TagResult(StrEnum):
    """``GONE``: the record is not in Odoo any more. ``REFUSED``: a rule of Odoo says no."""

    DONE = "done"
    GONE = "gone"
    REFUSED = "refused"


class TagResults(pa.DataFrameModel):
    """One row per row of the plan."""

    model: pd.StringDtype = pa.Field(description="res.partner or crm.lead")
    record_id: pd.Int64Dtype = pa.Field(description="The contact or lead")
    list_id: pd.Int64Dtype = pa.Field(description="The list")
    action: pd.StringDtype = pa.Field(
        isin=[action.value for action in TagAction], description="What was done in the end"
    )
    result: pd.StringDtype = pa.Field(
        isin=[result.value for result in TagResult], description="What became of it"
    )
    code: pd.StringDtype = pa.Field(nullable=True, description="Code of Pardot's refusal, if any")

    class Config:
        """Ids and words."""

        name = "odoo_tag_results"
        coerce = True
        strict = True
