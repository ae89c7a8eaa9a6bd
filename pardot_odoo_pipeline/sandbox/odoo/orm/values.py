"""Values of a call on their way to the columns.

What lives here: sorting a call's values into columns, links and computed fields, and the checks
that a database makes (required, link targets). What does not: the statements (`create.py`,
`write.py`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import (
    OdooError,
    integrity_error,
    validation_error,
    value_error,
)
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["check_links", "check_required", "copy_followers", "sort_values", "translate_unique"]

Row = dict[str, Any]
_IGNORED = frozenset({"id", "create_uid", "create_date", "write_uid", "write_date"})

# Constraints that Odoo words itself; any other unique index answers with the general text.
UNIQUE_TEXTS = {
    "crm_tag.name": "Tag name already exists!",
    "utm_source.name": "The name must be unique",
    "utm_medium.name": "The name must be unique",
    "utm_campaign.name": "The name must be unique",
    "mail_blacklist.email": "Email address already exists!",
    "ir_config_parameter.key": "Key must be unique.",
    "res_users.login": "You can not have two users with the same login!",
    "ir_model_fields.model, ir_model_fields.name": "Field names must be unique per model.",
    "ir_model_data.module, ir_model_data.name": (
        "You cannot have multiple records with the same external ID in the same module!"
    ),
}


def sort_values(env: Env, model: Model, values: Row) -> tuple[Row, Row]:
    """A call's values as columns and as commands on lists.

    Raises:
        OdooError: A field does not exist, or a value does not fit.
    """
    columns: Row = {}
    links: Row = {}
    writers = model.writers
    for name, value in values.items():
        convert = writers.get(name)
        if convert is not None:
            if name not in _IGNORED:
                columns[name] = convert(value)
            continue
        field = model.fields.get(name)
        if field is None:
            raise value_error(f"Invalid field {name!r} in {model.name!r}")
        if field.is_many:
            links[name] = value
            continue
        inverse = env.behaviour(model.name).written.get(name)
        if inverse is not None:
            more, more_links = sort_values(env, model, inverse(env, value))
            columns.update(more)
            links.update(more_links)
    return columns, links


def copy_followers(model: Model, row: Row) -> None:
    """Carry a changed value into the stored custom fields that follow it."""
    for source, copies in model.followers.items():
        if source in row:
            value = row[source]
            for name in copies:
                row[name] = model.writers[name](value)


def check_required(model: Model, rows: list[Row], *, partial: bool = False) -> None:
    """Refuse rows whose required fields are empty; `partial` rows hold only what changes."""
    for field in model.required:
        for row in rows:
            if partial and field.name not in row:
                continue
            if row.get(field.name) is None:
                raise validation_error(
                    f"Missing required value for the field '{field.label}' ({field.name}).\n"
                    f"Model: '{model.label}' ({model.name})\n"
                    "- create/update: a mandatory field is not set\n"
                    "- delete: another model requires the record being deleted, you can archive it"
                    " instead\n"
                )


def check_links(env: Env, model: Model, rows: list[Row]) -> None:
    """Refuse links to records that do not exist."""
    for name in {name for row in rows for name in row}:
        field = model.columns.get(name)
        if field is None or field.type != "many2one" or name in _IGNORED:
            continue
        known = env.cache.setdefault(("exists", field.relation), set())
        asked = {row[name] for row in rows if row.get(name)} - known
        if not asked:
            continue
        table = env.model(field.relation).table
        found = env.rows(
            f'SELECT id FROM "{table}" WHERE id IN (SELECT value FROM json_each(?))',
            (as_json(asked),),
        )
        known.update(row[0] for row in found)
        if asked - known:
            raise integrity_error(model.label, model.name, field.label, name)


def translate_unique(problem: sqlite3.IntegrityError) -> OdooError:
    """A violated unique index in Odoo's words."""
    place = str(problem).partition(": ")[2]
    return validation_error(UNIQUE_TEXTS.get(place, f"The value must be unique ({place})"))
