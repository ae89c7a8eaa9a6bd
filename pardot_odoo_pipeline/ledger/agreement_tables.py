"""The table of agreement certificates: what each comparison of both sides found.

What lives here: the table alone. What does not: the statements (``store/certificates.py``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import Document, RowId, UtcTime

__all__ = ["certificates"]

_WORD = sa.String(64)


def _required(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


certificates = sa.Table(
    "certificates",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("at", UtcTime),
    # Null where the comparison was skipped, with the reason beside it.
    sa.Column("skipped", _WORD),
    _required("people", sa.Integer),
    _required("agree", sa.Integer),
    # Cause to people, every cause of the closed list that occurred.
    _required("causes", Document),
    _required("unexplained", sa.Integer),
    # Cause to prospect ids, a few of each: for people who look, and for the next comparison.
    _required("samples", Document),
    _required("seconds", sa.Float),
    _required("pardot_calls", sa.Integer),
    _required("odoo_calls", sa.Integer),
    _required("code_version", _WORD),
    sa.Index(None, "at"),
)
