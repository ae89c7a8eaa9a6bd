"""How often each person did what, by day, and whose numbers Odoo must be told.

What lives here: counting, the turn of the day, and what was last written. What does not: turning
counts into the fields of Odoo (``merge/activity_numbers.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.activity_tables import activity_days as d
from pardot_odoo_pipeline.ledger.activity_tables import activity_totals as t
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into
from pardot_odoo_pipeline.ledger.tables import links

__all__ = [
    "VersionMove",
    "add",
    "days_of",
    "due",
    "move_versions",
    "turn_days",
    "written",
    "written_of",
]

_WINDOW = 30


@dataclass(frozen=True, slots=True)
class VersionMove:
    """A record (``lead`` or ``partner``) that had one version, and by our write has another."""

    prospect_id: str
    record: str
    expected: datetime
    to: datetime


def add(connection: sa.Connection, done: Iterable[tuple[str, str, str]]) -> None:
    """Count activities, given as ``(prospect id, day, counter)``; their people become due."""
    counts = Counter(done)
    if not counts:
        return
    insert = insert_into(connection, d)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[d.c.prospect_id, d.c.day, d.c.counter],
            set_={"count": d.c.count + insert.excluded.count},
        ),
        [
            {"prospect_id": who, "day": day, "counter": counter, "count": count}
            for (who, day, counter), count in sorted(counts.items())
        ],
    )
    people = sorted({who for who, _, _ in counts})
    upsert = _made_due(connection)
    connection.execute(upsert, [{"prospect_id": who, "due": True} for who in people])


def turn_days(connection: sa.Connection, *, last: date, today: date) -> None:
    """Make everybody due whose 30 days look different today, and sum up days long past."""
    passed = [last + timedelta(days=n + 1) for n in range(min((today - last).days, 2 * _WINDOW))]
    left = {
        (day - timedelta(days=windows * _WINDOW)).isoformat()
        for day in passed
        for windows in (1, 2)
    }
    if not left:
        return
    people = sa.select(d.c.prospect_id, sa.true()).where(d.c.day.in_(left)).distinct()
    insert = insert_into(connection, t).from_select(["prospect_id", "due"], people)
    connection.execute(
        insert.on_conflict_do_update(index_elements=[t.c.prospect_id], set_={"due": True})
    )
    past = sa.and_(d.c.day != "", d.c.day < (today - timedelta(days=2 * _WINDOW)).isoformat())
    sums = (
        sa.select(d.c.prospect_id, sa.literal("").label("day"), d.c.counter, sa.func.sum(d.c.count))
        .where(past)
        .group_by(d.c.prospect_id, d.c.counter)
    )
    summed = insert_into(connection, d).from_select(
        ["prospect_id", "day", "counter", "count"], sums
    )
    connection.execute(
        summed.on_conflict_do_update(
            index_elements=[d.c.prospect_id, d.c.day, d.c.counter],
            set_={"count": d.c.count + summed.excluded.count},
        )
    )
    connection.execute(sa.delete(d).where(past))


def due(connection: sa.Connection, limit: int) -> list[str]:
    """Leaders with a lead of whom somebody's numbers changed, at most so many."""
    leader = links.alias("leader")
    query = (
        sa.select(leader.c.prospect_id)
        .distinct()
        .select_from(t)
        .join(links, links.c.prospect_id == t.c.prospect_id)
        .join(leader, leader.c.prospect_id == links.c.leader_prospect_id)
        .where(
            t.c.due,
            links.c.state == LinkState.ACTIVE,
            leader.c.state == LinkState.ACTIVE,
            leader.c.lead_id.is_not(None),
        )
        .order_by(leader.c.prospect_id)
        .limit(limit)
    )
    return [row[0] for row in connection.execute(query)]


def days_of(
    connection: sa.Connection, prospect_ids: Iterable[str]
) -> dict[str, list[tuple[str, str, int]]]:
    """The counts of these people: ``(day, counter, count)`` by prospect id."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for chunk in chunks(prospect_ids):
        query = sa.select(d.c.prospect_id, d.c.day, d.c.counter, d.c.count)
        for row in connection.execute(query.where(d.c.prospect_id.in_(chunk))):
            found.setdefault(row[0], []).append((row[1], row[2], row[3]))
    return found


def written_of(connection: sa.Connection, leaders: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The numbers that Odoo was last told of these people."""
    found: dict[str, dict[str, Any]] = {}
    for chunk in chunks(leaders):
        query = sa.select(t.c.prospect_id, t.c.written).where(t.c.prospect_id.in_(chunk))
        found.update((row[0], row[1]) for row in connection.execute(query) if row[1])
    return found


def written(
    connection: sa.Connection,
    told: Mapping[str, Mapping[str, Any]],
    people: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Store what Odoo was told of leaders; they and those who follow them are due no more."""
    for chunk in chunks(sorted(people)):
        connection.execute(sa.update(t).where(t.c.prospect_id.in_(chunk)).values(due=False))
    if not told:
        return
    insert = insert_into(connection, t)
    new = insert.excluded
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[t.c.prospect_id],
            set_={name: new[name] for name in ("due", "written", "written_at")},
        ),
        [
            {"prospect_id": leader, "due": False, "written": dict(values), "written_at": now}
            for leader, values in sorted(told.items())
        ],
    )


def move_versions(connection: sa.Connection, moves: Sequence[VersionMove]) -> None:
    """Tell the links which version is ours, unless another batch has seen a later one."""
    for record, column in (("lead", links.c.lead_version), ("partner", links.c.partner_version)):
        rows = [
            {"who": move.prospect_id, "before": move.expected, "after": move.to}
            for move in moves
            if move.record == record
        ]
        if rows:
            own = sa.and_(
                links.c.prospect_id == sa.bindparam("who"), column == sa.bindparam("before")
            )
            moved = sa.update(links).where(own).values({column: sa.bindparam("after")})
            connection.execute(moved, rows)


def _made_due(connection: sa.Connection) -> Any:
    return insert_into(connection, t).on_conflict_do_update(
        index_elements=[t.c.prospect_id], set_={"due": True}
    )
