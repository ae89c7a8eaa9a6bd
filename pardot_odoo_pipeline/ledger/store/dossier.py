"""Everything that the ledger knows of one person, for people who ask why something is as it is.

What lives here: read-only look-ups by prospect. What does not: anything that a sync needs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.store.retries import RetryState
from pardot_odoo_pipeline.ledger.store.review import ReviewState
from pardot_odoo_pipeline.ledger.tables import agreed_values, findings, links, quarantine, retries
from pardot_odoo_pipeline.pushed_events import EventState, System

__all__ = [
    "PersonEvent",
    "Provenance",
    "Waiting",
    "events_of",
    "findings_of",
    "provenance",
    "quarantine_of",
    "waiting",
]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which batches made and last changed what is remembered of a person."""

    created_batch: str | None
    created_at: datetime | None
    updated_batch: str | None
    updated_at: datetime | None
    agreed_batch: str | None
    agreed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A write that failed, and when it is tried again. ``due_at``: never, where a person must."""

    id: int
    prospect_id: str
    system: str
    state: RetryState
    failures: int
    failure_class: str
    code: str | None
    due_at: datetime | None
    last_batch: str
    last_failed_at: datetime


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """One event of a person, without what it told of that person."""

    source: str
    system: System
    type: str
    state: EventState
    note: str | None
    occurred_at: datetime | None
    received_at: datetime
    batched_at: datetime | None
    committed_at: datetime | None
    closed_at: datetime | None
    looks: int
    batch_key: str | None


def provenance(connection: sa.Connection, prospect_id: str) -> Provenance | None:
    """Where the link and the agreed values of a prospect come from."""
    query = (
        sa.select(
            links.c.created_batch,
            links.c.created_at,
            links.c.updated_batch,
            links.c.updated_at,
            agreed_values.c.batch_key,
            agreed_values.c.agreed_at,
        )
        .select_from(links.outerjoin(agreed_values, agreed_values.c.link_id == links.c.id))
        .where(links.c.prospect_id == prospect_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Provenance(*row)


def findings_of(connection: sa.Connection, prospect_id: str) -> list[dict[str, Any]]:
    """The open findings of a prospect, raw values included."""
    t = findings.c
    query = sa.select(t.field, t.code, t.raw_value, t.first_batch, t.last_batch).where(
        t.prospect_id == prospect_id, t.state == ReviewState.OPEN.value
    )
    return [row._asdict() for row in connection.execute(query.order_by(t.id))]


def quarantine_of(connection: sa.Connection, prospect_id: str) -> list[dict[str, Any]]:
    """Why a prospect is not synced."""
    t = quarantine.c
    query = sa.select(t.id, t.reason, t.candidates, t.first_batch, t.last_batch).where(
        t.prospect_id == prospect_id, t.state == ReviewState.OPEN.value
    )
    return [row._asdict() for row in connection.execute(query.order_by(t.id))]


def waiting(
    connection: sa.Connection,
    *,
    prospect_ids: Sequence[str] | None = None,
    limit: int = 1_000,
) -> list[Waiting]:
    """Writes that are owed: suspended ones first, then by their date."""
    columns = [retries.c[name] for name in Waiting.__dataclass_fields__]
    query = sa.select(*columns).order_by(
        retries.c.state != RetryState.SUSPENDED.value, retries.c.due_at, retries.c.id
    )
    if prospect_ids is not None:
        query = query.where(retries.c.prospect_id.in_(list(prospect_ids)))
    return [
        Waiting(**{**row._asdict(), "state": RetryState(row.state)})
        for row in connection.execute(query.limit(limit))
    ]


def events_of(
    connection: sa.Connection,
    prospect_ids: Collection[str],
    *,
    lead_id: int | None = None,
    partner_id: int | None = None,
    email_hash: str | None = None,
    limit: int = 10,
) -> list[PersonEvent]:
    """The latest events of a person, however they named it; the latest first."""
    named: list[sa.ColumnElement[bool]] = [inbox_events.c.prospect_id.in_(list(prospect_ids))]
    for column, value in (
        (inbox_events.c.lead_id, lead_id),
        (inbox_events.c.partner_id, partner_id),
        (inbox_events.c.email_hash, email_hash),
    ):
        if value is not None:
            named.append(column == value)
    query = (
        sa.select(*(inbox_events.c[name] for name in PersonEvent.__dataclass_fields__))
        .where(sa.or_(*named))
        .order_by(inbox_events.c.received_at.desc(), inbox_events.c.id.desc())
        .limit(limit)
    )
    return [
        PersonEvent(
            **{
                **row._asdict(),
                "system": System(row.system),
                "state": EventState(row.state),
            }
        )
        for row in connection.execute(query)
    ]
