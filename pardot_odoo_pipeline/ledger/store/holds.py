"""People whom a brake stopped, until somebody lets them go.

What lives here: storing, listing and releasing holds. What does not: which rule is broken
(`merge.brakes`), and what a hold does to a plan (`steps.brakes`).

A hold keeps the rule and the people, not what would have been written: a release reads and plans
anew, with the hold's waiver, which lets that one rule be broken. Nobody is listed twice by open
holds of one rule. Who no longer breaks it leaves; a hold that nobody is left in is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.desks import holds as t

__all__ = [
    "Hold",
    "HoldState",
    "get",
    "hold",
    "let_go",
    "not_open",
    "of_waiver",
    "open_holds",
    "release",
]


class HoldState(StrEnum):
    """``released`` by a person, ``over`` when nobody was left in it."""

    OPEN = "open"
    RELEASED = "released"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold.

    Attributes:
        id: Its number.
        rule: ``side:kind``, the brake.
        waiver_id: What a batch carries that may break the rule for these people.
        state: Where it stands.
        people: How many there are in it.
        prospect_ids: Who.
        detail: ``allowed`` and ``asked``, people of the day.
        batch_key: The batch that was stopped.
        held_at: When.
        released_at: When it ended.
        released_batch: The batch that carries it out.
    """

    id: int
    rule: str
    waiver_id: str
    state: HoldState
    people: int
    prospect_ids: tuple[str, ...]
    detail: dict[str, Any]
    batch_key: str
    held_at: datetime
    released_at: datetime | None
    released_batch: str | None


_COLUMNS = [t.c[name] for name in Hold.__dataclass_fields__]


def open_holds(connection: sa.Connection) -> list[Hold]:
    """All open holds, oldest first."""
    return _read(connection, t.c.state == HoldState.OPEN.value)


def get(connection: sa.Connection, hold_id: int) -> Hold:
    """One hold.

    Raises:
        PipelineError: There is none of that number.
    """
    found = _read(connection, t.c.id == hold_id)
    if not found:
        raise PipelineError(
            f"There is no hold {hold_id}",
            fix="`pardot-odoo holds` lists the open ones with their numbers",
            code="hold_unknown",
        )
    return found[0]


def of_waiver(connection: sa.Connection, waiver_id: str) -> Hold | None:
    """The hold whose release a batch carries out."""
    return next(iter(_read(connection, t.c.waiver_id == waiver_id)), None)


def hold(
    connection: sa.Connection,
    rule: str,
    prospect_ids: Collection[str],
    *,
    detail: Mapping[str, Any],
    batch_key: str,
    waiver_id: str,
    now: datetime,
) -> Hold | None:
    """Hold people by a rule; None where open holds of that rule list all of them already."""
    known = {
        prospect_id
        for one in open_holds(connection)
        if one.rule == rule
        for prospect_id in one.prospect_ids
    }
    new = sorted(set(prospect_ids) - known)
    if not new:
        return None
    number = connection.execute(
        sa.insert(t)
        .values(
            rule=rule,
            waiver_id=waiver_id,
            state=HoldState.OPEN.value,
            people=len(new),
            prospect_ids=new,
            detail=dict(detail),
            batch_key=batch_key,
            held_at=now,
        )
        .returning(t.c.id)
    ).scalar_one()
    return get(connection, number)


def let_go(
    connection: sa.Connection, prospect_ids: Iterable[str], *, rule: str, now: datetime
) -> None:
    """These no longer break the rule: nothing is left to release."""
    gone = set(prospect_ids)
    for one in open_holds(connection):
        left = [who for who in one.prospect_ids if who not in gone]
        if one.rule != rule or len(left) == one.people:
            continue
        values: dict[str, Any] = {"prospect_ids": left, "people": len(left)}
        if not left:
            values |= {"state": HoldState.OVER.value, "released_at": now}
        connection.execute(sa.update(t).where(t.c.id == one.id).values(**values))


def release(connection: sa.Connection, hold_id: int, *, batch_key: str, now: datetime) -> None:
    """A batch was opened that carries the hold out.

    Raises:
        PipelineError: Somebody was faster.
    """
    released = connection.execute(
        sa.update(t)
        .where(t.c.id == hold_id, t.c.state == HoldState.OPEN.value)
        .values(state=HoldState.RELEASED.value, released_at=now, released_batch=batch_key)
    )
    if released.rowcount != 1:
        raise not_open(get(connection, hold_id))


def not_open(one: Hold) -> PipelineError:
    """What is said of a hold that cannot be released any more."""
    how = f"released by batch {one.released_batch}" if one.released_batch else "over by itself"
    return PipelineError(
        f"Hold {one.id} is {how}",
        fix="Nothing to do; `pardot-odoo holds` lists the open ones",
        code="hold_not_open",
    )


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[Hold]:
    query = sa.select(*_COLUMNS).where(which).order_by(t.c.id)
    found: list[Hold] = []
    for row in connection.execute(query):
        values = row._asdict()
        values["state"] = HoldState(values["state"])
        values["prospect_ids"] = tuple(values["prospect_ids"])
        values["detail"] = values["detail"] or {}
        found.append(Hold(**values))
    return found
