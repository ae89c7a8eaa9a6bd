"""The table of circuits: which system, or which lane of one, is not used for now.

What lives here: its definition. What does not: the statements on it (``store/circuits.py``).
"""

from __future__ import annotations

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import UtcTime

__all__ = ["circuits"]

_WORD = sa.String(64)
_KEY = sa.String(64)

# Lane '' is the whole system. A circuit that closed keeps its row: opening it is one update then.
circuits = sa.Table(
    "circuits",
    metadata,
    sa.Column("system", _WORD, primary_key=True),
    sa.Column("lane", _WORD, primary_key=True),
    sa.Column("state", _WORD, nullable=False),
    sa.Column("reason", _WORD, nullable=False),
    sa.Column("code", _WORD),
    sa.Column("opened_at", UtcTime, nullable=False),
    # When it is asked again; while somebody asks, when the next one may. A limit that resets at a
    # known moment is not asked about before.
    sa.Column("probe_at", UtcTime, nullable=False),
    sa.Column("probes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("until", UtcTime),
    # After an answer one batch goes first; it has the way for itself until then.
    sa.Column("trial", _KEY),
    sa.Column("trial_until", UtcTime),
)
