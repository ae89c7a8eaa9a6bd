"""What became of visitor activities, and the entries that show them in Odoo.

What lives here: looking both up, announcing a write, and storing its outcome. What does not: the
decisions (``merge/activities.py``) and people's numbers (``activity_numbers.py``).

An activity is counted in the transaction that first stores it, so that it is counted once however
often it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.activity_tables import activity_entries as e
from pardot_odoo_pipeline.ledger.desks import activity_links as t
from pardot_odoo_pipeline.ledger.store import activity_numbers
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into
from pardot_odoo_pipeline.ledger.tables import links

__all__ = [
    "WAITING",
    "WRITING",
    "ActivityRow",
    "EntryRow",
    "Remembered",
    "announce",
    "by_group_keys",
    "due",
    "forget",
    "remember",
    "remembered",
    "settle",
]

WAITING, WRITING, GONE = "waiting", "writing", "gone"


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity to store. ``counter`` and ``day`` say what it adds to, None: to nothing."""

    activity_id: str
    prospect_id: str
    kind: str
    occurred_at: datetime
    day: str
    counter: str | None
    state: str
    entry: str | None = None
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of one activity."""

    state: str
    lead_id: int | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry in Odoo."""

    id: str
    group_key: str | None
    prospect_id: str
    kind: str
    lead_id: int
    content: dict[str, Any]
    mail_message_id: int | None = None
    mail_activity_id: int | None = None


def remembered(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Remembered]:
    """What is known of these activities, by id."""
    found: dict[str, Remembered] = {}
    for chunk in chunks(ids):
        query = sa.select(t.c.activity_id, t.c.state, t.c.lead_id, t.c.recorded_at)
        for row in connection.execute(query.where(t.c.activity_id.in_(chunk))):
            found[row[0]] = Remembered(*row[1:])
    return found


def by_group_keys(connection: sa.Connection, keys: Iterable[str]) -> dict[str, EntryRow]:
    """The entries of these groups, by key."""
    found: dict[str, EntryRow] = {}
    columns = [e.c[name] for name in EntryRow.__slots__]
    for chunk in chunks(keys):
        query = sa.select(*columns).where(e.c.group_key.in_(chunk))
        for row in connection.execute(query):
            found[row.group_key] = EntryRow(*row)
    return found


def due(
    connection: sa.Connection, *, now: datetime, unknown_for: timedelta, limit: int
) -> dict[str, str]:
    """Activities that were left: their person has a lead by now, or their call is over.

    Args:
        connection: An open transaction.
        now: The present moment.
        unknown_for: How long a call without an answer may still commit.
        limit: At most so many.

    Returns:
        Prospect id by activity id.
    """
    leader = links.alias("leader")
    waiting = (
        sa.select(t.c.activity_id, t.c.prospect_id)
        .join(links, links.c.prospect_id == t.c.prospect_id)
        .join(leader, leader.c.prospect_id == links.c.leader_prospect_id)
        .where(
            t.c.state == sa.literal_column("'waiting'"),
            links.c.state == LinkState.ACTIVE,
            leader.c.state == LinkState.ACTIVE,
            leader.c.lead_id.is_not(None),
            sa.or_(t.c.lead_id.is_(None), t.c.lead_id != leader.c.lead_id),
        )
        .order_by(t.c.activity_id)
        .limit(limit)
    )
    writing = (
        sa.select(t.c.activity_id, t.c.prospect_id)
        .where(
            t.c.state == sa.literal_column("'writing'"),
            t.c.recorded_at <= now - unknown_for,
        )
        .order_by(t.c.activity_id)
        .limit(limit)
    )
    found = [(row[0], row[1]) for query in (writing, waiting) for row in connection.execute(query)]
    return dict(found[:limit])


def remember(
    connection: sa.Connection, rows: Sequence[ActivityRow], *, batch_key: str, now: datetime
) -> None:
    """Store activities; those that are known already only change where they were not settled.

    Whatever is new is counted among its person's numbers in the same transaction.
    """
    if not rows:
        return
    values = [
        {
            "activity_id": row.activity_id,
            "prospect_id": row.prospect_id,
            "kind": row.kind,
            "occurred_at": row.occurred_at,
            "state": row.state,
            "shown_as": row.entry,
            "lead_id": row.lead_id,
            "batch_key": batch_key,
            "recorded_at": now,
        }
        for row in sorted(rows, key=lambda row: row.activity_id)
    ]
    known = remembered(connection, [row.activity_id for row in rows])
    insert = insert_into(connection, t)
    new = insert.excluded
    changed = ("prospect_id", "state", "shown_as", "lead_id", "batch_key", "recorded_at")
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[t.c.activity_id],
            set_={name: new[name] for name in changed},
            where=sa.or_(t.c.state == WAITING, t.c.state == WRITING),
        ),
        values,
    )
    activity_numbers.add(
        connection,
        [
            (row.prospect_id, row.day, row.counter)
            for row in rows
            if row.activity_id not in known and row.counter is not None
        ],
    )


def forget(connection: sa.Connection, ids: Iterable[str]) -> None:
    """Give up activities that were left and are no longer in Pardot."""
    for chunk in chunks(ids):
        connection.execute(
            sa.update(t)
            .where(t.c.activity_id.in_(chunk), t.c.state.in_((WAITING, WRITING)))
            .values(state=GONE)
        )


def announce(
    connection: sa.Connection, entries: Sequence[EntryRow], *, batch_key: str, now: datetime
) -> None:
    """Write down entries that are about to be created; one that is there keeps what it says.

    Whoever repeats a call that was cut short finds the same entry, and by it the same message.
    """
    if not entries:
        return
    rows = [_values(entry, batch_key, now) for entry in entries]
    connection.execute(insert_into(connection, e).on_conflict_do_nothing(), rows)


def settle(
    connection: sa.Connection,
    entries: Sequence[EntryRow],
    gone: Sequence[str],
    *,
    batch_key: str,
    now: datetime,
) -> None:
    """Store what stands in Odoo now, and forget entries that could not be written."""
    if entries:
        insert = insert_into(connection, e)
        new = insert.excluded
        kept = ("content", "mail_message_id", "mail_activity_id", "batch_key", "recorded_at")
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=[e.c.id], set_={name: new[name] for name in kept}
            ),
            [_values(entry, batch_key, now) for entry in entries],
        )
        shown = sa.update(t).where(t.c.activity_id == sa.bindparam("entry"))
        connection.execute(
            shown.values(
                mail_message_id=sa.bindparam("message"), mail_activity_id=sa.bindparam("activity")
            ),
            [
                {
                    "entry": entry.id,
                    "message": entry.mail_message_id,
                    "activity": entry.mail_activity_id,
                }
                for entry in entries
            ],
        )
    for chunk in chunks(gone):
        connection.execute(sa.delete(e).where(e.c.id.in_(chunk), e.c.mail_message_id.is_(None)))


def _values(entry: EntryRow, batch_key: str, now: datetime) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in EntryRow.__slots__}
    return {**values, "batch_key": batch_key, "recorded_at": now}
