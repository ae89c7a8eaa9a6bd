"""When an event that was not seen yet is looked for again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the index of the sources."""
    op.add_column("inbox_events", sa.Column("due_at", UtcTime(), nullable=True))
    op.add_column(
        "inbox_events", sa.Column("looks", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_index(op.f("ix_inbox_events_closed_at"), "inbox_events", ["closed_at"])
    op.create_index(
        op.f("ix_inbox_events_source_received_at"), "inbox_events", ["source", "received_at"]
    )
