"""Queries and single reads: SQL with keyset paging, and the answer's envelope.

What lives here: compiling a checked query to SQL, running it, building the envelope. What does
not: checking of parameters, tokens' form, writes.
"""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlencode

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Catalogue, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.paging import Place, decode, encode, refuse_extras
from pardot_odoo_pipeline.sandbox.pardot.parameters import (
    Condition,
    QueryShape,
    SortKey,
    parse_fields,
    parse_shape,
)
from pardot_odoo_pipeline.sandbox.pardot.selection import Selection, select
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone

__all__ = ["CHAIN_END_WARNING", "conditions_to_sql", "read_one", "run_query"]

CHAIN_END_WARNING = (
    "203;Record count for nextPageToken sequence has been exceeded. No page token returned."
)


def run_query(
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    target: ObjectType,
    query: dict[str, str],
    switches: Switches,
    zone: AccountZone,
    now: float,
    url: str,
) -> Response:
    """Answer `GET /objects/{collection}`.

    Args:
        connection: Where to read.
        catalogue: All objects.
        target: The object asked for.
        query: The query string; the last of equal names counts.
        switches: The unsure points.
        zone: The account's zone.
        now: The present moment.
        url: Absolute address of the collection as this caller reached it.

    Raises:
        ApiError: The request is refused.
    """
    names = parse_fields(query)
    token = query.get("nextPageToken")
    if token:
        shape, place = decode(token, target, switches, now)
        refuse_extras(shape, query, switches)
    else:
        shape, place = parse_shape(target, query, switches), Place({}, 0, 1)
    selection = select(catalogue, target, names, single=False)
    rows = _rows(connection, target, selection, shape, place, switches)
    keys = len(shape.order)
    full = len(rows) == shape.limit if switches["empty_last_page"] else len(rows) > shape.limit
    rows = rows[: shape.limit]
    render = selection.renderer(zone)
    values = [render(row[:-keys]) for row in rows]
    headers: dict[str, str] = {}
    following = None
    if full:
        served = place.served + len(rows)
        if served >= switches["page_chain_maximum"]:
            headers["pardot-warning"] = CHAIN_END_WARNING
        else:
            resume = {k.field: v for k, v in zip(shape.order, rows[-1][-keys:], strict=True)}
            expires = now + switches["page_token_lifetime_seconds"]
            following = encode(shape, Place(resume, served, place.page + 1), expires, zone)
    address = None
    if following is not None:
        address = f"{url}?{urlencode({'fields': query['fields'], 'nextPageToken': following})}"
    return json_response(
        {"nextPageToken": following, "nextPageUrl": address, "values": values},
        headers=headers,
        rows=len(values),
    )


def read_one(
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    target: ObjectType,
    record_id: int,
    names: list[str],
    zone: AccountZone,
) -> dict[str, Any]:
    """One record as JSON, whether or not it is in the recycle bin.

    Raises:
        ApiError: 180 for an unknown field, 109 when there is no such record.
    """
    selection = select(catalogue, target, names, single=True)
    row = connection.execute(
        f'SELECT {selection.expressions} FROM "{target.table}" AS t '
        f"{selection.sources} WHERE t.id = ?",
        (record_id,),
    ).fetchone()
    if row is None:
        raise ApiError(109)
    return selection.renderer(zone)(row)


def conditions_to_sql(
    conditions: tuple[Condition, ...], deleted: str | None, target: ObjectType, exact_case: bool
) -> tuple[list[str], list[Any]]:
    """Filters and recycle-bin choice as SQL conditions with their arguments."""
    clauses: list[str] = []
    arguments: list[Any] = []
    for condition in conditions:
        column = f't."{condition.field}"'
        if condition.comparison == "in":
            marks = ", ".join("?" * len(condition.value))
            clauses.append(f"{column} IN ({marks})")
            arguments.extend(condition.value)
            continue
        clauses.append(f"{column} {condition.comparison} ?")
        arguments.append(condition.value)
        if condition.field == "email":
            # The index is case-blind; exact case is a second look at the few rows found.
            clauses[-1] += " COLLATE NOCASE"
            if exact_case:
                clauses.append(f"{column} = ? COLLATE BINARY")
                arguments.append(condition.value)
    if target.soft_delete and deleted != "all":
        clauses.append(f't."isDeleted" = {1 if deleted == "true" else 0}')
    return clauses, arguments


def _rows(
    connection: sqlite3.Connection,
    target: ObjectType,
    selection: Selection,
    shape: QueryShape,
    place: Place,
    switches: Switches,
) -> list[tuple[Any, ...]]:
    clauses, arguments = conditions_to_sql(
        shape.conditions, shape.deleted, target, switches["email_case_sensitive"]
    )
    if place.resume:
        clause, values = _resume(shape.order, place.resume)
        clauses.append(clause)
        arguments.extend(values)
    keys = ", ".join(f't."{key.field}"' for key in shape.order)
    order = ", ".join(f't."{k.field}"{" DESC" if k.descending else ""}' for k in shape.order)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    look_ahead = 0 if switches["empty_last_page"] else 1
    sql = (
        f'SELECT {selection.expressions}, {keys} FROM "{target.table}" AS t '
        f"{selection.sources} {where} ORDER BY {order} LIMIT ? OFFSET ?"
    )
    arguments += [shape.limit + look_ahead, 0 if place.resume else shape.offset]
    return connection.execute(sql, arguments).fetchall()


def _resume(order: tuple[SortKey, ...], resume: dict[str, Any]) -> tuple[str, list[Any]]:
    """The condition for rows behind the last one served; nulls sort lowest."""
    last_id = resume["id"]
    id_side = "<" if order[-1].descending else ">"
    if len(order) == 1:
        return f"t.id {id_side} ?", [last_id]
    key, value = order[0], resume[order[0].field]
    column = f't."{key.field}"'
    if value is None:
        tied = f"({column} IS NULL AND t.id {id_side} ?)"
        return (tied if key.descending else f"({tied} OR {column} IS NOT NULL)"), [last_id]
    side = "<" if key.descending else ">"
    if key.descending:
        behind = f"({column} < ? OR {column} IS NULL OR ({column} = ? AND t.id {id_side} ?))"
        return behind, [value, value, last_id]
    # The first half alone lets the index find the place; the second settles ties.
    return f"({column} >= ? AND ({column} {side} ? OR t.id {id_side} ?))", [value, value, last_id]
