"""Figures of the work itself: what waits and for how long, what is wrong, what was called.

What lives here: reading them in one go. What does not: figures of pushed events (`inbox_figures`),
and their form for a scrape (`webhooks.work_metrics`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKind, BatchState
from pardot_odoo_pipeline.ledger.desks import quota as q
from pardot_odoo_pipeline.ledger.store import call_counts, incidents, review
from pardot_odoo_pipeline.ledger.store.call_counts import CallCount
from pardot_odoo_pipeline.ledger.tables import sync_batches as b

__all__ = ["WorkFigures", "queue", "work_figures"]

_WAITING = [BatchState.SCOPED.value, BatchState.REQUESTED.value, BatchState.ABANDONED.value]
_SEVERITIES = ("info", "warning", "error")
_WHOLE = ""
"""The lane of the quota that is the account's whole."""


@dataclass(frozen=True, slots=True)
class Quota:
    """The account's calls of its latest day.

    Attributes:
        used: As the account last reported, or as we counted where that is more.
        limit: As the account last reported.
    """

    used: int
    limit: int

    @property
    def left(self) -> int:
        """What may still be called."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """One look.

    Attributes:
        waiting: Batches that wait for a worker, by kind.
        oldest: How many seconds the oldest of them has been waiting, by kind.
        last_success: How many seconds ago a batch was last done, by kind; those never done lack.
        quarantined: People who cannot be synced, by reason.
        open_incidents: Troubles that are not over, by severity.
        calls: Today's calls (UTC) by system and outcome.
        quota: None until the account told its limit.
    """

    waiting: dict[str, int] = field(default_factory=dict)
    oldest: dict[str, float] = field(default_factory=dict)
    last_success: dict[str, float] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    open_incidents: dict[str, int] = field(default_factory=dict)
    calls: dict[tuple[str, str], CallCount] = field(default_factory=dict)
    quota: Quota | None = None


def work_figures(connection: sa.Connection, *, now: datetime) -> WorkFigures:
    """Look at everything once; a kind of batch of which none waits is there with 0."""
    kinds = [kind.value for kind in BatchKind]
    waiting = {
        row.kind: (int(row.number), row.since)
        for row in connection.execute(
            sa.select(
                b.c.kind,
                sa.func.count().label("number"),
                sa.func.min(b.c.opened_at, type_=b.c.opened_at.type).label("since"),
            )
            .where(b.c.state.in_(_WAITING))
            .group_by(b.c.kind)
        )
    }
    done = connection.execute(
        sa.select(b.c.kind, sa.func.max(b.c.finished_at).label("at"))
        .where(b.c.state == BatchState.DONE.value)
        .group_by(b.c.kind)
    )
    severities = [
        str(one.detail.get("severity", "error")) for one in incidents.open_incidents(connection)
    ]
    return WorkFigures(
        waiting={kind: waiting.get(kind, (0, None))[0] for kind in kinds},
        oldest={kind: _seconds(waiting.get(kind, (0, None))[1], now) for kind in kinds},
        last_success={row.kind: _seconds(row.at, now) for row in done if row.at is not None},
        quarantined=review.count_quarantine(connection),
        open_incidents={name: severities.count(name) for name in _SEVERITIES},
        calls=call_counts.of_day(connection, now.astimezone(UTC).date()),
        quota=_quota(connection),
    )


def queue(connection: sa.Connection, *, now: datetime) -> tuple[int, float]:
    """How many batches wait for a worker, and for how many seconds the oldest of them."""
    found = connection.execute(
        sa.select(sa.func.count().label("number"), sa.func.min(b.c.opened_at).label("since")).where(
            b.c.state.in_(_WAITING)
        )
    ).one()
    return int(found.number), _seconds(found.since, now)


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _quota(connection: sa.Connection) -> Quota | None:
    row = connection.execute(
        sa.select(q.c.spent, q.c.reported, q.c.reported_limit)
        .where(q.c.system == "pardot", q.c.lane == _WHOLE)
        .order_by(q.c.day.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.reported_limit is None:
        return None
    return Quota(max(int(row.spent), int(row.reported or 0)), int(row.reported_limit))
