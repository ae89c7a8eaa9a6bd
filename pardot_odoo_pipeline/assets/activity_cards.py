"""What the assets of the lineage of visitor activities are called, and what is checked on them.

What lives here: the cards. What does not: how an asset is made (`steps`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.assets.cards import AssetCard, Check
from pardot_odoo_pipeline.schemas.activities_normalized import ActivitiesNormalized
from pardot_odoo_pipeline.schemas.activities_plan import (
    ActivityOutcome,
    ActivityPlanned,
    ActivityResults,
)
from pardot_odoo_pipeline.schemas.activities_raw import ActivitiesRaw
from pardot_odoo_pipeline.schemas.activities_validated import ActivitiesValidated

__all__ = ["CARDS"]

CARDS: tuple[AssetCard, ...] = (
    AssetCard(
        "pardot_activities_raw",
        "extract",
        "What people did since the last batch, as Pardot's API v5 gave it; also what was left "
        "because its person had no lead, and what visitors did before they had a name.",
        (),
        frozenset({"salesforce", "parquet"}),
        ActivitiesRaw,
        (Check("batch_is_bounded", "No more activities than the batch size."),),
    ),
    AssetCard(
        "activities_validated",
        "validate",
        "Activities of which id, type, owner and time can be read.",
        ("pardot_activities_raw",),
        frozenset({"pandas", "pandera"}),
        ActivitiesValidated,
        (Check("rows_add_up", "Rows read = valid + quarantined."),),
    ),
    AssetCard(
        "activities_normalized",
        "normalize",
        "What happened by (type, asset), with the asset's name and the address opened.",
        ("activities_validated",),
        frozenset({"pandas", "pandera"}),
        ActivitiesNormalized,
        (Check("schema_is_valid", "Every value has its canonical form."),),
    ),
    AssetCard(
        "activity_plan",
        "plan",
        "For every activity exactly one decision; noisy ones share an entry with a count.",
        ("activities_normalized",),
        frozenset({"pandas"}),
        ActivityPlanned,
        (Check("every_activity_is_decided", "Every valid row has exactly one decision."),),
    ),
    AssetCard(
        "odoo_activity_results",
        "load",
        "What Odoo answered for every entry in the history of a lead.",
        ("activity_plan",),
        frozenset({"odoo"}),
        ActivityResults,
        (Check("no_twins", "No two activities share a message in Odoo by mistake."),),
    ),
    AssetCard(
        "activity_outcome",
        "outcome",
        "How many activities ended in which disposition.",
        ("activities_validated", "activity_plan", "odoo_activity_results"),
        frozenset({"pandas"}),
        ActivityOutcome,
        (Check("activities_equal_dispositions", "Rows read = sum of dispositions."),),
    ),
)
