"""Storing what became of people: one call, one transaction, up to a frame of them.

What lives here: the write that makes a disposition durable. What does not: how it was reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import claims as claims_store
from pardot_odoo_pipeline.ledger.store import links as links_store
from pardot_odoo_pipeline.ledger.store import operations as operations_store
from pardot_odoo_pipeline.ledger.store import review
from pardot_odoo_pipeline.ledger.store.claims import Claim
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.ledger.store.operations import OperationResult
from pardot_odoo_pipeline.ledger.store.review import Finding, Quarantined
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into
from pardot_odoo_pipeline.ledger.tables import agreed_values, conflicts
from pardot_odoo_pipeline.merge.ping_pong import OwnWrite, appended

__all__ = [
    "Agreed",
    "Conflict",
    "PersonOutcome",
    "commit_outcomes",
    "note_conflicts",
    "withdraw_conflicts",
]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides showed when they agreed: ``{field: [Pardot's half, Odoo's half]}``, as JSON.

    Attributes:
        pairs: All mapped fields; the document replaces the one before, unless it is partial.
        pardot_confirmed: Whether Pardot's halves were read, not only sent.
        odoo_confirmed: Whether Odoo's halves were read back, not only sent.
        pardot_read_at: When Pardot's row was read.
        odoo_read_at: When Odoo's row was read.
        partial: The pairs and times are laid over what is stored: a side was written later.
        own_writes: Source to what we wrote now; appended to the latest ones. ``{at, to, hash,
            batch, rule}``.
    """

    pairs: dict[str, list[Any]]
    pardot_confirmed: bool = True
    odoo_confirmed: bool = True
    pardot_read_at: datetime | None = None
    odoo_read_at: datetime | None = None
    partial: bool = False
    own_writes: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two edits of one field, the rule that decided, and the value that lost."""

    field: str
    agreed: Any
    pardot_value: Any
    odoo_value: Any
    rule: str
    winner: str
    pardot_changed: tuple[datetime | None, datetime | None] = (None, None)
    odoo_changed: tuple[datetime | None, datetime | None] = (None, None)


@dataclass(frozen=True, slots=True)
class PersonOutcome:
    """Everything the ledger must remember of one person in one batch.

    Quarantine and findings are complete statements: what is stored of this person and not named
    here is closed. ``None`` says nothing and leaves them, as for a write that did not succeed.
    """

    prospect_id: str
    link: Link | None = None
    agreed: Agreed | None = None
    quarantined: tuple[Quarantined, ...] | None = ()
    findings: tuple[Finding, ...] | None = ()
    conflicts: tuple[Conflict, ...] = ()
    operations: tuple[OperationResult, ...] = ()


def commit_outcomes(
    connection: sa.Connection,
    outcomes: Sequence[PersonOutcome],
    *,
    batch_key: str,
    attempt: int,
    now: datetime,
    identities: Sequence[Claim] = (),
    release: Sequence[Claim] = (),
) -> set[Claim]:
    """Store the outcomes of people; either all of it is kept or, by an error, nothing.

    Args:
        connection: An open write transaction; end it right after.
        outcomes: One per person.
        batch_key: The batch that did the work.
        attempt: Its attempt.
        now: The present moment.
        identities: E-mails, leads and contacts that from now on belong to their prospect for good.
        release: Locks to give back.

    Returns:
        The identities that could not be had because another prospect has them. Take them before the
        write to be sure; what comes back here is a conflict to report, the rest is stored.
    """
    ids = links_store.upsert(
        connection,
        [outcome.link for outcome in outcomes if outcome.link is not None],
        batch_key=batch_key,
        now=now,
    )
    _store_agreed(connection, _current(connection, outcomes), ids, batch_key, now)
    note_conflicts(connection, outcomes, batch_key=batch_key, attempt=attempt, now=now)
    operations_store.finish(
        connection, [result for outcome in outcomes for result in outcome.operations], now=now
    )
    review.record(
        connection,
        [(o.prospect_id, o.quarantined, o.findings) for o in outcomes],
        batch_key=batch_key,
        attempt=attempt,
        now=now,
    )
    wanted = set(identities)
    granted = claims_store.take(connection, wanted, batch_key=batch_key, now=now, expires_at=None)
    claims_store.release(connection, release, batch_key=batch_key)
    return wanted - granted


def _current(connection: sa.Connection, outcomes: Sequence[PersonOutcome]) -> list[PersonOutcome]:
    """The outcomes whose Pardot row is no older than what the ledger has seen.

    A batch that planned on older data must not put older pairs back: what a person restored in
    Odoo later would then look untouched. The links were just written, so their rows are locked.
    """
    seen = links_store.versions_of(connection, [o.prospect_id for o in outcomes if o.agreed])
    return [
        outcome
        for outcome in outcomes
        if outcome.link is None
        or not _is_older(outcome.link, *seen.get(outcome.prospect_id, (None, None)))
    ]


def _is_older(link: Link, version: datetime | None, activity: datetime | None) -> bool:
    for ours, highest in (
        (link.pardot_version, version),
        (link.pardot_activity_version, activity),
    ):
        if ours is not None and highest is not None and ours < highest:
            return True
    return False


def _store_agreed(
    connection: sa.Connection,
    outcomes: Sequence[PersonOutcome],
    ids: dict[str, int],
    batch_key: str,
    now: datetime,
) -> None:
    missing = [o.prospect_id for o in outcomes if o.agreed and o.prospect_id not in ids]
    if missing:
        ids = ids | links_store.ids_of(connection, missing)
        if any(prospect_id not in ids for prospect_id in missing):
            raise PipelineError(
                "Agreed values came for a prospect that has no link",
                fix="Report this as a bug of the pipeline; nothing of that transaction was kept",
                code="outcome_without_link",
            )
    older = links_store.remembered(
        connection,
        [o.prospect_id for o in outcomes if o.agreed and (o.agreed.partial or o.agreed.own_writes)],
    )
    rows = [
        {
            "link_id": ids[outcome.prospect_id],
            **_document(outcome.agreed, older.get(outcome.prospect_id), now),
            "batch_key": batch_key,
            "agreed_at": now,
        }
        for outcome in outcomes
        if outcome.agreed is not None
    ]
    if not rows:
        return
    rows.sort(key=lambda row: row["link_id"])
    insert = insert_into(connection, agreed_values)
    new = insert.excluded
    replaced: dict[str, Any] = {name: new[name] for name in rows[0] if name != "link_id"}
    replaced["own_writes"] = sa.func.coalesce(new.own_writes, agreed_values.c.own_writes)
    connection.execute(
        insert.on_conflict_do_update(index_elements=[agreed_values.c.link_id], set_=replaced), rows
    )


def _document(
    agreed: Agreed, older: links_store.Remembered | None, now: datetime
) -> dict[str, Any]:
    """The row of agreed values, laid over the one before where only a part is new."""
    new: dict[str, Any] = {
        "pairs": agreed.pairs,
        "pardot_confirmed": agreed.pardot_confirmed,
        "odoo_confirmed": agreed.odoo_confirmed,
        "pardot_read_at": agreed.pardot_read_at,
        "odoo_read_at": agreed.odoo_read_at,
        "own_writes": None,
    }
    if agreed.partial and older is not None:
        new["pairs"] = {**older.pairs, **_with_known_halves(agreed.pairs, older.pairs)}
        new["pardot_read_at"] = agreed.pardot_read_at or older.pardot_read_at
        new["odoo_read_at"] = agreed.odoo_read_at or older.odoo_read_at
    history = dict(older.own_writes) if older is not None else {}
    for source, entries in agreed.own_writes.items():
        for entry in entries:
            write = cast("OwnWrite", entry)
            earlier = cast("list[OwnWrite]", history.get(source, []))
            history[source] = cast("list[dict[str, Any]]", appended(earlier, write, now))
    new["own_writes"] = history or None
    return new


def _with_known_halves(
    pairs: Mapping[str, list[Any]], older: Mapping[str, list[Any]]
) -> dict[str, list[Any]]:
    """A half that is not known yet is the one that was read back a moment before."""
    return {
        key: [pardot, older.get(key, [None, None])[1] if odoo is None else odoo]
        for key, (pardot, odoo) in pairs.items()
    }


def note_conflicts(
    connection: sa.Connection,
    outcomes: Sequence[PersonOutcome],
    *,
    batch_key: str,
    attempt: int,
    now: datetime,
) -> None:
    """Keep the values that lose; those that are noted already are not noted twice.

    Said before the write as well: killed right after it, nobody finds what was there before.
    """
    told = _latest_conflicts(connection, [o.prospect_id for o in outcomes if o.conflicts])
    rows = [
        {
            "prospect_id": outcome.prospect_id,
            "field": conflict.field,
            "agreed": conflict.agreed,
            "pardot_value": conflict.pardot_value,
            "odoo_value": conflict.odoo_value,
            "pardot_changed_from": conflict.pardot_changed[0],
            "pardot_changed_until": conflict.pardot_changed[1],
            "odoo_changed_from": conflict.odoo_changed[0],
            "odoo_changed_until": conflict.odoo_changed[1],
            "rule": conflict.rule,
            "winner": conflict.winner,
            "batch_key": batch_key,
            "attempt": attempt,
            "decided_at": now,
        }
        for outcome in outcomes
        for conflict in outcome.conflicts
        # One that waits for a write is decided again by each batch until then: it is one conflict.
        if told.get((outcome.prospect_id, conflict.field))
        != (conflict.agreed, conflict.pardot_value, conflict.odoo_value)
    ]
    if rows:
        connection.execute(sa.insert(conflicts), rows)


def withdraw_conflicts(
    connection: sa.Connection, prospect_ids: Sequence[str], *, batch_key: str, attempt: int
) -> None:
    """The writes on which these values would have been lost were refused."""
    t = conflicts.c
    for chunk in chunks(prospect_ids):
        connection.execute(
            sa.delete(conflicts)
            .where(t.batch_key == batch_key, t.attempt == attempt)
            .where(t.prospect_id.in_(chunk))
        )


def _latest_conflicts(
    connection: sa.Connection, prospect_ids: Sequence[str]
) -> dict[tuple[str, str], tuple[Any, Any, Any]]:
    """The last recorded conflict of each field of these people, unless it was restored since."""
    t = conflicts.c
    query = sa.select(
        t.prospect_id, t.field, t.agreed, t.pardot_value, t.odoo_value, t.restored_at
    ).order_by(t.id)
    latest: dict[tuple[str, str], tuple[Any, Any, Any]] = {}
    for chunk in chunks(prospect_ids):
        for row in connection.execute(query.where(t.prospect_id.in_(chunk))):
            key = (row.prospect_id, row.field)
            latest.pop(key, None)
            if row.restored_at is None:
                latest[key] = (row.agreed, row.pardot_value, row.odoo_value)
    return latest
