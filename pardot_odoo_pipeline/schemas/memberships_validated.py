"""``memberships_validated``: memberships that can be used, and what is known of the others.

What lives here: the columns. What does not: the judging (``steps/memberships/validate.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.reasons import Disposition

__all__ = ["MembershipsValidated"]

_DECIDED_HERE = [Disposition.QUARANTINED.value, Disposition.STALE.value]


class MembershipsValidated(pa.DataFrameModel):
    """One row per row read."""

    membership_id: pd.Int64Dtype = pa.Field(nullable=True, description="Membership id")
    list_id: pd.Int64Dtype = pa.Field(nullable=True, description="List id")
    prospect_id: pd.StringDtype = pa.Field(nullable=True, description="Prospect id")
    gives_tag: pd.BooleanDtype = pa.Field(
        nullable=True, description="Whether the person shows as a member: on it, not opted out"
    )
    disposition: pd.StringDtype = pa.Field(
        nullable=True,
        isin=_DECIDED_HERE,
        description="Null where the membership says something; what became of that comes later",
    )

    class Config:
        """One row per row read."""

        name = "memberships_validated"
        coerce = True
        strict = True
