"""The tables of lists: who is on which list, and which record carries its tag.

What lives here: the tables alone. What does not: the statements (``store/memberships.py``,
``store/list_tags.py``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.tables import metadata
from pardot_odoo_pipeline.ledger.types import RowId, UtcTime

__all__ = ["list_memberships", "list_tag_edits", "list_tags", "pardot_lists"]

_ID = sa.String(32)
_KEY = sa.String(64)
_WORD = sa.String(64)


def _required(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


# Every list that was ever seen, with the tags that stand for it.
pardot_lists = sa.Table(
    "pardot_lists",
    metadata,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    _required("name", sa.Text),
    _required("is_dynamic", sa.Boolean),
    _required("is_deleted", sa.Boolean),
    sa.Column("version", UtcTime),
    # Whether the rules want it as a tag; of a list that is not shown, nothing is touched.
    _required("is_shown", sa.Boolean),
    sa.Column("category_id", sa.BigInteger),
    sa.Column("lead_tag_id", sa.BigInteger),
    sa.Column("lead_tag_name", sa.Text),
    _required("batch_key", _KEY),
    _required("recorded_at", UtcTime),
)

# One row per person and list, whatever number of memberships came and went. ``version`` is the
# record time of the latest; a row that is older says nothing.
list_memberships = sa.Table(
    "list_memberships",
    metadata,
    sa.Column("prospect_id", _ID, primary_key=True),
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    _required("membership_id", sa.BigInteger),
    _required("is_member", sa.Boolean),
    _required("opted_out", sa.Boolean),
    _required("version", UtcTime),
    _required("batch_key", _KEY),
    _required("recorded_at", UtcTime),
    sa.Index(None, "list_id"),
)

# Which record carries the tag of which list, as far as we put it there or found it in order.
list_tags = sa.Table(
    "list_tags",
    metadata,
    sa.Column("model", _WORD, primary_key=True),
    sa.Column("record_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    _required("batch_key", _KEY),
    _required("applied_at", UtcTime),
    sa.Index(None, "list_id"),
)

# Tags that people gave or took by hand, and what became of that. No values of a person.
list_tag_edits = sa.Table(
    "list_tag_edits",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    _required("model", _WORD),
    _required("record_id", sa.BigInteger),
    _required("list_id", sa.BigInteger),
    sa.Column("prospect_id", _ID),
    _required("edit", _WORD),
    _required("outcome", _WORD),
    sa.Column("rule", _WORD),
    _required("batch_key", _KEY),
    _required("decided_at", UtcTime),
    # When the note on the record was written; none where the edit was not reversed.
    sa.Column("note_due", sa.Boolean),
    sa.Column("noted_at", UtcTime),
    # An attempt that was killed is made again, and tells the same edit once more.
    sa.UniqueConstraint("batch_key", "model", "record_id", "list_id"),
    sa.Index(None, "model", "record_id", "list_id"),
    sa.Index(None, "prospect_id"),
    sa.Index(
        "ix_list_tag_edits_note_due",
        "id",
        sqlite_where=sa.text("note_due"),
        postgresql_where=sa.text("note_due"),
    ),
)
