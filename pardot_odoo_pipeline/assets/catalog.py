"""What the sync assets are called, what they hang together by, and what is checked on them.

What lives here: the cards of the people's lineage, and all lineages by name. What does not: how an
asset is made (`steps`) and how the steps run inside Dagster (`sync_batch`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.assets import activity_cards, membership_cards
from pardot_odoo_pipeline.assets.cards import AssetCard, Check
from pardot_odoo_pipeline.schemas.batch_outcome import BatchOutcome
from pardot_odoo_pipeline.schemas.load_results import LoadResults
from pardot_odoo_pipeline.schemas.odoo_records import OdooRecords
from pardot_odoo_pipeline.schemas.pardot_results import PardotResults
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.schemas.prospects_raw import ProspectsRaw
from pardot_odoo_pipeline.schemas.prospects_validated import ProspectsValidated
from pardot_odoo_pipeline.schemas.sync_plan import SyncPlan

__all__ = ["ALL_CARDS", "CARDS"]

CARDS: tuple[AssetCard, ...] = (
    AssetCard(
        "pardot_prospects_raw",
        "extract",
        "Prospects of the batch as Pardot's API v5 gave them, one row each.",
        (),
        frozenset({"salesforce", "parquet"}),
        ProspectsRaw,
        (Check("batch_is_bounded", "No more people than the batch size."),),
    ),
    AssetCard(
        "prospects_validated",
        "validate",
        "Prospects that can be synced: those with a valid e-mail address. The others are in "
        "quarantine, each with its reason.",
        ("pardot_prospects_raw",),
        frozenset({"pandas", "pandera"}),
        ProspectsValidated,
        (Check("rows_add_up", "Rows read = valid + quarantined + in the recycle bin."),),
    ),
    AssetCard(
        "prospects_normalized",
        "normalize",
        "The same people with canonical values: E.164 phones, ISO countries and states, clean and "
        "bounded text, UTC times. What had to be changed is a finding.",
        ("prospects_validated",),
        frozenset({"pandas", "pandera"}),
        ProspectsNormalized,
        (Check("schema_is_valid", "Every value has its canonical form."),),
    ),
    AssetCard(
        "odoo_records_raw",
        "extract",
        "Leads and contacts in Odoo that could be one of these people: by link, by prospect id, "
        "by e-mail.",
        ("prospects_normalized",),
        frozenset({"odoo", "parquet"}),
        OdooRecords,
        (Check("schema_is_valid", "Every record has an id, a model and its values."),),
    ),
    AssetCard(
        "sync_plan",
        "plan",
        "For every prospect of the batch exactly one decision, with the values to write.",
        ("pardot_prospects_raw", "prospects_normalized", "odoo_records_raw"),
        frozenset({"pandas"}),
        SyncPlan,
        (Check("everyone_is_decided", "Every row read has exactly one decision."),),
    ),
    AssetCard(
        "odoo_load_results",
        "load",
        "What Odoo answered for every person written.",
        ("sync_plan",),
        frozenset({"odoo"}),
        LoadResults,
        (Check("no_twins", "No prospect has two leads or two contacts.", blocking=False),),
    ),
    AssetCard(
        "pardot_load_results",
        "load",
        "What Pardot answered for every prospect written.",
        ("sync_plan", "odoo_load_results"),
        frozenset({"salesforce"}),
        PardotResults,
        (Check("everyone_is_answered", "Every prospect that was to be written has an answer."),),
    ),
    AssetCard(
        "batch_outcome",
        "outcome",
        "How many people ended in which disposition: the numbers behind the plots.",
        ("sync_plan", "odoo_load_results", "pardot_load_results"),
        frozenset({"pandas"}),
        BatchOutcome,
        (Check("rows_equal_dispositions", "Rows read = sum of dispositions."),),
    ),
)

ALL_CARDS = (*CARDS, *activity_cards.CARDS, *membership_cards.CARDS)
