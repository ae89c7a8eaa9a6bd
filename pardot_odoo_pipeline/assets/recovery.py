"""The snapshot as an asset: one value a day, its counts plotted.

What lives here: the Dagster side. What does not: taking a snapshot (`operations.snapshot`).
"""

import time

import dagster as dg

from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.cards import OWNERS
from pardot_odoo_pipeline.operations.snapshot import Snapshots, place_of
from pardot_odoo_pipeline.resources import PipelineResource

__all__ = ["prospect_snapshot"]


@dg.asset(
    group_name="recovery",
    kinds={"parquet"},
    owners=OWNERS,
    description="What the ledger knows, of one moment, encrypted: prospects with what both sides "
    "agreed upon, links, conflicts, holds, cursors, the rules file. Read by `pardot-odoo restore`.",
)
def prospect_snapshot(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[PipelineResource]
) -> dg.MaterializeResult[None]:
    """Take a snapshot, then delete those past their number."""
    with coded_failures():
        settings, rules = pipeline.settings(), pipeline.rules()
        begun = time.perf_counter()
        with pipeline.ledger() as ledger:
            snapshots = Snapshots(settings, rules, ledger, place_of(settings, rules))
            manifest = snapshots.take(settings.clock().now())
            deleted = snapshots.thin(rules.snapshots.keep)
        context.log.info(f"snapshot {manifest.name}, {len(deleted)} older ones deleted")
        counts = {name: rows for name, rows in manifest.counts.items() if rows}
        return dg.MaterializeResult(
            metadata={
                "snapshot": manifest.name,
                "bytes": manifest.bytes,
                "seconds": round(time.perf_counter() - begun, 3),
                "deleted": len(deleted),
                "key_id": manifest.key_id or "",
                **{f"rows_{name}": rows for name, rows in counts.items()},
            }
        )
