"""The audit as an asset: the figures of the day before, plotted.

What lives here: the Dagster side. What does not: adding a day up (`operations.audit_day`).
"""

# No `from __future__ import annotations`: Dagster reads the types of the arguments.
from datetime import UTC, timedelta

import dagster as dg

from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.cards import OWNERS
from pardot_odoo_pipeline.operations.audit_day import audit_day
from pardot_odoo_pipeline.operations.audit_files import AuditFiles
from pardot_odoo_pipeline.operations.data_keys import KeyRing
from pardot_odoo_pipeline.resources import PipelineResource

__all__ = ["audit_job", "audit_log"]


@dg.asset(
    group_name="operations",
    kinds={"parquet"},
    owners=OWNERS,
    code_version="1",
    description="What was done on the day before (UTC): calls, errors and bytes of each system, "
    "values written by field, records sent. The rows themselves: `pardot-odoo logs`.",
)
def audit_log(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[PipelineResource]
) -> dg.MaterializeResult[None]:
    """Add yesterday up."""
    with coded_failures():
        settings = pipeline.settings()
        yesterday = (settings.clock().now().astimezone(UTC) - timedelta(days=1)).date()
        found = audit_day(AuditFiles(settings.audit_location, KeyRing.of(settings)), yesterday)
        begin, end = yesterday.isoformat(), (yesterday + timedelta(days=1)).isoformat()
        rows = [f"| {name} | {count} |" for name, count in found.fields.items()]
        context.log.info(f"audit of {begin}: {found.figures['values_written']} values written")
        return dg.MaterializeResult(
            metadata={
                "day": begin,
                **found.figures,
                "values_by_field": dg.MetadataValue.md(
                    "\n".join(["| field | values |", "|---|---|", *rows])
                ),
                "look": f"pardot-odoo logs --summary --since {begin} --until {end}",
            }
        )


audit_job = dg.define_asset_job(
    "audit_job",
    selection=dg.AssetSelection.assets(audit_log),
    executor_def=dg.in_process_executor,
    description="Add up what was done yesterday.",
)
