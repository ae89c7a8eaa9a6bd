"""``pardot_activities_raw``: visitor activities as they were read, one row each.

What lives here: the columns under the API's names, every value as text. What does not: any rule
about the values.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

__all__ = ["ActivitiesRaw"]


class ActivitiesRaw(pa.DataFrameModel):
    """Activities as read: API field names, text or nothing."""

    id: pd.StringDtype = pa.Field(nullable=True, description="Activity id; pv… for a page view")
    type: pd.StringDtype = pa.Field(nullable=True, description="What happened, as a number")
    type_name: pd.StringDtype = pa.Field(
        alias="typeName", nullable=True, description="Class of the asset"
    )
    details: pd.StringDtype = pa.Field(nullable=True, description="What the API tells, free text")
    url: pd.StringDtype = pa.Field(nullable=True, description="Address of a page view")
    prospect_id: pd.StringDtype = pa.Field(
        alias="prospectId", nullable=True, description="Whose; nothing while anonymous"
    )
    visitor_id: pd.StringDtype = pa.Field(
        alias="visitorId", nullable=True, description="Browser that was tracked"
    )
    created_at: pd.StringDtype = pa.Field(
        alias="createdAt", nullable=True, description="When it happened, ISO 8601 text"
    )
    updated_at: pd.StringDtype = pa.Field(
        alias="updatedAt", nullable=True, description="Latest change, ISO 8601 text"
    )
    read_as: pd.StringDtype = pa.Field(
        isin=["change", "left", "visitor"], description="Why it was read"
    )
    read_at: pd.StringDtype = pa.Field(description="When the batch read it")

    class Config:
        """The ids of assets stand beside these columns."""

        name = "pardot_activities_raw"
        coerce = True
        strict = False
