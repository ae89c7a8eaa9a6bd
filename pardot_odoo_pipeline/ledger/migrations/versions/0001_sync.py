"""The tables of the sync: batches, people, and the writes made for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import Document, PersonalJson, PersonalText, RowId, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "conflicts",
        sa.Column("id", RowId, nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("agreed", PersonalJson(), nullable=True),
        sa.Column("pardot_value", PersonalJson(), nullable=True),
        sa.Column("odoo_value", PersonalJson(), nullable=True),
        sa.Column("pardot_changed_from", UtcTime(), nullable=True),
        sa.Column("pardot_changed_until", UtcTime(), nullable=True),
        sa.Column("odoo_changed_from", UtcTime(), nullable=True),
        sa.Column("odoo_changed_until", UtcTime(), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("winner", sa.String(length=64), nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.Column("restored_at", UtcTime(), nullable=True),
        sa.Column("restored_batch", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
    )
    op.create_index(op.f("ix_conflicts_batch_key"), "conflicts", ["batch_key"], unique=False)
    op.create_index(
        op.f("ix_conflicts_prospect_id_field"), "conflicts", ["prospect_id", "field"], unique=False
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("position", UtcTime(), nullable=False),
        sa.Column("tie", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=True),
        sa.Column("moved_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "findings",
        sa.Column("id", RowId, nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("raw_value", PersonalText(), nullable=True),
        sa.Column("first_batch", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("last_batch", sa.String(length=64), nullable=False),
        sa.Column("last_attempt", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint(
            "prospect_id", "field", "code", name=op.f("uq_findings_prospect_id_field_code")
        ),
    )
    op.create_index(op.f("ix_findings_state_code"), "findings", ["state", "code"], unique=False)
    op.create_table(
        "identity_claims",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_identity_claims")),
    )
    op.create_index(
        op.f("ix_identity_claims_batch_key"), "identity_claims", ["batch_key"], unique=False
    )
    op.create_index(
        op.f("ix_identity_claims_prospect_id"), "identity_claims", ["prospect_id"], unique=False
    )
    op.create_table(
        "ledger_identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("business_unit_id", sa.String(length=64), nullable=False),
        sa.Column("odoo_database_uuid", sa.String(length=64), nullable=False),
        sa.Column("lookup_key_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("stamped_at", UtcTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_identity_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_identity")),
    )
    op.create_table(
        "links",
        sa.Column("id", RowId, nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=True),
        sa.Column("leader_prospect_id", sa.String(length=32), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("email_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=64), server_default="active", nullable=False),
        sa.Column("pardot_version", UtcTime(), nullable=True),
        sa.Column("pardot_activity_version", UtcTime(), nullable=True),
        sa.Column("lead_version", UtcTime(), nullable=True),
        sa.Column("partner_version", UtcTime(), nullable=True),
        sa.Column("pardot_hash", sa.String(length=64), nullable=True),
        sa.Column("odoo_hash", sa.String(length=64), nullable=True),
        sa.Column("consent", Document, nullable=True),
        sa.Column("created_batch", sa.String(length=64), nullable=True),
        sa.Column("updated_batch", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("prospect_id", name=op.f("uq_links_prospect_id")),
    )
    op.create_index(op.f("ix_links_email_hash"), "links", ["email_hash"], unique=False)
    op.create_index(op.f("ix_links_lead_id"), "links", ["lead_id"], unique=False)
    op.create_index(
        op.f("ix_links_leader_prospect_id"), "links", ["leader_prospect_id"], unique=False
    )
    op.create_index(op.f("ix_links_partner_id"), "links", ["partner_id"], unique=False)
    op.create_index(
        "uq_links_leader_of_lead",
        "links",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text(
            "leader_prospect_id = prospect_id AND state = 'active' AND lead_id IS NOT NULL"
        ),
        postgresql_where=sa.text(
            "leader_prospect_id = prospect_id AND state = 'active' AND lead_id IS NOT NULL"
        ),
    )
    op.create_table(
        "operations",
        sa.Column("id", RowId, nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=True),
        sa.Column("external_ids", Document, nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("intended_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("in_doubt_until", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("outcome", Document, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
        sa.UniqueConstraint(
            "batch_key",
            "attempt",
            "system",
            "prospect_id",
            "kind",
            name=op.f("uq_operations_batch_key_attempt_system_prospect_id_kind"),
        ),
    )
    op.create_index(op.f("ix_operations_prospect_id"), "operations", ["prospect_id"], unique=False)
    op.create_index(
        op.f("ix_operations_state_batch_key"), "operations", ["state", "batch_key"], unique=False
    )
    op.create_table(
        "quarantine",
        sa.Column("id", RowId, nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("candidates", Document, nullable=True),
        sa.Column("detail", PersonalText(), nullable=True),
        sa.Column("first_batch", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("last_batch", sa.String(length=64), nullable=False),
        sa.Column("last_attempt", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("prospect_id", "reason", name=op.f("uq_quarantine_prospect_id_reason")),
    )
    op.create_index(
        op.f("ix_quarantine_state_reason"), "quarantine", ["state", "reason"], unique=False
    )
    op.create_table(
        "retries",
        sa.Column("id", RowId, nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failure_class", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("in_doubt", sa.Boolean(), nullable=True),
        sa.Column("operation_id", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("first_batch", sa.String(length=64), nullable=False),
        sa.Column("last_batch", sa.String(length=64), nullable=False),
        sa.Column("retry_batch", sa.String(length=64), nullable=True),
        sa.Column("first_failed_at", UtcTime(), nullable=False),
        sa.Column("last_failed_at", UtcTime(), nullable=False),
        sa.Column("detail", Document, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retries")),
        sa.UniqueConstraint("prospect_id", "system", name=op.f("uq_retries_prospect_id_system")),
    )
    op.create_index(op.f("ix_retries_state_due_at"), "retries", ["state", "due_at"], unique=False)
    op.create_table(
        "sync_batches",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("scope", Document, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("follows", sa.String(length=64), nullable=True),
        sa.Column("waiver_id", sa.String(length=64), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("requested_at", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("heartbeat_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("worker_id", sa.String(length=64), nullable=True),
        sa.Column("dagster_run_id", sa.String(length=64), nullable=True),
        sa.Column("outcome", Document, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sync_batches")),
    )
    op.create_index(
        op.f("ix_sync_batches_kind_opened_at"), "sync_batches", ["kind", "opened_at"], unique=False
    )
    op.create_index(
        op.f("ix_sync_batches_state_priority_opened_at"),
        "sync_batches",
        ["state", "priority", "opened_at"],
        unique=False,
    )
    op.create_table(
        "agreed_values",
        sa.Column("link_id", RowId, autoincrement=False, nullable=False),
        sa.Column("pairs", PersonalJson(), nullable=False),
        sa.Column("pardot_confirmed", sa.Boolean(), nullable=False),
        sa.Column("odoo_confirmed", sa.Boolean(), nullable=False),
        sa.Column("pardot_read_at", UtcTime(), nullable=True),
        sa.Column("odoo_read_at", UtcTime(), nullable=True),
        sa.Column("own_writes", Document, nullable=True),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("agreed_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_agreed_values_link_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_agreed_values")),
    )
    op.create_index(
        op.f("ix_findings_last_batch_code"), "findings", ["last_batch", "code"], unique=False
    )
    op.create_index(
        op.f("ix_quarantine_last_batch_reason"),
        "quarantine",
        ["last_batch", "reason"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sync_batches_opened_at_key"), "sync_batches", ["opened_at", "key"], unique=False
    )
