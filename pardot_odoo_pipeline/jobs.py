"""Jobs: running a sync batch, and opening one from the UI.

What lives here: the definitions. What does not: what they do (`run_batch`, `asked_for`, `upkeep`).
"""

import dagster as dg

from pardot_odoo_pipeline import upkeep
from pardot_odoo_pipeline.asked_for import OpenBatch, open_asked_for
from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.recovery import prospect_snapshot
from pardot_odoo_pipeline.assets.sync_batch import BATCH_ASSETS
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline.resources import PipelineResource

__all__ = [
    "BATCH_JOBS",
    "maintenance_job",
    "open_batch_job",
    "snapshot_job",
]

BATCH_JOBS = {
    lineage: dg.define_asset_job(
        f"{assets.op.name}_job",
        selection=dg.AssetSelection.assets(assets),
        # A batch is one step, so a process per step would buy nothing and cost seconds of imports.
        executor_def=dg.in_process_executor,
        description=f"Run the batch of {lineage.value} that the partition names.",
    )
    for lineage, assets in BATCH_ASSETS.items()
}
"""The job of each lineage; the ledger's scope of a batch says which one is its."""


snapshot_job = dg.define_asset_job(
    "snapshot_job",
    selection=dg.AssetSelection.assets(prospect_snapshot),
    executor_def=dg.in_process_executor,
    description="Take a snapshot of what the ledger knows.",
)


@dg.op(description="Write the scope of a batch to the ledger and register its partition.")
def open_batch(
    context: dg.OpExecutionContext, config: OpenBatch, pipeline: dg.ResourceParam[PipelineResource]
) -> None:
    """Open one batch, or for an initial sync one per bucket."""
    with coded_failures():
        keys, metadata = open_asked_for(config, pipeline)
        context.instance.add_dynamic_partitions(PARTITIONS_NAME, [str(key) for key in keys])
        context.add_output_metadata(
            {"batches": len(keys), "keys": [str(key) for key in keys], **metadata}
        )
        context.log.info(f"opened {len(keys)} batches: {', '.join(map(str, keys[:5]))}")


@dg.job(description="Open a sync batch by hand; a sensor then starts its run.")
def open_batch_job() -> None:
    """One op; the run of the batch itself is another run."""
    open_batch()


@dg.op(description="Delete frames, partitions and runs that are past their time.")
def prune(context: dg.OpExecutionContext, pipeline: dg.ResourceParam[PipelineResource]) -> None:
    """Apply the retention rules."""
    with coded_failures():
        settings, rules = pipeline.settings(), pipeline.rules()
        with pipeline.ledger() as ledger:
            removed = upkeep.prune(
                context.instance, ledger, settings, rules, settings.clock().now()
            )
        context.add_output_metadata(dict(removed))


@dg.op(description="Note when credentials end, and warn of old ones.")
def watch_credentials(
    context: dg.OpExecutionContext, pipeline: dg.ResourceParam[PipelineResource]
) -> None:
    """One call to Odoo; a system that is down is left for tomorrow."""
    with coded_failures():
        settings, rules = pipeline.settings(), pipeline.rules()
        with pipeline.ledger() as ledger:
            warnings = upkeep.watch_credentials(ledger, settings, rules)
        context.add_output_metadata({"warnings": len(warnings)})


@dg.job(description="Daily upkeep: old frames, partitions, runs and spools; age of credentials.")
def maintenance_job() -> None:
    """What has to be done once a day and hurries nobody."""
    prune()
    watch_credentials()
