"""What a model tells about itself.

What lives here: `fields_get`, `default_get`, `name_search`, `name_create`. What does not: values of
records (`read.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.fields import Field
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create, defaults_of
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.read import display_names
from pardot_odoo_pipeline.sandbox.odoo.orm.search import search

__all__ = ["default_get", "fields_get", "name_create", "name_search"]

Row = dict[str, Any]


def fields_get(
    env: Env, model: str, allfields: list[str] | None = None, attributes: list[str] | None = None
) -> dict[str, Row]:
    """The attributes of a model's fields."""
    m = env.model(model)
    wanted = [n for n in allfields if n in m.fields] if allfields else list(m.fields)
    told = {name: _describe(m.fields[name]) for name in wanted}
    if attributes:
        return {n: {k: v for k, v in d.items() if k in attributes} for n, d in told.items()}
    return told


def _describe(field: Field) -> Row:
    told: Row = {
        "name": field.name,
        "type": field.type,
        "string": field.label,
        "required": field.required,
        "readonly": field.readonly,
        "store": field.store,
        "manual": field.manual,
        "searchable": field.store or bool(field.related),
        "sortable": field.has_column,
        "groupable": field.has_column,
        "exportable": True,
        "change_default": False,
        "company_dependent": False,
        "depends": [],
    }
    if field.type in ("char", "text", "html"):
        told["translate"] = field.translate
    if field.type == "char":
        told["trim"] = True
        if field.size:
            told["size"] = field.size
    if field.relation:
        told.update(relation=field.relation, context={}, domain=[])
        if field.type == "one2many":
            told["relation_field"] = field.inverse
    if field.type == "selection":
        told["selection"] = [list(pair) for pair in field.selection]
    if field.related:
        told["related"] = field.related
    return told


def default_get(env: Env, model: str, fields: list[str]) -> Row:
    """The defaults of some fields."""
    return {n: v for n, v in defaults_of(env, env.model(model)).items() if n in fields}


def name_search(
    env: Env,
    model: str,
    name: str = "",
    domain: list[Any] | None = None,
    operator: str = "ilike",
    limit: int = 100,
) -> list[list[Any]]:
    """Records whose name matches, as pairs of id and name."""
    conditions = list(domain or [])
    if name:
        conditions = [*conditions, ("display_name", operator, name)]
    ids = search(env, model, conditions, limit=limit)
    names = display_names(env, model, ids)
    return [[i, names[i]] for i in ids]


def name_create(env: Env, model: str, name: str) -> list[Any]:
    """Create a record by its name alone."""
    number = create(env, model, [{"name": name}])[0]
    return [number, display_names(env, model, [number])[number]]
