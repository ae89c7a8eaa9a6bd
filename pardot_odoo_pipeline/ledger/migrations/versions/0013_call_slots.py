"""Calls in flight, what other programs spend of the day's calls, and the age of credentials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the columns."""
    op.create_table(
        "call_slots",
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(96), nullable=True),
        sa.Column("lane", sa.String(64), nullable=True),
        sa.Column("taken_at", UtcTime(), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("system", "slot", name=op.f("pk_call_slots")),
    )
    op.create_table(
        "credentials",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("last_seen_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", "fingerprint", name=op.f("pk_credentials")),
    )
    op.add_column("quota", sa.Column("reported_at", UtcTime(), nullable=True))
    op.add_column("quota", sa.Column("others", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("quota", sa.Column("shut_until", UtcTime(), nullable=True))
