"""Fields with several values, which a query cannot return, laid over the rows of one.

What lives here: which way they are read, and what that costs. What does not: either way
(`pardot.unqueryable`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.stretches import row_time
from pardot_odoo_pipeline.pardot.unqueryable import Way, cheaper_way, export_of, read_singly

__all__ = ["way_for", "with_several"]

_YEAR = timedelta(days=365)


def way_for(rows: Sequence[dict[str, Any]]) -> Way:
    """How the missing fields of these people are read, and the price in calls."""
    times = [row_time(row, "updatedAt") for row in rows]
    span = max(times) - min(times) if times else timedelta()
    return cheaper_way(len(rows), windows=span // _YEAR + 1)


def with_several(
    client: PardotClient, rows: list[dict[str, Any]], fields: Sequence[str]
) -> list[dict[str, Any]]:
    """The rows with these fields; who could not be read that way lacks them: they are unread."""
    if not fields or not rows:
        return rows
    ids = [int(row["id"]) for row in rows]
    if way_for(rows).kind == "read":
        told = read_singly(client, ids, fields)
    else:
        times = [row_time(row, "updatedAt") for row in rows]
        until = max(times) + timedelta(seconds=1)
        told = export_of(client, fields, min(times), until, ids=ids, several=fields)
    return [
        {**row, **{name: more[name] for name in fields if name in more}}
        for row in rows
        for more in (told.get(int(row["id"]), {}),)
    ]
