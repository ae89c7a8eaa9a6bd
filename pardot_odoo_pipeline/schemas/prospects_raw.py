"""``pardot_prospects_raw``: prospects as they were extracted, one row each.

What lives here: the columns under Pardot's API names, every value as text. What does not: any rule
about the values; a row that breaks one must still get into this frame, to be named and counted.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

__all__ = ["ProspectsRaw"]


class ProspectsRaw(pa.DataFrameModel):
    """Prospects as extracted: API field names, text or nothing."""

    id: pd.StringDtype = pa.Field(nullable=True, description="Prospect id, the only stable key")
    email: pd.StringDtype = pa.Field(nullable=True, description="E-mail address as entered")
    first_name: pd.StringDtype = pa.Field(
        alias="firstName", nullable=True, description="First name"
    )
    last_name: pd.StringDtype = pa.Field(alias="lastName", nullable=True, description="Last name")
    job_title: pd.StringDtype = pa.Field(alias="jobTitle", nullable=True, description="Job title")
    company: pd.StringDtype = pa.Field(nullable=True, description="Company name, free text")
    phone: pd.StringDtype = pa.Field(nullable=True, description="Phone number, free text")
    address_one: pd.StringDtype = pa.Field(
        alias="addressOne", nullable=True, description="Street address, first line"
    )
    address_two: pd.StringDtype = pa.Field(
        alias="addressTwo", nullable=True, description="Street address, second line"
    )
    city: pd.StringDtype = pa.Field(nullable=True, description="City")
    zip: pd.StringDtype = pa.Field(nullable=True, description="Postal code")
    state: pd.StringDtype = pa.Field(nullable=True, description="State or region, free text")
    country: pd.StringDtype = pa.Field(nullable=True, description="Country, free text")
    website: pd.StringDtype = pa.Field(nullable=True, description="Website address")
    industry: pd.StringDtype = pa.Field(nullable=True, description="Industry, picklist or text")
    score: pd.StringDtype = pa.Field(nullable=True, description="Score, whole number as text")
    grade: pd.StringDtype = pa.Field(nullable=True, description="Grade, A+ to F")
    source: pd.StringDtype = pa.Field(nullable=True, description="Where the prospect came from")
    campaign_name: pd.StringDtype = pa.Field(
        alias="campaign.name", nullable=True, description="Name of the first-touch campaign"
    )
    comments: pd.StringDtype = pa.Field(nullable=True, description="Comments, several lines")
    last_activity_at: pd.StringDtype = pa.Field(
        alias="lastActivityAt", nullable=True, description="Latest activity, ISO 8601 text"
    )
    is_deleted: pd.StringDtype = pa.Field(
        alias="isDeleted", nullable=True, description="In the recycle bin: true or false"
    )
    created_at: pd.StringDtype = pa.Field(
        alias="createdAt", nullable=True, description="Creation, ISO 8601 text"
    )
    updated_at: pd.StringDtype = pa.Field(
        alias="updatedAt", nullable=True, description="Latest change, ISO 8601 text"
    )
    unread: pd.StringDtype = pa.Field(
        nullable=True, description="Fields that were not read, by API name, parted by blanks"
    )

    class Config:
        """Mapped custom fields (``...__c``) may stand beside the standard columns."""

        name = "pardot_prospects_raw"
        coerce = True
        strict = False
