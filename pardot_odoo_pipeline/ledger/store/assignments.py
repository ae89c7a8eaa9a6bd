"""Who was given to whom, and whose turn is next.

What lives here: the look-up, and the taking of turns, which is one transaction with what it is for.
What does not: the rule by which somebody is given away (``merge/automation.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.assignment_tables import assignments as t
from pardot_odoo_pipeline.ledger.store.sql import chunks, insert_into, next_numbers, written
from pardot_odoo_pipeline.ledger.tables import counters

__all__ = ["Assignment", "Wish", "assign", "by_prospects", "foresee"]


@dataclass(frozen=True, slots=True)
class Wish:
    """A prospect's lead is to be given away.

    Attributes:
        prospect_id: Whose.
        rule: Name of the rule that fits.
        team_id: The rule's team.
        users: The rule's salespeople, who take turns; one, or none, where it names no several.
    """

    prospect_id: str
    rule: str
    team_id: int | None
    users: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom a lead was given to, once and for all."""

    prospect_id: str
    rule: str
    team_id: int | None
    user_id: int | None


def by_prospects(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, Assignment]:
    """What was decided for these prospects, by prospect id."""
    found: dict[str, Assignment] = {}
    columns = (t.c.prospect_id, t.c.rule, t.c.team_id, t.c.user_id)
    for chunk in chunks(dict.fromkeys(prospect_ids)):
        for row in connection.execute(sa.select(*columns).where(t.c.prospect_id.in_(chunk))):
            found[row[0]] = Assignment(*row)
    return found


def assign(
    connection: sa.Connection, wishes: Sequence[Wish], *, batch_key: str, now: datetime
) -> dict[str, Assignment]:
    """Give leads away in the order of the wishes; who was given away before stays so.

    Args:
        connection: An open write transaction. A rule's turns are locked until its end, so that of
            two batches at a time nobody's turn is skipped or comes twice.
        wishes: One per prospect.
        batch_key: The batch that does it.
        now: The present moment.

    Returns:
        By prospect id, for all wishes.
    """
    # The counters come first, in one order for everybody: who waits for a turn then reads what
    # the one before has stored.
    for rule in sorted({wish.rule for wish in wishes if len(wish.users) > 1}):
        next_numbers(connection, _counter(rule), 0)
    known = by_prospects(connection, [wish.prospect_id for wish in wishes])
    new = [wish for wish in wishes if wish.prospect_id not in known]
    taking = Counter(wish.rule for wish in new if len(wish.users) > 1)
    turns = {
        rule: iter(next_numbers(connection, _counter(rule), taking[rule]))
        for rule in sorted(taking)
    }
    wanted = {
        wish.prospect_id: Assignment(
            wish.prospect_id,
            wish.rule,
            wish.team_id,
            _whose(wish, next(turns[wish.rule]) if len(wish.users) > 1 else 1),
        )
        for wish in new
    }
    rows = [
        {
            "prospect_id": one.prospect_id,
            "rule": one.rule,
            "team_id": one.team_id,
            "user_id": one.user_id,
            "batch_key": batch_key,
            "assigned_at": now,
        }
        for one in wanted.values()
    ]
    statement = insert_into(connection, t).on_conflict_do_nothing().returning(t.c.prospect_id)
    done = {row[0] for row in written(connection, statement, rows)}
    # Whoever was given away by another batch meanwhile is that one's.
    return {**known, **wanted, **by_prospects(connection, set(wanted) - done)}


def foresee(
    connection: sa.Connection, wishes: Sequence[Wish], taken: Counter[str]
) -> dict[str, Assignment]:
    """What ``assign`` would do, without doing it.

    Args:
        connection: An open transaction.
        wishes: As for ``assign``.
        taken: Turns that were foreseen already, by rule; counted on.
    """
    known = by_prospects(connection, [wish.prospect_id for wish in wishes])
    names = {_counter(wish.rule): wish.rule for wish in wishes}
    query = sa.select(counters.c.name, counters.c.value).where(counters.c.name.in_(names))
    standing = {names[row[0]]: int(row[1]) for row in connection.execute(query)}
    for wish in wishes:
        if wish.prospect_id in known:
            continue
        number = 1
        if len(wish.users) > 1:
            taken[wish.rule] += 1
            number = standing.get(wish.rule, 0) + taken[wish.rule]
        known[wish.prospect_id] = Assignment(
            wish.prospect_id, wish.rule, wish.team_id, _whose(wish, number)
        )
    return known


def _whose(wish: Wish, number: int) -> int | None:
    return wish.users[(number - 1) % len(wish.users)] if wish.users else None


def _counter(rule: str) -> str:
    return f"assignment:{rule}"
