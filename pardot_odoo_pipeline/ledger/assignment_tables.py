"""The table of who was given to whom.

What lives here: its definition. What does not: the statements on it (``store/assignments.py``).
"""

from __future__ import annotations

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import UtcTime

__all__ = ["assignments"]

# One row per prospect: a lead is given away once, also when the batch that did it is repeated.
assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("prospect_id", sa.String(32), primary_key=True),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("team_id", sa.BigInteger),
    sa.Column("user_id", sa.BigInteger),
    sa.Column("batch_key", sa.String(64), nullable=False),
    sa.Column("assigned_at", UtcTime, nullable=False),
)
