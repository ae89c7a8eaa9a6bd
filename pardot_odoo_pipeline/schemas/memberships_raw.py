"""``pardot_memberships_raw``: list memberships as the API gave them.

What lives here: the columns. What does not: the reading (``steps/memberships/reading.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

__all__ = ["MembershipsRaw"]


class MembershipsRaw(pa.DataFrameModel):
    """One row per membership read; nothing is promised of it."""

    membership_id: pd.Int64Dtype = pa.Field(nullable=True, description="Membership id")
    list_id: pd.Int64Dtype = pa.Field(nullable=True, description="List id")
    prospect_id: pd.StringDtype = pa.Field(nullable=True, description="Prospect id")
    opted_out: pd.BooleanDtype = pa.Field(
        nullable=True, description="Whether the person wants nothing sent to this list"
    )
    is_deleted: pd.BooleanDtype = pa.Field(
        nullable=True, description="Whether the person was taken off the list"
    )
    updated_at: pd.StringDtype = pa.Field(nullable=True, description="Last change, as told")
    read_at: pd.StringDtype = pa.Field(description="When this was read")

    class Config:
        """Ids and flags."""

        name = "pardot_memberships_raw"
        coerce = True
        strict = True
