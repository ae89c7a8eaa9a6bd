"""Runs whose process is gone, told to Dagster.

What lives here: finding and reporting them. What does not: finding out that a worker is dead
(`launching`), and giving its batch to another one.

Dagster believes of a run that it goes on until its process says otherwise, and counts it among
those that may run at once. Its default launcher does not look whether the process is still there.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from pardot_odoo_pipeline.batches import BatchKey
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.launching import is_dead_here
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.takeover import Ended
from pardot_odoo_pipeline.partitions import PARTITION_TAG

__all__ = ["WARM_TAG", "report_dead", "report_left"]

WARM_TAG = "pardot_odoo/warm_worker"
"""The run tag that names the warm worker that took the batch."""

_ALIVE = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


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
    """Report runs whose process ended after it had finished their batch; how many there were.

    Nobody takes such a batch over, so nobody else would notice.
    """
    reported = 0
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=_ALIVE)):
        if PARTITION_TAG in run.tags and is_dead_here(_worker_of(run, ledger)):
            instance.report_run_failed(
                run, "The process of this run is gone. The ledger says what became of its batch."
            )
            reported += 1
    return reported


def _worker_of(run: dg.DagsterRun, ledger: Ledger) -> str | None:
    if WARM_TAG in run.tags:
        return run.tags[WARM_TAG]
    try:
        with ledger.read() as connection:
            batch = batches.get(connection, BatchKey.parse(run.tags[PARTITION_TAG]))
    except PipelineError:
        return None
    # A run that did not begin its batch yet is not known to the ledger.
    return batch.worker_id if batch.dagster_run_id == run.run_id else None
