"""Rows that were set aside by validation.

What lives here: the columns of the quarantine and findings frames. What does not: the closed lists
of codes (``mapping/reasons.py``).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.reasons import FindingCode, QuarantineReason

__all__ = ["Findings", "Quarantined"]


class Quarantined(pa.DataFrameModel):
    """One row per prospect that cannot be synced as it is."""

    prospect_id: pd.StringDtype = pa.Field(description="Prospect id as the source has it")
    reason: pd.StringDtype = pa.Field(
        isin=[reason.value for reason in QuarantineReason], description="Why it was set aside"
    )
    detail: pd.StringDtype = pa.Field(description="The cause in words, without any value")

    class Config:
        """Nothing else belongs here: values of quarantined people must not leak into it."""

        name = "quarantined"
        coerce = True
        strict = True


class Findings(pa.DataFrameModel):
    """One row per prospect, field and code. Holds personal data (the raw values)."""

    prospect_id: pd.StringDtype = pa.Field(description="Prospect id")
    field: pd.StringDtype = pa.Field(description="Normalised column that the finding is about")
    code: pd.StringDtype = pa.Field(
        isin=[code.value for code in FindingCode], description="What was found"
    )
    raw: pd.StringDtype = pa.Field(nullable=True, description="The value as the source has it")

    class Config:
        """One finding for a prospect, field and code."""

        name = "findings"
        coerce = True
        strict = True
        unique = ("prospect_id", "field", "code")
