"""Counts of the calls of a day: ours by lane, and what the other side itself reports.

What lives here: the statements. What does not: how much is allowed (`operations.budget`) and who
asks (`operations.quota`).

A call is counted before it leaves, in one conditional statement: a process that is killed has spent
no more than is written here, and however many ask at once, the last call of the budget is given
once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import quota as t
from pardot_odoo_pipeline.ledger.quota_tables import call_slots
from pardot_odoo_pipeline.ledger.store.sql import insert_into
from pardot_odoo_pipeline.ledger.types import UtcTime

__all__ = ["Allowance", "DayUsage", "forget", "give_back", "shut", "spend", "told", "usage"]

ALL = ""
"""The lane of the row that holds the sum."""

_MILLION = 1_000_000
_LONGEST_SHUT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is allowed, as a statement needs it.

    Attributes:
        assumed: The account's calls of a day where neither side named them.
        cap: What is configured, if anything: the smaller one counts.
        ours: Our ceiling, in millionths of the account's calls.
        account: The ceiling of all programs together.
        ask_again: What was reported until then of everybody's calls counts no more: the next
            answer tells it anew.
        asks_anyway: Whether to ask though the other side refused a while ago.
    """

    assumed: int
    cap: int | None
    ours: int
    account: int
    ask_again: datetime
    asks_anyway: bool = False


@dataclass(frozen=True, slots=True)
class DayUsage:
    """The calls of one day of the account.

    Attributes:
        spent: Ours, of all lanes.
        lanes: Ours by lane.
        reported: Everybody's, as last reported.
        reported_limit: The account's limit, as last reported.
        reported_at: When.
        others: Calls that are not ours, by that report.
        shut_until: The other side refused until then at least.
    """

    spent: int = 0
    lanes: dict[str, int] = field(default_factory=dict)
    reported: int | None = None
    reported_limit: int | None = None
    reported_at: datetime | None = None
    others: int = 0
    shut_until: datetime | None = None


def _spend_statement(*, capped: bool) -> sa.Update:
    """Made once: a call is counted often, and what a statement says takes longer than to run it."""
    c, now = t.c, sa.bindparam("b_now", type_=UtcTime())
    limit: sa.ColumnElement[int]
    if capped:
        cap = sa.bindparam("b_cap", type_=sa.BigInteger())
        limit = sa.case((c.reported_limit < cap, c.reported_limit), else_=cap)
    else:
        assumed = sa.bindparam("b_assumed", type_=sa.BigInteger())
        limit = sa.func.coalesce(c.reported_limit, assumed)
    ours = limit * sa.bindparam("b_ours", type_=sa.BigInteger()) // _MILLION
    account = limit * sa.bindparam("b_account", type_=sa.BigInteger()) // _MILLION
    return (
        sa.update(t)
        .where(_is(sa.bindparam("b_system"), sa.bindparam("b_day"), ALL))
        .where(c.spent + 1 <= ours)
        .where(
            sa.or_(
                c.spent + c.others + 1 <= account,
                c.reported_at <= sa.bindparam("b_ask_again", type_=UtcTime()),
            )
        )
        .where(
            sa.or_(
                sa.bindparam("b_anyway", type_=sa.Boolean()),
                c.shut_until.is_(None),
                c.shut_until <= now,
                # Our clock was turned back.
                c.shut_until > sa.bindparam("b_far", type_=UtcTime()),
            )
        )
        .values(spent=c.spent + 1, updated_at=now)
    )


def _told_statement() -> sa.Update:
    c, s, now = t.c, call_slots.c, sa.bindparam("b_now", type_=UtcTime())
    used = sa.bindparam("b_used", type_=sa.BigInteger())
    maximum = sa.bindparam("b_maximum", type_=sa.BigInteger())
    under_way = (
        sa.select(sa.func.count())
        .select_from(call_slots)
        .where(s.system == sa.bindparam("b_system"), s.holder.is_not(None), s.expires_at > now)
        .scalar_subquery()
    )
    others = used - c.spent + sa.case((under_way > 1, under_way - 1), else_=0)
    return (
        sa.update(t)
        .where(_is(sa.bindparam("b_system"), sa.bindparam("b_day"), ALL))
        .values(
            reported=used,
            reported_limit=maximum,
            reported_at=now,
            others=sa.case((others > 0, others), else_=0),
            shut_until=sa.case((used < maximum, sa.null()), else_=c.shut_until),
            updated_at=now,
        )
    )


def _is(system: Any, day: Any, lane: Any) -> sa.ColumnElement[bool]:
    return sa.and_(t.c.system == system, t.c.day == day, t.c.lane == lane)


def _count_statement() -> sa.Update:
    return (
        sa.update(t)
        .where(_is(sa.bindparam("b_system"), sa.bindparam("b_day"), sa.bindparam("b_lane")))
        .values(spent=t.c.spent + 1, updated_at=sa.bindparam("b_now", type_=UtcTime()))
    )


_COUNT = _count_statement()
_SPEND = {capped: _spend_statement(capped=capped) for capped in (False, True)}
_TOLD = _told_statement()


def spend(
    connection: sa.Connection,
    system: str,
    day: str,
    lane: str,
    *,
    allowance: Allowance,
    now: datetime,
) -> bool:
    """Count one call, if the budget has it; whether it has."""
    counted = _SPEND[allowance.cap is not None]
    values = {
        "b_system": system,
        "b_day": day,
        "b_ours": allowance.ours,
        "b_account": allowance.account,
        "b_ask_again": allowance.ask_again,
        "b_anyway": allowance.asks_anyway,
        "b_now": now,
        "b_far": now + _LONGEST_SHUT,
    }
    if allowance.cap is None:
        values["b_assumed"] = allowance.assumed
    else:
        values["b_cap"] = allowance.cap
    if connection.execute(counted, values).rowcount == 0:
        # Another process may have begun it since, so both ways it is tried again.
        _begin_day(connection, system, day, now)
        if connection.execute(counted, values).rowcount == 0:
            return False
    of_lane = {"b_system": system, "b_day": day, "b_lane": lane, "b_now": now}
    if connection.execute(_COUNT, of_lane).rowcount == 0:
        # Nobody else begins it meanwhile: the row of the sum is ours until the end.
        new = {"system": system, "day": day, "lane": lane, "spent": 1, "updated_at": now}
        connection.execute(sa.insert(t).values(new))
    return True


def give_back(connection: sa.Connection, system: str, day: str, lane: str) -> None:
    """Take a call out of the count: it never left."""
    for name in (ALL, lane):
        connection.execute(
            sa.update(t).where(_is(system, day, name), t.c.spent > 0).values(spent=t.c.spent - 1)
        )


def told(
    connection: sa.Connection, system: str, day: str, *, used: int, maximum: int, now: datetime
) -> None:
    """Note what an answer says of everybody's calls; the caller's own call is still in its slot.

    Calls of ours that are under way are not in that count for certain, so they are not taken from
    it: rather a few calls too many are held for other programs' than too few.
    """
    values = {"b_system": system, "b_day": day, "b_used": used, "b_maximum": maximum, "b_now": now}
    connection.execute(_TOLD, values)


def shut(
    connection: sa.Connection, system: str, day: str, *, until: datetime, now: datetime
) -> None:
    """Note that the other side refuses because the day's calls are spent."""
    _begin_day(connection, system, day, now)
    connection.execute(
        sa.update(t).where(_is(system, day, ALL)).values(shut_until=until, updated_at=now)
    )


def usage(connection: sa.Connection, system: str, day: str) -> DayUsage:
    """The counts of a day; the limit is the latest that was ever reported."""
    rows = connection.execute(sa.select(t).where(t.c.system == system, t.c.day == day)).all()
    lanes = {row.lane: int(row.spent) for row in rows if row.lane != ALL}
    for row in rows:
        if row.lane == ALL:
            return DayUsage(
                spent=int(row.spent),
                lanes=dict(sorted(lanes.items())),
                reported=row.reported,
                reported_limit=row.reported_limit,
                reported_at=row.reported_at,
                others=int(row.others),
                shut_until=row.shut_until,
            )
    return DayUsage(reported_limit=connection.execute(_latest_limit(system)).scalar())


def forget(connection: sa.Connection, *, before: str) -> int:
    """Delete the counts of days before that one; how many rows they were."""
    return connection.execute(sa.delete(t).where(t.c.day < before)).rowcount


def _latest_limit(system: str) -> sa.Select[Any]:
    return (
        sa.select(t.c.reported_limit)
        .where(t.c.system == system, t.c.lane == ALL, t.c.reported_limit.is_not(None))
        .order_by(t.c.day.desc())
        .limit(1)
    )


def _begin_day(connection: sa.Connection, system: str, day: str, now: datetime) -> None:
    """Make the row of a day, if nobody has."""
    limit = connection.execute(_latest_limit(system)).scalar()
    insert = insert_into(connection, t).values(
        system=system, day=day, lane=ALL, spent=0, reported_limit=limit, updated_at=now
    )
    connection.execute(insert.on_conflict_do_nothing())
