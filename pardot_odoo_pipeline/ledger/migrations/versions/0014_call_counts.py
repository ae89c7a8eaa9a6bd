"""Calls of both systems, counted by day and outcome."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "call_counts",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", "system", "outcome", name=op.f("pk_call_counts")),
    )
