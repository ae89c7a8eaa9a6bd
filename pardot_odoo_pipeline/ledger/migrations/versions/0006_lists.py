"""What the ledger remembers for list memberships and tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import RowId, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of lists."""
    op.create_table(
        "pardot_lists",
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_dynamic", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("version", UtcTime(), nullable=True),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_tag_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_tag_name", sa.Text(), nullable=True),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_pardot_lists")),
    )
    op.create_table(
        "list_memberships",
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("membership_id", sa.BigInteger(), nullable=False),
        sa.Column("is_member", sa.Boolean(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("version", UtcTime(), nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("prospect_id", "list_id", name=op.f("pk_list_memberships")),
    )
    op.create_index(
        op.f("ix_list_memberships_list_id"), "list_memberships", ["list_id"], unique=False
    )
    op.create_table(
        "list_tags",
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("applied_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("model", "record_id", "list_id", name=op.f("pk_list_tags")),
    )
    op.create_index(op.f("ix_list_tags_list_id"), "list_tags", ["list_id"], unique=False)
    op.create_table(
        "list_tag_edits",
        sa.Column("id", RowId, nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=True),
        sa.Column("edit", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.Column("note_due", sa.Boolean(), nullable=True),
        sa.Column("noted_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_tag_edits")),
        sa.UniqueConstraint(
            "batch_key",
            "model",
            "record_id",
            "list_id",
            name=op.f("uq_list_tag_edits_batch_key_model_record_id_list_id"),
        ),
    )
    op.create_index(
        op.f("ix_list_tag_edits_model_record_id_list_id"),
        "list_tag_edits",
        ["model", "record_id", "list_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_list_tag_edits_prospect_id"), "list_tag_edits", ["prospect_id"], unique=False
    )
    op.create_index(
        "ix_list_tag_edits_note_due",
        "list_tag_edits",
        ["id"],
        unique=False,
        sqlite_where=sa.text("note_due"),
        postgresql_where=sa.text("note_due"),
    )
