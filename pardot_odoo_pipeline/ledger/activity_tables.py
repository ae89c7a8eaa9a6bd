"""The tables of visitor activities: entries in Odoo, numbers of people, visitors.

What lives here: what is kept beside ``desks.activity_links``, which says of every activity what
became of it. What does not: statements (``store/activities.py``, ``store/activity_numbers.py``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import activity_links
from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import Document, PersonalJson, UtcTime

__all__ = ["activity_days", "activity_entries", "activity_totals", "activity_visitors"]

_ID = sa.String(32)
_KEY = sa.String(64)
_WORD = sa.String(64)
_OPEN = sa.text("state IN ('waiting', 'writing')")


def _required(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


# Almost every activity is settled for good; the few that are not are looked for in every batch.
sa.Index(
    "ix_activity_links_open",
    activity_links.c.state,
    activity_links.c.prospect_id,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

# One message in Odoo. It bears the id of its first activity; those of a group share a key.
activity_entries = sa.Table(
    "activity_entries",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("group_key", sa.String(128)),
    _required("prospect_id", _ID),
    _required("kind", _WORD),
    _required("lead_id", sa.BigInteger),
    sa.Column("mail_message_id", sa.BigInteger),
    sa.Column("mail_activity_id", sa.BigInteger),
    # What the message says, so that its count can grow without asking either system.
    _required("content", PersonalJson),
    _required("batch_key", _KEY),
    _required("recorded_at", UtcTime),
    sa.UniqueConstraint("group_key"),
    sa.Index(None, "prospect_id"),
)

# How often a person did what on which day of the account; the day '' sums up those long past.
activity_days = sa.Table(
    "activity_days",
    metadata,
    sa.Column("prospect_id", _ID, primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("counter", _WORD, primary_key=True),
    _required("count", sa.Integer),
    sa.Index(None, "day"),
)

# The numbers that Odoo shows of a person, and whether they are to be written anew.
activity_totals = sa.Table(
    "activity_totals",
    metadata,
    sa.Column("prospect_id", _ID, primary_key=True),
    _required("due", sa.Boolean),
    sa.Column("written", Document),
    sa.Column("written_at", UtcTime),
    sa.Index(None, "due"),
)

# Visitors that became a prospect: their earlier page views are looked up once.
activity_visitors = sa.Table(
    "activity_visitors",
    metadata,
    sa.Column("visitor_id", _ID, primary_key=True),
    _required("prospect_id", _ID),
    _required("state", _WORD),
    _required("seen_at", UtcTime),
    sa.Index(None, "state"),
)
