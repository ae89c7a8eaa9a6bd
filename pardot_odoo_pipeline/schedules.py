"""Schedules: the interval batch, the nightly comparison, and the daily upkeep.

What lives here: when things happen by themselves. What does not: what then happens (`jobs`).
"""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from pardot_odoo_pipeline import launching, opening
from pardot_odoo_pipeline.assets.agreement import agreement_job
from pardot_odoo_pipeline.assets.audit import audit_job
from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.batches import Lineage
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.jobs import BATCH_JOBS, maintenance_job, snapshot_job
from pardot_odoo_pipeline.ledger.store import identity
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import restart
from pardot_odoo_pipeline.operations.data_keys import KeyRing
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sensors import run_request

__all__ = [
    "agreement_schedule",
    "audit_schedule",
    "bulk_schedule",
    "cron_of",
    "interval_schedule",
    "is_due",
    "is_off_peak",
    "maintenance_schedule",
    "snapshot_schedule",
]


def cron_of(minutes: int) -> tuple[str, bool]:
    """The cron line of an interval, and whether it ticks just when it should.

    Cron counts within the hour and the day: every 45 minutes is no line of it. Such an interval
    ticks more often, and the ticks that are not due are skipped.
    """
    if minutes < 60 and 60 % minutes == 0:
        return f"*/{minutes} * * * *", True
    if minutes % 60 == 0 and 24 % (minutes // 60) == 0:
        return f"0 */{minutes // 60} * * *" if minutes < 1440 else "0 0 * * *", True
    step = math.gcd(minutes, 60)
    return f"*/{step} * * * *" if step < 60 else "0 * * * *", False


def interval_schedule(minutes: int) -> dg.ScheduleDefinition:
    """The schedule of interval batches.

    Args:
        minutes: ``sync_interval`` of the rules, 1 to 1,440.
    """
    cron, exact = cron_of(minutes)

    @dg.schedule(
        job=BATCH_JOBS[Lineage.PEOPLE],
        name="interval_schedule",
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Open the next stretch of changes, one at a time, and request its run.",
    )
    def _interval(
        context: dg.ScheduleEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
    ) -> dg.RunRequest | dg.SkipReason:
        with coded_failures():
            if not exact and not is_due(context.scheduled_execution_time, minutes):
                return dg.SkipReason(f"Not due: the interval is {minutes} minutes.")
            if not pipeline.rules().active:
                return dg.SkipReason("The rules file says active: false.")
            now = pipeline.settings().clock().now()
            with pipeline.ledger() as ledger:
                try:
                    key = opening.open_interval(ledger, now)
                except PipelineError as refusal:
                    return dg.SkipReason(str(refusal))
                if key is None:
                    return dg.SkipReason("The interval batch before is still under way.")
                context.instance.add_dynamic_partitions(PARTITIONS_NAME, [str(key)])
                requests = launching.take_requests(ledger, now, only=[str(key)])
            if not requests:
                return dg.SkipReason(
                    "The batch is open. A system does not work and is left alone until it does, or "
                    "the sensor was faster: it requests the run either way."
                )
            return run_request(requests[0])

    return _interval


@dg.schedule(
    job=BATCH_JOBS[Lineage.PEOPLE],
    name="bulk_schedule",
    cron_schedule="7 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Open the hourly batches of lists and activities; the sensor requests their runs.",
)
def bulk_schedule(
    context: dg.ScheduleEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
) -> dg.SkipReason:
    """Only the ledger is written: the sensor launches whatever is in it."""
    with coded_failures():
        rules = pipeline.rules()
        now = pipeline.settings().clock().now()
        if not rules.active:
            return dg.SkipReason("The rules file says active: false.")
        if not is_off_peak(now, rules):
            return dg.SkipReason("Bulk work waits for the hours that off_peak names.")
        with pipeline.ledger() as ledger, ledger.write() as connection:
            try:
                restart.refuse_while_waiting(connection)
                keys = opening.open_sides(connection, rules, now)
            except PipelineError as refusal:
                return dg.SkipReason(str(refusal))
        return dg.SkipReason(f"Opened {len(keys)} batches; the sensor requests their runs.")


def is_off_peak(now: datetime, rules: Rules) -> bool:
    """Whether bulk work may run at this moment; always, where no hours are named."""
    if rules.off_peak is None:
        return True
    local = now.astimezone(ZoneInfo(rules.account_time_zone)).strftime("%H:%M")
    start, end = rules.off_peak.start, rules.off_peak.end
    # From an hour to the same one is the whole day, and no empty one: bulk work would never run.
    return start <= local < end if start < end else local >= start or local < end


def is_due(tick: datetime, minutes: int) -> bool:
    """Whether a whole number of intervals has passed since the epoch at this tick."""
    return int(tick.timestamp()) // 60 % minutes == 0


def agreement_schedule(rules: Rules) -> dg.ScheduleDefinition:
    """The schedule of the comparison of everybody.

    Args:
        rules: Of which ``reconcile.at`` and the account's time zone are read once.
    """

    @dg.schedule(
        job=agreement_job,
        name="agreement_schedule",
        cron_schedule=rules.reconcile.cron,
        execution_timezone=rules.account_time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Compare everybody on both sides, once a day.",
    )
    def _nightly(
        context: dg.ScheduleEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
    ) -> dg.RunRequest | dg.SkipReason:
        with coded_failures():
            now = pipeline.rules()
            if not (now.active and now.reconcile.active):
                return dg.SkipReason("The rules file says active: false.")
            return dg.RunRequest(run_key=f"agreement {context.scheduled_execution_time:%Y-%m-%d}")

    return _nightly


maintenance_schedule = dg.ScheduleDefinition(
    name="maintenance_schedule",
    job=maintenance_job,
    cron_schedule="17 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Delete what is past its time, once a day.",
)


audit_schedule = dg.ScheduleDefinition(
    name="audit_schedule",
    job=audit_job,
    cron_schedule="20 0 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Add up what was done on the day before, once a day.",
)


def snapshot_schedule(rules: Rules) -> dg.ScheduleDefinition:
    """The schedule of snapshots.

    Args:
        rules: The hour, and the account's time zone.
    """
    hour, minute = rules.snapshots.at.split(":")

    @dg.schedule(
        job=snapshot_job,
        name="snapshot_schedule",
        cron_schedule=f"{int(minute)} {int(hour)} * * *",
        execution_timezone=rules.account_time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Take a snapshot of what the ledger knows, once a day.",
    )
    def _snapshot(
        context: dg.ScheduleEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
    ) -> dg.RunRequest | dg.SkipReason:
        with coded_failures():
            settings = pipeline.settings()
            if not pipeline.rules().snapshots.active:
                return dg.SkipReason("The rules file says snapshots.active: false.")
            if not KeyRing.of(settings):
                return dg.SkipReason("DATA_KEYS is not set: a snapshot would not be encrypted.")
            with pipeline.ledger() as ledger, ledger.read() as connection:
                if identity.read_stamp(connection) is None:
                    return dg.SkipReason("Nothing was synced yet.")
            return dg.RunRequest()

    return _snapshot
