"""Reading records.

What lives here: `read`, `search_read`, display names and `fields_get`. What does not: which records
(`search.py`), how an unstored field is computed (`behaviour/`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_records
from pardot_odoo_pipeline.sandbox.odoo.errors import value_error
from pardot_odoo_pipeline.sandbox.odoo.fields import Field
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.search import (
    filter_sql,
    order_sql,
    page_sql,
)
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["display_names", "read", "search_read"]

Row = dict[str, Any]


def search_read(
    env: Env,
    model: str,
    domain: Any = None,
    fields: list[str] | None = None,
    offset: int = 0,
    limit: int | None = None,
    order: Any = None,
    *,
    plain: bool = False,
) -> list[Row]:
    """Values of the records within a domain; `plain` leaves many2one values as bare ids."""
    m = env.model(model)
    wanted = _wanted(m, fields)
    where, parameters = filter_sql(env, m, domain)
    tail = f"WHERE {where} ORDER BY {order_sql(env, m, order)}{page_sql(limit, offset)}"
    return _values(env, m, wanted, tail, parameters, plain=plain)


def read(
    env: Env, model: str, ids: list[int], fields: list[str] | None = None, *, plain: bool = False
) -> list[Row]:
    """Values of given records, in the order given; those that are gone are left out.

    Args:
        env: The call.
        model: The model.
        ids: The records.
        fields: The fields; None or empty for all.
        plain: Many2one values as bare ids.
    """
    m = env.model(model)
    wanted = _wanted(m, fields)
    found = _values(
        env,
        m,
        wanted,
        f'WHERE "{m.table}".id IN (SELECT value FROM json_each(?))',
        [as_json(ids)],
        plain=plain,
    )
    check_records(env, model, [row["id"] for row in found])
    by_id = {row["id"]: row for row in found}
    return [by_id[i] for i in ids if i in by_id]


def display_names(env: Env, model: str, ids: Iterable[int]) -> dict[int, str]:
    """The names under which records are shown."""
    unique = list({i for i in ids if i})
    if not unique:
        return {}
    own = env.behaviour(model).names
    if own is not None:
        return own(env, unique)
    m = env.model(model)
    if "name" not in m.columns:
        return {i: f"{model},{i}" for i in unique}
    found = env.rows(
        f'SELECT id, name FROM "{m.table}" WHERE id IN (SELECT value FROM json_each(?))',
        (as_json(unique),),
    )
    return {i: name or f"{model},{i}" for i, name in found}


def _wanted(model: Model, fields: list[str] | None) -> list[Field]:
    names = list(dict.fromkeys(fields)) if fields else list(model.fields)
    for name in names:
        if name not in model.fields:
            raise value_error(f"Invalid field {name!r} on {model.name!r}")
    return [model.fields[name] for name in names]


def _values(
    env: Env,
    m: Model,
    wanted: list[Field],
    tail: str,
    parameters: list[Any],
    *,
    plain: bool = False,
) -> list[Row]:
    stored = [f for f in wanted if f.has_column and f.name != "id"]
    names = ["id", *(f.name for f in stored)]
    readers = [m.readers[name] for name in names]
    columns = ",".join(f'"{name}"' for name in names)
    plain_columns = [r is None for r in readers]
    cursor = env.run(f'SELECT {columns} FROM "{m.table}" {tail}', parameters)
    rows = [
        {
            name: value if same else convert(value)  # type: ignore[misc]
            for name, value, same, convert in zip(names, row, plain_columns, readers, strict=True)
        }
        for row in cursor
    ]
    for f in stored:
        if f.type == "many2one":
            _name_links(env, f, rows, plain=plain)
    missing = [f for f in wanted if not f.has_column]
    if missing:
        ids = [row["id"] for row in rows]
        for f in missing:
            values = _unstored(env, m, f, ids, plain=plain)
            for row in rows:
                row[f.name] = values.get(row["id"], _empty(f))
        asked = dict.fromkeys(["id", *(f.name for f in wanted)])
        rows = [{name: row[name] for name in asked} for row in rows]
    return rows


def _empty(field: Field) -> Any:
    if field.is_many:
        return []
    return {"integer": 0, "float": 0.0, "monetary": 0.0}.get(field.type, False)


def _name_links(env: Env, field: Field, rows: list[Row], *, plain: bool) -> None:
    key = field.name
    if plain:
        for row in rows:
            row[key] = row[key] or False
        return
    names = display_names(env, field.relation, (row[key] for row in rows))
    for row in rows:
        value = row[key]
        row[key] = [value, names.get(value, "")] if value else False


def _unstored(env: Env, m: Model, f: Field, ids: list[int], *, plain: bool) -> dict[int, Any]:
    own = env.behaviour(m.name).computed.get(f.name)
    if own is not None:
        return own(env, ids)
    if f.name == "display_name":
        return dict(display_names(env, m.name, ids))
    if f.is_many and f.store:
        return linked_ids(env, m, f, ids)
    if f.related:
        return _follow(env, m, f, ids, plain=plain)
    return {}


def _follow(env: Env, m: Model, f: Field, ids: list[int], *, plain: bool) -> dict[int, Any]:
    first, _, rest = f.related.partition(".")
    link = m.fields.get(first)
    if link is None or not link.has_column or "." in rest:
        return {}
    heads = dict(
        env.rows(
            f'SELECT id, "{first}" FROM "{m.table}" WHERE id IN (SELECT value FROM json_each(?))',
            (as_json(ids),),
        )
    )
    if rest not in env.model(link.relation).fields:
        return {}
    targets = {
        row["id"]: row[rest]
        for row in read(
            env, link.relation, list({h for h in heads.values() if h}), [rest], plain=plain
        )
    }
    return {i: targets.get(head, _empty(f)) for i, head in heads.items()}


def linked_ids(env: Env, m: Model, f: Field, ids: list[int]) -> dict[int, list[int]]:
    """The linked records of a one2many or many2many, by record."""
    other = env.model(f.relation)
    active = (
        ' AND COALESCE(o."active", 0) = 1'
        if "active" in other.columns and env.context.get("active_test", True)
        else ""
    )
    order = order_sql(env, other, None).replace(f'"{other.table}".', "o.")
    if f.type == "many2many":
        table, left, right = env.registry.link_table(m, f)
        sql = (
            f'SELECT l.{left}, o.id FROM {table} l JOIN "{other.table}" o ON o.id = l.{right} '
            f"WHERE l.{left} IN (SELECT value FROM json_each(?)){active} ORDER BY {order}"
        )
        parameters: list[Any] = [as_json(ids)]
    else:
        extra, parameters = "", [as_json(ids)]
        if other.fields[f.inverse].type == "many2one_reference":
            column = "res_model" if "res_model" in other.fields else "model"
            extra = f' AND o."{column}" = ?'
            parameters.append(m.name)
        sql = (
            f'SELECT o."{f.inverse}", o.id FROM "{other.table}" o '
            f'WHERE o."{f.inverse}" IN (SELECT value FROM json_each(?)){extra}{active} '
            f"ORDER BY {order}"
        )
    found: dict[int, list[int]] = {i: [] for i in ids}
    for owner, linked in env.rows(sql, parameters):
        found[owner].append(linked)
    return found
