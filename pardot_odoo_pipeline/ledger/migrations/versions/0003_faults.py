"""Attempts that ended through a fault of the batch's own, which alone are capped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count."""
    op.add_column(
        "sync_batches", sa.Column("faults", sa.Integer(), server_default="0", nullable=False)
    )
