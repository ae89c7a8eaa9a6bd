"""``membership_plan``: what shall happen to the tag of a list on a record.

What lives here: the columns and the words in them. What does not: how a decision is reached
(``merge/memberships.py``, ``steps/memberships/plan.py``).
"""

from __future__ import annotations

from enum import StrEnum

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.merge.memberships import Edit, EditOutcome

__all__ = ["MembershipPlan", "TagAction"]


class TagAction(StrEnum):
    """``REMEMBER`` and ``FORGET``: both sides agree already. ``LEAVE_BE``: held."""

    GIVE = "give"
    TAKE = "take"
    REMEMBER = "remember"
    FORGET = "forget"
    JOIN = "join"
    LEAVE = "leave"
    LEAVE_BE = "leave_be"


class MembershipPlan(pa.DataFrameModel):
    """One row per tag and record to which something shall happen."""

    model: pd.StringDtype = pa.Field(description="res.partner or crm.lead")
    record_id: pd.Int64Dtype = pa.Field(description="The contact or lead")
    list_id: pd.Int64Dtype = pa.Field(description="The list")
    action: pd.StringDtype = pa.Field(
        isin=[action.value for action in TagAction],
        description="give, take: the tag in Odoo; join, leave: the list in Pardot",
    )
    rule: pd.StringDtype = pa.Field(description="Why")
    edit: pd.StringDtype = pa.Field(
        nullable=True, isin=[edit.value for edit in Edit], description="What a person did in Odoo"
    )
    outcome: pd.StringDtype = pa.Field(
        nullable=True,
        isin=[outcome.value for outcome in EditOutcome],
        description="What becomes of that edit",
    )
    prospect_id: pd.StringDtype = pa.Field(
        nullable=True, description="Who leads the record, where a person edited it"
    )

    class Config:
        """Ids and words."""

        name = "membership_plan"
        coerce = True
        strict = True
