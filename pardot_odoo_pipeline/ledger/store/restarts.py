"""Restarts after a restoration: whether anything may run, and how much at a time.

What lives here: the row of the restart that is not over, and its changes. What does not: what a
stage allows and when the next one begins (`operations.restart`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.restart_tables import restarts as t

__all__ = ["Restart", "RestartState", "begin", "change", "current", "latest", "waits"]


class RestartState(StrEnum):
    """``waiting`` for new credentials: nothing runs; ``restricted``: little at a time; ``over``."""

    WAITING = "waiting"
    RESTRICTED = "restricted"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Restart:
    """A restoration and how far the way back is.

    Attributes:
        id: Its number.
        source: The snapshot's name, or ``rebuild``.
        state: Whether anything may run.
        taken_at: Of what moment the ledger is; None where it was made anew from both systems.
        restored_at: When that was done.
        resumed_at: When the restart began.
        stage: Which stage it is at, from 0.
        stage_since: When that stage began.
        last_batch: The batch that was judged last.
        reason: Why the stage was made smaller last; None since it has grown.
        detail: Keyed hashes of credentials that were in use, and counts.
        over_at: When everything was as before.
    """

    id: int
    source: str
    state: RestartState
    taken_at: datetime | None
    restored_at: datetime
    resumed_at: datetime | None
    stage: int
    stage_since: datetime | None
    last_batch: str | None
    reason: str | None
    detail: dict[str, Any]
    over_at: datetime | None


_COLUMNS = [t.c[name] for name in Restart.__dataclass_fields__]


def begin(
    connection: sa.Connection,
    *,
    source: str,
    taken_at: datetime | None,
    now: datetime,
    detail: Mapping[str, Any],
) -> None:
    """Note that the ledger was restored: nothing runs until somebody resumes.

    One that was under way when the snapshot was taken begins anew with this one.
    """
    before = sa.update(t).where(t.c.state != RestartState.OVER.value)
    connection.execute(before.values(state=RestartState.OVER.value, over_at=now))
    connection.execute(
        sa.insert(t).values(
            source=source,
            state=RestartState.WAITING.value,
            taken_at=taken_at,
            restored_at=now,
            stage=0,
            detail=dict(detail),
        )
    )


def current(connection: sa.Connection) -> Restart | None:
    """The restart that is not over, if there is one."""
    query = sa.select(*_COLUMNS).where(t.c.state != RestartState.OVER.value)
    row = connection.execute(query.order_by(t.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _restart(row)


def latest(connection: sa.Connection) -> Restart | None:
    """The latest restart, over or not."""
    row = connection.execute(sa.select(*_COLUMNS).order_by(t.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _restart(row)


def waits(connection: sa.Connection) -> bool:
    """Whether nothing may run: the ledger was restored and nobody has resumed yet."""
    query = sa.select(t.c.id).where(t.c.state == RestartState.WAITING.value).limit(1)
    return connection.execute(query).first() is not None


def change(connection: sa.Connection, seen: Restart, **values: Any) -> bool:
    """Change a restart as it was seen; False when somebody else did meanwhile."""
    changed = connection.execute(
        sa.update(t)
        .where(
            t.c.id == seen.id,
            t.c.state == seen.state.value,
            t.c.stage == seen.stage,
            t.c.last_batch.is_not_distinct_from(seen.last_batch),
        )
        .values(**values)
    )
    return changed.rowcount == 1


def _restart(row: Any) -> Restart:
    known = row._asdict()
    return Restart(
        **{**known, "state": RestartState(known["state"]), "detail": known["detail"] or {}}
    )
