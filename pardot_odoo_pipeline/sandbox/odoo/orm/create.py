"""Creating records, by the batch.

What lives here: `create` and `defaults_of`. What does not: links to many records (`commands.py`),
the models' own rules (`behaviour/`).
"""

from __future__ import annotations

import json
import sqlite3
from operator import itemgetter
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_access
from pardot_odoo_pipeline.sandbox.odoo.orm.automation import watch_create
from pardot_odoo_pipeline.sandbox.odoo.orm.commands import apply_commands
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.values import (
    check_links,
    check_required,
    copy_followers,
    sort_values,
    translate_unique,
)
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["create", "defaults_of", "insert"]

Row = dict[str, Any]


def create(env: Env, model: str, values: list[Row]) -> list[int]:
    """Create records; all or none.

    Args:
        env: The call.
        model: The model.
        values: One dictionary of field values for each record.

    Returns:
        The new ids, in order.
    """
    check_access(env, model, "create")
    if not values:
        return []
    m = env.model(model)
    defaults, default_links = sort_values(env, m, defaults_of(env, m))
    rows: list[Row] = []
    links: list[Row] = []
    for one in values:
        columns, lists = sort_values(env, m, one)
        rows.append({**defaults, **columns})
        links.append({**default_links, **lists} if default_links else lists)
    behaviour = env.behaviour(model)
    created = watch_create(env, model, rows)
    behaviour.completing(env, rows, values)
    if m.followers:
        for row in rows:
            copy_followers(m, row)
    check_required(m, rows)
    check_links(env, m, rows)
    ids = insert(env, m, rows)
    for row, lists in zip(rows, links, strict=True):
        for name, commands in lists.items():
            apply_commands(env, m, [row["id"]], name, commands)
    behaviour.created(env, rows, values)
    if created is not None:
        created(rows)
    return ids


def insert(env: Env, model: Model, rows: list[Row]) -> list[int]:
    """Insert finished rows, giving each its id and the record times."""
    if not rows:
        return []
    first = env.reserve(model.table, len(rows))
    names: dict[str, None] = {}
    for number, row in enumerate(rows, first):
        row["id"] = number
        row["create_uid"] = row["write_uid"] = env.uid
        row["create_date"] = row["write_date"] = env.now
        names.update(dict.fromkeys(row))
    columns = ",".join(f'"{name}"' for name in names)
    marks = ",".join("?" * len(names))
    try:
        env.connection.executemany(
            f'INSERT INTO "{model.table}" ({columns}) VALUES ({marks})',
            _tuples(rows, list(names)),
        )
    except sqlite3.IntegrityError as problem:
        raise translate_unique(problem) from None
    return list(range(first, first + len(rows)))


def _tuples(rows: list[Row], names: list[str]) -> list[tuple[Any, ...]]:
    pick = itemgetter(*names)
    if all(len(row) == len(names) for row in rows):
        return [pick(row) for row in rows]
    blank = dict.fromkeys(names)
    return [pick({**blank, **row}) for row in rows]


def defaults_of(env: Env, model: Model) -> Row:
    """What a create fills in when the call leaves a field out."""
    values = env.behaviour(model.name).defaults(env)
    if "active" in model.columns:
        values.setdefault("active", True)
    for name, text in env.rows(
        "SELECT f.name, d.json_value FROM ir_default d JOIN ir_model_fields f ON f.id = d.field_id "
        "WHERE f.model = ? AND (d.user_id IS NULL OR d.user_id = ?) ORDER BY d.user_id NULLS FIRST",
        (model.name, env.uid),
    ):
        values[name] = json.loads(text)
    for key, value in env.context.items():
        if key.startswith("default_") and key[8:] in model.fields:
            values[key[8:]] = value
    return values
