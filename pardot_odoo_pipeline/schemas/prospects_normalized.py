"""``prospects_normalized``: prospects in canonical, typed form.

What lives here: the columns that planning and loading read. What does not: Odoo ids and Odoo field
names (``mapping/odoo_values.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

__all__ = ["ProspectsNormalized"]

_UTC = {"unit": "us", "tz": "UTC"}


class ProspectsNormalized(pa.DataFrameModel):
    """Prospects in canonical form: codes, E.164, aware UTC."""

    prospect_id: pd.StringDtype = pa.Field(
        str_matches=r"^[0-9]+$", unique=True, description="Prospect id"
    )
    email: pd.StringDtype = pa.Field(nullable=True, description="E-mail address as typed, trimmed")
    email_key: pd.StringDtype = pa.Field(
        nullable=True, description="Match key: the address in lower case, NFC"
    )
    first_name: pd.StringDtype = pa.Field(nullable=True, description="First name")
    last_name: pd.StringDtype = pa.Field(nullable=True, description="Last name")
    full_name: pd.StringDtype = pa.Field(
        nullable=True, description="First and last name, else the local part of the address"
    )
    lead_title: pd.StringDtype = pa.Field(
        nullable=True, description="Title of the lead: full name and company"
    )
    job_title: pd.StringDtype = pa.Field(nullable=True, description="Job title")
    company: pd.StringDtype = pa.Field(
        nullable=True, description="Company name within the limit, legal form kept"
    )
    phone: pd.StringDtype = pa.Field(
        nullable=True, description="Phone number in E.164, or the raw text with a finding"
    )
    street: pd.StringDtype = pa.Field(nullable=True, description="Street address, first line")
    street2: pd.StringDtype = pa.Field(nullable=True, description="Street address, second line")
    city: pd.StringDtype = pa.Field(nullable=True, description="City")
    zip: pd.StringDtype = pa.Field(nullable=True, description="Postal code")
    state: pd.StringDtype = pa.Field(nullable=True, description="State, code as Odoo has it")
    country: pd.StringDtype = pa.Field(
        nullable=True, str_matches=r"^[A-Z]{2}$", description="Country, ISO 3166-1 alpha-2"
    )
    website: pd.StringDtype = pa.Field(nullable=True, description="Website with its scheme")
    industry: pd.StringDtype = pa.Field(
        nullable=True, description="Industry as Odoo spells it, or the raw text with a finding"
    )
    score: pd.Int64Dtype = pa.Field(nullable=True, description="Score")
    grade: pd.StringDtype = pa.Field(nullable=True, description="Grade, A+ to F")
    source: pd.StringDtype = pa.Field(nullable=True, description="Source")
    campaign: pd.StringDtype = pa.Field(nullable=True, description="Campaign name")
    comments: pd.StringDtype = pa.Field(nullable=True, description="Comments, plain text, lines")
    last_activity_at: pd.DatetimeTZDtype = pa.Field(
        nullable=True, dtype_kwargs=_UTC, description="Latest activity, UTC"
    )
    is_deleted: pd.BooleanDtype = pa.Field(description="In Pardot's recycle bin")
    created_at: pd.DatetimeTZDtype = pa.Field(
        nullable=True, dtype_kwargs=_UTC, description="Creation in Pardot, UTC"
    )
    updated_at: pd.DatetimeTZDtype = pa.Field(
        nullable=True, dtype_kwargs=_UTC, description="Latest change in Pardot, UTC: the version"
    )
    unread: pd.StringDtype = pa.Field(
        nullable=True, description="Fields that were not read, by API name, parted by blanks"
    )

    class Config:
        """Mapped custom fields (``...__c``) may stand beside the standard columns."""

        name = "prospects_normalized"
        coerce = True
        strict = False
