"""The tables of the audit.

What lives here: calls of both systems, counted. What does not: the calls themselves, which are
files (`operations.audit_files`), and the quota (``desks.quota``), which decides what may be called.
"""

from __future__ import annotations

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import UtcTime

__all__ = ["call_counts"]

_WORD = sa.String(64)

# So that figures need no file to be read: a page of metrics is asked for every few seconds.
call_counts = sa.Table(
    "call_counts",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("system", _WORD, primary_key=True),
    sa.Column("outcome", _WORD, primary_key=True),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("counted_at", UtcTime, nullable=False),
)
