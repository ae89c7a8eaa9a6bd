"""What happens behind `/api/v5/objects/...`.

What lives here: choosing the operation by path and method, and the reading half. What does not:
the writing half (`writes.py`, `prospect_actions.py`, `record_actions.py`).
"""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime

from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot import prospect_actions, record_actions, writes
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType, Operation
from pardot_odoo_pipeline.sandbox.pardot.context import Context
from pardot_odoo_pipeline.sandbox.pardot.email_stats import answer_stats
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.parameters import parse_fields
from pardot_odoo_pipeline.sandbox.pardot.query import read_one, run_query
from pardot_odoo_pipeline.sandbox.pardot.selection import related

__all__ = ["BIN_WARNING", "answer_object"]

BIN_WARNING = {"pardot-warning": "201;Record In Recycle Bin"}

_ON_COLLECTION = {"GET": Operation.QUERY, "POST": Operation.CREATE}
_ON_RECORD = {
    "GET": Operation.READ,
    "PATCH": Operation.UPDATE,
    "DELETE": Operation.DELETE,
}


def answer_object(context: Context, parts: list[str], *, outside: bool = False) -> Response:
    """Answer a request for an object; `parts` begins with the collection.

    Args:
        context: The request.
        parts: Its path, from the collection on.
        outside: Whether the path lacks `/objects`.

    Raises:
        ApiError: The request is refused.
    """
    target = context.store.catalogue.get(parts[0])
    if target is None or target.outside is not outside:
        raise ApiError(198)
    context.store.ensure_full(target.collection)
    names = context.query.get("fields", "").split(",")
    for collection in related(context.store.catalogue, target, names):
        context.store.ensure_full(collection)
    match parts[1:]:
        case [] if target.singleton:
            _operation(target, {"GET": Operation.READ}, context.request.method)
            return _account(context, target)
        case []:
            operation = _operation(target, _ON_COLLECTION, context.request.method)
            return (
                _query(context, target)
                if operation is Operation.QUERY
                else writes.create(context, target)
            )
        case ["do", action]:
            return prospect_actions.perform(context, target, action)
        case [text, "do", action] if text.isascii() and text.isdigit() and not target.singleton:
            return record_actions.perform(context, target, int(text), action)
        case [text, "stats"] if target.collection == "list-emails" and text.isdigit():
            _operation(target, _ON_RECORD, context.request.method)
            return answer_stats(context, int(text))
        case [text] if text.isascii() and text.isdigit() and not target.singleton:
            return _on_record(context, target, int(text))
        case [_] if not target.singleton:
            raise ApiError(16)
    raise ApiError(198)


def _on_record(context: Context, target: ObjectType, record_id: int) -> Response:
    operation = _operation(target, _ON_RECORD, context.request.method)
    if operation is Operation.UPDATE:
        return writes.update(context, target, record_id)
    if operation is Operation.DELETE:
        return writes.delete(context, target, record_id)
    return _read(context, target, record_id)


def _operation(target: ObjectType, offered: dict[str, Operation], method: str) -> Operation:
    operation = offered.get(method)
    if operation in target.refusals:
        raise ApiError(target.refusals[operation])
    if operation is None or operation not in target.operations:
        raise ApiError(60)
    return operation


def _query(context: Context, target: ObjectType) -> Response:
    with context.store.reading() as connection:
        return run_query(
            connection,
            context.store.catalogue,
            target,
            context.query,
            context.switches,
            context.zone,
            context.now,
            f"{context.base_url}{target.path}",
        )


def _read(context: Context, target: ObjectType, record_id: int) -> Response:
    names = parse_fields(context.query)
    with context.store.reading() as connection:
        columns = [
            f'"{name}"' if name in target.fields else "NULL" for name in ("isDeleted", "updatedAt")
        ]
        row = connection.execute(
            f'SELECT {", ".join(columns)} FROM "{target.table}" WHERE id = ?',
            (record_id,),
        ).fetchone()
        if row is None:
            raise ApiError(109)
        in_bin, updated = row
        if in_bin:
            raise ApiError(109, headers=BIN_WARNING)
        record = read_one(
            connection, context.store.catalogue, target, record_id, names, context.zone
        )
    headers = {} if updated is None else {"last-modified": formatdate(updated, usegmt=True)}
    if updated is not None and updated <= _known_since(context):
        return Response(304, headers)
    return json_response(record, headers=headers, rows=1)


def _known_since(context: Context) -> float:
    """The moment in `If-Modified-Since`, or before all time."""
    try:
        return parsedate_to_datetime(context.request.headers["if-modified-since"]).timestamp()
    except (KeyError, ValueError):
        return float("-inf")


def _account(context: Context, target: ObjectType) -> Response:
    names = parse_fields(context.query)
    with context.store.reading() as connection:
        record = read_one(connection, context.store.catalogue, target, 1, names, context.zone)
    live = {
        "apiCallsUsed": context.quota.used(context.now),
        "maximumDailyApiCalls": context.quota.maximum,
        "level": context.switches["edition"],
    }
    record.update({name: value for name, value in live.items() if name in record})
    return json_response(record, rows=1)
