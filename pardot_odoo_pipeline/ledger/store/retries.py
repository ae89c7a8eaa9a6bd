"""Records that could not be written, and when each is tried again.

What lives here: recording a failure with its next date, taking what is due into a batch, settling
what went well. What does not: deciding that something is a failure of the record.

The dates live here and not in a process: whoever comes next finds them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into
from pardot_odoo_pipeline.ledger.tables import retries as t
from pardot_odoo_pipeline.pushed_events import HOT

__all__ = [
    "DELAYS",
    "OPT_OUT",
    "Failure",
    "RetryState",
    "count",
    "defer",
    "due",
    "owed",
    "record",
    "release",
    "settle",
    "states_of",
]

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 80, 120))
"""After the first failure, the second, …; after the last one the record is suspended."""

OPT_OUT = HOT + 10
"""The priority of a record that owes an opt-out, and of nothing else."""

DEFERRED = timedelta(minutes=1)
"""How soon a record that another batch had is looked at again."""


class RetryState(StrEnum):
    """``suspended`` waits for a person."""

    WAITING = "waiting"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Failure:
    """One record that could not be written.

    Attributes:
        prospect_id: Whose.
        failure_class: What the failure asks for.
        code: Its code, no values.
        detail: Counts and names for people who look, no values.
    """

    prospect_id: str
    failure_class: str
    code: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def record(
    connection: sa.Connection,
    failures: Sequence[Failure],
    *,
    system: str,
    batch_key: str,
    now: datetime,
    priority: int = 0,
    opt_outs: Container[str] = (),
) -> None:
    """Count a failure for each record and set its next date, or suspend it after the last one.

    Args:
        connection: An open write transaction.
        failures: What failed.
        system: Which system did not take it.
        batch_key: The batch.
        now: The present moment.
        priority: Of the batch: what was urgent stays so.
        opt_outs: Those of whom an opt-out is owed.
    """
    if not failures:
        return
    insert = insert_into(connection, t)
    new = insert.excluded
    count_now = t.c.failures + 1
    statement = insert.on_conflict_do_update(
        index_elements=[t.c.prospect_id, t.c.system],
        set_={
            "failures": count_now,
            "state": sa.case(
                (count_now > len(DELAYS), RetryState.SUSPENDED.value),
                else_=RetryState.WAITING.value,
            ),
            "due_at": sa.case(
                *(
                    (count_now == number, sa.literal(now + delay, t.c.due_at.type))
                    for number, delay in enumerate(DELAYS, start=1)
                ),
                else_=None,
            ),
            "failure_class": new.failure_class,
            "code": new.code,
            "detail": new.detail,
            "last_batch": new.last_batch,
            "last_failed_at": new.last_failed_at,
            "priority": _higher(new.priority),
            "retry_batch": None,
        },
    )
    connection.execute(
        statement,
        [
            {
                "prospect_id": failure.prospect_id,
                "system": system,
                "state": RetryState.WAITING.value,
                "failures": 1,
                "failure_class": failure.failure_class,
                "code": failure.code,
                "detail": failure.detail,
                "priority": _priority(failure.prospect_id, priority, opt_outs),
                "due_at": now + DELAYS[0],
                "first_batch": batch_key,
                "last_batch": batch_key,
                "first_failed_at": now,
                "last_failed_at": now,
            }
            for failure in sorted(failures, key=lambda failure: failure.prospect_id)
        ],
    )


def defer(
    connection: sa.Connection,
    prospect_ids: Sequence[str],
    *,
    system: str,
    batch_key: str,
    now: datetime,
    code: str,
    priority: int = 0,
    opt_outs: Container[str] = (),
) -> None:
    """Have these tried again soon without counting a failure: somebody else was at them."""
    if not prospect_ids:
        return
    insert = insert_into(connection, t)
    statement = insert.on_conflict_do_update(
        index_elements=[t.c.prospect_id, t.c.system],
        set_={
            "due_at": insert.excluded.due_at,
            "last_batch": insert.excluded.last_batch,
            # What failed before is not forgotten for that.
            "code": sa.case((t.c.failures == 0, insert.excluded.code), else_=t.c.code),
            "priority": _higher(insert.excluded.priority),
        },
        where=t.c.state == RetryState.WAITING,
    )
    connection.execute(
        statement,
        [
            {
                "prospect_id": prospect_id,
                "system": system,
                "state": RetryState.WAITING.value,
                "failures": 0,
                "failure_class": FailureClass.RETRY_LATER.value,
                "code": code,
                "detail": {},
                "priority": _priority(prospect_id, priority, opt_outs),
                "due_at": now + DEFERRED,
                "first_batch": batch_key,
                "last_batch": batch_key,
                "first_failed_at": now,
                "last_failed_at": now,
            }
            for prospect_id in sorted(prospect_ids)
        ],
    )


def _priority(prospect_id: str, priority: int, opt_outs: Container[str]) -> int:
    """What stands beside an opt-out in its batch is urgent, and no opt-out."""
    return OPT_OUT if prospect_id in opt_outs else min(priority, HOT)


def _higher(new: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.case((new > t.c.priority, new), else_=t.c.priority)


def owed(
    connection: sa.Connection, prospect_ids: Sequence[str], *, system: str
) -> dict[str, str | None]:
    """Who of these is being tried again already, and for which code."""
    found: dict[str, str | None] = {}
    for chunk in chunks(prospect_ids):
        query = sa.select(t.c.prospect_id, t.c.code).where(
            t.c.prospect_id.in_(chunk), t.c.system == system
        )
        found.update((row.prospect_id, row.code) for row in connection.execute(query))
    return found


def due(
    connection: sa.Connection,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    least: int | None = None,
    below: int | None = None,
) -> list[str]:
    """Take the records whose date has come; they are not due again before the lease ends.

    Args:
        connection: An open write transaction.
        now: The present moment.
        limit: How many at most.
        lease: How long the batch that takes them has.
        least: Only of this priority or a higher one.
        below: Only of a lower priority than this one.
    """
    wanted = sa.and_(
        sa.true() if least is None else t.c.priority >= least,
        sa.true() if below is None else t.c.priority < below,
    )
    chosen = (
        sa.select(t.c.id)
        .where(t.c.state == RetryState.WAITING, t.c.due_at <= now, wanted)
        .order_by(t.c.priority.desc(), t.c.due_at, t.c.id)
        .limit(limit)
    )
    rows = connection.execute(
        sa.update(t)
        .where(t.c.id.in_(chosen.scalar_subquery()), t.c.due_at <= now)
        .values(due_at=sa.literal(now + lease, t.c.due_at.type))
        .returning(t.c.prospect_id)
    )
    return sorted({prospect_id for (prospect_id,) in rows})


def settle(connection: sa.Connection, prospect_ids: Sequence[str], *, system: str) -> None:
    """These went well: nothing is owed any more."""
    for chunk in chunks(prospect_ids):
        connection.execute(sa.delete(t).where(t.c.prospect_id.in_(chunk), t.c.system == system))


def release(
    connection: sa.Connection,
    *,
    now: datetime,
    ids: Sequence[int] = (),
    code: str | None = None,
) -> list[str]:
    """Give suspended records a clean record: a person mended the cause. Whose they are.

    Args:
        connection: An open write transaction.
        now: The present moment: they are due at once.
        ids: Only these, by their number.
        code: Only those that ended with this code.
    """
    wanted: sa.ColumnElement[bool] = t.c.id.in_(list(ids)) if ids else sa.true()
    if code is not None:
        wanted = sa.and_(wanted, t.c.code == code)
    rows = connection.execute(
        sa.update(t)
        .where(t.c.state == RetryState.SUSPENDED.value, wanted)
        .values(state=RetryState.WAITING.value, failures=0, due_at=now)
        .returning(t.c.prospect_id)
    )
    return sorted({prospect_id for (prospect_id,) in rows})


def count(connection: sa.Connection) -> dict[RetryState, int]:
    """How many records wait and how many are suspended."""
    rows = connection.execute(sa.select(t.c.state, sa.func.count()).group_by(t.c.state))
    return {RetryState(state): number for state, number in rows}


def states_of(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, RetryState]:
    """Of these prospects those with a write that is owed; suspended where any of theirs is."""
    found: dict[str, RetryState] = {}
    for chunk in chunks(prospect_ids):
        query = sa.select(t.c.prospect_id, t.c.state).where(t.c.prospect_id.in_(chunk))
        for prospect_id, state in connection.execute(query):
            if found.get(prospect_id) is not RetryState.SUSPENDED:
                found[prospect_id] = RetryState(state)
    return found
