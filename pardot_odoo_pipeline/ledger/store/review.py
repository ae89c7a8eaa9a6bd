"""What people should look at: quarantined prospects and findings on single fields.

What lives here: recording them batch by batch, closing what is no longer so, counting. What does
not: the reasons and codes themselves (one closed list in ``mapping``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into
from pardot_odoo_pipeline.ledger.tables import findings, quarantine

__all__ = [
    "Entry",
    "Finding",
    "Quarantined",
    "ReviewState",
    "count_findings",
    "count_quarantine",
    "note",
    "open_findings",
    "open_quarantine",
    "quarantine_entry",
    "record",
    "release",
]


class ReviewState(StrEnum):
    """``cleared`` by a later batch that no longer saw it, ``released`` by a person."""

    OPEN = "open"
    CLEARED = "cleared"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Why a prospect is not synced. ``candidates`` are record ids, ``detail`` may be personal."""

    reason: str
    candidates: tuple[int | str, ...] = ()
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One field of a synced prospect that is not what it was, with the value as it came."""

    field: str
    code: str
    raw_value: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the review list. ``text`` is personal: show it, never log it."""

    id: int
    prospect_id: str
    field: str | None
    code: str
    text: str | None
    candidates: tuple[int | str, ...]
    first_batch: str
    first_seen_at: datetime
    last_batch: str
    last_seen_at: datetime


def record(
    connection: sa.Connection,
    people: Sequence[tuple[str, Sequence[Quarantined] | None, Sequence[Finding] | None]],
    *,
    batch_key: str,
    attempt: int,
    now: datetime,
) -> None:
    """Record everything seen of these people, and clear what was not seen again.

    ``None`` instead of a list says that nothing was looked at, and clears nothing.
    """
    seen = {
        "state": ReviewState.OPEN.value,
        "first_batch": batch_key,
        "first_seen_at": now,
        "last_batch": batch_key,
        "last_attempt": attempt,
        "last_seen_at": now,
    }
    quarantined: dict[tuple[str, ...], dict[str, Any]] = {
        (prospect_id, q.reason): {
            "prospect_id": prospect_id,
            "reason": str(q.reason),
            "candidates": list(q.candidates),
            "detail": q.detail,
            **seen,
        }
        for prospect_id, reasons, _ in people
        for q in reasons or ()
    }
    found: dict[tuple[str, ...], dict[str, Any]] = {
        (prospect_id, f.field, f.code): {
            "prospect_id": prospect_id,
            "field": f.field,
            "code": str(f.code),
            "raw_value": f.raw_value,
            **seen,
        }
        for prospect_id, _, fields in people
        for f in fields or ()
    }
    judged = sorted(prospect_id for prospect_id, reasons, _ in people if reasons is not None)
    looked_at = sorted(prospect_id for prospect_id, _, fields in people if fields is not None)
    for table, unique, rows, ids in (
        (quarantine, ("prospect_id", "reason"), quarantined, judged),
        (findings, ("prospect_id", "field", "code"), found, looked_at),
    ):
        if rows:
            insert = insert_into(connection, table)
            renewed = [c.name for c in table.c if c.name not in {"id", *unique, *_FIRST}]
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=list(unique),
                    set_={name: insert.excluded[name] for name in renewed},
                ),
                [rows[key] for key in sorted(rows)],
            )
        for chunk in chunks(ids):
            connection.execute(
                sa.update(table)
                .where(table.c.prospect_id.in_(chunk), table.c.state != ReviewState.CLEARED)
                .where(sa.or_(table.c.last_batch != batch_key, table.c.last_attempt != attempt))
                .values(state=ReviewState.CLEARED)
            )


def note(
    connection: sa.Connection,
    found: Sequence[tuple[str, Finding]],
    *,
    batch_key: str,
    attempt: int,
    now: datetime,
) -> None:
    """Add findings of people, and clear none: the next whole look at them does."""
    if not found:
        return
    insert = insert_into(connection, findings)
    seen = ("raw_value", "state", "last_batch", "last_attempt", "last_seen_at")
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["prospect_id", "field", "code"],
            set_={name: insert.excluded[name] for name in seen},
        ),
        [
            {
                "prospect_id": prospect_id,
                "field": one.field,
                "code": str(one.code),
                "raw_value": one.raw_value,
                "state": ReviewState.OPEN.value,
                "first_batch": batch_key,
                "first_seen_at": now,
                "last_batch": batch_key,
                "last_attempt": attempt,
                "last_seen_at": now,
            }
            for prospect_id, one in sorted(found, key=lambda pair: pair[0])
        ],
    )


_FIRST = ("first_batch", "first_seen_at")


def count_quarantine(connection: sa.Connection, batch_key: str | None = None) -> dict[str, int]:
    """How many prospects are in quarantine, by reason; of one batch when one is named."""
    return _counted(connection, quarantine, quarantine.c.reason, batch_key)


def count_findings(connection: sa.Connection, batch_key: str | None = None) -> dict[str, int]:
    """How many findings stand open, by code; of one batch when one is named."""
    return _counted(connection, findings, findings.c.code, batch_key)


def open_quarantine(
    connection: sa.Connection, *, after: int = 0, limit: int = 1_000, reason: str | None = None
) -> list[Entry]:
    """The quarantined prospects, first seen first; ``after`` an ``id`` pages on.

    Args:
        connection: Any.
        after: Only those behind this number.
        limit: At most so many.
        reason: Only those who are there for it.
    """
    t = quarantine.c
    columns = [sa.null(), t.reason, t.detail, t.candidates]
    wanted = sa.true() if reason is None else t.reason == reason
    return _listed(connection, quarantine, columns, after, limit, wanted)


def quarantine_entry(connection: sa.Connection, entry_id: int) -> Entry | None:
    """One open entry of the quarantine."""
    found = open_quarantine(connection, after=entry_id - 1, limit=1)
    return found[0] if found and found[0].id == entry_id else None


def release(connection: sa.Connection, entry_id: int) -> None:
    """A person mended the cause; whoever sees it again opens the entry anew."""
    connection.execute(
        sa.update(quarantine)
        .where(quarantine.c.id == entry_id, quarantine.c.state == ReviewState.OPEN.value)
        .values(state=ReviewState.RELEASED.value)
    )


def open_findings(connection: sa.Connection, *, after: int = 0, limit: int = 1_000) -> list[Entry]:
    """The open findings, first seen first; paged like :func:`open_quarantine`."""
    t = findings.c
    return _listed(connection, findings, [t.field, t.code, t.raw_value, sa.null()], after, limit)


def _counted(
    connection: sa.Connection, table: sa.Table, column: sa.Column[Any], batch_key: str | None
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(table.c.state == ReviewState.OPEN)
    if batch_key is not None:
        query = query.where(table.c.last_batch == batch_key)
    return {row[0]: row[1] for row in connection.execute(query.group_by(column))}


def _listed(
    connection: sa.Connection,
    table: sa.Table,
    columns: list[Any],
    after: int,
    limit: int,
    wanted: sa.ColumnElement[bool] | None = None,
) -> list[Entry]:
    t = table.c
    query = (
        sa.select(
            *[
                t.id,
                t.prospect_id,
                *columns,
                t.first_batch,
                t.first_seen_at,
                t.last_batch,
                t.last_seen_at,
            ]
        )
        .where(t.state == ReviewState.OPEN, t.id > after, sa.true() if wanted is None else wanted)
        .order_by(t.id)
        .limit(limit)
    )
    rows: list[Any] = list(connection.execute(query))
    entries = [dict(zip(Entry.__dataclass_fields__, row, strict=True)) for row in rows]
    return [Entry(**{**e, "candidates": tuple(e["candidates"] or ())}) for e in entries]
