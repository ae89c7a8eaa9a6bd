"""Which prospect is which lead and contact, and the versions that were last seen of each.

What lives here: look-ups in bulk, and the one upsert that keeps versions from going backwards. What
does not: deciding who belongs to whom (``merge``), and claiming an identity (``claims.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from dataclasses import field as dataclass_field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_for, written
from pardot_odoo_pipeline.ledger.tables import agreed_values
from pardot_odoo_pipeline.ledger.tables import links as t

__all__ = [
    "Link",
    "LinkState",
    "Remembered",
    "archive",
    "by_email_hashes",
    "by_lead_ids",
    "by_leaders",
    "by_partner_ids",
    "by_prospects",
    "count",
    "forget_consent",
    "forget_records",
    "forget_versions",
    "found_again",
    "grouped",
    "ids_of",
    "known_times",
    "last_written_by",
    "newest",
    "remember_consent",
    "remembered",
    "seen_versions",
    "sight_missing",
    "stream",
    "touched",
    "upsert",
    "versions_of",
]


class LinkState(StrEnum):
    """``tombstoned`` people were erased or deleted and must not come back by a sync."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    TOMBSTONED = "tombstoned"


@dataclass(frozen=True, slots=True)
class Link:
    """One prospect's link. In an upsert ``None`` means "nothing new known"."""

    prospect_id: str
    leader_prospect_id: str | None = None
    lead_id: int | None = None
    partner_id: int | None = None
    email_hash: str | None = None
    state: LinkState = LinkState.ACTIVE
    pardot_version: datetime | None = None
    pardot_activity_version: datetime | None = None
    lead_version: datetime | None = None
    partner_version: datetime | None = None
    pardot_hash: str | None = None
    odoo_hash: str | None = None
    consent: dict[str, Any] | None = None
    missing_since: datetime | None = None
    merged_into: str | None = None

    @property
    def leads(self) -> bool:
        """Whether this prospect's own values are what the lead shows."""
        return self.leader_prospect_id in (None, self.prospect_id)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What both sides showed of one person when they last agreed.

    Attributes:
        pairs: Cell to Pardot's and Odoo's half, as JSON.
        pardot_confirmed: Whether Pardot's halves were read, not only sent.
        pardot_read_at: When Pardot's row was read.
        odoo_read_at: When Odoo's records were read.
        own_writes: Source to our latest writes: ``{at, to, hash, batch, rule}``.
    """

    pairs: dict[str, list[Any]]
    pardot_confirmed: bool = True
    pardot_read_at: datetime | None = None
    odoo_read_at: datetime | None = None
    own_writes: dict[str, list[dict[str, Any]]] = dataclass_field(default_factory=dict)


_NAMES = [field.name for field in fields(Link)]
_COLUMNS: list[sa.ColumnElement[Any]] = [t.c[name] for name in _NAMES]
_ID_FIRST: list[sa.ColumnElement[Any]] = [t.c.id, *_COLUMNS]
_REMEMBERED_NAMES = [field.name for field in fields(Remembered)]
_REMEMBERED = (
    sa.select(t.c.prospect_id, *(agreed_values.c[name] for name in _REMEMBERED_NAMES))
    .join(agreed_values, agreed_values.c.link_id == t.c.id)
    .where(t.c.prospect_id.in_(sa.bindparam("b_values", expanding=True)))
)


def by_prospects(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, Link]:
    """The links of these prospects, by prospect id."""
    return {link.prospect_id: link for link in _where_in(connection, t.c.prospect_id, prospect_ids)}


def by_leaders(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, list[Link]]:
    """Everybody who follows these leaders, themselves included."""
    return _grouped(connection, t.c.leader_prospect_id, prospect_ids)


def grouped(connection: sa.Connection) -> frozenset[str]:
    """Everybody who follows another prospect, and everybody who is followed."""
    query = sa.select(t.c.prospect_id, t.c.leader_prospect_id).where(
        t.c.leader_prospect_id != t.c.prospect_id
    )
    return frozenset(who for row in connection.execute(query) for who in row)


def by_email_hashes(connection: sa.Connection, hashes: Iterable[str]) -> dict[str, list[Link]]:
    """The links of the people with these e-mail hashes."""
    return _grouped(connection, t.c.email_hash, hashes)


def by_lead_ids(connection: sa.Connection, lead_ids: Iterable[int]) -> dict[int, list[Link]]:
    """The links to these leads, followers included."""
    return _grouped(connection, t.c.lead_id, lead_ids)


def by_partner_ids(connection: sa.Connection, partner_ids: Iterable[int]) -> dict[int, list[Link]]:
    """The links to these contacts, followers included."""
    return _grouped(connection, t.c.partner_id, partner_ids)


def last_written_by(connection: sa.Connection, batch_keys: Sequence[str]) -> list[str]:
    """The people whom these batches were the last to write."""
    if not batch_keys:
        return []
    query = sa.select(t.c.prospect_id).where(t.c.updated_batch.in_(batch_keys))
    return [row.prospect_id for row in connection.execute(query.order_by(t.c.prospect_id))]


def stream(connection: sa.Connection, size: int = 20_000) -> Iterator[list[Link]]:
    """Every link, in frames of at most that many: ids, hashes and versions, for set work."""
    last = 0
    while True:
        query = sa.select(*_ID_FIRST).where(t.c.id > last).order_by(t.c.id).limit(size)
        rows: list[Any] = list(connection.execute(query))
        if not rows:
            return
        last = rows[-1][0]
        yield [_link(row[1:]) for row in rows if row[1] is not None]


def count(connection: sa.Connection) -> dict[LinkState, int]:
    """How many links there are, by state."""
    rows = connection.execute(sa.select(t.c.state, sa.func.count()).group_by(t.c.state))
    return {LinkState(state): number for state, number in rows}


def remembered(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, Remembered]:
    """The agreed values of these prospects, with when they were read and who wrote last."""
    found: dict[str, Remembered] = {}
    for chunk in chunks(prospect_ids):
        for prospect_id, *values in connection.execute(_REMEMBERED, {"b_values": chunk}):
            known = dict(zip(_REMEMBERED_NAMES, values, strict=True))
            found[prospect_id] = Remembered(**{**known, "own_writes": known["own_writes"] or {}})
    return found


def seen_versions(
    connection: sa.Connection, column: str, ids: Iterable[Any]
) -> dict[Any, tuple[Link, datetime | None, datetime | None]]:
    """Leaders' links with when both sides were last read, by the value of an id column.

    Args:
        connection: Any.
        column: ``prospect_id``, ``lead_id`` or ``partner_id``.
        ids: Values of that column.
    """
    found: dict[Any, tuple[Link, datetime | None, datetime | None]] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        seen = connection.execute(_versions_by(column), {"b_values": chunk})
        for pardot_read_at, odoo_read_at, *values in seen:
            link = _link(values)
            found[getattr(link, column)] = (link, pardot_read_at, odoo_read_at)
    return found


@cache
def _versions_by(column: str) -> Any:
    return (
        sa.select(agreed_values.c.pardot_read_at, agreed_values.c.odoo_read_at, *_COLUMNS)
        .select_from(t.outerjoin(agreed_values, agreed_values.c.link_id == t.c.id))
        .where(t.c[column].in_(sa.bindparam("b_values", expanding=True)))
    )


def versions_of(
    connection: sa.Connection, prospect_ids: Iterable[str]
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """The highest change and activity ever seen of these prospects in Pardot."""
    found: dict[str, tuple[datetime | None, datetime | None]] = {}
    for chunk in chunks(prospect_ids):
        query = sa.select(t.c.prospect_id, t.c.pardot_version, t.c.pardot_activity_version)
        for row in connection.execute(query.where(t.c.prospect_id.in_(chunk))):
            found[row[0]] = (row[1], row[2])
    return found


def known_times(
    connection: sa.Connection, prospect_ids: Iterable[str], *, besides: str
) -> dict[str, datetime]:
    """The latest change or activity of these prospects that another batch had seen.

    Args:
        connection: Any.
        prospect_ids: Whose.
        besides: A batch: what its own earlier attempt wrote down does not count.
    """
    found: dict[str, datetime] = {}
    for chunk in chunks(prospect_ids):
        query = sa.select(t.c.prospect_id, t.c.pardot_version, t.c.pardot_activity_version).where(
            t.c.prospect_id.in_(chunk), t.c.updated_batch.is_distinct_from(besides)
        )
        for prospect_id, *times in connection.execute(query):
            if seen := [moment for moment in times if moment is not None]:
                found[prospect_id] = max(seen)
    return found


def newest(
    connection: sa.Connection, version: str, key: str, *, before: datetime, limit: int
) -> list[tuple[Any, datetime, str]]:
    """The records with the highest versions: id, version and prospect, the newest first.

    Args:
        connection: Any.
        version: The column of the version.
        key: The column of the record's id.
        before: Versions as young as this are left out.
        limit: How many.
    """
    query = (
        sa.select(t.c[key], t.c[version], t.c.prospect_id)
        .where(t.c.state == LinkState.ACTIVE, t.c[key].is_not(None), t.c[version] < before)
        .order_by(t.c[version].desc(), t.c.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def forget_versions(connection: sa.Connection, prospect_ids: Iterable[str], *, system: str) -> None:
    """What was seen of these people on a side is no bound any more: a backup was restored there."""
    names = _VERSIONS[:2] if system == "pardot" else _VERSIONS[2:]
    for chunk in chunks(prospect_ids):
        connection.execute(
            sa.update(t).where(t.c.prospect_id.in_(chunk)).values(dict.fromkeys(names))
        )


def forget_consent(connection: sa.Connection, prospect_ids: Iterable[str]) -> None:
    """Who refused what and where is read anew: every refusal that either side shows counts."""
    for chunk in chunks(prospect_ids):
        connection.execute(sa.update(t).where(t.c.prospect_id.in_(chunk)).values(consent=sa.null()))


def forget_records(connection: sa.Connection, gone: Mapping[str, Collection[str]]) -> None:
    """Records that a restored backup does not have: the link is free to get new ones.

    Args:
        connection: An open write transaction.
        gone: Prospect id to the models of the records that are gone.
    """
    column = {"crm.lead": "lead", "res.partner": "partner"}
    for prospect_id, models in sorted(gone.items()):
        names = [column[model] for model in sorted(models)]
        values: dict[str, Any] = {f"{name}_id": None for name in names}
        values |= {f"{name}_version": None for name in names}
        connection.execute(
            sa.update(t)
            .where(t.c.prospect_id == prospect_id)
            .values({**values, "missing_since": None})
        )


def ids_of(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, int]:
    """The row ids of the links of these prospects."""
    found: dict[str, int] = {}
    for chunk in chunks(prospect_ids):
        query = sa.select(t.c.prospect_id, t.c.id).where(t.c.prospect_id.in_(chunk))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def upsert(
    connection: sa.Connection, links: Sequence[Link], *, batch_key: str, now: datetime
) -> dict[str, int]:
    """Store links; returns the link's row id by prospect id.

    A version lower than the recorded one leaves version and hash alone: a stale read or a replayed
    batch must not make later edits look like news.
    """
    rows = [
        {
            **{name: getattr(link, name) for name in _NAMES},
            "leader_prospect_id": link.leader_prospect_id or link.prospect_id,
            "created_batch": batch_key,
            "updated_batch": batch_key,
            "created_at": now,
            "updated_at": now,
        }
        # Followers first: a leader that steps back makes room for its successor. Beyond that one
        # order for everybody, so that two batches never wait for each other's rows.
        for link in sorted(links, key=lambda link: (link.leads, link.prospect_id))
    ]
    statement = _upsert(connection.dialect.name)
    return {row[0]: row[1] for row in written(connection, statement, rows)}


@cache
def _upsert(dialect: str) -> Any:
    """Made once: every batch stores links."""
    insert = insert_for(dialect, t)
    new = insert.excluded
    known: dict[str, sa.ColumnElement[Any]] = {
        name: sa.func.coalesce(new[name], t.c[name]) for name in _KEPT_WHEN_UNKNOWN
    }
    # Records are the leader's alone: a follower that came to lead must not find another's.
    for name in _OF_LEADERS:
        known[name] = sa.case((new.leader_prospect_id == new.prospect_id, known[name]))
    versions = {name: _newer(new[name], t.c[name]) for name in _VERSIONS}
    not_stale = sa.or_(
        t.c.pardot_version.is_(None),
        new.pardot_version.is_(None),
        new.pardot_version >= t.c.pardot_version,
    )
    return insert.on_conflict_do_update(
        index_elements=[t.c.prospect_id],
        set_={
            **known,
            **versions,
            "pardot_hash": sa.case(
                (not_stale, sa.func.coalesce(new.pardot_hash, t.c.pardot_hash)),
                else_=t.c.pardot_hash,
            ),
            "leader_prospect_id": new.leader_prospect_id,
            "state": new.state,
            "updated_batch": new.updated_batch,
            "updated_at": new.updated_at,
        },
    ).returning(t.c.prospect_id, t.c.id)


def archive(connection: sa.Connection, prospect_ids: Iterable[str]) -> None:
    """These are not in Pardot any more, or in its recycle bin."""
    for chunk in chunks(prospect_ids):
        connection.execute(
            sa.update(t)
            .where(t.c.prospect_id.in_(chunk), t.c.state == LinkState.ACTIVE)
            .values(state=LinkState.ARCHIVED)
        )


def touched(
    connection: sa.Connection,
    prospect_ids: Iterable[str],
    *,
    since: datetime,
    until: datetime,
    other_than: str,
) -> set[str]:
    """Those of these prospects whose link another batch stored in ``[since, until]``.

    A time beyond ``until`` is of a clock that was set back, and tells nothing.
    """
    found: set[str] = set()
    for chunk in chunks(prospect_ids):
        query = sa.select(t.c.prospect_id).where(
            t.c.prospect_id.in_(chunk),
            t.c.updated_at.between(since, until),
            t.c.updated_batch != other_than,
        )
        found.update(connection.execute(query).scalars())
    return found


def sight_missing(connection: sa.Connection, prospect_ids: Iterable[str], *, now: datetime) -> None:
    """A record of these people was not found; the first sighting's time is kept."""
    for chunk in chunks(prospect_ids):
        connection.execute(
            sa.update(t)
            .where(t.c.prospect_id.in_(chunk), t.c.missing_since.is_(None))
            .values(missing_since=now)
        )


def found_again(connection: sa.Connection, prospect_ids: Iterable[str]) -> None:
    """The records of these people are there after all."""
    for chunk in chunks(prospect_ids):
        connection.execute(
            sa.update(t).where(t.c.prospect_id.in_(chunk)).values(missing_since=None)
        )


def remember_consent(connection: sa.Connection, documents: Mapping[str, dict[str, Any]]) -> None:
    """Replace what is remembered of these people's consent, where they have a link."""
    rows = [{"who": who, "told": told} for who, told in sorted(documents.items())]
    if rows:
        connection.execute(
            sa.update(t)
            .where(t.c.prospect_id == sa.bindparam("who"))
            .values(consent=sa.bindparam("told", type_=t.c.consent.type)),
            rows,
        )


_KEPT_WHEN_UNKNOWN = ("lead_id", "partner_id", "email_hash", "odoo_hash", "consent", "merged_into")
_OF_LEADERS = ("lead_id", "partner_id")
_VERSIONS = ("pardot_version", "pardot_activity_version", "lead_version", "partner_version")


def _newer(new: sa.ColumnElement[Any], old: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.case((new.is_(None), old), (old.is_(None), new), (new > old, new), else_=old)


def _where_in(
    connection: sa.Connection, column: sa.Column[Any], values: Iterable[Any]
) -> Iterator[Link]:
    for chunk in chunks(dict.fromkeys(values)):
        for row in connection.execute(_links_by(column.name), {"b_values": chunk}):
            yield _link(row)


@cache
def _links_by(column: str) -> Any:
    """Made once for each column: every batch looks people up, again and again."""
    return sa.select(*_COLUMNS).where(t.c[column].in_(sa.bindparam("b_values", expanding=True)))


def _grouped(
    connection: sa.Connection, column: sa.Column[Any], values: Iterable[Any]
) -> dict[Any, list[Link]]:
    found: dict[Any, list[Link]] = {}
    for link in _where_in(connection, column, values):
        found.setdefault(getattr(link, column.name), []).append(link)
    return found


def _link(row: Any) -> Link:
    values = dict(zip(_NAMES, row, strict=True))
    values["state"] = LinkState(values["state"])
    return Link(**values)
