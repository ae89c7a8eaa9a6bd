"""Who is on a list: joining and leaving, whoever asks for it.

What lives here: one membership's coming and going with its stamps. What does not: the API's own
operations on memberships (`writes.py`), who fills a dynamic list (`control_routes.py`).
"""

from __future__ import annotations

import sqlite3

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["join", "leave", "returning", "static_list"]


def static_list(connection: sqlite3.Connection, list_id: int) -> None:
    """Refuse a list whose members cannot be chosen by hand.

    Raises:
        ApiError: 55 when there is no such list, or it fills itself.
    """
    row = connection.execute(
        'SELECT "isDynamic", "isDeleted" FROM lists WHERE id = ?', (list_id,)
    ).fetchone()
    if row is None or row[1]:
        raise ApiError(55, "listId")
    if row[0]:
        raise ApiError(55, "a dynamic list fills itself")


def returning(
    connection: sqlite3.Connection, switches: Switches, list_id: int, prospect_id: int
) -> int | None:
    """The removed membership that becomes valid again when somebody returns to a list."""
    if switches["membership_returns_as"] == "new":
        return None
    row = connection.execute(
        'SELECT id FROM list_memberships WHERE "listId" = ? AND "prospectId" = ? '
        'AND "isDeleted" = 1 ORDER BY id DESC LIMIT 1',
        (list_id, prospect_id),
    ).fetchone()
    return None if row is None else int(row[0])


def join(
    connection: sqlite3.Connection,
    store: Store,
    switches: Switches,
    list_id: int,
    prospect_id: int,
    now: float,
    *,
    by_hand: bool = True,
) -> None:
    """Put a prospect on a list; nothing happens to a member.

    Raises:
        ApiError: 55 when the list cannot be filled by hand.
    """
    if by_hand:
        static_list(connection, list_id)
    if _member(connection, list_id, prospect_id) is not None:
        return
    moment, user = int(now), store.api_user_id
    back = returning(connection, switches, list_id, prospect_id)
    if back is not None:
        connection.execute(
            'UPDATE list_memberships SET "isDeleted" = 0, "updatedAt" = ?, "updatedById" = ? '
            "WHERE id = ?",
            (moment, user, back),
        )
        return
    connection.execute(
        'INSERT INTO list_memberships ("listId", "prospectId", "optedOut", "isDeleted", '
        '"createdAt", "updatedAt", "createdById", "updatedById") VALUES (?, ?, 0, 0, ?, ?, ?, ?)',
        (list_id, prospect_id, moment, moment, user, user),
    )


def leave(
    connection: sqlite3.Connection,
    store: Store,
    list_id: int,
    prospect_id: int,
    now: float,
    *,
    by_hand: bool = True,
) -> None:
    """Take a prospect off a list; nothing happens to somebody who is not on it.

    Raises:
        ApiError: 55 when the list cannot be emptied by hand.
    """
    if by_hand:
        static_list(connection, list_id)
    found = _member(connection, list_id, prospect_id)
    if found is not None:
        connection.execute(
            'UPDATE list_memberships SET "isDeleted" = 1, "updatedAt" = ?, "updatedById" = ? '
            "WHERE id = ?",
            (int(now), store.api_user_id, found),
        )


def _member(connection: sqlite3.Connection, list_id: int, prospect_id: int) -> int | None:
    row = connection.execute(
        'SELECT id FROM list_memberships WHERE "listId" = ? AND "prospectId" = ? '
        'AND "isDeleted" = 0',
        (list_id, prospect_id),
    ).fetchone()
    return None if row is None else int(row[0])
