"""``odoo_records_raw``: leads and contacts as read from Odoo, one row each.

What lives here: the columns. What does not: which records are read (``steps/odoo_records.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

__all__ = ["OdooRecords"]


class OdooRecords(pa.DataFrameModel):
    """Candidate counterparts of the batch's people; two models in one frame."""

    model: pd.StringDtype = pa.Field(
        isin=["crm.lead", "res.partner"], description="crm.lead or res.partner"
    )
    record_id: pd.Int64Dtype = pa.Field(gt=0, description="Database id")
    prospect_id: pd.StringDtype = pa.Field(
        nullable=True, description="Prospect id that the record carries"
    )
    email_key: pd.StringDtype = pa.Field(
        nullable=True, description="E-mail address as Odoo normalises it"
    )
    partner_id: pd.Int64Dtype = pa.Field(nullable=True, description="Contact of a lead")
    is_company: pd.BooleanDtype = pa.Field(description="Whether a contact is a company")
    active: pd.BooleanDtype = pa.Field(description="False: archived or lost")
    write_date: pd.StringDtype = pa.Field(description="Version: last change, UTC, whole second")
    values: pd.StringDtype = pa.Field(description="All fields read, as JSON; many2one as id")

    class Config:
        """A record stands here once."""

        name = "odoo_records_raw"
        coerce = True
        strict = True
        unique = ("model", "record_id")
