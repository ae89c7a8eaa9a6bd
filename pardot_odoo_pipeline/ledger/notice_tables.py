"""The table of notices: what people are told of incidents, and whom.

What lives here: its definition. What does not: the statements on it (``store/notices.py``), and the
incidents themselves (``desks.py``).
"""

from __future__ import annotations

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import RowId, UtcTime

__all__ = ["notices"]

_WORD = sa.String(64)

# One row per change of an incident and channel: whoever writes it down second changes nothing.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("alert_id", sa.BigInteger, nullable=False),
    sa.Column("kind", _WORD, nullable=False),
    # Reminders of one incident count up; the others are 0.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("channel", _WORD, nullable=False),
    sa.Column("state", _WORD, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    # Waiting: when it is sent. Sending: when whoever sends it counts as dead.
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime),
    sa.UniqueConstraint("alert_id", "kind", "number", "channel"),
    sa.Index(None, "channel", "state", "due_at"),
)
