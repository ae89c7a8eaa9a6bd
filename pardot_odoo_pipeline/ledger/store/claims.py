"""Identity claims: the ledger's one lock on a person, an e-mail, a lead or a contact.

What lives here: taking, holding and giving back claims, each in one statement. What does not:
which claims a write needs.

Two uses, told apart by ``expires_at``. With an expiry a claim is a lock for one call: it is given
back after the call, and after a crash it runs out by itself. Without one it is an identity for
good: this e-mail, lead or contact belongs to that prospect. Locks on people use the kind
``prospect``. A lock on an e-mail or on an Odoo record becomes an identity by taking it again
without an expiry, once the write is known to have happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store.operations import OperationState
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_for, written
from pardot_odoo_pipeline.ledger.tables import identity_claims as t
from pardot_odoo_pipeline.ledger.tables import operations

__all__ = [
    "Claim",
    "ClaimKind",
    "Holder",
    "forget",
    "hand_over",
    "hold_until",
    "holders",
    "release",
    "release_batch",
    "take",
]


class ClaimKind(StrEnum):
    """What is claimed. The value is an id, or for ``email`` the keyed hash of the match key."""

    PROSPECT = "prospect"
    LEAD = "lead"
    PARTNER = "partner"
    EMAIL = "email"


@dataclass(frozen=True, order=True, slots=True)
class Claim:
    """One identity, wanted for one prospect (for an e-mail shared by several: for their leader)."""

    kind: ClaimKind
    value: str
    prospect_id: str

    @property
    def name(self) -> tuple[ClaimKind, str]:
        """What is unique: only one prospect can have it."""
        return self.kind, self.value


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a claim, and until when (``None``: for good)."""

    prospect_id: str
    batch_key: str
    expires_at: datetime | None


def take(
    connection: sa.Connection,
    claims: Iterable[Claim],
    *,
    batch_key: str,
    now: datetime,
    expires_at: datetime | None,
) -> set[Claim]:
    """Take what can be taken; returns the claims that this batch now has.

    Granted are claims that are free, that ran out, that this batch already has for the same
    prospect, and those that belong to the same prospect for good (they stay so). Without
    ``expires_at`` what is granted belongs to the prospect for good.
    """
    wanted = {claim.name: claim for claim in sorted(claims, key=attrgetter("kind", "value"))}
    rows = [
        {
            "kind": claim.kind.value,
            "value": claim.value,
            "prospect_id": claim.prospect_id,
            "batch_key": batch_key,
            "taken_at": now,
            "expires_at": expires_at,
        }
        for claim in wanted.values()
    ]
    got: list[Any] = written(connection, _take(connection.dialect.name), rows)
    return {wanted[ClaimKind(kind), value] for kind, value in got}


@cache
def _take(dialect: str) -> Any:
    """Made once: every call is locked."""
    insert = insert_for(dialect, t)
    new = insert.excluded
    ran_out = sa.and_(t.c.expires_at.is_not(None), t.c.expires_at <= new.taken_at)
    own = sa.and_(
        t.c.prospect_id == new.prospect_id,
        sa.or_(t.c.expires_at.is_(None), t.c.batch_key == new.batch_key),
    )
    return insert.on_conflict_do_update(
        index_elements=[t.c.kind, t.c.value],
        set_={
            "prospect_id": new.prospect_id,
            "batch_key": new.batch_key,
            "taken_at": new.taken_at,
            "expires_at": sa.case((t.c.expires_at.is_(None), None), else_=new.expires_at),
        },
        where=sa.or_(ran_out, own),
    ).returning(t.c.kind, t.c.value)


def holders(
    connection: sa.Connection, claims: Iterable[Claim]
) -> dict[tuple[ClaimKind, str], Holder]:
    """Who has these claims, as far as anybody has them."""
    query = sa.select(t.c.kind, t.c.value, t.c.prospect_id, t.c.batch_key, t.c.expires_at)
    found: dict[tuple[ClaimKind, str], Holder] = {}
    for kind, values in _by_kind(claims).items():
        for chunk in chunks(values):
            for row in connection.execute(query.where(t.c.kind == kind, t.c.value.in_(chunk))):
                found[ClaimKind(row[0]), row[1]] = Holder(*row[2:])
    return found


def hold_until(
    connection: sa.Connection, claims: Sequence[Claim], *, batch_key: str, until: datetime
) -> None:
    """Hold locks until then: no longer than the server may commit a call that was not answered."""
    for kind, values in _by_kind(claims).items():
        for chunk in chunks(values):
            connection.execute(
                sa.update(t)
                .where(t.c.kind == kind, t.c.value.in_(chunk), t.c.batch_key == batch_key)
                .where(t.c.expires_at.is_not(None))
                .values(expires_at=until)
            )


def release(connection: sa.Connection, claims: Sequence[Claim], *, batch_key: str) -> None:
    """Give back locks of this batch; identities for good stay."""
    for kind, values in _by_kind(claims).items():
        for chunk in chunks(values):
            connection.execute(
                sa.delete(t)
                .where(t.c.kind == kind, t.c.value.in_(chunk), t.c.batch_key == batch_key)
                .where(t.c.expires_at.is_not(None))
            )


def release_batch(connection: sa.Connection, batch_key: str, *, attempt: int, now: datetime) -> int:
    """Give back the locks that a batch still has; returns how many.

    People with a call whose outcome is unknown stay locked while the server may still commit it:
    another batch that looks meanwhile finds nothing and does it again. What an earlier attempt sent
    is such a call even where this one looked and closed it; its locks end with that time.

    Args:
        connection: An open write transaction.
        batch_key: The batch.
        attempt: The attempt that ends.
        now: The present moment.
    """
    o = operations.c
    of_batch = sa.and_(t.c.batch_key == batch_key, t.c.expires_at.is_not(None))
    unanswered = sa.select(o.prospect_id).where(
        o.batch_key == batch_key,
        o.state.in_((OperationState.SENT, OperationState.IN_DOUBT)),
    )
    earlier = sa.and_(o.batch_key == batch_key, o.attempt < attempt, o.in_doubt_until > now)
    looked_for = sa.select(o.prospect_id).where(earlier)
    result = connection.execute(
        sa.delete(t).where(
            of_batch,
            t.c.prospect_id.not_in(unanswered),
            t.c.prospect_id.not_in(looked_for),
        )
    )
    if attempt > 1:
        last = sa.select(sa.func.max(o.in_doubt_until)).where(
            earlier, o.prospect_id == t.c.prospect_id
        )
        connection.execute(
            sa.update(t)
            .where(of_batch, t.c.prospect_id.not_in(unanswered))
            .values(expires_at=last.scalar_subquery())
        )
    return result.rowcount


def hand_over(connection: sa.Connection, *, leader: str, successor: str) -> int:
    """Give what belongs to a prospect for good to the one that leads from now on."""
    result = connection.execute(
        sa.update(t)
        .where(t.c.prospect_id == leader, t.c.expires_at.is_(None))
        .values(prospect_id=successor)
    )
    return result.rowcount


def forget(connection: sa.Connection, claims: Sequence[Claim]) -> None:
    """Free identities for good: the e-mail changed, or the record is gone."""
    rows: list[dict[str, Any]] = [
        {"k": claim.kind.value, "v": claim.value, "p": claim.prospect_id}
        for claim in sorted(claims)
    ]
    if rows:
        connection.execute(
            sa.delete(t).where(
                t.c.kind == sa.bindparam("k"),
                t.c.value == sa.bindparam("v"),
                t.c.prospect_id == sa.bindparam("p"),
            ),
            rows,
        )


def _by_kind(claims: Iterable[Claim]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for claim in sorted(claims, key=attrgetter("kind", "value")):
        grouped.setdefault(claim.kind.value, []).append(claim.value)
    return grouped
