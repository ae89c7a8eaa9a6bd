"""Finding records: domain, order, page.

What lives here: `search`, `search_count`, and the SQL of order and page that reading shares. What
does not: values (`read.py`).
"""

from __future__ import annotations

import re
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError, value_error
from pardot_odoo_pipeline.sandbox.odoo.orm.domains import compile_domain, is_named
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["filter_sql", "order_sql", "page_sql", "search", "search_count"]

_ORDER = re.compile(
    r"(?P<name>\w+)(\s+(?P<way>asc|desc))?(\s+nulls\s+(?P<nulls>first|last))?", re.I
)


def filter_sql(env: Env, model: Model, domain: Any) -> tuple[str, list[Any]]:
    """The WHERE expression of a search: the domain, archived records left out, record rules."""
    items = list(domain or [])
    if (
        "active" in model.fields
        and env.context.get("active_test", True)
        and not is_named(items, "active")
    ):
        items = (
            [("active", "=", True), *items]
            if _is_flat(items)
            else ["&", ("active", "=", True), *_one(items)]
        )
    rule = visible_domain(env, model)
    if rule:
        items = ["&", *rule, *_one(items)]
    return compile_domain(env, model, items)


def visible_domain(env: Env, model: Model) -> list[Any]:
    """The record rule that hides others' leads from a user who may see only the own ones."""
    if env.sudo or model.name != "crm.lead" or "own_leads_only" not in env.notes:
        return []
    return ["|", ("user_id", "=", env.uid), ("user_id", "=", False)]


def _is_flat(items: list[Any]) -> bool:
    return not any(isinstance(item, str) for item in items)


def _one(items: list[Any]) -> list[Any]:
    """The same domain as a single operand."""
    operands = 0
    for item in reversed(items):
        if item in ("&", "|"):
            operands -= 1
        elif item != "!":
            operands += 1
    if operands <= 0:
        return items or [(1, "=", 1)]
    return ["&"] * (operands - 1) + items


def order_sql(env: Env, model: Model, order: Any) -> str:
    """The ORDER BY list of a search.

    Raises:
        OdooError: A name is not a field of the model, or the text is no order.
    """
    parts: list[str] = []
    for piece in str(order or model.order).split(","):
        match = _ORDER.fullmatch(piece.strip())
        if match is None:
            raise OdooError(
                "odoo.exceptions.UserError",
                f'Invalid "order" specified ({order}). A valid "order" specification is a '
                "comma-separated list of valid field names (optionally followed by asc/desc for "
                "the direction)",
            )
        down = (match["way"] or "").lower() == "desc"
        parts += _order_part(env, model, match["name"], down, (match["nulls"] or "").lower())
    return ", ".join(parts)


def _order_part(env: Env, model: Model, name: str, down: bool, nulls: str) -> list[str]:
    field = model.fields.get(name)
    if field is None:
        raise value_error(f"Invalid field {name!r} on model {model.name!r}")
    if not field.has_column:
        link, _, rest = field.related.partition(".")
        if rest and model.fields[link].has_column:
            other = env.model(model.fields[link].relation)
            nulled = f"{'DESC' if down else 'ASC'} NULLS {'FIRST' if down else 'LAST'}"
            inner = (
                f'SELECT o."{rest}" FROM "{other.table}" o WHERE o.id = "{model.table}"."{link}"'
            )
            return [f"({inner}) {nulled}"]
        raise value_error(f"Cannot convert {model.name}.{name} to SQL because it is not stored")
    # PostgreSQL takes NULL for the largest value, SQLite for the smallest.
    where = nulls or ("first" if down else "last")
    way = f"{'DESC' if down else 'ASC'} NULLS {where.upper()}"
    column = f'"{model.table}"."{name}"'
    if field.type == "boolean":
        column = f"COALESCE({column}, 0)"
    if field.type != "many2one":
        return [f"{column} {way}"]
    other = env.model(field.relation)
    first = other.order.split(",")[0].split()
    key = first[0] if first[0] in other.columns else "id"
    if len(first) > 1 and first[1] == "desc":
        way = f"{'ASC' if down else 'DESC'} NULLS {where.upper()}"
    inner = f'(SELECT o."{key}" FROM "{other.table}" o WHERE o.id = {column})'
    return [f"{inner} {way}", f"{column} {way}"]


def page_sql(limit: Any, offset: Any) -> str:
    """The LIMIT clause."""
    for value in (limit, offset):
        if value and not isinstance(value, int):
            raise OdooError(
                "psycopg2.errors.InvalidTextRepresentation",
                f'invalid input syntax for type bigint: "{value}"\n',
            )
    if not limit and not offset:
        return ""
    return f" LIMIT {int(limit) if limit else -1} OFFSET {int(offset or 0)}"


def search(
    env: Env, model: str, domain: Any, offset: int = 0, limit: int | None = None, order: Any = None
) -> list[int]:
    """The ids of the records within a domain."""
    m = env.model(model)
    where, parameters = filter_sql(env, m, domain)
    sql = f'SELECT id FROM "{m.table}" WHERE {where} ORDER BY {order_sql(env, m, order)}'
    return [row[0] for row in env.rows(sql + page_sql(limit, offset), parameters)]


def search_count(env: Env, model: str, domain: Any, limit: int | None = None) -> int:
    """How many records are within a domain, at most the limit."""
    m = env.model(model)
    where, parameters = filter_sql(env, m, domain)
    sql = f'SELECT 1 FROM "{m.table}" WHERE {where}{page_sql(limit, 0)}'
    return int(env.value(f"SELECT COUNT(*) FROM ({sql})", parameters))
