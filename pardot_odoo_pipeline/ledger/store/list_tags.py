"""The tags of lists on Odoo's records: which are there, which should be, what people did to them.

What lives here: the comparison of memberships with tags, inside the database, and the history of
edits by hand. What does not: deciding about an edit (``merge/memberships.py``).

The comparison looks at everybody each time: a tag can become due without any membership changing,
when a person gets a record, another one's record, a leader, or goes to the recycle bin. It is two
joins over ids, some seconds for a million memberships, and costs no call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.list_tables import list_memberships as m
from pardot_odoo_pipeline.ledger.list_tables import list_tag_edits as edits
from pardot_odoo_pipeline.ledger.list_tables import list_tags as t
from pardot_odoo_pipeline.ledger.list_tables import pardot_lists as lists
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into
from pardot_odoo_pipeline.ledger.tables import links

__all__ = [
    "LEAD",
    "PARTNER",
    "RecordTag",
    "TagEdit",
    "applied",
    "due",
    "edits_to_note",
    "forget",
    "forget_list",
    "has_lead_tags",
    "noted",
    "put_back_counts",
    "record_edits",
    "remember",
    "surplus",
    "wanted",
]

PARTNER = "res.partner"
LEAD = "crm.lead"


@dataclass(frozen=True, order=True, slots=True)
class RecordTag:
    """The tag of one list on one record of Odoo."""

    model: str
    list_id: int
    record_id: int


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What a person did to a tag in Odoo, and what became of it.

    Attributes:
        tag: Which tag of which record.
        prospect_id: Who leads the record.
        edit: ``added`` or ``removed``.
        outcome: ``agreed``, ``to_pardot``, ``put_back``, ``held`` or ``refused``.
        rule: Why.
        id: The ledger's number, once stored.
    """

    tag: RecordTag
    prospect_id: str | None
    edit: str
    outcome: str
    rule: str
    id: int = 0


_own, _leader = links.alias("own"), links.alias("leader")
_CARRIED = tuple(t.c[name].label(name) for name in ("model", "list_id", "record_id"))
_LIVE = sa.and_(lists.c.is_shown, ~lists.c.is_deleted)
_SHOWS = sa.and_(m.c.is_member, ~m.c.opted_out, _own.c.state == LinkState.ACTIVE.value)
_HAS_CONTACT = _leader.c.partner_id.is_not(None)
_BELONGS = _leader.c.prospect_id == _own.c.leader_prospect_id


def _members() -> tuple[sa.Label[str], sa.Label[int], sa.Join]:
    """Model, list and record of whoever shows as a member, and the joins that lead there."""
    model = sa.case((_HAS_CONTACT, PARTNER), else_=LEAD).label("model")
    record = sa.func.coalesce(_leader.c.partner_id, _leader.c.lead_id).label("record_id")
    joined = (
        m.join(lists, lists.c.list_id == m.c.list_id)
        .join(_own, _own.c.prospect_id == m.c.prospect_id)
        .join(_leader, _BELONGS)
    )
    return model, record, joined


def due(connection: sa.Connection, limit: int) -> list[RecordTag]:
    """Tags that should be on a record and were not put there yet, at most so many."""
    model, record, members = _members()
    there = sa.and_(
        t.c.model == model.element, t.c.record_id == record.element, t.c.list_id == m.c.list_id
    )
    query = (
        sa.select(model, m.c.list_id, record)
        .select_from(members.outerjoin(t, there))
        .where(_SHOWS, _LIVE, record.element.is_not(None), t.c.record_id.is_(None))
        .distinct()
        .order_by("model", m.c.list_id, "record_id")
        .limit(limit)
    )
    return [RecordTag(*row) for row in connection.execute(query)]


def surplus(connection: sa.Connection, limit: int) -> list[RecordTag]:
    """Tags that are on a record and should not be, at most so many.

    Contacts keep the tag of a list that is deleted or not shown: the tag itself is archived, which
    hides it. Tags of leads know no such state.
    """
    model, record, members = _members()
    list_id = m.c.list_id.label("list_id")
    shown = sa.select(model, list_id, record).select_from(members).where(_SHOWS, _LIVE)
    carried = (
        sa.select(*_CARRIED)
        .join_from(t, lists, lists.c.list_id == t.c.list_id)
        .where(sa.or_(t.c.model == LEAD, _LIVE))
    )
    # A set operation reads each side once; SQLite answers an outer join this way round, or a
    # look-up for each tag, by reading all memberships of its list each time.
    query = sa.except_(carried, shown).order_by("model", "list_id", "record_id").limit(limit)
    return [RecordTag(*row) for row in connection.execute(query)]


def wanted(connection: sa.Connection, model: str, record_ids: Iterable[int]) -> set[RecordTag]:
    """The tags that these records should carry, of lists that are live."""
    live = set(connection.execute(sa.select(lists.c.list_id).where(_LIVE)).scalars())
    column = _leader.c.partner_id if model == PARTNER else _leader.c.lead_id
    kind = () if model == PARTNER else (~_HAS_CONTACT,)
    found: set[RecordTag] = set()
    for chunk in chunks(dict.fromkeys(record_ids)):
        people = {
            row.prospect_id: row.record_id
            for row in connection.execute(
                sa.select(_own.c.prospect_id, column.label("record_id"))
                .select_from(_leader.join(_own, _BELONGS))
                .where(column.in_(chunk), *kind, _own.c.state == LinkState.ACTIVE.value)
            )
        }
        for some in chunks(people):
            query = sa.select(m.c.prospect_id, m.c.list_id).where(
                m.c.prospect_id.in_(some), m.c.is_member, ~m.c.opted_out
            )
            found.update(
                RecordTag(model, row.list_id, people[row.prospect_id])
                for row in connection.execute(query)
                if row.list_id in live
            )
    return found


def applied(connection: sa.Connection, model: str, record_ids: Iterable[int]) -> set[RecordTag]:
    """The tags that these records carry as far as we know."""
    found: set[RecordTag] = set()
    for chunk in chunks(dict.fromkeys(record_ids)):
        query = sa.select(t.c.model, t.c.list_id, t.c.record_id).where(
            t.c.model == model, t.c.record_id.in_(chunk)
        )
        found.update(RecordTag(*row) for row in connection.execute(query))
    return found


def has_lead_tags(connection: sa.Connection) -> bool:
    """Whether any lead carries the tag of a list."""
    query = sa.select(t.c.record_id).where(t.c.model == LEAD).limit(1)
    return connection.execute(query).first() is not None


def remember(
    connection: sa.Connection, tags: Iterable[RecordTag], *, batch_key: str, now: datetime
) -> None:
    """These records carry these tags now."""
    rows = [_key(tag) | {"batch_key": batch_key, "applied_at": now} for tag in sorted(tags)]
    if rows:
        connection.execute(insert_into(connection, t).on_conflict_do_nothing(), rows)


def forget(connection: sa.Connection, tags: Iterable[RecordTag]) -> None:
    """These records do not carry these tags any more."""
    for (model, list_id), record_ids in _by_list(tags):
        for chunk in chunks(record_ids):
            connection.execute(
                sa.delete(t).where(
                    t.c.model == model, t.c.list_id == list_id, t.c.record_id.in_(chunk)
                )
            )


def forget_list(connection: sa.Connection, model: str, list_id: int) -> None:
    """Nobody carries the tag of that list any more: it is gone from Odoo."""
    connection.execute(sa.delete(t).where(t.c.model == model, t.c.list_id == list_id))


def record_edits(
    connection: sa.Connection, new: Sequence[TagEdit], *, batch_key: str, now: datetime
) -> None:
    """Add to the history, each edit once a batch; what was put back is to be explained."""
    rows = [
        _key(edit.tag)
        | {"prospect_id": edit.prospect_id, "edit": edit.edit, "outcome": edit.outcome}
        | {"rule": edit.rule, "batch_key": batch_key, "decided_at": now}
        | {"note_due": edit.outcome == "put_back"}
        for edit in new
    ]
    if rows:
        connection.execute(insert_into(connection, edits).on_conflict_do_nothing(), rows)


def edits_to_note(connection: sa.Connection, limit: int) -> list[TagEdit]:
    """Edits that were put back and whose record does not say so yet, oldest first."""
    c = edits.c
    query = (
        sa.select(c.model, c.list_id, c.record_id, c.prospect_id, c.edit, c.outcome, c.rule, c.id)
        .where(c.note_due)
        .order_by(c.id)
        .limit(limit)
    )
    return [TagEdit(RecordTag(*row[:3]), *row[3:]) for row in connection.execute(query)]


def noted(connection: sa.Connection, edit_ids: Iterable[int], *, now: datetime) -> None:
    """The records say it now, or cannot any more because they are gone."""
    for chunk in chunks(edit_ids):
        connection.execute(
            sa.update(edits).where(edits.c.id.in_(chunk)).values(note_due=False, noted_at=now)
        )


def put_back_counts(
    connection: sa.Connection, tags: Iterable[RecordTag], *, since: datetime
) -> dict[RecordTag, int]:
    """How often each of these tags was put back since then."""
    counts: dict[RecordTag, int] = {}
    for (model, list_id), record_ids in _by_list(tags):
        for chunk in chunks(record_ids):
            query = (
                sa.select(edits.c.record_id, sa.func.count())
                .where(
                    edits.c.model == model,
                    edits.c.list_id == list_id,
                    edits.c.record_id.in_(chunk),
                    edits.c.outcome == "put_back",
                    edits.c.decided_at >= since,
                )
                .group_by(edits.c.record_id)
            )
            for record_id, number in connection.execute(query):
                counts[RecordTag(model, list_id, record_id)] = number
    return counts


def _key(tag: RecordTag) -> dict[str, Any]:
    return {"model": tag.model, "record_id": tag.record_id, "list_id": tag.list_id}


def _by_list(tags: Iterable[RecordTag]) -> Iterator[tuple[tuple[str, int], list[int]]]:
    groups: dict[tuple[str, int], list[int]] = {}
    for tag in sorted(tags):
        groups.setdefault((tag.model, tag.list_id), []).append(tag.record_id)
    yield from groups.items()
