"""The table of restarts: how a restored ledger gets back to full speed.

What lives here: its definition. What does not: the statements on it (``store/restarts.py``).
"""

from __future__ import annotations

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import Document, RowId, UtcTime

__all__ = ["restarts"]

# One row per restoration; the latest one that is not over restricts what runs.
restarts = sa.Table(
    "restarts",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("state", sa.String(64), nullable=False),
    # Of what moment the ledger is; None where it was made anew from both systems.
    sa.Column("taken_at", UtcTime),
    sa.Column("restored_at", UtcTime, nullable=False),
    sa.Column("resumed_at", UtcTime),
    sa.Column("stage", sa.Integer, nullable=False),
    # When the present stage began: what was changed before it counts no more.
    sa.Column("stage_since", UtcTime),
    sa.Column("last_batch", sa.String(64)),
    sa.Column("reason", sa.String(64)),
    # Keyed hashes of the credentials that were in use, and counts.
    sa.Column("detail", Document),
    sa.Column("over_at", UtcTime),
    sa.Index(None, "state"),
)
