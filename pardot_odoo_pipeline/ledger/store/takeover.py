"""Giving batches back: by a worker that failed, or by others because it is gone.

What lives here: the one rule of what becomes of a batch whose attempt ended before its work did,
and putting failed ones back to work. What does not: knowing that a worker is dead, beyond silence.

Only faults of the batch's own are capped. While a whole system is down every attempt fails, and a
batch that gave up for that would have lost its people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, BatchState
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.ledger.store.batch_rows import Batch, held_by, read_batch, taken_over
from pardot_odoo_pipeline.ledger.tables import sync_batches as t

__all__ = [
    "MAX_FAULTS",
    "Ended",
    "abandon",
    "backoff",
    "fail",
    "failed_initial",
    "held",
    "launching_since",
    "leave",
    "never_began",
    "reap",
    "resume",
]

MAX_FAULTS = 5

# Batches of pushed events that failed for good free their events for other batches.
_MOST_LOOKS = 12
_EVENTS_REST = timedelta(minutes=15)


class Ended(NamedTuple):
    """What became of a batch whose attempt ended; its run may still look alive in Dagster."""

    key: BatchKey
    state: BatchState
    dagster_run_id: str | None


def backoff(attempt: int) -> timedelta:
    """How long an abandoned batch rests: one that fails must not use its attempts up at once."""
    return timedelta(minutes=min(2 ** min(max(attempt - 1, 0), 5), 30))


def fail(
    connection: sa.Connection,
    batch: Batch,
    *,
    now: datetime,
    outcome: dict[str, Any],
    fault: bool = True,
    hopeless: bool = False,
    rests: bool = True,
) -> BatchState:
    """Give up a batch that this worker holds.

    Args:
        connection: An open write transaction.
        batch: The batch with its attempt.
        now: The present moment.
        outcome: What to remember of the failure.
        fault: Whether it was the batch's own and counts, or a system's.
        hopeless: Whether only a person can help.
        rests: Whether it is left alone for a while; a circuit keeps it waiting as long as it takes.

    Raises:
        PipelineError: Another worker has it.
    """
    ended = _free(
        connection,
        held_by(batch),
        now,
        outcome=outcome,
        fault=fault,
        hopeless=hopeless,
        rests=rests,
    )
    if not ended:
        raise taken_over(batch)
    return ended[0].state


def reap(
    connection: sa.Connection,
    *,
    now: datetime,
    stale_after: timedelta,
    alive: Sequence[str] = (),
    only: Sequence[str] | None = None,
) -> list[Ended]:
    """Take batches from workers that went silent, and from launches that never arrived.

    Args:
        connection: An open write transaction.
        now: The present moment.
        stale_after: How long silence is no sign.
        alive: Keys whose run still waits in a queue, so that its launch is not lost.
        only: Of these keys only.
    """
    before = now - stale_after
    wanted = sa.true() if only is None else t.c.key.in_(only)
    silent = sa.and_(t.c.state == BatchState.RUNNING, t.c.heartbeat_at < before, wanted)
    lost = sa.and_(t.c.state == BatchState.REQUESTED, t.c.requested_at < before, wanted)
    if alive:
        lost = sa.and_(lost, t.c.key.not_in(alive))
    # A launch that got lost says nothing of the batch; a worker that died may have died of it.
    ended = _free(connection, silent, now, rests=False)
    return sorted(ended + _free(connection, lost, now, fault=False))


def held(connection: sa.Connection) -> list[Batch]:
    """The batches that a worker has: it runs them, or opened them to run them itself."""
    query = sa.select(t).where(
        t.c.state.in_((BatchState.RUNNING, BatchState.REQUESTED)), t.c.worker_id.is_not(None)
    )
    return [read_batch(row) for row in connection.execute(query.order_by(t.c.key))]


def abandon(connection: sa.Connection, batch: Batch, *, now: datetime) -> list[Ended]:
    """Take a batch from a worker that is known to be dead, as far as it still has it."""
    still = sa.and_(
        t.c.key == str(batch.key),
        t.c.state == batch.state,
        t.c.worker_id == batch.worker_id,
        t.c.attempt == batch.attempt,
    )
    # Who died before the batch began did not die of it.
    fault = batch.state is BatchState.RUNNING
    return _free(connection, still, now, fault=fault, rests=False)


def leave(connection: sa.Connection, batch: Batch, *, now: datetime) -> list[Ended]:
    """Give back a batch whose worker is asked to end in the middle of it: nobody is to blame."""
    return _free(connection, held_by(batch), now, fault=False, rests=False)


def launching_since(connection: sa.Connection, before: datetime) -> list[Batch]:
    """The batches requested before that moment that no worker has: their run should be there."""
    query = sa.select(t).where(
        t.c.state == BatchState.REQUESTED, t.c.worker_id.is_(None), t.c.requested_at < before
    )
    return [read_batch(row) for row in connection.execute(query.order_by(t.c.key))]


def never_began(
    connection: sa.Connection, key: BatchKey, attempt: int, *, now: datetime, rests: bool = True
) -> None:
    """Take a batch from a launch that is known to have failed before it got to the batch."""
    launch = sa.and_(t.c.key == str(key), t.c.state == BatchState.REQUESTED, t.c.attempt == attempt)
    _free(connection, launch, now, fault=False, rests=rests)


def failed_initial(connection: sa.Connection) -> list[Batch]:
    """The buckets of the latest initial sync that failed: people whom nothing else would bring."""
    initial = t.c.kind == BatchKind.INITIAL.value
    latest = sa.select(sa.func.max(t.c.opened_at)).where(initial).scalar_subquery()
    query = sa.select(t).where(
        initial, t.c.state == BatchState.FAILED.value, t.c.opened_at == latest
    )
    return [read_batch(row) for row in connection.execute(query.order_by(t.c.key))]


def resume(connection: sa.Connection, key: BatchKey) -> None:
    """Put a failed batch back to work, with a clean record: a person looked at it."""
    connection.execute(
        sa.update(t)
        .where(t.c.key == str(key), t.c.state == BatchState.FAILED.value)
        .values(state=BatchState.ABANDONED.value, faults=0, finished_at=None, rests_until=None)
    )


def _free(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    now: datetime,
    *,
    outcome: dict[str, Any] | None = None,
    fault: bool = True,
    hopeless: bool = False,
    rests: bool = True,
) -> list[Ended]:
    """What becomes of batches whose attempt ended before its work did.

    Done again where it was a replay, whose old account holds; failed at the cap or where only a
    person can help; else free for another attempt, after a rest where that may help.
    """
    ended: list[Ended] = []
    for row in connection.execute(sa.select(t).where(which).with_for_update()).all():
        batch = read_batch(row)
        faults = batch.faults + fault
        values: dict[str, Any] = {"faults": faults, "finished_at": now}
        if (batch.outcome or {}).get("dispositions") is not None:
            state, values = BatchState.DONE, {"finished_at": now}
        elif hopeless or faults >= MAX_FAULTS:
            state = BatchState.FAILED
        else:
            state = BatchState.ABANDONED
            values["rests_until"] = now + backoff(batch.attempt) if rests else None
        if outcome is not None and state is not BatchState.DONE:
            values["outcome"] = outcome
        connection.execute(
            sa.update(t).where(t.c.key == str(batch.key)).values(state=state.value, **values)
        )
        if state is BatchState.FAILED:
            inbox.give_back(
                connection,
                str(batch.key),
                now=now,
                due_at=now + _EVENTS_REST,
                most_looks=_MOST_LOOKS,
            )
        ended.append(Ended(batch.key, state, batch.dagster_run_id))
    return ended
