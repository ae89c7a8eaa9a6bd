"""Sensors that tell people: what is wrong goes out, and what is over.

What lives here: the Dagster side. What does not: finding what is wrong and telling it
(`operations.telling`, `operations.run_reports`).
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg
from dagster._core.definitions.freshness import FreshnessState  # not public yet

from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.sync_health import HEALTH, OUTCOME, REPORTED_EVERY
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.operations import run_reports
from pardot_odoo_pipeline.operations.health import figures_of
from pardot_odoo_pipeline.operations.telling import look_and_tell
from pardot_odoo_pipeline.partitions import PARTITION_TAG
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sensors import NOT_SET_UP

__all__ = ["alert_sensor", "run_failure_sensor"]

_INTERVAL_SECONDS = 14
"""Every third turn of Dagster's loop: soon enough for people."""


@dg.sensor(
    asset_selection=[HEALTH],
    minimum_interval_seconds=_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Look at what stands in the ledger and at its figures, send the notices that are "
    "due, and report sync_health.",
)
def alert_sensor(
    context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
) -> dg.SensorResult | dg.SkipReason:
    """Never requests a run; the only network is the channels'."""
    with coded_failures():
        settings, rules = pipeline.settings(), pipeline.rules()
        if not settings.home.path.exists():
            return dg.SkipReason(NOT_SET_UP)
        now = settings.clock().now()
        with pipeline.ledger() as ledger:
            _note_dagsters(context.instance, ledger, now, watched=rules.active)
            delivery = look_and_tell(settings, rules, ledger, serving=True)
            is_due = _is_due(context.cursor, now)
            with ledger.read() as connection:
                figures = figures_of(connection, rules, now=now) if is_due else {}
    for name, reason in delivery.failed.items():
        context.log.warning(f"Channel {name} did not take a notice: {reason}")
    return dg.SensorResult(
        asset_events=[dg.AssetMaterialization(HEALTH, metadata=dict(figures))] if is_due else [],
        cursor=now.isoformat() if is_due else context.cursor,
        skip_reason=f"{delivery.sent} notices sent, {len(delivery.failed)} channels failed.",
    )


def _is_due(cursor: str | None, now: datetime) -> bool:
    """Whether a new value of ``sync_health`` is; a clock that was set back counts, too."""
    return cursor is None or abs(now - datetime.fromisoformat(cursor)) >= REPORTED_EVERY


def _note_dagsters(
    instance: dg.DagsterInstance, ledger: Ledger, now: datetime, *, watched: bool
) -> None:
    """What Dagster itself knows: runs that went well after a failure, assets that are too old."""
    well = [job for job in run_reports.open_jobs(ledger) if _went_well(instance, job)]
    run_reports.note_succeeded(ledger, well, now=now)
    states = instance.get_freshness_state_records([HEALTH, OUTCOME])
    stale = {
        key.to_user_string(): state.freshness_state is FreshnessState.FAIL
        for key, state in states.items()
    }
    if not watched:  # where nothing is to happen by itself, nothing is late
        stale[OUTCOME.to_user_string()] = False
    run_reports.note_fresh(ledger, stale, now=now)


def _went_well(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether the latest run of a job that is over did."""
    over = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    runs = instance.get_runs(filters=dg.RunsFilter(job_name=job, statuses=over), limit=1)
    return [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS]


@dg.run_failure_sensor(
    name="run_failure_sensor",
    minimum_interval_seconds=_INTERVAL_SECONDS,
    monitor_all_code_locations=True,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Report runs that failed, unless the ledger says what becomes of their batch.",
)
def run_failure_sensor(
    context: dg.RunFailureSensorContext, pipeline: dg.ResourceParam[PipelineResource]
) -> None:
    """The incident only; `alert_sensor` tells it."""
    with coded_failures():
        settings = pipeline.settings()
        if not settings.home.path.exists():
            return
        run = context.dagster_run
        said = _said(context.get_step_failure_events())
        failed = run_reports.FailedRun(
            run_id=run.run_id,
            job=run.job_name,
            batch=run.tags.get(PARTITION_TAG),
            code=said.get("code"),
            failure_class=said.get("class"),
            cause=said.get("cause"),
            fix=said.get("fix"),
        )
        with pipeline.ledger() as ledger:
            run_reports.note_failed(ledger, failed, now=settings.clock().now())


def _said(events: Sequence[dg.DagsterEvent]) -> dict[str, str]:
    """What a failure of ours said of itself; of anything else nothing is known to be safe."""
    for event in events:
        told = event.step_failure_data.user_failure_data
        if told is not None:
            return {name: str(value.value) for name, value in told.metadata.items()}
    return {}
