"""Agreement certificates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import Document, RowId, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "certificates",
        sa.Column("id", RowId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("skipped", sa.String(64), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("agree", sa.Integer(), nullable=False),
        sa.Column("causes", Document, nullable=False),
        sa.Column("unexplained", sa.Integer(), nullable=False),
        sa.Column("samples", Document, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("pardot_calls", sa.Integer(), nullable=False),
        sa.Column("odoo_calls", sa.Integer(), nullable=False),
        sa.Column("code_version", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_index(op.f("ix_certificates_at"), "certificates", ["at"])
