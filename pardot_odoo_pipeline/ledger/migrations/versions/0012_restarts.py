"""How a restored ledger gets back to full speed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import Document, RowId, UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "restarts",
        sa.Column("id", RowId, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=True),
        sa.Column("restored_at", UtcTime(), nullable=False),
        sa.Column("resumed_at", UtcTime(), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("stage_since", UtcTime(), nullable=True),
        sa.Column("last_batch", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("detail", Document, nullable=True),
        sa.Column("over_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restarts")),
    )
    op.create_index(op.f("ix_restarts_state"), "restarts", ["state"])
