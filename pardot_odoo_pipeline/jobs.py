"""Jobs: running a sync batch, and opening one from the UI.

What lives here: the definitions. What does not: what they do (`run_batch`, `opening`, `upkeep`).
"""

import dagster as dg
from pydantic import Field

from pardot_odoo_pipeline import opening, upkeep
from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.recovery import prospect_snapshot
from pardot_odoo_pipeline.assets.sync_batch import BATCH_ASSETS
from pardot_odoo_pipeline.batches import BatchKey, Lineage
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline.ports import Worker
from pardot_odoo_pipeline.resources import PipelineResource

__all__ = [
    "BATCH_JOBS",
    "KEYS",
    "OpenBatch",
    "maintenance_job",
    "open_batch_job",
    "snapshot_job",
]

KEYS = "keys"
"""The metadata of the op `open_batch` that names what it opened."""

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


class OpenBatch(dg.Config):
    """What to open. Runs are requested for it by the sensor, or by the command that asked."""

    kind: str = Field(
        default="initial",
        description="initial: everybody. interval: changes since the last one. bulk: activities "
        "and lists. manual: prospect_ids, a hold to release, or a range from since until now.",
    )
    lineages: list[str] = Field(
        default_factory=lambda: [lineage.value for lineage in opening.SIDES],
        description="Of a bulk: activities, memberships, or both.",
    )
    prospect_ids: list[str] = Field(default_factory=list, description="Prospects by id (manual).")
    restores: list[int] = Field(
        default_factory=list,
        description="Conflicts of these prospects whose losing value is wanted back (manual).",
    )
    release: int | None = Field(
        default=None, description="The hold whose people are let go (manual)."
    )
    since: str | None = Field(
        default=None, description="Start of a range, ISO 8601 with offset (manual)."
    )
    within_today: bool = Field(
        default=False,
        description="Open nothing where today's calls do not suffice (initial); else it pauses at "
        "the limit and goes on the next day.",
    )
    take: bool = Field(
        default=False,
        description="For commands, which run the first batch themselves; leave it off here.",
    )


@dg.op(description="Write the scope of a batch to the ledger and register its partition.")
def open_batch(
    context: dg.OpExecutionContext, config: OpenBatch, pipeline: dg.ResourceParam[PipelineResource]
) -> None:
    """Open one batch, or for an initial sync one per bucket."""
    with coded_failures():
        keys, metadata = _open(config, pipeline)
        context.instance.add_dynamic_partitions(PARTITIONS_NAME, [str(key) for key in keys])
        context.add_output_metadata(
            {"batches": len(keys), KEYS: [str(key) for key in keys], **metadata}
        )
        context.log.info(f"opened {len(keys)} batches: {', '.join(map(str, keys[:5]))}")


def _open(config: OpenBatch, pipeline: PipelineResource) -> tuple[list[BatchKey], dict[str, int]]:
    take = Worker().id if config.take else None
    if config.kind == "initial":
        ports = pipeline.ports()
        with pipeline.noting():
            keys, manifest = opening.open_initial(
                ports, take=take, within_today=config.within_today
            )
        return keys, {"people": manifest.people, "pardot_calls": manifest.pardot_calls}
    with pipeline.ledger() as ledger:
        now = pipeline.settings().clock().now()
        if config.kind == "interval":
            key = opening.open_interval(ledger, now, take=take)
            return ([key] if key else []), {}
        if config.kind == "bulk":
            with ledger.write() as connection:
                rules = pipeline.rules()
                wanted = {Lineage(name) for name in config.lineages}
                return opening.open_sides(connection, rules, now, lineages=wanted, take=take), {}
        if config.kind == "manual" and config.release is not None:
            size = pipeline.rules().batch_size
            return opening.open_release(ledger, config.release, now, batch_size=size, take=take), {}
        if config.kind == "manual" and config.since:
            return opening.open_range(
                ledger, opening.point_in_time(config.since), now, take=take
            ), {}
        if config.kind == "manual":
            keys = opening.open_ids(
                ledger, config.prospect_ids, now, restores=config.restores, take=take
            )
            return keys, {"people": len(config.prospect_ids)}
    raise ConfigurationError(
        f"Batches of kind {config.kind!r} are not opened by hand",
        fix="Use initial, interval, bulk or manual",
        code="batch_kind",
    )


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
