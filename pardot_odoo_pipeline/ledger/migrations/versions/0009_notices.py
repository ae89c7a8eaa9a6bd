"""Notices: what people were told of incidents, and what waits to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import RowId, UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "notices",
        sa.Column("id", RowId, nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "alert_id",
            "kind",
            "number",
            "channel",
            name=op.f("uq_notices_alert_id_kind_number_channel"),
        ),
    )
    op.create_index(
        op.f("ix_notices_channel_state_due_at"), "notices", ["channel", "state", "due_at"]
    )
