"""Ends and beginnings of prospects beyond the API's own delete: merge and permanent deletion.

What lives here: both acts on the database. What does not: who asks for them (`control_routes.py`,
`bulk_jobs.py`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot import membership_rules
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Access, Kind
from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["erase", "merge"]

# Whatever carries a prospect's id and goes with it when it is deleted for good.
_BELONGINGS = (
    "visitor_activities",
    "list_memberships",
    "visits",
    "lifecycle_histories",
    "external_activities",
)
_CONSENT = ("optedOut", "isDoNotEmail", "isDoNotCall", "doNotSell")


def erase(connection: sqlite3.Connection, store: Store, prospect: int) -> bool:
    """Delete a prospect for good: no query shows it again, nor anything that it did.

    Returns:
        Whether there was such a prospect.
    """
    if not connection.execute("DELETE FROM prospects WHERE id = ?", (prospect,)).rowcount:
        return False
    for table in _BELONGINGS:
        connection.execute(f'DELETE FROM "{table}" WHERE "prospectId" = ?', (prospect,))
    connection.execute(
        'DELETE FROM visitor_page_views WHERE "visitorId" IN '
        '(SELECT id FROM visitors WHERE "prospectId" = ?)',
        (prospect,),
    )
    connection.execute('DELETE FROM visitors WHERE "prospectId" = ?', (prospect,))
    connection.execute(
        'DELETE FROM tagged_objects WHERE "objectType" = \'Prospect\' AND "objectId" = ?',
        (prospect,),
    )
    # What is planted later must not bring back what the erased did.
    store.set_fact("erased", True)
    return True


def merge(
    connection: sqlite3.Connection,
    store: Store,
    switches: Switches,
    winner: int,
    losers: list[int],
    now: int,
) -> None:
    """Merge prospects as a person does in the product: one stays, the others go to the bin.

    Blank fields of the winner are filled from the losers, scores add up, a consent withdrawn by
    one is withdrawn, and activities, visitors and list memberships become the winner's.

    Raises:
        LookupError: One of them is not there or in the recycle bin.
    """
    for loser in losers:
        kept, gone = _row(connection, winner), _row(connection, loser)
        changes = _merged(store, kept, gone)
        stamps = {"updatedAt": now, "updatedById": store.api_user_id}
        _set(connection, winner, {**changes, **stamps})
        _set(connection, loser, {"isDeleted": 1, **stamps})
        moving = ', "updatedAt" = ?' if switches["merge_bumps_activities"] else ""
        connection.execute(
            f'UPDATE visitor_activities SET "prospectId" = ?{moving} WHERE "prospectId" = ?',
            (winner, *([now] if moving else []), loser),
        )
        for table in ("visitors", "visits"):
            connection.execute(
                f'UPDATE {table} SET "prospectId" = ?, "updatedAt" = ? WHERE "prospectId" = ?',
                (winner, now, loser),
            )
        lists = connection.execute(
            'SELECT "listId" FROM list_memberships WHERE "prospectId" = ? AND "isDeleted" = 0',
            (loser,),
        ).fetchall()
        for (list_id,) in lists:
            membership_rules.join(connection, store, switches, list_id, winner, now, by_hand=False)
            membership_rules.leave(connection, store, list_id, loser, now, by_hand=False)


def _merged(store: Store, kept: dict[str, Any], gone: dict[str, Any]) -> dict[str, Any]:
    changes = {
        name: gone[name]
        for name, described in store.catalogue["prospects"].fields.items()
        if described.access is Access.EDITABLE
        and described.kind is not Kind.BOOLEAN
        and kept[name] is None
        and gone[name] is not None
    }
    changes["score"] = (kept["score"] or 0) + (gone["score"] or 0)
    for name in _CONSENT:
        changes[name] = int(bool(kept[name]) or bool(gone[name]))
    for name, choose in (("lastActivityAt", max), ("firstActivityAt", min)):
        moments = [row[name] for row in (kept, gone) if row[name] is not None]
        changes[name] = choose(moments) if moments else None
    return changes


def _row(connection: sqlite3.Connection, prospect: int) -> dict[str, Any]:
    cursor = connection.execute(
        'SELECT * FROM prospects WHERE id = ? AND "isDeleted" = 0', (prospect,)
    )
    row = cursor.fetchone()
    if row is None:
        raise LookupError(f"prospect {prospect}")
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _set(connection: sqlite3.Connection, prospect: int, values: dict[str, Any]) -> None:
    pairs = ", ".join(f'"{name}" = ?' for name in values)
    connection.execute(f"UPDATE prospects SET {pairs} WHERE id = ?", (*values.values(), prospect))
