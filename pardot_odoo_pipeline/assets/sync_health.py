"""How the sync is, as an asset: one value now and then, its figures plotted.

What lives here: the Dagster side, and how old the assets may become. What does not: the figures
(`operations.health`).

`alert_sensor` reports a new value every five minutes, without a run: a process for each would cost
more than what it looks at. Whoever wants one at once materializes the asset.
"""

from datetime import timedelta

import dagster as dg

from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.cards import OWNERS
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations.health import figures_of
from pardot_odoo_pipeline.resources import PipelineResource

__all__ = ["HEALTH", "OUTCOME", "REPORTED_EVERY", "kept_fresh", "sync_health"]

HEALTH = dg.AssetKey("sync_health")
OUTCOME = dg.AssetKey("batch_outcome")

REPORTED_EVERY = timedelta(minutes=5)


@dg.asset(
    key=HEALTH,
    group_name="health",
    kinds={"python"},
    owners=OWNERS,
    code_version="1",
    freshness_policy=dg.FreshnessPolicy.time_window(
        fail_window=6 * REPORTED_EVERY, warn_window=3 * REPORTED_EVERY
    ),
    description="How the sync is: links, what waits and since when, retries, suspended records, "
    "quarantine, open incidents, age of the last batch, calls left. Stale: nobody looks any more.",
)
def sync_health(pipeline: dg.ResourceParam[PipelineResource]) -> dg.MaterializeResult[None]:
    """Look at the ledger."""
    with coded_failures():
        now, rules = pipeline.settings().clock().now(), pipeline.rules()
        with pipeline.ledger() as ledger, ledger.read() as connection:
            return dg.MaterializeResult(metadata=dict(figures_of(connection, rules, now=now)))


def kept_fresh(assets: dg.AssetsDefinition, rules: Rules) -> dg.AssetsDefinition:
    """The same assets; ``batch_outcome`` says how old it may become: some intervals.

    Args:
        assets: Those of a lineage of batches.
        rules: How often a batch comes by itself.
    """
    interval = timedelta(minutes=rules.sync_interval)
    # An interval batch waits for its place, runs, and may find a large one before it.
    policy = dg.FreshnessPolicy.time_window(
        fail_window=4 * interval + timedelta(hours=1), warn_window=2 * interval + timedelta(hours=1)
    )
    if OUTCOME not in assets.keys:
        return assets
    return assets.map_asset_specs(
        lambda spec: (
            spec.replace_attributes(freshness_policy=policy) if spec.key == OUTCOME else spec
        )
    )
