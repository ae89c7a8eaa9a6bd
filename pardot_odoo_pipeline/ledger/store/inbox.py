"""The inbox: pushed events from their receipt until they are closed.

What lives here: storing, taking and closing events. What does not: opening batches for them
(`event_batches`), and figures about them (``inbox_figures.py``).

An event is ``waiting``, or ``batched`` and then in exactly one batch, or ``closed``. It goes from
one to the next in the transaction that opens, closes or gives up the batch, so there is no moment
at which it is in none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import inbox_events as t
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into, written
from pardot_odoo_pipeline.pushed_events import (
    GIVE_UP_AFTER,
    HOT,
    EventState,
    EventType,
    Note,
    PushedEvent,
    System,
    next_look,
)

__all__ = [
    "InboxEvent",
    "added",
    "any_seen_since",
    "attach",
    "close",
    "count_waiting",
    "give_back",
    "is_waiting",
    "look_again",
    "of_batch",
    "prune",
    "store",
    "waiting",
    "waiting_of",
]


@dataclass(frozen=True)
class InboxEvent:
    """An event as the inbox knows it; the names are those of :class:`PushedEvent`."""

    id: int
    source: str
    event_id: str
    system: System
    type: str
    state: EventState
    priority: int
    prospect_id: str | None
    lead_id: int | None
    partner_id: int | None
    email_hash: str | None
    payload: Mapping[str, Any]
    occurred_at: datetime | None
    received_at: datetime
    looks: int
    note: str | None
    batch_key: str | None
    batched_at: datetime | None
    committed_at: datetime | None

    @property
    def email(self) -> str | None:
        """The address, where no id was given."""
        return self.payload.get("email")


_COLUMNS = [t.c[name] for name in InboxEvent.__dataclass_fields__]


def store(connection: sa.Connection, events: Sequence[PushedEvent]) -> int:
    """Keep events that are not there yet; returns how many were new."""
    return len(added(connection, events))


def added(connection: sa.Connection, events: Sequence[PushedEvent]) -> set[tuple[str, str]]:
    """The same; returns source and id of each that was new, by which the others are known."""
    rows = [
        {
            "source": event.source,
            "event_id": event.event_id,
            "system": event.system.value,
            "type": event.type,
            "state": EventState.WAITING.value,
            "priority": event.priority,
            "prospect_id": event.prospect_id,
            "lead_id": event.lead_id,
            "partner_id": event.partner_id,
            "email_hash": event.email_hash,
            "payload": dict(event.payload),
            "occurred_at": event.occurred_at,
            "received_at": event.received_at,
        }
        for event in events
    ]
    statement = (
        insert_into(connection, t)
        .on_conflict_do_nothing(index_elements=[t.c.source, t.c.event_id])
        .returning(t.c.source, t.c.event_id)
    )
    return {(row.source, row.event_id) for row in written(connection, statement, rows)}


def is_waiting(connection: sa.Connection, *, now: datetime, hot: bool = False) -> bool:
    """Whether any event is due; with ``hot`` only of those that go first."""
    query = sa.select(t.c.id).where(_due(now), t.c.priority > 0 if hot else sa.true())
    return connection.execute(query.limit(1)).first() is not None


def count_waiting(connection: sa.Connection, *, now: datetime, most: int) -> int:
    """How many events that do not go first are due; counted up to that number."""
    some = sa.select(t.c.id).where(t.c.priority == 0, _due(now)).limit(most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def waiting(
    connection: sa.Connection,
    *,
    now: datetime,
    limit: int,
    hot: bool = False,
    due_before: datetime | None = None,
) -> list[InboxEvent]:
    """The events that are due, urgent ones first, then in the order of their receipt.

    They are locked until the transaction ends: who reads them here is the one who takes them.

    Args:
        connection: An open write transaction.
        now: The present moment.
        limit: At most so many of those that go first, and of the others.
        hot: Only those that go first.
        due_before: Only those that nobody took although they were due before that moment.
    """
    conditions = [_due(now)]
    if due_before is not None:
        conditions.append(sa.func.coalesce(t.c.due_at, t.c.received_at) < due_before)
    found: list[InboxEvent] = []
    # One after the other: in one query the whole inbox would be sorted for each batch.
    for priority in (HOT,) if hot else (HOT, 0):
        query = (
            sa.select(*_COLUMNS)
            .where(t.c.priority == priority, *conditions)
            .order_by(t.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found += [_event(row) for row in connection.execute(query)]
    return found


def waiting_of(
    connection: sa.Connection,
    system: System,
    prospect_ids: Collection[str],
    *,
    now: datetime,
    limit: int,
) -> list[int]:
    """The ids of at most so many events that are due and name these prospects, locked likewise."""
    found: list[int] = []
    for some in chunks(prospect_ids):
        query = (
            sa.select(t.c.id)
            .where(
                # Their few events by the prospect's index, not every waiting one by the state's.
                _due(now, t.c.state.concat("")),
                t.c.system == system.value,
                t.c.type != EventType.TEST.value,
                t.c.note.is_(None),
                t.c.prospect_id.in_(some),
            )
            .limit(limit - len(found))
            .with_for_update(skip_locked=True)
        )
        found += [row.id for row in connection.execute(query)]
    return found


def attach(connection: sa.Connection, ids: Sequence[int], key: str, *, now: datetime) -> None:
    """Put events into a batch."""
    _update(
        connection,
        ids,
        state=EventState.BATCHED.value,
        batch_key=key,
        batched_at=now,
        looks=t.c.looks + 1,
    )


def of_batch(connection: sa.Connection, key: str) -> list[InboxEvent]:
    """The events that are in a batch and not closed."""
    query = (
        sa.select(*_COLUMNS)
        .where(t.c.batch_key == key, t.c.state == EventState.BATCHED.value)
        .order_by(t.c.id)
    )
    return [_event(row) for row in connection.execute(query)]


def close(
    connection: sa.Connection,
    ids: Sequence[int],
    *,
    now: datetime,
    note: str | None = None,
    prospect_id: str | None = None,
    committed_at: datetime | None = None,
) -> None:
    """Close events; what they told of a person is deleted.

    Args:
        connection: An open write transaction.
        ids: Which.
        now: The present moment.
        note: Why, where the record did not show them.
        prospect_id: Who the address turned out to be.
        committed_at: When Odoo had committed what they brought, if anything was written.
    """
    values: dict[str, Any] = {
        "state": EventState.CLOSED.value,
        "closed_at": now,
        "payload": None,
        "note": note,
    }
    if prospect_id is not None:
        values["prospect_id"] = prospect_id
    if committed_at is not None:
        values["committed_at"] = committed_at
    _update(connection, ids, **values)


def look_again(
    connection: sa.Connection, event: InboxEvent, *, read_at: datetime, now: datetime, note: Note
) -> None:
    """Let an event wait that a reading did not show; after 90 seconds it is closed with why."""
    # What counts is the reading and not the end of its batch, before which Odoo may be slow.
    rest = next_look(event.looks)
    if read_at + rest > event.received_at + GIVE_UP_AFTER:
        close(connection, [event.id], now=now, note=note)
    else:
        _update(connection, [event.id], state=EventState.WAITING.value, due_at=now + rest)


def give_back(
    connection: sa.Connection, key: str, *, due_at: datetime, now: datetime, most_looks: int
) -> None:
    """Free the events of a batch that failed for good, a few times: each person's go on alone."""
    events = of_batch(connection, key)
    worn_out = [event.id for event in events if event.looks >= most_looks]
    close(connection, worn_out, now=now, note=Note.BATCH_FAILED)
    others = [event.id for event in events if event.looks < most_looks]
    _update(
        connection,
        others,
        state=EventState.WAITING.value,
        due_at=due_at,
        note=Note.BATCH_FAILED,
    )


def prune(connection: sa.Connection, *, before: datetime, limit: int) -> int:
    """Delete events that were closed before that moment, at most so many; returns how many."""
    done = (
        sa.select(t.c.id)
        .where(t.c.state == EventState.CLOSED.value, t.c.closed_at < before)
        .limit(limit)
    )
    return connection.execute(sa.delete(t).where(t.c.id.in_(done))).rowcount


def any_seen_since(connection: sa.Connection, since: datetime, types: Collection[str]) -> bool:
    """Whether events of these types happened since then and were closed."""
    happened = sa.func.coalesce(t.c.occurred_at, t.c.received_at) >= since
    query = sa.select(t.c.id).where(t.c.closed_at >= since, happened, t.c.type.in_(types))
    return connection.execute(query.limit(1)).first() is not None


def _due(now: datetime, state: sa.ColumnElement[str] = t.c.state) -> sa.ColumnElement[bool]:
    return sa.and_(
        state == EventState.WAITING.value, sa.or_(t.c.due_at.is_(None), t.c.due_at <= now)
    )


def _update(connection: sa.Connection, ids: Sequence[int], **values: Any) -> None:
    for some in chunks(ids):
        connection.execute(sa.update(t).where(t.c.id.in_(some)).values(**values))


def _event(row: sa.Row[Any]) -> InboxEvent:
    values = row._asdict()
    return InboxEvent(
        **{
            **values,
            "system": System(values["system"]),
            "state": EventState(values["state"]),
            "payload": values["payload"] or {},
        }
    )
