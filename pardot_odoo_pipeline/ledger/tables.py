"""The tables of the ledger: what is known of batches, people and the writes made for them.

What lives here: tables that the sync itself needs. What does not: the desks around it, such as the
inbox, quota and alerts (``desks.py``), and the statements that read and write (``store/``).

Batches are named by their key without a foreign key: the rows outlive retention, and a reference
would make every insert take a share lock on the one row that workers heartbeat. Columns called
``*_version`` hold the highest record time seen or written, ``*_hash`` what was seen then.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.types import (
    Document,
    PersonalJson,
    PersonalText,
    RowId,
    UtcTime,
)

__all__ = [
    "agreed_values",
    "conflicts",
    "counters",
    "cursors",
    "findings",
    "identity_claims",
    "ledger_identity",
    "links",
    "metadata",
    "operations",
    "quarantine",
    "retries",
    "sync_batches",
]

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

_ID = sa.String(32)
_KEY = sa.String(64)
_WORD = sa.String(64)
_HASH = sa.String(64)


def _required(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


# One row: which two systems this ledger belongs to.
ledger_identity = sa.Table(
    "ledger_identity",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    _required("business_unit_id", _KEY),
    _required("odoo_database_uuid", _KEY),
    sa.Column("lookup_key_fingerprint", _KEY),
    _required("stamped_at", UtcTime),
    sa.CheckConstraint("id = 1", name="single_row"),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", _WORD, primary_key=True),
    _required("value", sa.BigInteger),
)

sync_batches = sa.Table(
    "sync_batches",
    metadata,
    sa.Column("key", _KEY, primary_key=True),
    _required("kind", _WORD),
    _required("opened_at", UtcTime),
    _required("state", _WORD),
    _required("scope", Document),
    # Counts up when a run is requested, and when a worker starts without a request. With the worker
    # it is the fencing token: whoever does not hold both may not touch the row.
    _required("attempt", sa.Integer, server_default="0"),
    # Attempts that ended through a fault of the batch's own; only these are capped.
    _required("faults", sa.Integer, server_default="0"),
    # Higher goes first: hot events and follow-ups of short conflicts overtake imports.
    _required("priority", sa.Integer, server_default="0"),
    sa.Column("follows", _KEY),
    sa.Column("waiver_id", _KEY),
    sa.Column("people", sa.Integer),
    sa.Column("requested_at", UtcTime),
    sa.Column("started_at", UtcTime),
    sa.Column("heartbeat_at", UtcTime),
    sa.Column("finished_at", UtcTime),
    # After a fault of its own it is left alone for a while.
    sa.Column("rests_until", UtcTime),
    sa.Column("worker_id", _KEY),
    sa.Column("dagster_run_id", _KEY),
    sa.Column("outcome", Document),
    sa.Index(None, "state", "priority", "opened_at"),
    sa.Index(None, "kind", "opened_at"),
    sa.Index(None, "opened_at", "key"),
)

# A position in a source is (time, id): many rows can share one second.
cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("name", _WORD, primary_key=True),
    _required("position", UtcTime),
    _required("tie", sa.BigInteger, server_default="0"),
    sa.Column("batch_key", _KEY),
    _required("moved_at", UtcTime),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("prospect_id", _ID),
    sa.Column("leader_prospect_id", _ID),
    sa.Column("lead_id", sa.BigInteger),
    sa.Column("partner_id", sa.BigInteger),
    sa.Column("email_hash", _HASH),
    _required("state", _WORD, server_default="active"),
    sa.Column("pardot_version", UtcTime),
    sa.Column("pardot_activity_version", UtcTime),
    sa.Column("lead_version", UtcTime),
    sa.Column("partner_version", UtcTime),
    sa.Column("pardot_hash", _HASH),
    sa.Column("odoo_hash", _HASH),
    # Since when a linked Odoo record is not found: one sighting is no deletion.
    sa.Column("missing_since", UtcTime),
    # The prospect with whose contact a person merged this one's in Odoo.
    sa.Column("merged_into", _ID),
    # Why this person may not be contacted, per cause: an opt-out is undone only where it was set.
    sa.Column("consent", Document),
    sa.Column("created_batch", _KEY),
    sa.Column("updated_batch", _KEY),
    _required("created_at", UtcTime),
    _required("updated_at", UtcTime),
    sa.UniqueConstraint("prospect_id"),
    sa.Index(None, "email_hash"),
    sa.Index(None, "lead_id"),
    sa.Index(None, "partner_id"),
    sa.Index(None, "leader_prospect_id"),
    # Several prospects may share a lead; exactly one of them leads it.
    sa.Index(
        "uq_links_leader_of_lead",
        "lead_id",
        unique=True,
        sqlite_where=sa.text(
            "leader_prospect_id = prospect_id AND state = 'active' AND lead_id IS NOT NULL"
        ),
        postgresql_where=sa.text(
            "leader_prospect_id = prospect_id AND state = 'active' AND lead_id IS NOT NULL"
        ),
    ),
)

# Who owns an identity. Without ``expires_at`` for good, with it for as long as a call is under way.
identity_claims = sa.Table(
    "identity_claims",
    metadata,
    sa.Column("kind", _WORD, primary_key=True),
    sa.Column("value", _HASH, primary_key=True),
    _required("prospect_id", _ID),
    _required("batch_key", _KEY),
    _required("taken_at", UtcTime),
    sa.Column("expires_at", UtcTime),
    sa.Index(None, "prospect_id"),
    sa.Index(None, "batch_key"),
)

# Per field what each side showed, in its own form, when both agreed: {field: [pardot, odoo]}.
agreed_values = sa.Table(
    "agreed_values",
    metadata,
    sa.Column(
        "link_id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        sa.ForeignKey("links.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _required("pairs", PersonalJson),
    # Whether each half was read after the last write, or is only what was sent.
    _required("pardot_confirmed", sa.Boolean),
    _required("odoo_confirmed", sa.Boolean),
    # The last read of each side bounds from below when a later change was made.
    sa.Column("pardot_read_at", UtcTime),
    sa.Column("odoo_read_at", UtcTime),
    # {source: [{at, to, hash, batch, rule}]}: who wrote last and why; for the ping-pong brake.
    sa.Column("own_writes", Document),
    _required("batch_key", _KEY),
    _required("agreed_at", UtcTime),
)

conflicts = sa.Table(
    "conflicts",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("prospect_id", _ID),
    _required("field", _WORD),
    sa.Column("agreed", PersonalJson),
    sa.Column("pardot_value", PersonalJson),
    sa.Column("odoo_value", PersonalJson),
    sa.Column("pardot_changed_from", UtcTime),
    sa.Column("pardot_changed_until", UtcTime),
    sa.Column("odoo_changed_from", UtcTime),
    sa.Column("odoo_changed_until", UtcTime),
    _required("rule", _WORD),
    _required("winner", _WORD),
    _required("batch_key", _KEY),
    _required("attempt", sa.Integer),
    _required("decided_at", UtcTime),
    sa.Column("restored_at", UtcTime),
    sa.Column("restored_batch", _KEY),
    sa.Index(None, "prospect_id", "field"),
    sa.Index(None, "batch_key"),
)

# Written before the call leaves. ``outcome`` holds ids, counts and codes, never values of a person.
operations = sa.Table(
    "operations",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("batch_key", _KEY),
    _required("attempt", sa.Integer),
    _required("system", _WORD),
    _required("prospect_id", _ID),
    _required("kind", _WORD),
    # The calls of one RPC share a name: they succeed, fail or stay in doubt together.
    sa.Column("call_id", _KEY),
    _required("external_ids", Document),
    sa.Column("payload_hash", _HASH),
    # Cell to keyed hash of the value sent: a killed attempt's own writes are no edits.
    sa.Column("field_hashes", Document),
    _required("state", _WORD),
    _required("intended_at", UtcTime),
    sa.Column("sent_at", UtcTime),
    # Until then the server may still commit what a time-out left unknown.
    sa.Column("in_doubt_until", UtcTime),
    sa.Column("finished_at", UtcTime),
    sa.Column("outcome", Document),
    sa.UniqueConstraint("batch_key", "attempt", "system", "prospect_id", "kind"),
    sa.Index(None, "prospect_id"),
    sa.Index(None, "state", "batch_key"),
)

retries = sa.Table(
    "retries",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("prospect_id", _ID),
    _required("system", _WORD),
    _required("state", _WORD),
    _required("failures", sa.Integer),
    _required("failure_class", _WORD),
    sa.Column("code", _WORD),
    sa.Column("in_doubt", sa.Boolean),
    sa.Column("operation_id", sa.BigInteger),
    _required("priority", sa.Integer, server_default="0"),
    sa.Column("due_at", UtcTime),
    _required("first_batch", _KEY),
    _required("last_batch", _KEY),
    sa.Column("retry_batch", _KEY),
    _required("first_failed_at", UtcTime),
    _required("last_failed_at", UtcTime),
    sa.Column("detail", Document),
    sa.UniqueConstraint("prospect_id", "system"),
    sa.Index(None, "state", "due_at"),
)

# Row level: these people are not synced, for a reason from the closed list.
quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("prospect_id", _ID),
    _required("reason", _WORD),
    _required("state", _WORD),
    sa.Column("candidates", Document),
    sa.Column("detail", PersonalText),
    _required("first_batch", _KEY),
    _required("first_seen_at", UtcTime),
    _required("last_batch", _KEY),
    _required("last_attempt", sa.Integer),
    _required("last_seen_at", UtcTime),
    sa.UniqueConstraint("prospect_id", "reason"),
    sa.Index(None, "state", "reason"),
    sa.Index(None, "last_batch", "reason"),
)

# Field level: the person is synced, one value is not what it was.
findings = sa.Table(
    "findings",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("prospect_id", _ID),
    _required("field", _WORD),
    _required("code", _WORD),
    _required("state", _WORD),
    sa.Column("raw_value", PersonalText),
    _required("first_batch", _KEY),
    _required("first_seen_at", UtcTime),
    _required("last_batch", _KEY),
    _required("last_attempt", sa.Integer),
    _required("last_seen_at", UtcTime),
    sa.UniqueConstraint("prospect_id", "field", "code"),
    sa.Index(None, "state", "code"),
    sa.Index(None, "last_batch", "code"),
)
