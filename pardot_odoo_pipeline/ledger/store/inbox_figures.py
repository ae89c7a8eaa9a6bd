"""Figures about the inbox: what waits, how events ended, how long they were on their way.

What lives here: read-only queries for `status` and the metrics. What does not: the life of an event
(``inbox.py``), the events of one person (``dossier.py``), and what a percentile is (`durations`).

A day of busy sources is tens of thousands of events. The queries go by source and time of receipt,
which is an index, and nothing reads the whole table.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchState
from pardot_odoo_pipeline.durations import PERCENTS, Duration, nearest_rank
from pardot_odoo_pipeline.ledger.desks import inbox_events as t
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.pushed_events import EventState, EventType, System

__all__ = [
    "DAY",
    "InboxFigures",
    "Percentiles",
    "SourceFigures",
    "figures",
]

DAY = timedelta(hours=24)

_SECOND = 1_000_000  # in microseconds
_ROWS = 5_000
_KNOWN_TYPES = frozenset(kind.value for kind in EventType)
_OPEN = (EventState.WAITING.value, EventState.BATCHED.value)


@dataclass(frozen=True)
class Percentiles:
    """A duration over many events, in seconds, by nearest rank: values that were measured.

    Attributes:
        events: How many events have both moments.
        p50: Half of them took at most so long.
        p95: 95 percent of them.
        p99: 99 percent of them.
    """

    events: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class SourceFigures:
    """One source, over the span.

    Attributes:
        source: Its name, as the events carry it; the rules may not know it any more.
        system: Whose events it pushes.
        events: How many were received.
        last_received_at: The receipt of its latest event, in the span or before.
        durations: What was measured; a duration that no event has is not there. Test events are
            not measured.
    """

    source: str
    system: System
    events: int
    last_received_at: datetime
    durations: Mapping[Duration, Percentiles] = field(default_factory=dict)


@dataclass(frozen=True)
class InboxFigures:
    """The inbox at one moment, and what was received in a span before it.

    Attributes:
        since: Where the span begins.
        until: Where it ends: the moment of the look.
        waiting: Events that wait for a batch, whenever they were received.
        batched: Events that are in a batch that is not done.
        oldest_waiting_at: The receipt of the oldest event that waits.
        in_failed_batches: Events that are not closed and whose latest batch failed for good; they
            wait for another one.
        states: Events of the span by state.
        notes: Closed events of the span by note; those that were seen have none.
        unknown_types: Types that are not known, with the number of events of the span.
        sources: One entry for each source that ever pushed, by name.
    """

    since: datetime
    until: datetime
    waiting: int
    batched: int
    oldest_waiting_at: datetime | None
    in_failed_batches: int
    states: Mapping[EventState, int]
    notes: Mapping[str, int]
    unknown_types: Mapping[str, int]
    sources: Sequence[SourceFigures]

    @property
    def oldest_waiting_seconds(self) -> float | None:
        """How long the oldest event has been waiting."""
        if self.oldest_waiting_at is None:
            return None
        return (self.until - self.oldest_waiting_at).total_seconds()


def figures(connection: sa.Connection, *, now: datetime, span: timedelta = DAY) -> InboxFigures:
    """Look at the inbox.

    Args:
        connection: An open transaction.
        now: The present moment.
        span: How far back events are counted.
    """
    sources = _sources(connection)
    since = now - span
    received = sa.and_(t.c.source.in_(sources), t.c.received_at > since)
    standing = _standing(connection)
    counted = _counted(connection, received)
    durations = _durations(connection, received)
    states: dict[EventState, int] = {}
    notes: dict[str, int] = {}
    unknown: dict[str, int] = {}
    events: dict[str, int] = {}
    for source, kind, state, note, number in counted:
        events[source] = events.get(source, 0) + number
        states[state] = states.get(state, 0) + number
        if note is not None:
            notes[note] = notes.get(note, 0) + number
        if kind not in _KNOWN_TYPES:
            unknown[kind] = unknown.get(kind, 0) + number
    return InboxFigures(
        since=since,
        until=now,
        waiting=standing.get(EventState.WAITING, (0, None))[0],
        batched=standing.get(EventState.BATCHED, (0, None))[0],
        oldest_waiting_at=standing.get(EventState.WAITING, (0, None))[1],
        in_failed_batches=_in_failed_batches(connection),
        states=states,
        notes=dict(sorted(notes.items())),
        unknown_types=dict(sorted(unknown.items())),
        sources=[
            SourceFigures(name, system, events.get(name, 0), last, durations.get(name, {}))
            for name, (system, last) in _latest(connection, sources).items()
        ],
    )


def _sources(connection: sa.Connection) -> list[str]:
    """The sources in the inbox, by one look at the index for each instead of one for each event."""
    names = sa.select(sa.func.min(t.c.source).label("source")).cte("names", recursive=True)
    following = sa.select(sa.func.min(t.c.source)).where(t.c.source > names.c.source)
    names = names.union_all(
        sa.select(following.scalar_subquery()).where(names.c.source.is_not(None))
    )
    query = sa.select(names.c.source).where(names.c.source.is_not(None))
    return [row.source for row in connection.execute(query)]


def _latest(
    connection: sa.Connection, sources: Collection[str]
) -> dict[str, tuple[System, datetime]]:
    found: dict[str, tuple[System, datetime]] = {}
    for source in sources:
        row = connection.execute(
            sa.select(t.c.system, t.c.received_at)
            .where(t.c.source == source)
            .order_by(t.c.received_at.desc())
            .limit(1)
        ).one()
        found[source] = (System(row.system), row.received_at)
    return found


def _standing(connection: sa.Connection) -> dict[EventState, tuple[int, datetime | None]]:
    """Of each state that is not closed, how many events are in it, and the oldest one's receipt."""
    query = (
        sa.select(t.c.state, sa.func.count(), sa.func.min(t.c.received_at))
        .where(t.c.state.in_(_OPEN))
        .group_by(t.c.state)
    )
    return {EventState(state): (number, at) for state, number, at in connection.execute(query)}


def _in_failed_batches(connection: sa.Connection) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(t.join(sync_batches, sync_batches.c.key == t.c.batch_key))
        .where(t.c.state.in_(_OPEN), sync_batches.c.state == BatchState.FAILED)
    )
    return int(connection.execute(query).scalar_one())


def _counted(
    connection: sa.Connection, received: sa.ColumnElement[bool]
) -> list[tuple[str, str, EventState, str | None, int]]:
    columns = (t.c.source, t.c.type, t.c.state, t.c.note)
    query = sa.select(*columns, sa.func.count()).where(received).group_by(*columns)
    return [
        (source, kind, EventState(state), note, number)
        for source, kind, state, note, number in connection.execute(query)
    ]


def _durations(
    connection: sa.Connection, received: sa.ColumnElement[bool]
) -> dict[str, dict[Duration, Percentiles]]:
    """Rank every measured value; eight bytes for each are held.

    Ranking inside the database would take several times as long on SQLite.
    """
    took = [_microseconds(connection, *duration.ends) for duration in Duration]
    query = sa.select(t.c.source, *took).where(received, t.c.type != EventType.TEST.value)
    rows = connection.execute(query.execution_options(yield_per=_ROWS))
    values: dict[str, list[array[int]]] = {}
    for source, *row in rows:
        if source not in values:
            values[source] = [array("q") for _ in Duration]
        for column, value in zip(values[source], row, strict=True):
            if value is not None:
                column.append(value)
    return {
        source: {
            duration: _percentiles(column)
            for duration, column in zip(Duration, columns, strict=True)
            if column
        }
        for source, columns in values.items()
    }


def _percentiles(microseconds: array[int]) -> Percentiles:
    ordered = sorted(microseconds)
    return Percentiles(
        len(ordered), *(nearest_rank(ordered, percent) / _SECOND for percent in PERCENTS)
    )


def _microseconds(connection: sa.Connection, start: str, end: str) -> sa.ColumnElement[Any]:
    """The time between two moments as a whole number, which is exact in either database."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", t.c[end] - t.c[start]) * _SECOND, sa.BigInteger)
    return sa.type_coerce(t.c[end], sa.BigInteger) - sa.type_coerce(t.c[start], sa.BigInteger)
