"""What the assets of the lineage of list memberships are called, and what is checked on them.

What lives here: the cards. What does not: how an asset is made (`steps`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.assets.cards import AssetCard, Check
from pardot_odoo_pipeline.schemas.memberships_outcome import MembershipOutcome
from pardot_odoo_pipeline.schemas.memberships_plan import MembershipPlan
from pardot_odoo_pipeline.schemas.memberships_raw import MembershipsRaw
from pardot_odoo_pipeline.schemas.memberships_results import TagResults
from pardot_odoo_pipeline.schemas.memberships_validated import MembershipsValidated

__all__ = ["CARDS"]

CARDS: tuple[AssetCard, ...] = (
    AssetCard(
        "pardot_memberships_raw",
        "extract",
        "Who joined or left which Pardot list, as the API told it, one row a membership.",
        (),
        frozenset({"salesforce", "parquet"}),
        MembershipsRaw,
        (Check("batch_is_bounded", "No more memberships than the batch size."),),
    ),
    AssetCard(
        "memberships_validated",
        "validate",
        "The same memberships, those set apart that say nothing: superseded, or without a person.",
        ("pardot_memberships_raw",),
        frozenset({"pandas", "pandera"}),
        MembershipsValidated,
        (Check("rows_add_up", "Rows read = valid + stale + quarantined."),),
    ),
    AssetCard(
        "membership_plan",
        "plan",
        "Every tag of a list that is not on a record as it should be, and what people did to tags "
        "in Odoo, each with its decision.",
        ("memberships_validated",),
        frozenset({"odoo", "pandas"}),
        MembershipPlan,
        (Check("one_decision_per_tag", "No tag of a record is decided twice."),),
    ),
    AssetCard(
        "odoo_tag_results",
        "load",
        "What became of every planned tag, in Odoo and, for lists that flow both ways, in Pardot.",
        ("membership_plan",),
        frozenset({"odoo"}),
        TagResults,
        (
            Check(
                "every_tag_is_settled",
                "No record was gone and none refused its tag.",
                blocking=False,
            ),
        ),
    ),
    AssetCard(
        "membership_outcome",
        "outcome",
        "How many memberships ended in which disposition: the numbers behind the plots.",
        ("memberships_validated", "membership_plan", "odoo_tag_results"),
        frozenset({"pandas"}),
        MembershipOutcome,
        (Check("rows_equal_dispositions", "Rows read = sum of dispositions."),),
    ),
)
