"""Places for calls in flight, for all processes together.

What lives here: taking a place, keeping it longer, giving it back. What does not: how many there
are and for how long one is taken (`operations.quota`).

A place is taken before its call leaves and stays taken until an answer is there, or until the other
side has certainly given up: a server goes on with a call whose caller was killed or went away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.quota_tables import call_slots as t
from pardot_odoo_pipeline.ledger.store.sql import insert_into
from pardot_odoo_pipeline.ledger.types import UtcTime

__all__ = ["is_free", "keep", "release", "take", "under_way"]

_IMPOSSIBLE = timedelta(days=1)
"""Nobody takes a place for so long: our clock was turned back since."""


def _free(now: datetime, places: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        t.c.slot < places,
        sa.or_(t.c.holder.is_(None), t.c.expires_at <= now, t.c.expires_at > now + _IMPOSSIBLE),
    )


def _take_statement() -> sa.Update:
    """Made once: a place is taken for every call."""
    now, far = (sa.bindparam(name, type_=UtcTime()) for name in ("b_now", "b_far"))
    free = sa.or_(t.c.holder.is_(None), t.c.expires_at <= now, t.c.expires_at > far)
    system: sa.BindParameter[str] = sa.bindparam("b_system")
    first = (
        sa.select(t.c.slot)
        .where(t.c.system == system, t.c.slot < sa.bindparam("b_places"), free)
        .order_by(t.c.slot)
        .limit(1)
        # Whoever comes at the same time takes the next one instead of waiting for this one.
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    until = sa.bindparam("b_until", type_=UtcTime())
    return (
        sa.update(t)
        .where(t.c.system == system, t.c.slot == first)
        .values(
            holder=sa.bindparam("b_holder"),
            lane=sa.bindparam("b_lane"),
            taken_at=now,
            expires_at=until,
        )
    )


_TAKE = _take_statement()
_RELEASE = (
    sa.update(t)
    .where(t.c.system == sa.bindparam("b_system"), t.c.holder == sa.bindparam("b_holder"))
    .values(holder=None, lane=None, taken_at=None, expires_at=None)
)


def take(
    connection: sa.Connection,
    system: str,
    holder: str,
    *,
    places: int,
    lane: str,
    now: datetime,
    until: datetime,
) -> bool:
    """Take a free place; whether there was one.

    Args:
        connection: An open write transaction.
        system: Whose calls.
        holder: Who takes it, unlike anybody else at any time.
        places: How many there are for this caller.
        lane: For what; told to people alone.
        now: The present moment.
        until: When it comes free by itself.
    """
    values = {
        "b_system": system,
        "b_places": places,
        "b_now": now,
        "b_far": now + _IMPOSSIBLE,
        "b_holder": holder,
        "b_lane": lane,
        "b_until": until,
    }
    if connection.execute(_TAKE, values).rowcount:
        return True
    if not _made(connection, system, places):
        return False
    return connection.execute(_TAKE, values).rowcount > 0


def is_free(connection: sa.Connection, system: str, *, places: int, now: datetime) -> bool:
    """Whether a place could be taken; a look that keeps nobody from writing."""
    known = sa.select(sa.func.count()).where(t.c.system == system, t.c.slot < places)
    free = sa.select(t.c.slot).where(t.c.system == system, _free(now, places)).limit(1)
    return connection.execute(free).first() is not None or (
        connection.execute(known).scalar_one() < places
    )


def keep(connection: sa.Connection, system: str, holder: str, *, until: datetime) -> bool:
    """Hold a place longer; whether it is still the caller's."""
    held = sa.update(t).where(t.c.system == system, t.c.holder == holder)
    return connection.execute(held.values(expires_at=until)).rowcount > 0


def release(connection: sa.Connection, system: str, holder: str) -> None:
    """Give a place back."""
    connection.execute(_RELEASE, {"b_system": system, "b_holder": holder})


def under_way(connection: sa.Connection, system: str, now: datetime) -> int:
    """How many places are taken."""
    query = sa.select(sa.func.count()).where(
        t.c.system == system, t.c.holder.is_not(None), t.c.expires_at > now
    )
    return int(connection.execute(query).scalar_one())


def _made(connection: sa.Connection, system: str, places: int) -> bool:
    """Make the rows of places that were never taken; whether there were any."""
    rows = [{"system": system, "slot": number} for number in range(places)]
    known = set(connection.execute(sa.select(t.c.slot).where(t.c.system == system)).scalars())
    missing = [row for row in rows if row["slot"] not in known]
    for row in missing:
        connection.execute(insert_into(connection, t).values(row).on_conflict_do_nothing())
    return bool(missing)
