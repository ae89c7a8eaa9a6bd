"""Circuits, and until when a batch rests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column."""
    op.create_table(
        "circuits",
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("lane", sa.String(64), nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=True),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("probe_at", UtcTime(), nullable=False),
        sa.Column("probes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("trial", sa.String(64), nullable=True),
        sa.Column("trial_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("system", "lane", name=op.f("pk_circuits")),
    )
    op.add_column("sync_batches", sa.Column("rests_until", UtcTime(), nullable=True))
