"""Fields that are created over the wire.

What lives here: `ir.model.fields`, their selections and defaults, and what they do to tables and
registry. What does not: reading them back at the start (`database.py`).

The code of a computed field is never run. The one that the project provisions copies
`email_normalized` (lower-cased where the code says so), and that is done natively.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.database import create_link_table, custom_field
from pardot_odoo_pipeline.sandbox.odoo.errors import user_error, validation_error
from pardot_odoo_pipeline.sandbox.odoo.fields import SQL_TYPES
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json

__all__ = ["FIELDS", "SELECTIONS", "refresh_field", "set_default"]

Row = dict[str, Any]
_NAME = re.compile(r"\w{1,63}", re.ASCII)
_FROZEN = {"ttype", "model", "model_id", "relation"}


def _defaults(env: Env) -> Row:
    return {"state": "manual", "store": True, "copied": True, "selectable": True}


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    models = dict(env.rows("SELECT id, model FROM ir_model"))
    for row in rows:
        name = row.get("name") or ""
        row["model"] = models.get(row.get("model_id") or 0) or row.get("model")
        if not name.startswith("x_"):
            raise validation_error("Custom fields must have a name that starts with 'x_'!")
        if not _NAME.fullmatch(name):
            raise validation_error(
                "Field names can only contain characters, digits and underscores (up to 63).",
                constraint=False,
            )
        if row["ttype"] in ("many2one", "many2many") and row.get("relation") not in env.registry:
            raise validation_error(f"Unknown model name '{row.get('relation')}' in Related Model")
        related = row.get("related")
        if related and row["model"] in env.registry:
            first = related.partition(".")[0]
            if first not in env.model(row["model"]).fields:
                raise user_error(f'Unknown field name "{first}" in related field "{related}"')
            row["readonly"] = 1


def _created(env: Env, rows: list[Row], given: list[Row]) -> None:
    # The selection's rows come as commands that the create carried out just before.
    for row in rows:
        _put(env, row["id"], new=True)


def refresh_field(env: Env, number: int) -> None:
    """Bring the registry up to date with a field's rows."""
    _put(env, number, new=False)


def _put(env: Env, number: int, *, new: bool) -> None:
    row = env.records("ir.model.fields", [number])[number]
    if row["state"] != "manual" or row["model"] not in env.registry:
        return
    env.notes.add("schema")
    model = env.model(row["model"])
    field = custom_field(env.connection, model, row)
    model.put(field)
    if new and field.type == "many2many":
        create_link_table(env.connection, env.registry.link_table(model, field))
    if not field.has_column:
        return
    if new:
        env.run(f'ALTER TABLE "{model.table}" ADD COLUMN "{field.name}" {SQL_TYPES[field.type]}')
        if field.follows:
            source = f'odoo_lower("{field.follows}")' if field.folded else f'"{field.follows}"'
            env.run(f'UPDATE "{model.table}" SET "{field.name}" = {source}')
    if field.index:
        env.run(
            f"CREATE INDEX IF NOT EXISTS {model.table}__{field.name}_index "
            f'ON "{model.table}" ("{field.name}")'
        )


def _changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for number, row in changes.items():
        old = current[number]
        if any(name in row and row[name] != old[name] for name in _FROZEN):
            raise user_error(
                "Changing the type of a field is not yet supported. Please drop it and create it "
                "again!"
            )
        if old["state"] == "manual" and row.get("name", old["name"]) != old["name"]:
            raise user_error("Can only rename one field at a time!")


def _changed(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for number in changes:
        refresh_field(env, number)


def _deleting(env: Env, ids: list[int]) -> None:
    for row in env.records("ir.model.fields", ids).values():
        if row["state"] != "manual":
            raise user_error("This column contains module data and cannot be removed!")
        model = env.model(row["model"])
        users = [
            view
            for view, arch in env.rows("SELECT name, arch_db FROM ir_ui_view")
            if arch and f'name="{row["name"]}"' in arch
        ]
        if users:
            raise user_error(
                f"Cannot rename/delete fields that are still present in views:\n"
                f"Fields: {row['model']}.{row['name']}\nView: {users[0]}"
            )
        env.notes.add("schema")
        field = model.fields[row["name"]]
        if field.type == "many2many":
            env.run(f"DROP TABLE {env.registry.link_table(model, field)[0]}")
        if field.has_column:
            env.run(f"DROP INDEX IF EXISTS {model.table}__{row['name']}_index")
            env.run(f'ALTER TABLE "{model.table}" DROP COLUMN "{row["name"]}"')
        model.drop(row["name"])


def _names(env: Env, ids: list[int]) -> dict[int, str]:
    found = env.rows(
        "SELECT f.id, f.field_description, m.name FROM ir_model_fields f "
        "JOIN ir_model m ON m.id = f.model_id WHERE f.id IN (SELECT value FROM json_each(?))",
        (as_json(ids),),
    )
    return {number: f"{label} ({model})" for number, label, model in found}


def _selection_text(env: Env, ids: list[int]) -> dict[int, Any]:
    told: dict[int, Any] = {}
    for number, model, name, kind in env.rows(
        "SELECT id, model, name, ttype FROM ir_model_fields "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (as_json(ids),),
    ):
        field = env.model(model).fields.get(name) if model in env.registry else None
        if kind == "selection" and field is not None:
            told[number] = repr([tuple(pair) for pair in field.selection])
    return told


def _selection_created(env: Env, rows: list[Row], given: list[Row]) -> None:
    for field in {row["field_id"] for row in rows}:
        owner = env.value("SELECT name FROM ir_model_fields WHERE id = ?", (field,))
        model = env.value("SELECT model FROM ir_model_fields WHERE id = ?", (field,))
        # While the field itself is being created the registry does not have it yet.
        if model in env.registry and owner in env.model(model).fields:
            refresh_field(env, field)


def _selection_changed(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for field in {row["field_id"] for row in current.values()}:
        refresh_field(env, field)


def _selection_deleting(env: Env, ids: list[int]) -> None:
    for row in env.records("ir.model.fields.selection", ids).values():
        model, name = env.rows(
            "SELECT model, name FROM ir_model_fields WHERE id = ?", (row["field_id"],)
        )[0]
        m = env.model(model)
        if name in m.fields:
            env.notes.add("schema")
            field = m.fields[name]
            kept = tuple(pair for pair in field.selection if pair[0] != row["value"])
            m.put(replace(field, selection=kept))


def set_default(
    env: Env,
    model: str,
    model_name: str,
    field_name: str,
    value: Any,
    user_id: Any = False,
    company_id: Any = False,
    condition: Any = False,
) -> bool:
    """`ir.default.set`."""
    from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
    from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

    field = env.value(
        "SELECT id FROM ir_model_fields WHERE model = ? AND name = ?", (model_name, field_name)
    )
    if field is None:
        raise validation_error(f"Invalid field {model_name}.{field_name}", constraint=False)
    user = env.uid if user_id is True else user_id
    there = env.value(
        "SELECT id FROM ir_default WHERE field_id = ? AND user_id IS ?", (field, user or None)
    )
    values = {"field_id": field, "user_id": user, "json_value": json.dumps(value)}
    if there:
        write(env, "ir.default", [there], values)
    else:
        create(env, "ir.default", [values])
    return True


FIELDS = Behaviour(
    defaults=_defaults,
    completing=_completing,
    created=_created,
    changing=_changing,
    changed=_changed,
    deleting=_deleting,
    computed={"selection": _selection_text},
    names=_names,
)
SELECTIONS = Behaviour(
    created=_selection_created, changed=_selection_changed, deleting=_selection_deleting
)
