"""What the ledger remembers for visitor activities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import Document, PersonalJson, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('waiting', 'writing')")


def upgrade() -> None:
    """Add entries, numbers and visitors, and the index to what is not settled."""
    op.create_index(
        "ix_activity_links_open",
        "activity_links",
        ["state", "prospect_id"],
        unique=False,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "activity_entries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("group_key", sa.String(length=128), nullable=True),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("mail_message_id", sa.BigInteger(), nullable=True),
        sa.Column("mail_activity_id", sa.BigInteger(), nullable=True),
        sa.Column("content", PersonalJson(), nullable=False),
        sa.Column("batch_key", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_entries")),
        sa.UniqueConstraint("group_key", name=op.f("uq_activity_entries_group_key")),
    )
    op.create_index(op.f("ix_activity_entries_prospect_id"), "activity_entries", ["prospect_id"])
    op.create_table(
        "activity_days",
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("counter", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prospect_id", "day", "counter", name=op.f("pk_activity_days")),
    )
    op.create_index(op.f("ix_activity_days_day"), "activity_days", ["day"])
    op.create_table(
        "activity_totals",
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("written", Document, nullable=True),
        sa.Column("written_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("prospect_id", name=op.f("pk_activity_totals")),
    )
    op.create_index(op.f("ix_activity_totals_due"), "activity_totals", ["due"])
    op.create_table(
        "activity_visitors",
        sa.Column("visitor_id", sa.String(length=32), nullable=False),
        sa.Column("prospect_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", name=op.f("pk_activity_visitors")),
    )
    op.create_index(op.f("ix_activity_visitors_state"), "activity_visitors", ["state"])


def downgrade() -> None:
    """Take them away."""
    for table in ("activity_visitors", "activity_totals", "activity_days", "activity_entries"):
        op.drop_table(table)
    op.drop_index("ix_activity_links_open", table_name="activity_links")
