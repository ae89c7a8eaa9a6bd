"""``sync_plan``: one decision per prospect read, with the values to write.

What lives here: the columns. What does not: how a decision is reached (``merge``,
``steps/plan.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.reasons import Disposition

__all__ = ["SyncPlan"]


class SyncPlan(pa.DataFrameModel):
    """What shall become of every person of the batch."""

    prospect_id: pd.StringDtype = pa.Field(description="Prospect id as the source has it")
    disposition: pd.StringDtype = pa.Field(
        isin=[d.value for d in Disposition], description="What shall become of the person"
    )
    reason: pd.StringDtype = pa.Field(
        nullable=True, description="Quarantine reason, where there is one"
    )
    candidates: pd.StringDtype = pa.Field(
        nullable=True, description="Odoo records that could be meant, as JSON"
    )
    leader: pd.StringDtype = pa.Field(
        nullable=True, description="Prospect that speaks for this e-mail address"
    )
    lead_id: pd.Int64Dtype = pa.Field(nullable=True, description="Existing lead")
    partner_id: pd.Int64Dtype = pa.Field(nullable=True, description="Existing contact")
    lead_version: pd.StringDtype = pa.Field(
        nullable=True, description="Write date of the lead as it was read"
    )
    partner_version: pd.StringDtype = pa.Field(
        nullable=True, description="Write date of the contact as it was read"
    )
    lead_values: pd.StringDtype = pa.Field(
        nullable=True, description="Lead fields to write, as JSON; null: none"
    )
    lead_expected: pd.StringDtype = pa.Field(
        nullable=True, description="What those fields hold now, as JSON"
    )
    partner_values: pd.StringDtype = pa.Field(
        nullable=True, description="Contact fields to write, as JSON; null: none"
    )
    partner_expected: pd.StringDtype = pa.Field(
        nullable=True, description="What those fields hold now, as JSON"
    )
    pardot_values: pd.StringDtype = pa.Field(
        nullable=True, description="Prospect fields to write to Pardot, as JSON; null: none"
    )
    pardot_pairs: pd.StringDtype = pa.Field(
        nullable=True, description="What both sides show once that was written, as JSON"
    )
    lists: pd.StringDtype = pa.Field(
        nullable=True, description="Pardot lists to join and to leave, as JSON"
    )
    rules: pd.StringDtype = pa.Field(
        nullable=True, description="Per field that is written: why, and to which side, as JSON"
    )
    consent: pd.StringDtype = pa.Field(
        nullable=True, description="Opt-outs with their causes, to be remembered, as JSON"
    )
    converts: pd.BooleanDtype = pa.Field(
        nullable=True, description="Whether the lead becomes an opportunity after the write"
    )
    block: pd.BooleanDtype = pa.Field(
        nullable=True, description="Whether Odoo blocks the address or lets it go; null: as it is"
    )
    pairs: pd.StringDtype = pa.Field(
        nullable=True, description="Per Odoo field what Pardot and what Odoo shows, as JSON"
    )
    conflicts: pd.StringDtype = pa.Field(
        nullable=True, description="Fields on which both sides differ, as JSON"
    )

    class Config:
        """One row per row read; rows without a usable id keep what they have."""

        name = "sync_plan"
        coerce = True
        strict = True
