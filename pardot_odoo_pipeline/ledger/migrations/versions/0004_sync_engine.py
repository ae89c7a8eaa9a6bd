"""What the two-way merge remembers beside agreed values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pardot_odoo_pipeline.ledger.types import Document, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what was sent, and since when a record is missing."""
    op.add_column("operations", sa.Column("field_hashes", Document))
    op.add_column("links", sa.Column("missing_since", UtcTime))
    op.add_column("links", sa.Column("merged_into", sa.String(32)))
