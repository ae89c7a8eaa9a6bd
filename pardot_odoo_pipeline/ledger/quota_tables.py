"""The tables of calls in flight and of credentials.

What lives here: the tables alone. What does not: the statements (``store/call_slots.py``,
``store/credentials.py``), and the counts of calls (``desks.quota``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import UtcTime

__all__ = ["call_slots", "credentials"]

_WORD = sa.String(64)


def _required(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


# One row for each call that may be under way at once, whichever process makes it. A row without
# holder is free; one whose time is over is free as well: whoever held it is gone, and the server
# has given the call up by then.
call_slots = sa.Table(
    "call_slots",
    metadata,
    sa.Column("system", _WORD, primary_key=True),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("holder", sa.String(96)),
    sa.Column("lane", _WORD),
    sa.Column("taken_at", UtcTime),
    sa.Column("expires_at", UtcTime),
)

# What is known of a credential without knowing it: since when one with this keyed fingerprint is in
# use, and when it ends where the other side tells. Several of one name while one replaces another.
credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("fingerprint", _WORD, primary_key=True),
    _required("first_seen_at", UtcTime),
    _required("last_seen_at", UtcTime),
    sa.Column("expires_at", UtcTime),
)
