"""Runs whose process is gone, told to Dagster.

What lives here: the report. What does not: finding out that a worker is dead (`launching`).

Dagster believes of a run that it goes on until its process says otherwise, and counts it among the
runs that may go on at once.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from pardot_odoo_pipeline.ledger.store.takeover import Ended

__all__ = ["report_dead"]


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
