"""Runs whose process is gone, told to Dagster.

What lives here: finding and reporting them. What does not: finding out that a worker is dead
(`processes`).

Dagster believes of a run that it goes on until its process says otherwise, and counts it among
those that may run at once. Its default launcher does not look whether the process is still there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import dagster as dg

from pardot_odoo_pipeline.assets.sync_batch import attempt_of
from pardot_odoo_pipeline.batches import BatchKey, BatchState
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.launching import take_over
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.takeover import Ended
from pardot_odoo_pipeline.partitions import PARTITION_TAG
from pardot_odoo_pipeline.processes import is_dead_here

__all__ = ["WARM_TAG", "report_dead", "report_left", "take_over_dead"]

WARM_TAG = "pardot_odoo/warm_worker"
"""The run tag that names the warm worker that took the batch."""

_ALIVE = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


# Not those that have started: a run whose process was killed stays so until somebody notices.
_QUEUED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
]


def take_over_dead(instance: dg.DagsterInstance, ledger: Ledger, now: datetime) -> list[Ended]:
    """Give the batches of dead workers back, on the ledger and in Dagster.

    Returns:
        What became of each.
    """
    runs = instance.get_runs(filters=dg.RunsFilter(statuses=_QUEUED))
    queued = {run.tags[PARTITION_TAG] for run in runs if PARTITION_TAG in run.tags}
    ended = take_over(ledger, now, alive=queued)
    report_dead(instance, ended)
    return ended


def report_dead(instance: dg.DagsterInstance, ended: Iterable[Ended]) -> int:
    """Report the runs of these batches as failed, and return how many still looked alive."""
    reported = 0
    for batch in ended:
        run = instance.get_run_by_id(batch.dagster_run_id) if batch.dagster_run_id else None
        if run is not None and not run.is_finished:
            instance.report_run_failed(
                run, f"The worker of batch {batch.key} is gone; the batch goes on in another run."
            )
            reported += 1
    return reported


def report_left(instance: dg.DagsterInstance, ledger: Ledger) -> int:
    """Report runs that nobody else would: nobody takes their batch over. Returns how many.

    The process of one ended after it had finished its batch; that of another one before it began
    it, so that no worker is known, and its attempt went to somebody else meanwhile.
    """
    reported = 0
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=_ALIVE)):
        if PARTITION_TAG not in run.tags:
            continue
        if WARM_TAG in run.tags:
            is_over = is_dead_here(run.tags[WARM_TAG])
        else:
            is_over = _is_over(run, ledger)
        if is_over:
            instance.report_run_failed(
                run, "The process of this run is gone. The ledger says what became of its batch."
            )
            reported += 1
    return reported


def _is_over(run: dg.DagsterRun, ledger: Ledger) -> bool:
    try:
        with ledger.read() as connection:
            batch = batches.get(connection, BatchKey.parse(run.tags[PARTITION_TAG]))
    except PipelineError:
        return False
    if batch.dagster_run_id == run.run_id:
        return is_dead_here(batch.worker_id)
    # It did not begin its batch. Where its attempt is not open any more, it never will.
    attempt = attempt_of(run)
    is_open = batch.attempt == attempt and batch.state in (BatchState.REQUESTED, BatchState.RUNNING)
    return attempt is not None and not is_open
