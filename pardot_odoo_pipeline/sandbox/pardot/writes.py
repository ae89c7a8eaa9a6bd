"""Creating, changing and deleting one record of any object.

What lives here: the writing half of `/objects/{collection}` and the primitives under it. What does
not: rules per object (`rules.py`), operations by e-mail (`prospect_actions.py`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot import membership_rules
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.context import Context, body_of
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.parameters import parse_fields
from pardot_odoo_pipeline.sandbox.pardot.query import read_one
from pardot_odoo_pipeline.sandbox.pardot.rules import check_delete, check_references, rule_for
from pardot_odoo_pipeline.sandbox.pardot.selection import select
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.values import accept_body

__all__ = [
    "answer_written",
    "apply_update",
    "create",
    "delete",
    "insert",
    "insert_values",
    "set_columns",
    "update",
]

_BIN_WARNING = {"pardot-warning": "201;Record In Recycle Bin"}


def create(context: Context, target: ObjectType) -> Response:
    """Answer a create.

    Raises:
        ApiError: The request is refused.
    """
    names = _wanted(context, target)
    body = body_of(context)
    with context.store.writing() as connection:
        record_id = insert(context, connection, target, body)
        return answer_written(context, connection, target, record_id, names, created=True)


def update(context: Context, target: ObjectType, record_id: int) -> Response:
    """Answer a change.

    Raises:
        ApiError: The request is refused.
    """
    names = _wanted(context, target)
    body = body_of(context)
    with context.store.writing() as connection:
        apply_update(context, connection, target, record_id, body)
        return answer_written(context, connection, target, record_id, names, created=False)


def delete(context: Context, target: ObjectType, record_id: int) -> Response:
    """Answer a delete: into the recycle bin where the object has one.

    Raises:
        ApiError: 109 when there is no such record, or it is in the bin already.
    """
    with context.store.writing() as connection:
        kept = _kept(connection, target, record_id)
        check_delete(connection, target, kept)
        if target.soft_delete:
            if kept["isDeleted"]:
                raise ApiError(109, headers=_BIN_WARNING)
            set_columns(
                connection, target, record_id, {"isDeleted": 1, **_changed(context, target)}
            )
        else:
            sql = f'DELETE FROM "{target.table}" WHERE id = ?'
            connection.execute(sql, (record_id,))
        if target.collection == "tags":
            connection.execute('DELETE FROM tagged_objects WHERE "tagId" = ?', (record_id,))
        if target.collection == "custom-fields":
            name = f"{kept['fieldId']}__c"
            connection.execute(f'ALTER TABLE prospects DROP COLUMN "{name}"')
            context.store.catalogue.drop_field("prospects", name)
    return Response(204)


def insert(
    context: Context, connection: sqlite3.Connection, target: ObjectType, body: dict[str, Any]
) -> int:
    """Create one record inside a transaction.

    Raises:
        ApiError: The body is refused.
    """
    values = accept_body(target, body, creating=True)
    if target.collection == "list-memberships":
        check_references(connection, target, values)
        rule_for(target)(connection, context.switches, values, None)
        pair = values["listId"], values["prospectId"]
        back = membership_rules.returning(connection, context.switches, *pair)
        if back is not None:
            values = {**values, "isDeleted": 0, **_changed(context, target)}
            set_columns(connection, target, back, values)
            return back
    return insert_values(context.store, context.switches, connection, target, values, context.now)


def insert_values(
    store: Store,
    switches: Switches,
    connection: sqlite3.Connection,
    target: ObjectType,
    values: dict[str, Any],
    now: float,
) -> int:
    """Create one record of values in stored form.

    Raises:
        ApiError: A reference is unknown, or a rule of the object is broken.
    """
    check_references(connection, target, values)
    rule_for(target)(connection, switches, values, None)
    for name, described in target.fields.items():
        if described.default is not None:
            values.setdefault(name, described.default)
    present = target.fields.keys()
    moment, user = int(now), store.api_user_id
    stamps = {"createdAt": moment, "updatedAt": moment, "createdById": user, "updatedById": user}
    values |= {name: value for name, value in stamps.items() if name in present}
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    record_id = connection.execute(
        f'INSERT INTO "{target.table}" ({columns}) VALUES ({marks})',
        tuple(values.values()),
    ).lastrowid
    if target.collection == "custom-fields":
        store.add_custom_field(
            values["fieldId"], values["type"], bool(values["isRecordMultipleResponses"])
        )
    return int(record_id or 0)


def apply_update(
    context: Context,
    connection: sqlite3.Connection,
    target: ObjectType,
    record_id: int,
    body: dict[str, Any],
) -> None:
    """Change one record inside a transaction.

    Raises:
        ApiError: The record is missing or in the recycle bin, or the body is refused.
    """
    kept = _kept(connection, target, record_id)
    if kept.get("isDeleted"):
        raise ApiError(219, status=context.switches["deleted_update_status"], headers=_BIN_WARNING)
    values = accept_body(target, body, creating=False)
    check_references(connection, target, values)
    rule_for(target)(connection, context.switches, values, record_id)
    moved = any(kept[name] != value for name, value in values.items())
    if moved or context.switches["unchanged_update_bumps"]:
        set_columns(connection, target, record_id, {**values, **_changed(context, target)})
    if target.collection == "custom-fields":
        context.store.load_custom_fields()


def set_columns(
    connection: sqlite3.Connection, target: ObjectType, record_id: int, values: dict[str, Any]
) -> None:
    """Write stored values of one record."""
    pairs = ", ".join(f'"{name}" = ?' for name in values)
    connection.execute(
        f'UPDATE "{target.table}" SET {pairs} WHERE id = ?',
        (*values.values(), record_id),
    )


def answer_written(
    context: Context,
    connection: sqlite3.Connection,
    target: ObjectType,
    record_id: int,
    names: list[str],
    *,
    created: bool,
) -> Response:
    """What a create or change answers: the fields asked for, read from the primary."""
    headers = {}
    if created:
        headers["location"] = f"{context.base_url}{target.path}/{record_id}"
        if not names and context.switches["create_without_fields"] == "id":
            names = ["id"]
    if not names or context.switches["unreadable_after_write"]:
        return Response(204, headers)
    record = read_one(connection, context.store.catalogue, target, record_id, names, context.zone)
    return json_response(record, 201 if created else 200, headers, rows=1)


def _wanted(context: Context, target: ObjectType) -> list[str]:
    """The names in `fields`, checked before anything is written; they are optional here."""
    if not context.query.get("fields"):
        return []
    names = parse_fields(context.query)
    select(context.store.catalogue, target, names, single=True)
    return names


def _kept(connection: sqlite3.Connection, target: ObjectType, record_id: int) -> dict[str, Any]:
    cursor = connection.execute(
        f'SELECT * FROM "{target.table}" WHERE id = ?',
        (record_id,),
    )
    row = cursor.fetchone()
    if row is None:
        raise ApiError(109)
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _changed(context: Context, target: ObjectType) -> dict[str, Any]:
    stamps = {"updatedAt": int(context.now), "updatedById": context.store.api_user_id}
    return {name: value for name, value in stamps.items() if name in target.fields}
