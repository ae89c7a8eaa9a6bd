"""The one assembly point of the Dagster project.

What lives here: `build_definitions`. What does not: any asset, job, sensor or schedule. Loading
this module opens nothing, needs no setting and touches no network.
"""

import dagster as dg

from pardot_odoo_pipeline import process_logs
from pardot_odoo_pipeline.alert_sensors import alert_sensor, run_failure_sensor
from pardot_odoo_pipeline.assembly import rules_of
from pardot_odoo_pipeline.assets.agreement import agreement_certificate, agreement_job
from pardot_odoo_pipeline.assets.audit import audit_job, audit_log
from pardot_odoo_pipeline.assets.recovery import prospect_snapshot
from pardot_odoo_pipeline.assets.sync_batch import BATCH_ASSETS
from pardot_odoo_pipeline.assets.sync_health import kept_fresh, sync_health
from pardot_odoo_pipeline.io_managers import FrameIOManager
from pardot_odoo_pipeline.jobs import BATCH_JOBS, maintenance_job, open_batch_job, snapshot_job
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.schedules import (
    agreement_schedule,
    audit_schedule,
    bulk_schedule,
    interval_schedule,
    maintenance_schedule,
    snapshot_schedule,
)
from pardot_odoo_pipeline.sensors import inbox_sensor, retry_sensor
from pardot_odoo_pipeline.settings import Settings

__all__ = ["build_definitions", "defs"]


def build_definitions(
    settings: Settings, *, pipeline: PipelineResource | None = None
) -> dg.Definitions:
    """Put the project together.

    Args:
        settings: Where frames go, and which rules file gives the schedule its interval.
        pipeline: Another way to the ports, for commands that watch progress and for tests.
    """
    rules = rules_of(settings)
    return dg.Definitions(
        assets=[
            *(kept_fresh(assets, rules) for assets in BATCH_ASSETS.values()),
            *(prospect_snapshot, agreement_certificate, sync_health, audit_log),
        ],
        jobs=[
            *BATCH_JOBS.values(),
            *(open_batch_job, maintenance_job, snapshot_job, agreement_job, audit_job),
        ],
        schedules=[
            interval_schedule(rules.sync_interval),
            bulk_schedule,
            agreement_schedule(rules),
            maintenance_schedule,
            audit_schedule,
            snapshot_schedule(rules),
        ],
        sensors=[inbox_sensor, retry_sensor, alert_sensor, run_failure_sensor],
        resources={
            "pipeline": pipeline or PipelineResource(),
            "frames": FrameIOManager(base=settings.frames_location),
        },
    )


# Dagster loads this in the code server and in every run; what they log is logged without secrets.
process_logs.guard()

defs = build_definitions(Settings())
