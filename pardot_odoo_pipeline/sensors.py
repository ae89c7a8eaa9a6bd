"""Sensors: batches for pushed events and due retries, and a run for every batch that wants one.

What lives here: the Dagster side. What does not: the decisions (`event_batches`, `opening`,
`launching`), and the sensors that tell people (`alert_sensors`).

Both sensors request runs for whatever waits, whoever opened it: if one of them stands still, the
other one goes on. The ledger gives the right to launch an attempt once, so they never collide.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import dagster as dg

from pardot_odoo_pipeline import event_batches, launching, opening
from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.dead_runs import report_left, take_over_dead
from pardot_odoo_pipeline.jobs import BATCH_JOBS
from pardot_odoo_pipeline.launching import ATTEMPT_TAG
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import restarts, workers
from pardot_odoo_pipeline.ledger.store.batches import Batch, RunRequest
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations.probing import probe
from pardot_odoo_pipeline.partitions import PARTITION_TAG, PARTITIONS_NAME, sync_batches
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.settings import Settings

__all__ = [
    "ATTEMPT_TAG",
    "LANE_TAG",
    "NOT_SET_UP",
    "inbox_sensor",
    "retry_sensor",
    "run_request",
    "run_tags",
]

LANE_TAG = "pardot_odoo/lane"
_PRIORITY_TAG = "dagster/priority"

NOT_SET_UP = "Nothing was set up yet: run `pardot-odoo up` or `provision`."

_INTERVAL_SECONDS = 4
"""Dagster's loop begins every five seconds, and now and then a few milliseconds early: with an
interval of five every other tick would be left out."""

_WORKER_SECONDS = 10.0
"""A live worker takes an event within a second; what waits longer than this it does not get to."""


def _runs_of(instance: dg.DagsterInstance, batch: Batch) -> list[bool]:
    """The runs for this attempt of a batch: of each, whether it is over."""
    tags = {PARTITION_TAG: str(batch.key), ATTEMPT_TAG: str(batch.attempt)}
    return [run.is_finished for run in instance.get_runs(filters=dg.RunsFilter(tags=tags))]


def run_request(request: RunRequest) -> dg.RunRequest:
    """The Dagster form of a run request: one run key per batch and attempt."""
    return dg.RunRequest(
        run_key=request.run_key,
        job_name=BATCH_JOBS[request.lineage].name,
        partition_key=str(request.key),
        tags=run_tags(request),
    )


def run_tags(request: RunRequest) -> dict[str, str]:
    """What every run of a batch says of itself, whoever starts it."""
    return {
        ATTEMPT_TAG: str(request.attempt),
        LANE_TAG: launching.lane_of(request.key.kind),
        _PRIORITY_TAG: str(request.priority),
    }


@dg.sensor(
    jobs=list(BATCH_JOBS.values()),
    minimum_interval_seconds=_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Open batches for pushed events that no warm worker takes, and request a run for "
    "every batch that waits.",
)
def inbox_sensor(
    context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
) -> dg.SensorResult | dg.SkipReason:
    """Everything on the ledger; no network."""
    return _tick(context.instance, pipeline, _open_for_events)


@dg.sensor(
    jobs=list(BATCH_JOBS.values()),
    minimum_interval_seconds=_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Take over the batches of dead workers, ask systems that did not work whether they "
    "do again, open retries that are due, and request a run for every batch that waits.",
)
def retry_sensor(
    context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
) -> dg.SensorResult | dg.SkipReason:
    """On the ledger, but for a look at systems that did not work."""
    return _tick(
        context.instance,
        pipeline,
        partial(_put_back_to_work, context.instance, pipeline.settings),
    )


def _tick(
    instance: dg.DagsterInstance,
    pipeline: PipelineResource,
    first: Callable[[Ledger, Rules, datetime], None],
) -> dg.SensorResult | dg.SkipReason:
    """Do a sensor's own work on the ledger, then request a run for whatever waits."""
    with coded_failures():
        settings, rules = pipeline.settings(), pipeline.rules()
        if not settings.home.path.exists():
            return dg.SkipReason(NOT_SET_UP)
        now = settings.clock().now()
        with pipeline.ledger() as ledger:
            first(ledger, rules, now)
            requests = launching.take_requests(ledger, now)
        return _requested(instance, requests)


def _open_for_events(ledger: Ledger, rules: Rules, now: datetime) -> None:
    # While nothing can begin, events come together better in the inbox.
    if not rules.active or _waits(ledger) or launching.shut_ways(ledger, BatchKind.WEBHOOK.value):
        return
    due_before = _due_before(ledger, now)
    for _ in range(event_batches.MOST_OPEN):
        if not event_batches.open_event_batches(ledger, rules, now, due_before=due_before):
            break


def _put_back_to_work(
    instance: dg.DagsterInstance,
    settings: Callable[[], Settings],
    ledger: Ledger,
    rules: Rules,
    now: datetime,
) -> None:
    take_over_dead(instance, ledger, now)
    report_left(instance, ledger)
    launching.free_lost(ledger, now, partial(_runs_of, instance))
    probe(settings(), ledger, rules, now)
    if rules.active and not _waits(ledger):
        opening.open_due_retries(ledger, now, batch_size=rules.batch_size)


def _waits(ledger: Ledger) -> bool:
    """Whether the ledger was restored and nobody has resumed yet."""
    with ledger.read() as connection:
        return restarts.waits(connection)


def _due_before(ledger: Ledger, now: datetime) -> datetime | None:
    """Where a warm worker lives, only events that it does not get to are the sensor's."""
    with ledger.read() as connection:
        alive = workers.alive(connection, workers.WARM, now=now)
    return now - timedelta(seconds=_WORKER_SECONDS) if alive else None


def _requested(
    instance: dg.DagsterInstance, requests: Sequence[RunRequest]
) -> dg.SensorResult | dg.SkipReason:
    if not requests:
        return dg.SkipReason("No batch waits for a run.")
    known = set(instance.get_dynamic_partitions(PARTITIONS_NAME))
    missing = [str(r.key) for r in requests if str(r.key) not in known]
    return dg.SensorResult(
        run_requests=[run_request(request) for request in requests],
        dynamic_partitions_requests=[sync_batches.build_add_request(missing)] if missing else [],
    )
