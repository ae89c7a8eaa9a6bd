"""Incidents of Dagster's own: runs that failed, and assets that nobody made for too long.

What lives here: which of them people need to hear of. What does not: Dagster, whose sensors hand
over names and states, and telling people (`notices`).

A batch is the ledger's: whether it is tried again or failed for good stands there, and is told from
there. Only a run that failed before its batch began is nobody else's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from pardot_odoo_pipeline.batches import BatchKey, BatchState
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, incidents
from pardot_odoo_pipeline.mapping.alert_rules import Severity

__all__ = ["FailedRun", "note_failed", "note_fresh", "note_succeeded", "open_jobs"]

_RUNS = "dagster:run:"
_STALE = "dagster:stale:"

# What these ask for is known of the system itself, which is told as such.
_OF_A_SYSTEM = (
    FailureClass.RETRY_LATER.value,
    FailureClass.PAUSE_UNTIL_RESET.value,
    FailureClass.RENEW_CREDENTIALS.value,
)
_LATE = ("batch_not_startable", "batch_taken_over", "circuit_open", "coming_forward")
"""A run that ended with one of these did nothing, and nothing is wrong."""


@dataclass(frozen=True)
class FailedRun:
    """A run of Dagster's that failed.

    Attributes:
        run_id: Its id.
        job: Its job.
        batch: The batch that it was for, if any.
        code: The code of its failure, where it is one of ours.
        failure_class: What that asks for.
        cause: What happened, in our words; nothing where it was not one of our failures.
        fix: What to do.
    """

    run_id: str
    job: str
    batch: str | None = None
    code: str | None = None
    failure_class: str | None = None
    cause: str | None = None
    fix: str | None = None


def note_failed(ledger: Ledger, run: FailedRun, *, now: datetime) -> bool:
    """Report a run that failed, unless it is told from elsewhere; whether it was reported."""
    if run.code in _LATE or run.failure_class in _OF_A_SYSTEM:
        return False
    if run.batch is not None and _is_the_ledgers(ledger, run):
        return False
    detail = {
        "severity": Severity.ERROR.value,
        "title": f"A run of {run.job} failed",
        "text": run.cause,
        "fix": run.fix,
        "run": run.run_id,
        "batch": run.batch,
    }
    with ledger.write() as connection:
        incidents.report(
            connection,
            f"{_RUNS}{run.job}"[:128],
            now=now,
            code=run.code,
            detail={name: value for name, value in detail.items() if value is not None},
        )
    return True


def open_jobs(ledger: Ledger) -> Mapping[str, datetime]:
    """The jobs with a run that failed and was told, and when it was heard of last."""
    with ledger.read() as connection:
        return {
            incident.cause_key.removeprefix(_RUNS): incident.last_at
            for incident in incidents.open_incidents(connection)
            if incident.cause_key.startswith(_RUNS)
        }


def note_succeeded(ledger: Ledger, jobs: Collection[str], *, now: datetime) -> None:
    """These jobs had a run that went well since."""
    if jobs:
        with ledger.write() as connection:
            for job in sorted(jobs):
                incidents.recover(connection, f"{_RUNS}{job}"[:128], now=now)


def note_fresh(ledger: Ledger, is_stale: Mapping[str, bool], *, now: datetime) -> None:
    """Report the assets that Dagster finds too old, and recover those that it does not.

    Args:
        ledger: Where incidents are.
        is_stale: Asset to whether it is; those that are not named stay what they were.
        now: The present moment.
    """
    with ledger.read() as connection:
        open_now = incidents.open_incidents(connection)
    known = {incident.cause_key for incident in open_now}
    stands_still = any(incident.is_outage for incident in open_now)
    news = [
        name
        for name, stale in sorted(is_stale.items())
        if stale != (f"{_STALE}{name}" in known) and not (stale and stands_still)
    ]
    if not news:
        return
    with ledger.write() as connection:
        for name in news:
            if is_stale[name]:
                detail = {"severity": Severity.WARNING.value}
                incidents.report(connection, f"{_STALE}{name}", now=now, detail=detail)
            else:
                incidents.recover(connection, f"{_STALE}{name}", now=now)


def _is_the_ledgers(ledger: Ledger, run: FailedRun) -> bool:
    """Whether the ledger knows what became of it: the run began its batch, or that one goes on."""
    try:
        with ledger.read() as connection:
            batch = batches.get(connection, BatchKey.parse(run.batch or ""))
    except PipelineError:
        return False
    # Of a worker that died Dagster knows no more than that: the batch was taken over.
    if run.code is None or batch.dagster_run_id == run.run_id:
        return True
    goes_on = batch.state in (BatchState.RUNNING, BatchState.DONE)
    return goes_on or (batch.outcome or {}).get("error") == run.code
