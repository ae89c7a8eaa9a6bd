"""Pardot's lists, and who is on them, as far as they were read.

What lives here: storing lists and memberships, and the look-ups that other rules need. What does
not: the tags that stand for them in Odoo (``list_tags.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.list_tables import list_memberships as m
from pardot_odoo_pipeline.ledger.list_tables import pardot_lists as t
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into, written
from pardot_odoo_pipeline.merge.memberships import Membership

__all__ = [
    "PardotList",
    "all_lists",
    "list_ids_by_name",
    "lists_of",
    "memberships_of",
    "remember_tags",
    "store_lists",
    "store_memberships",
]


@dataclass(frozen=True, slots=True)
class PardotList:
    """One list and the tags that stand for it.

    Attributes:
        list_id: Pardot's id.
        name: Its name.
        is_dynamic: Whether it fills itself.
        is_deleted: Whether it is in the recycle bin.
        version: When it last changed.
        is_shown: Whether the rules want it as a tag.
        category_id: Its tag of contacts.
        lead_tag_id: Its tag of leads, made when the first lead needs it.
        lead_tag_name: What that one is called.
    """

    list_id: int
    name: str
    is_dynamic: bool = False
    is_deleted: bool = False
    version: datetime | None = None
    is_shown: bool = True
    category_id: int | None = None
    lead_tag_id: int | None = None
    lead_tag_name: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether its tag is kept in step."""
        return self.is_shown and not self.is_deleted


_OF_TAGS = ("category_id", "lead_tag_id", "lead_tag_name")
_NAMES = tuple(PardotList.__dataclass_fields__)


def all_lists(connection: sa.Connection) -> dict[int, PardotList]:
    """Every list that was ever seen, by id."""
    rows = connection.execute(sa.select(*(t.c[name] for name in _NAMES)).order_by(t.c.list_id))
    return {row.list_id: PardotList(*row) for row in rows}


def store_lists(
    connection: sa.Connection, lists: Sequence[PardotList], *, batch_key: str, now: datetime
) -> None:
    """Store lists as they are now, unless what is known is newer; their tags stay."""
    rows = [
        {name: getattr(one, name) for name in _NAMES if name not in _OF_TAGS}
        | {"batch_key": batch_key, "recorded_at": now}
        for one in lists
    ]
    if rows:
        insert = insert_into(connection, t)
        new = {name: insert.excluded[name] for name in rows[0] if name != "list_id"}
        not_older = sa.or_(t.c.version.is_(None), insert.excluded.version >= t.c.version)
        connection.execute(
            insert.on_conflict_do_update(index_elements=[t.c.list_id], set_=new, where=not_older),
            rows,
        )


def remember_tags(connection: sa.Connection, list_id: int, **tags: Any) -> None:
    """Store which tags stand for a list: ``category_id``, ``lead_tag_id``, ``lead_tag_name``."""
    connection.execute(sa.update(t).where(t.c.list_id == list_id).values(**tags))


def store_memberships(
    connection: sa.Connection,
    memberships: Sequence[Membership],
    *,
    batch_key: str,
    now: datetime,
) -> set[tuple[str, int]]:
    """Store the latest reading of each person and list.

    Args:
        connection: An open write transaction.
        memberships: At most one per person and list.
        batch_key: The batch that read them.
        now: The present moment.

    Returns:
        Person and list of the readings that are older than what is known: they say nothing.
    """
    rows = [
        {name: getattr(one, name) for name in Membership.__dataclass_fields__}
        | {"batch_key": batch_key, "recorded_at": now}
        for one in sorted(memberships, key=lambda one: one.pair)
    ]
    if not rows:
        return set()
    insert = insert_into(connection, m)
    new = insert.excluded
    newer = sa.or_(
        new.version > m.c.version,
        sa.and_(new.version == m.c.version, new.membership_id >= m.c.membership_id),
    )
    keys = ("prospect_id", "list_id")
    statement = insert.on_conflict_do_update(
        index_elements=[m.c.prospect_id, m.c.list_id],
        set_={name: new[name] for name in rows[0] if name not in keys},
        where=newer,
    ).returning(m.c.prospect_id, m.c.list_id)
    kept = {(row[0], row[1]) for row in written(connection, statement, rows)}
    return {one.pair for one in memberships} - kept


def memberships_of(
    connection: sa.Connection, prospect_ids: Iterable[str]
) -> dict[tuple[str, int], Membership]:
    """What is known of these people, past memberships included, by person and list."""
    columns = [m.c[name] for name in Membership.__dataclass_fields__]
    found: dict[tuple[str, int], Membership] = {}
    for chunk in chunks(dict.fromkeys(prospect_ids)):
        for row in connection.execute(sa.select(*columns).where(m.c.prospect_id.in_(chunk))):
            found[row.prospect_id, row.list_id] = Membership(*row)
    return found


def lists_of(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, set[int]]:
    """The lists that these people are on. Opted-out memberships and deleted lists do not count.

    People without a list are left out. What is known is as old as the last batch of memberships.
    """
    found: dict[str, set[int]] = {}
    for chunk in chunks(dict.fromkeys(prospect_ids)):
        query = (
            sa.select(m.c.prospect_id, m.c.list_id)
            .join(t, t.c.list_id == m.c.list_id)
            .where(m.c.prospect_id.in_(chunk), m.c.is_member, ~m.c.opted_out, ~t.c.is_deleted)
        )
        for prospect_id, list_id in connection.execute(query):
            found.setdefault(prospect_id, set()).add(list_id)
    return found


def list_ids_by_name(connection: sa.Connection) -> dict[str, int]:
    """The id of every list that is not deleted, by name; of two with one name the older."""
    query = sa.select(t.c.name, t.c.list_id).where(~t.c.is_deleted).order_by(t.c.list_id.desc())
    return {row.name: row.list_id for row in connection.execute(query)}
