"""What the sync assets are called, what they hang together by, and what is checked on them.

What lives here: the cards that Dagster shows (key, group, upstream, columns, checks), as data. What
does not: how an asset is made (`steps`) and how the steps run inside Dagster (`sync_batch`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dagster as dg

from pardot_odoo_pipeline.partitions import sync_batches
from pardot_odoo_pipeline.schemas import table_schema
from pardot_odoo_pipeline.schemas.batch_outcome import BatchOutcome
from pardot_odoo_pipeline.schemas.load_results import LoadResults
from pardot_odoo_pipeline.schemas.odoo_records import OdooRecords
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.schemas.prospects_raw import ProspectsRaw
from pardot_odoo_pipeline.schemas.prospects_validated import ProspectsValidated
from pardot_odoo_pipeline.schemas.sync_plan import SyncPlan

__all__ = ["CARDS", "AssetCard", "Check"]

OWNERS = ["team:revops"]


@dataclass(frozen=True)
class Check:
    """An assertion about one asset of one batch.

    Attributes:
        name: As the UI shows it.
        description: What holds when it passes.
        blocking: Whether nothing downstream may be built when it fails.
    """

    name: str
    description: str
    blocking: bool = True


@dataclass(frozen=True)
class AssetCard:
    """One asset of a sync batch."""

    name: str
    group: str
    description: str
    upstream: tuple[str, ...]
    kinds: frozenset[str]
    model: Any
    checks: tuple[Check, ...] = ()
    code_version: str = "1"

    @property
    def key(self) -> dg.AssetKey:
        """Its Dagster key."""
        return dg.AssetKey(self.name)

    def out(self) -> dg.AssetOut:
        """Its place among the outputs of the batch."""
        columns = [
            dg.TableColumn(name, kind, description=text)
            for name, kind, text in table_schema.columns(self.model)
        ]
        return dg.AssetOut(
            key=self.key,
            group_name=self.group,
            description=self.description,
            kinds=set(self.kinds),
            owners=OWNERS,
            code_version=self.code_version,
            io_manager_key="frames",
            metadata={"dagster/column_schema": dg.TableSchema(columns=columns)},
        )

    def check_specs(self) -> list[dg.AssetCheckSpec]:
        """Its checks, partitioned like the asset: else only the last result would be kept."""
        return [
            dg.AssetCheckSpec(
                check.name,
                asset=self.key,
                description=check.description,
                blocking=check.blocking,
                partitions_def=sync_batches,
            )
            for check in self.checks
        ]


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
        "batch_outcome",
        "outcome",
        "How many people ended in which disposition: the numbers behind the plots.",
        ("sync_plan", "odoo_load_results"),
        frozenset({"pandas"}),
        BatchOutcome,
        (Check("rows_equal_dispositions", "Rows read = sum of dispositions."),),
    ),
)
