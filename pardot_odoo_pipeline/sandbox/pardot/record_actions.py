"""Actions on one record: tags, and the identification of a visitor.

What lives here: `POST /objects/{collection}/{id}/do/{action}`. What does not: actions by e-mail
(`prospect_actions.py`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from pardot_odoo_pipeline.sandbox.http import Response
from pardot_odoo_pipeline.sandbox.pardot import tracking
from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.context import Context, body_of
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError

__all__ = ["perform"]

_TAGGABLE = frozenset(
    {
        "campaigns",
        "custom-fields",
        "custom-redirects",
        "email-templates",
        "emails",
        "files",
        "form-fields",
        "form-handlers",
        "forms",
        "landing-pages",
        "layout-templates",
        "lists",
        "opportunities",
        "prospects",
        "users",
    }
)


def perform(context: Context, target: ObjectType, record_id: int, action: str) -> Response:
    """Answer an action on a record.

    Raises:
        ApiError: 205 for an action that the object does not have, 109 without the record, or the
            action's own refusal.
    """
    known = {}
    if target.collection in _TAGGABLE:
        known = {"addTag": _add_tag, "removeTag": _remove_tag}
    if target.collection == "visitors":
        known = {"assignToProspect": _assign}
    if action not in known:
        raise ApiError(205, action)
    if context.request.method != "POST":
        raise ApiError(60)
    return known[action](context, target, record_id, body_of(context))


def _add_tag(
    context: Context, target: ObjectType, record_id: int, body: dict[str, Any]
) -> Response:
    tag = _tag(context, body)
    with context.store.writing() as connection:
        record = _living(connection, target, record_id)
        _known_tag(connection, tag)
        if _tagging(connection, target, record_id, tag) is None:
            name = record.get("name") or record.get("email")
            connection.execute(
                'INSERT INTO tagged_objects ("tagId", "objectType", "objectId", "objectName", '
                '"createdAt", "createdById") VALUES (?, ?, ?, ?, ?, ?)',
                (
                    tag,
                    _type_name(target),
                    record_id,
                    name,
                    int(context.now),
                    context.store.api_user_id,
                ),
            )
            _count(context, connection, tag)
    return Response(204)


def _remove_tag(
    context: Context, target: ObjectType, record_id: int, body: dict[str, Any]
) -> Response:
    tag = _tag(context, body)
    with context.store.writing() as connection:
        _living(connection, target, record_id)
        _known_tag(connection, tag)
        tagging = _tagging(connection, target, record_id, tag)
        if tagging is not None:
            connection.execute("DELETE FROM tagged_objects WHERE id = ?", (tagging,))
            _count(context, connection, tag)
    return Response(204)


def _assign(context: Context, target: ObjectType, record_id: int, body: dict[str, Any]) -> Response:
    prospect = _number(body, "prospectId")
    for collection in ("visits", "visitor-activities"):
        context.store.ensure_full(collection)
    with context.store.writing() as connection:
        _living(connection, target, record_id)
        found = connection.execute(
            'SELECT 1 FROM prospects WHERE id = ? AND "isDeleted" = 0', (prospect,)
        ).fetchone()
        if found is None:
            raise ApiError(3)
        tracking.identify(connection, context.switches, record_id, prospect, int(context.now))
    return Response(204)


def _tag(context: Context, body: dict[str, Any]) -> int:
    context.store.ensure_full("tags")
    context.store.ensure_full("tagged-objects")
    return _number(body, "tagId")


def _number(body: dict[str, Any], name: str) -> int:
    unknown = sorted(set(body) - {name})
    if unknown:
        raise ApiError(208, ", ".join(unknown))
    if name not in body:
        raise ApiError(207, name)
    value = body[name]
    if type(value) is not int:
        raise ApiError(206, name)
    return value


def _living(connection: sqlite3.Connection, target: ObjectType, record_id: int) -> dict[str, Any]:
    cursor = connection.execute(f'SELECT * FROM "{target.table}" WHERE id = ?', (record_id,))
    row = cursor.fetchone()
    record = {} if row is None else dict(zip([c[0] for c in cursor.description], row, strict=True))
    if not record or record.get("isDeleted"):
        raise ApiError(109)
    return record


def _known_tag(connection: sqlite3.Connection, tag: int) -> None:
    if connection.execute("SELECT 1 FROM tags WHERE id = ?", (tag,)).fetchone() is None:
        raise ApiError(242)


def _tagging(
    connection: sqlite3.Connection, target: ObjectType, record_id: int, tag: int
) -> int | None:
    row = connection.execute(
        'SELECT id FROM tagged_objects WHERE "tagId" = ? AND "objectType" = ? AND "objectId" = ?',
        (tag, _type_name(target), record_id),
    ).fetchone()
    return None if row is None else int(row[0])


def _count(context: Context, connection: sqlite3.Connection, tag: int) -> None:
    connection.execute(
        'UPDATE tags SET "objectCount" = (SELECT count(*) FROM tagged_objects WHERE "tagId" = ?), '
        '"updatedAt" = ? WHERE id = ?',
        (tag, int(context.now), tag),
    )


def _type_name(target: ObjectType) -> str:
    return target.singular[0].upper() + target.singular[1:]
