"""Which batches want a run now, and the right to launch it.

What lives here: the decision, taken on the ledger alone. What does not: how a run is launched (a
sensor, or a command in its own process).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, BucketScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, circuits, restarts, takeover
from pardot_odoo_pipeline.ledger.store.batches import Batch, RunRequest
from pardot_odoo_pipeline.ledger.store.circuits import Circuit, CircuitState
from pardot_odoo_pipeline.ledger.store.takeover import Ended
from pardot_odoo_pipeline.processes import is_dead_here
from pardot_odoo_pipeline.pushed_events import HOT

__all__ = [
    "ATTEMPT_TAG",
    "STALE_AFTER",
    "free_lost",
    "give_back",
    "lane_of",
    "resume_failed",
    "shut_ways",
    "take_over",
    "take_requests",
    "waiting",
]

ATTEMPT_TAG = "pardot_odoo/attempt"
"""The run tag that tells which attempt of its batch a run is for."""

MOST_REQUESTED = 4
"""So few runs wait in Dagster's queue: the ledger is the queue, and it knows who goes first."""

STALE_AFTER = timedelta(minutes=5)
"""Longer than any call that a worker may wait in without a sign of life."""

LOST_AFTER = timedelta(seconds=30)
"""Longer than it takes from the right to launch to the run in Dagster."""


def lane_of(kind: BatchKind) -> str:
    """The run tag by which Dagster limits concurrency."""
    return "interval" if kind is BatchKind.INTERVAL else kind.value


def take_over(
    ledger: Ledger,
    now: datetime,
    *,
    alive: Collection[str] = (),
    only: Sequence[str] | None = None,
) -> list[Ended]:
    """Give the batches of dead workers back, and those whose launch got lost.

    A worker whose process ran here and is gone is dead now; one elsewhere when its heartbeat is
    old.

    Args:
        ledger: The ledger.
        now: The present moment.
        alive: Keys whose run waits in Dagster's queue: their launch is late and not lost.
        only: Of these keys only.
    """
    with ledger.write() as connection:
        taken = takeover.reap(
            connection, now=now, stale_after=STALE_AFTER, alive=sorted(alive), only=only
        )
        for batch in takeover.held(connection):
            if (only is None or str(batch.key) in only) and is_dead_here(batch.worker_id):
                taken += takeover.abandon(connection, batch, now=now)
    return taken


def take_requests(
    ledger: Ledger, now: datetime, *, only: Sequence[str] | None = None
) -> list[RunRequest]:
    """Take the right to launch the batches that are due; nobody else gets the same attempt.

    However many wait in Dagster's queue already, what a salesperson should see at once joins them.
    While a system is left alone nothing is launched that needs it; once it answers, one batch goes
    first, and the others follow it. While a restored side comes forward, all others wait for that.

    Args:
        ledger: The ledger.
        now: The present moment.
        only: These keys, without their back-off and however many wait: a person does too.
    """
    with ledger.write() as connection:
        if restarts.waits(connection):
            return []
        if only is None:
            free = max(MOST_REQUESTED - batches.count_requested(connection), 0)
            due = batches.due_for_run(connection, limit=1000, rested=now)
            hot = [batch.key for batch in due if batch.priority >= HOT]
            others = [batch.key for batch in due if batch.priority < HOT]
            wanted = hot + others[: max(free - len(hot), 0)]
        else:
            wanted = [BatchKey.parse(key) for key in only]
        if alone := batches.coming_forward(connection):
            wanted = [key for key in wanted if key in alone]
        standing = circuits.standing(connection)
        requests: list[RunRequest] = []
        for key in wanted:
            tries: list[Circuit] = []
            if standing:
                shut, tries = circuits.admit(connection, str(key), lane_of(key.kind), now=now)
                if shut is not None:
                    continue
            if request := batches.request_run(connection, key, now=now):
                requests.append(request)
            else:
                for circuit in tries:
                    circuits.free_trial(connection, circuit, str(key))
        return requests


def give_back(ledger: Ledger, request: RunRequest, now: datetime) -> None:
    """Free a batch whose run ended before the batch began: the systems could not be opened.

    Otherwise nobody could ask for it again until the launch counts as lost.
    """
    with ledger.write() as connection:
        # Where a circuit keeps it waiting, it does not rest beside that.
        rests = not circuits.standing(connection)
        takeover.never_began(connection, request.key, request.attempt, now=now, rests=rests)


def free_lost(ledger: Ledger, now: datetime, runs_of: Callable[[Batch], Sequence[bool]]) -> int:
    """Free the batches whose launch got lost on its way to Dagster; how many there were.

    The daemon may end between a sensor's answer and the run, the code server before the run could
    begin its batch. A launch that is only late finds its attempt gone, and does nothing.

    Args:
        ledger: The ledger.
        now: The present moment.
        runs_of: Dagster's runs for this attempt of a batch: of each, whether it is over.
    """
    with ledger.read() as connection:
        late = takeover.launching_since(connection, now - LOST_AFTER)
    runs = {batch.key: runs_of(batch) for batch in late}
    lost = [batch for batch in late if all(runs[batch.key])]
    with ledger.write() as connection:
        is_shut = bool(circuits.standing(connection))
        for batch in lost:
            # A run that ended before it began its batch may have had a reason that lasts.
            rests = bool(runs[batch.key]) and not is_shut
            takeover.never_began(connection, batch.key, batch.attempt, now=now, rests=rests)
    return len(lost)


def resume_failed(ledger: Ledger, spools: Collection[str]) -> list[str]:
    """Put the failed buckets of the latest initial sync back to work: a person asks for it.

    Args:
        ledger: The ledger.
        spools: Those that are still there; without its spool a bucket cannot be read.
    """
    with ledger.write() as connection:
        found = [
            batch.key
            for batch in takeover.failed_initial(connection)
            if isinstance(batch.scope, BucketScope) and batch.scope.spool in spools
        ]
        for key in found:
            takeover.resume(connection, key)
    return [str(key) for key in found]


def shut_ways(ledger: Ledger, lane: str) -> list[Circuit]:
    """The circuits that shut the way for batches of a lane right now."""
    with ledger.read() as connection:
        return [
            circuit
            for circuit in circuits.standing(connection)
            if circuit.concerns(lane) and circuit.state is CircuitState.OPEN
        ]


def waiting(ledger: Ledger) -> list[str]:
    """The batches that want a run, urgent ones first, then the oldest."""
    with ledger.read() as connection:
        return [str(batch.key) for batch in batches.due_for_run(connection, limit=1000)]
