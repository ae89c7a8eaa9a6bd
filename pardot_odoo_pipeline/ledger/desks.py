"""The tables around the sync: inbox, holds, quota, workers, alerts, activities.

What lives here: tables of the desks that feed, brake and watch the sync. What does not: batches,
people and writes (``tables.py``, whose metadata these tables join) and any statement (``store/``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import Document, PersonalJson, RowId, UtcTime

__all__ = ["activity_links", "alerts", "holds", "inbox_events", "quota", "workers"]

_ID = sa.String(32)
_KEY = sa.String(64)
_WORD = sa.String(64)
_HASH = sa.String(64)


def _required(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


# A hold keeps people and the rule that held them, not their writes: release reads and plans anew.
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("rule", _WORD),
    _required("waiver_id", _KEY),
    _required("state", _WORD),
    _required("people", sa.Integer),
    _required("prospect_ids", Document),
    sa.Column("detail", Document),
    _required("batch_key", _KEY),
    _required("held_at", UtcTime),
    sa.Column("released_at", UtcTime),
    sa.Column("released_batch", _KEY),
    sa.UniqueConstraint("waiver_id"),
    sa.Index(None, "state", "held_at"),
)

inbox_events = sa.Table(
    "inbox_events",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("source", _WORD),
    _required("event_id", sa.String(128)),
    _required("system", _WORD),
    _required("type", _WORD),
    _required("state", _WORD),
    _required("priority", sa.Integer, server_default="0"),
    sa.Column("prospect_id", _ID),
    sa.Column("lead_id", sa.BigInteger),
    sa.Column("partner_id", sa.BigInteger),
    sa.Column("email_hash", _HASH),
    sa.Column("payload", PersonalJson),
    sa.Column("occurred_at", UtcTime),
    _required("received_at", UtcTime),
    # An event that no reading has shown yet is looked for again, a few times.
    sa.Column("due_at", UtcTime),
    _required("looks", sa.Integer, server_default="0"),
    sa.Column("batch_key", _KEY),
    sa.Column("batched_at", UtcTime),
    sa.Column("committed_at", UtcTime),
    sa.Column("closed_at", UtcTime),
    sa.Column("note", _WORD),
    sa.UniqueConstraint("source", "event_id"),
    sa.Index(None, "source", "received_at"),
    sa.Index(None, "closed_at"),
    sa.Index(None, "state", "priority", "id"),
    sa.Index(None, "prospect_id"),
    sa.Index(None, "batch_key"),
)

# Calls of one day of the account. The row of lane '' is the account's whole.
quota = sa.Table(
    "quota",
    metadata,
    sa.Column("system", _WORD, primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("lane", _WORD, primary_key=True),
    _required("spent", sa.BigInteger, server_default="0"),
    # What the other side itself said was used; others may spend from the same budget.
    sa.Column("reported", sa.BigInteger),
    sa.Column("reported_limit", sa.BigInteger),
    sa.Column("reported_at", UtcTime),
    # Of what was reported, the calls that are not ours.
    _required("others", sa.BigInteger, server_default="0"),
    # The other side refused because the day's calls are spent; until then nothing is sent.
    sa.Column("shut_until", UtcTime),
    _required("updated_at", UtcTime),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", _KEY, primary_key=True),
    _required("kind", _WORD),
    _required("host", sa.String(255)),
    _required("pid", sa.Integer),
    _required("started_at", UtcTime),
    _required("heartbeat_at", UtcTime),
    sa.Column("stopped_at", UtcTime),
    sa.Column("detail", Document),
    sa.Index(None, "heartbeat_at"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("cause_key", sa.String(128)),
    _required("state", _WORD),
    sa.Column("code", _WORD),
    _required("times", sa.Integer),
    sa.Column("detail", Document),
    _required("first_at", UtcTime),
    _required("last_at", UtcTime),
    sa.Column("notified_at", UtcTime),
    sa.Column("recovered_at", UtcTime),
    # One open incident per cause; the closed ones stay as history.
    sa.Index(
        "uq_alerts_open_cause",
        "cause_key",
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
)

activity_links = sa.Table(
    "activity_links",
    metadata,
    sa.Column("activity_id", _ID, primary_key=True),
    _required("prospect_id", _ID),
    _required("kind", _WORD),
    sa.Column("occurred_at", UtcTime),
    _required("state", _WORD),
    # Where many events became one entry with a count, the entry's own activity.
    sa.Column("shown_as", _ID),
    sa.Column("lead_id", sa.BigInteger),
    sa.Column("mail_activity_id", sa.BigInteger),
    sa.Column("mail_message_id", sa.BigInteger),
    _required("batch_key", _KEY),
    _required("recorded_at", UtcTime),
    sa.Index(None, "prospect_id", "occurred_at"),
)
