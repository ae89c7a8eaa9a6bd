"""The life of a batch: opened, requested, run, finished.

What lives here: opening, requesting, starting and finishing batches, one conditional update each.
What does not: giving a batch back (``takeover.py``), and what a batch does.

A worker holds a batch by its id together with the attempt. A worker that was believed dead and
comes back finds that its token no longer fits, and can neither finish nor heartbeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import (
    UNFINISHED_STATES,
    BatchKey,
    BatchKind,
    BatchState,
    IdsScope,
    Scope,
    lineage_of,
    scope_from_json,
    scope_to_json,
)
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store.batch_rows import (
    Batch,
    NewBatch,
    RunRequest,
    read_batch,
    taken_over,
)
from pardot_odoo_pipeline.ledger.store.sql import next_numbers
from pardot_odoo_pipeline.ledger.tables import sync_batches as t
from pardot_odoo_pipeline.pushed_events import HOT

__all__ = [
    "ALONE",
    "Batch",
    "NewBatch",
    "RunRequest",
    "coming_forward",
    "count",
    "count_pushed",
    "count_requested",
    "due_for_run",
    "finish",
    "followers",
    "get",
    "heartbeat",
    "open_batches",
    "read_batch",
    "recent",
    "request_run",
    "start",
    "update_scope",
]

_WANTS_RUN = (BatchState.SCOPED, BatchState.ABANDONED)

ALONE = HOT + 1
"""The priority of batches that bring a restored side forward: nothing else begins before them."""


def open_batches(
    connection: sa.Connection,
    kind: BatchKind,
    new: Sequence[NewBatch],
    *,
    now: datetime,
    take: str | None = None,
) -> list[BatchKey]:
    """Write the scopes of new batches, in state ``scoped``; their keys come in the same order.

    Args:
        connection: An open write transaction.
        kind: What opens them.
        new: What to open.
        now: The present moment.
        take: The id of the worker that runs the first itself: nobody else is asked for attempt 1
            of it, unless that worker's process ends.
    """
    if not new:
        return []
    numbers = next_numbers(connection, f"batch/{kind.value}", len(new))
    keys = [BatchKey(kind, now, number) for number in numbers]
    rows = [
        {
            "key": str(key),
            "kind": kind.value,
            "opened_at": now,
            "state": BatchState.SCOPED,
            "scope": scope_to_json(batch.scope),
            "attempt": 0,
            "priority": batch.priority,
            "people": batch.people,
            "follows": batch.follows,
            "waiver_id": batch.waiver_id,
        }
        for key, batch in zip(keys, new, strict=True)
    ]
    connection.execute(sa.insert(t), rows)
    if take is not None:
        request_run(connection, keys[0], now=now, worker_id=take)
    return keys


def get(connection: sa.Connection, key: BatchKey) -> Batch:
    """One batch.

    Raises:
        PipelineError: The ledger knows no such batch.
    """
    row = connection.execute(sa.select(t).where(t.c.key == str(key))).one_or_none()
    if row is None:
        raise PipelineError(
            f"The ledger knows no batch {key}",
            fix="Open one with the job open_batch or with pardot-odoo sync, which make its key",
            code="batch_unknown",
        )
    return read_batch(row)


def recent(connection: sa.Connection, limit: int = 20) -> list[Batch]:
    """The batches opened last, newest first."""
    query = sa.select(t).order_by(t.c.opened_at.desc(), t.c.key.desc()).limit(limit)
    return [read_batch(row) for row in connection.execute(query)]


def count_requested(connection: sa.Connection) -> int:
    """How many batches wait for a run that Dagster was asked for; workers need none for theirs."""
    query = sa.select(sa.func.count()).where(
        t.c.state == BatchState.REQUESTED, t.c.worker_id.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def count_pushed(connection: sa.Connection) -> dict[bool, int]:
    """How many batches of pushed events wait for a run that is not a worker's, hot ones or not."""
    query = (
        sa.select(t.c.priority, sa.func.count())
        .where(
            t.c.kind.in_((BatchKind.WEBHOOK, BatchKind.ODOO)),
            t.c.state.in_((*_WANTS_RUN, BatchState.REQUESTED)),
            t.c.worker_id.is_(None) | t.c.state.in_(_WANTS_RUN),
        )
        .group_by(t.c.priority)
    )
    counts = {True: 0, False: 0}
    for priority, number in connection.execute(query):
        counts[priority >= HOT] += number
    return counts


def count(connection: sa.Connection) -> dict[BatchState, int]:
    """How many batches stand where."""
    rows = connection.execute(sa.select(t.c.state, sa.func.count()).group_by(t.c.state))
    return {BatchState(state): number for state, number in rows}


def due_for_run(
    connection: sa.Connection, limit: int = 100, *, rested: datetime | None = None
) -> list[Batch]:
    """The batches that want a run, whoever opened them: urgent ones first, then the oldest.

    Args:
        connection: An open connection.
        limit: How many at most.
        rested: Only those whose rest, if they have one, is over at that moment.
    """
    query = (
        sa.select(t)
        .where(t.c.state.in_(_WANTS_RUN), _is_rested(rested))
        .order_by(t.c.priority.desc(), t.c.opened_at, t.c.key)
        .limit(limit)
    )
    return [read_batch(row) for row in connection.execute(query)]


def coming_forward(connection: sa.Connection) -> frozenset[BatchKey]:
    """The unfinished batches that bring a side forward which a restored backup set back.

    While there are any, no other batch begins: what the side shows until then is nobody's edit.
    """
    rows = connection.execute(
        sa.select(t.c.key, t.c.scope).where(
            t.c.kind == BatchKind.MANUAL.value,
            t.c.state.in_([state.value for state in UNFINISHED_STATES]),
            t.c.priority == ALONE,
        )
    )
    scopes = ((row.key, scope_from_json(row.scope)) for row in rows)
    return frozenset(
        BatchKey.parse(key) for key, one in scopes if isinstance(one, IdsScope) and one.forward
    )


def _is_rested(moment: datetime | None) -> sa.ColumnElement[bool]:
    if moment is None:
        return sa.true()
    return sa.or_(t.c.rests_until.is_(None), t.c.rests_until <= moment)


def followers(connection: sa.Connection, key: str) -> list[str]:
    """The batches that go on where this one stopped."""
    rows = connection.execute(sa.select(t.c.key).where(t.c.follows == key).order_by(t.c.key))
    return [row.key for row in rows]


def broken_off(connection: sa.Connection, kind: BatchKind, batch: Batch | None = None) -> list[str]:
    """Batches of a kind that wrote and did not come to their end; this one, too, if it did before.

    Their outcomes are durable, what should have followed from those need not be.
    """
    others = sa.true() if batch is None else t.c.key != str(batch.key)
    rows = connection.execute(
        sa.select(t.c.key)
        .where(
            t.c.kind == kind.value,
            t.c.state != BatchState.DONE.value,
            t.c.started_at.is_not(None),
            sa.or_(others, t.c.attempt > 1),
        )
        .order_by(t.c.key)
    )
    return [row.key for row in rows]


def request_run(
    connection: sa.Connection, key: BatchKey, *, now: datetime, worker_id: str | None = None
) -> RunRequest | None:
    """Take the right to launch the next attempt; ``None`` when another asker has it already.

    The attempt counts up here and not at the start: a launch that gets lost must not leave its run
    key to the next one, which Dagster would then silently ignore.
    """
    granted = connection.execute(
        sa.update(t)
        .where(t.c.key == str(key), t.c.state.in_(_WANTS_RUN))
        .values(
            state=BatchState.REQUESTED,
            attempt=t.c.attempt + 1,
            requested_at=now,
            worker_id=worker_id,
            dagster_run_id=None,
        )
        .returning(t.c.attempt, t.c.scope, t.c.priority)
    ).one_or_none()
    if granted is None:
        return None
    lineage = lineage_of(scope_from_json(granted.scope))
    return RunRequest(key, granted.attempt, lineage, granted.priority)


def start(
    connection: sa.Connection,
    key: BatchKey,
    worker_id: str,
    *,
    now: datetime,
    attempt: int | None = None,
    replay: bool = False,
    dagster_run_id: str | None = None,
) -> Batch:
    """Make this worker the one that runs the batch.

    Args:
        connection: An open write transaction.
        key: The batch.
        worker_id: Who asks.
        now: The present moment.
        attempt: The attempt that this run was requested for; without one, any waiting
            state will do.
        replay: Whether a batch that is done or failed may run once more.
        dagster_run_id: The run, for people who look the batch up.

    Raises:
        PipelineError: Unknown batch, or somebody else runs it, or it is over.
    """
    requested = t.c.state == BatchState.REQUESTED
    # A later step of the same run, or its retry: the batch is already this worker's.
    own = sa.and_(t.c.state == BatchState.RUNNING, t.c.worker_id == worker_id)
    if attempt is not None:
        may_start = sa.and_(sa.or_(requested, own), t.c.attempt == attempt)
    else:
        may_start = sa.or_(requested, own, t.c.state.in_(_WANTS_RUN))
    if replay:
        may_start = sa.or_(may_start, t.c.state.in_((BatchState.DONE, BatchState.FAILED)))
    row = connection.execute(
        sa.update(t)
        .where(t.c.key == str(key), may_start)
        .values(
            state=BatchState.RUNNING,
            attempt=sa.case((sa.or_(requested, own), t.c.attempt), else_=t.c.attempt + 1),
            worker_id=worker_id,
            dagster_run_id=dagster_run_id,
            started_at=now,
            heartbeat_at=now,
            finished_at=None,
            rests_until=None,
        )
        .returning(*t.c)
    ).one_or_none()
    if row is not None:
        return read_batch(row)
    found = get(connection, key)
    if attempt is not None and found.state is not BatchState.RUNNING:
        raise PipelineError(
            f"This run was for attempt {attempt} of batch {key}, which is {found.state.value} in "
            f"attempt {found.attempt}",
            fix="Nothing to do: this run came too late and did nothing",
            code="batch_not_startable",
        )
    raise PipelineError(
        f"Batch {key} cannot start: it is {found.state.value} in attempt {found.attempt}",
        fix="Wait for the run that has it; a dead one is taken over by itself"
        if found.state is BatchState.RUNNING
        else "Look at it with pardot-odoo status, or open a new batch for the same people",
        code="batch_not_startable",
    )


def update_scope(connection: sa.Connection, batch: Batch, scope: Scope, people: int) -> None:
    """Record the true end of a bounded extract as the scope of the batch that read it."""
    _held(connection, batch, {"scope": scope_to_json(scope), "people": people})


def heartbeat(connection: sa.Connection, batch: Batch, *, now: datetime) -> None:
    """Show that the worker lives.

    Raises:
        PipelineError: The batch was given to another worker; stop.
    """
    _held(connection, batch, {"heartbeat_at": now})


def finish(
    connection: sa.Connection,
    batch: Batch,
    *,
    now: datetime,
    outcome: dict[str, Any],
    people: int | None = None,
) -> None:
    """Close a batch whose every row has a durable disposition."""
    values: dict[str, Any] = {"state": BatchState.DONE, "finished_at": now, "outcome": outcome}
    if people is not None:
        values["people"] = people
    _held(connection, batch, values)


# Made once: every step of every batch shows life.
_HELD = sa.update(t).where(
    t.c.key == sa.bindparam("b_key"),
    t.c.state == BatchState.RUNNING,
    t.c.worker_id == sa.bindparam("b_worker"),
    t.c.attempt == sa.bindparam("b_attempt"),
)


def _held(connection: sa.Connection, batch: Batch, values: dict[str, Any]) -> None:
    held = {
        "b_key": str(batch.key),
        "b_worker": batch.worker_id,
        "b_attempt": batch.attempt,
    }
    result = connection.execute(_HELD, held | values)
    if result.rowcount != 1:
        raise taken_over(batch)
