"""The tables around the sync: inbox, holds, quota, workers, alerts, activities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import Document, PersonalJson, RowId, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "activity_links",
        sa.Column("activity_id", sa.String(length=32), nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", UtcTime(), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("shown_as", sa.String(length=32), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("mail_activity_id", sa.BigInteger(), nullable=True),
        sa.Column("mail_message_id", sa.BigInteger(), nullable=True),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activity_links")),
    )
    op.create_index(
        op.f("ix_activity_links_prospect_id_occurred_at"),
        "activity_links",
        ["prospect_id", "occurred_at"],
        unique=False,
    )
    op.create_table(
        "alerts",
        sa.Column("id", RowId, nullable=False),
        sa.Column("cause_key", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("detail", Document, nullable=True),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("notified_at", UtcTime(), nullable=True),
        sa.Column("recovered_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_open_cause",
        "alerts",
        ["cause_key"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "holds",
        sa.Column("id", RowId, nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("waiver_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("prospect_ids", Document, nullable=False),
        sa.Column("detail", Document, nullable=True),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("held_at", UtcTime(), nullable=False),
        sa.Column("released_at", UtcTime(), nullable=True),
        sa.Column("released_batch", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sa.UniqueConstraint("waiver_id", name=op.f("uq_holds_waiver_id")),
    )
    op.create_index(op.f("ix_holds_state_held_at"), "holds", ["state", "held_at"], unique=False)
    op.create_table(
        "inbox_events",
        sa.Column("id", RowId, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("email_hash", sa.String(length=64), nullable=True),
        sa.Column("payload", PersonalJson(), nullable=True),
        sa.Column("occurred_at", UtcTime(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=True),
        sa.Column("batched_at", UtcTime(), nullable=True),
        sa.Column("committed_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("note", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_inbox_events_source_event_id")),
    )
    op.create_index(op.f("ix_inbox_events_batch_key"), "inbox_events", ["batch_key"], unique=False)
    op.create_index(
        op.f("ix_inbox_events_prospect_id"), "inbox_events", ["prospect_id"], unique=False
    )
    op.create_index(
        op.f("ix_inbox_events_state_priority_id"),
        "inbox_events",
        ["state", "priority", "id"],
        unique=False,
    )
    op.create_table(
        "quota",
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("spent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reported", sa.BigInteger(), nullable=True),
        sa.Column("reported_limit", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("system", "day", "lane", name=op.f("pk_quota")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("heartbeat_at", UtcTime(), nullable=False),
        sa.Column("stopped_at", UtcTime(), nullable=True),
        sa.Column("detail", Document, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_index(op.f("ix_workers_heartbeat_at"), "workers", ["heartbeat_at"], unique=False)
