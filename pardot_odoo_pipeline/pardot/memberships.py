"""Who is on which list.

What lives here: lists, and reading memberships by change or by list. What does not: changing them
(``list_changes.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pardot_odoo_pipeline.pardot.bounded import BoundedRows
from pardot_odoo_pipeline.pardot.paging import Position, Queries, Row, iter_pages

__all__ = ["all_lists", "changed_memberships", "memberships_of_list"]

_MEMBERSHIP_FIELDS = (
    "id",
    "listId",
    "prospectId",
    "optedOut",
    "isDeleted",
    "createdAt",
    "updatedAt",
)
_LIST_FIELDS = ("id", "name", "title", "isDynamic", "isDeleted", "updatedAt")


def changed_memberships(
    client: Queries, since: datetime | Position, until: datetime, max_rows: int
) -> BoundedRows:
    """Memberships changed in ``[since, until)``, ended ones (``isDeleted``) included.

    Reads lag behind writes by up to 60 seconds: the caller lets ``since`` overlap by that much.

    Args:
        client: Makes the calls.
        since: Where to begin.
        until: End, exclusive.
        max_rows: Stop after so many.
    """
    return BoundedRows(
        client,
        "list-memberships",
        _MEMBERSHIP_FIELDS,
        "updatedAt",
        since=since,
        until=until,
        max_rows=max_rows,
        filters={"deleted": "all"},
    )


def memberships_of_list(
    client: Queries, list_id: int, *, with_ended: bool = False
) -> Iterator[list[Row]]:
    """The memberships of a list, those of prospects who left it only on request."""
    filters: dict[str, int | str] = {"listId": list_id}
    if with_ended:
        filters["deleted"] = "all"
    return iter_pages(client, "list-memberships", _MEMBERSHIP_FIELDS, filters=filters)


def all_lists(client: Queries) -> list[Row]:
    """Every list, dynamic and deleted ones included."""
    pages = iter_pages(client, "lists", _LIST_FIELDS, filters={"deleted": "all"})
    return [row for rows in pages for row in rows]
