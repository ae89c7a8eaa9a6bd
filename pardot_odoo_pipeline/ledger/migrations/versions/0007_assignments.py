"""Who was given to whom by an assignment rule."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "assignments",
        sa.Column("prospect_id", sa.String(32), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("batch_key", sa.String(64), nullable=False),
        sa.Column("assigned_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("prospect_id", name=op.f("pk_assignments")),
    )
