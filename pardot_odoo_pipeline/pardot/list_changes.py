"""Putting one prospect on a list and taking it off.

What lives here: the two changes, each harmless when done twice. What does not: reading memberships
(``memberships.py``).
"""

from __future__ import annotations

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import PardotBadRecord, PardotMissingRecord

__all__ = ["add_to_list", "remove_from_list"]

_MEMBERSHIPS = "list-memberships"
_MEMBER_ALREADY = 58


def add_to_list(client: PardotClient, list_id: int, prospect_id: int) -> None:
    """Put a prospect on a list; being on it already is fine.

    Raises:
        PardotBadRecord: The list is unknown, or fills itself.
        PardotMissingRecord: The prospect is not there, or in the recycle bin.
    """
    pair = {"listId": list_id, "prospectId": prospect_id}
    try:
        client.create(_MEMBERSHIPS, pair, ("id",), repeatable=True)
    except PardotBadRecord as error:
        if error.code != _MEMBER_ALREADY:
            raise


def remove_from_list(client: PardotClient, list_id: int, prospect_id: int) -> None:
    """Take a prospect off a list; not being on it is fine.

    Reads lag behind writes by up to 60 seconds: a membership made just before may not be found.
    """
    page = client.query(
        _MEMBERSHIPS,
        ("id", "isDeleted"),
        filters={"listId": list_id, "prospectId": prospect_id},
        order_by="id",
    )
    for row in page.rows:
        if not row.get("isDeleted"):
            try:
                client.delete(_MEMBERSHIPS, row["id"], repeatable=True)
            except PardotMissingRecord:
                continue
