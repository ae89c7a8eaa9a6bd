"""Changing records.

What lives here: `write` for a call and `write_rows`, the one place where columns of existing rows
change. What does not: what a change entails for a model (`behaviour/`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_access, check_records
from pardot_odoo_pipeline.sandbox.odoo.errors import missing_error
from pardot_odoo_pipeline.sandbox.odoo.orm.automation import watch_write
from pardot_odoo_pipeline.sandbox.odoo.orm.commands import apply_commands
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.values import (
    check_links,
    check_required,
    copy_followers,
    sort_values,
    translate_unique,
)

__all__ = ["require", "write", "write_rows"]

Row = dict[str, Any]


def require(env: Env, model: str, ids: list[int]) -> None:
    """Refuse ids that do not exist.

    Raises:
        OdooError: MissingError naming the ids that are gone.
    """
    table = env.model(model).table
    found = {
        row[0]
        for row in env.rows(
            f'SELECT id FROM "{table}" WHERE id IN (SELECT value FROM json_each(?))',
            (as_json(ids),),
        )
    }
    gone = [i for i in ids if i not in found]
    if gone:
        raise missing_error(model, gone, env.uid)


def write(env: Env, model: str, ids: list[int], values: Row) -> bool:
    """Give records the same values; all or none."""
    check_access(env, model, "write")
    if not ids:
        return True
    require(env, model, ids)
    check_records(env, model, ids)
    m = env.model(model)
    columns, links = sort_values(env, m, values)
    write_rows(env, model, {i: dict(columns) for i in ids}, [(ids, links)])
    return True


def write_rows(
    env: Env, model: str, changes: dict[int, Row], links: Sequence[tuple[list[int], Row]] = ()
) -> None:
    """Change columns of rows, each row its own; write_date moves whether or not a value does.

    Args:
        env: The call.
        model: The model.
        changes: The new columns by id.
        links: Commands on lists, with the records they are for.
    """
    if not changes:
        return
    m = env.model(model)
    behaviour = env.behaviour(model)
    current = env.records(model, changes)
    written = watch_write(env, model, current, changes, links)
    behaviour.changing(env, current, changes)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for number, row in changes.items():
        if m.followers:
            copy_followers(m, row)
        groups.setdefault(tuple(sorted(row)), []).append({**row, "id": number})
    everything = list(changes.values())
    check_required(m, everything, partial=True)
    check_links(env, m, everything)
    try:
        for names, rows in groups.items():
            assign = "".join(f'"{name}" = ?,' for name in names)
            env.connection.executemany(
                f'UPDATE "{m.table}" SET {assign} write_uid = ?, write_date = ? WHERE id = ?',
                [[*(row[name] for name in names), env.uid, env.now, row["id"]] for row in rows],
            )
    except sqlite3.IntegrityError as problem:
        raise translate_unique(problem) from None
    behaviour.changed(env, current, changes)
    for ids, lists in links:
        for name, commands in lists.items():
            apply_commands(env, m, ids, name, commands)
    if written is not None:
        written()
