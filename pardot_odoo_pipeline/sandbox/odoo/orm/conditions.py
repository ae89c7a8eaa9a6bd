"""The meaning of one condition of a domain.

What lives here: `(path, operator, value)` as SQL for every kind of field. What does not: how
conditions are combined (`domains.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import value_error
from pardot_odoo_pipeline.sandbox.odoo.fields import Field
from pardot_odoo_pipeline.sandbox.odoo.orm.domains import Sql, compile_domain, is_named
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.moments import moment_condition
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["compile_condition", "related_where"]

_COMPARE = {"=", "!=", "<>", "<", ">", "<=", ">="}
_LIKE = {"like", "ilike", "=like", "=ilike", "not like", "not ilike", "not =like", "not =ilike"}
_TREE = {"child_of", "parent_of"}
_OTHER = {"in", "not in", "any", "not any", "=?", "any!", "not any!"}
_OPERATORS = _COMPARE | _LIKE | _TREE | _OTHER
_NEGATIVE = {"!=": "=", "<>": "=", "not in": "in", "not like": "like", "not ilike": "ilike"}


def compile_condition(env: Env, model: Model, path: Any, operator: Any, value: Any) -> Sql:
    """One condition over the model's table."""
    shown = (path, operator, value)
    if path in (0, 1) and operator == "=" and value in (0, 1):
        return ("1" if path == value else "0"), []
    operator = operator.lower() if isinstance(operator, str) else operator
    if operator not in _OPERATORS:
        raise value_error(f"Invalid operator in condition {shown!r}")
    if operator == "=?":
        if value is None or value is False:
            return "1", []
        operator = "="
    name, _, rest = str(path).partition(".")
    field = model.fields.get(name)
    if field is None:
        raise value_error(f"Invalid field {model.name}.{name} in condition {shown!r}")
    if rest:
        if field.type in ("date", "datetime"):
            raise value_error(f"Unsupported granularity in condition {shown!r}")
        return related_where(env, model, field, [(rest, operator, value)])
    if operator in ("any", "any!"):
        return related_where(env, model, field, value)
    if operator in ("not any", "not any!"):
        sql, parameters = related_where(env, model, field, value)
        # COALESCE: an empty link is "not any", and NULL would fail NOT.
        return f"NOT COALESCE({sql}, 0)", parameters
    if not field.store:
        return _unstored(env, model, field, operator, value, shown)
    if operator in _TREE:
        return _tree(env, model, field, operator, value)
    if field.is_many:
        return _many(env, model, field, operator, value)
    if field.type == "many2one":
        return _many2one(env, model, field, operator, value)
    if field.type == "datetime":
        return moment_condition(f'"{model.table}"."{name}"', operator, value, env.version)
    return _scalar(model, field, operator, value)


def related_where(env: Env, model: Model, field: Field, domain: Any) -> Sql:
    """Records that have a linked record within a domain."""
    if not field.relation:
        raise value_error(f"Invalid field {model.name}.{field.name} in condition: not relational")
    other = env.model(field.relation)
    hides_archived = field.is_many and env.context.get("active_test", True)
    if hides_archived and "active" in other.fields and not is_named(domain, "active"):
        domain = [("active", "=", True), *domain]
    sql, parameters = compile_domain(env, other, domain)
    inside = f'SELECT "{other.table}".id FROM "{other.table}" WHERE {sql}'
    return _linked(env, model, field, inside, parameters)


def _linked(env: Env, model: Model, field: Field, inside: str, parameters: list[Any]) -> Sql:
    own = f'"{model.table}"'
    if field.type == "many2one":
        if not field.store:
            path = field.related or field.name
            raise value_error(f"Cannot search on {model.name}.{path}")
        return f'{own}."{field.name}" IN ({inside})', parameters
    if field.type == "many2many":
        table, left, right = env.registry.link_table(model, field)
        return (
            f"{own}.id IN (SELECT {left} FROM {table} WHERE {right} IN ({inside}))",
            parameters,
        )
    other = env.model(field.relation)
    extra, more = "", []
    if other.fields[field.inverse].type == "many2one_reference":
        column = "res_model" if "res_model" in other.fields else "model"
        extra, more = f'"{column}" = ? AND ', [model.name]
    owners = f'SELECT "{field.inverse}" FROM "{other.table}" WHERE {extra}id IN ({inside})'
    return f"{own}.id IN ({owners})", more + parameters


def _unstored(
    env: Env, model: Model, field: Field, operator: str, value: Any, shown: tuple[Any, ...]
) -> Sql:
    search = env.behaviour(model.name).searched.get(field.name)
    if search is not None:
        return compile_domain(env, model, search(env, operator, value))
    if field.related:
        return compile_condition(env, model, field.related, operator, value)
    if field.name == "display_name" and "name" in model.fields:
        return compile_condition(env, model, "name", operator, value)
    raise value_error(f"Cannot convert {model.name}.{field.name} to SQL because it is not stored")


def _tree(env: Env, model: Model, field: Field, operator: str, value: Any) -> Sql:
    other = model if field.name == "id" else env.model(field.relation)
    values = value if isinstance(value, list | tuple) else [value]
    if "parent_id" not in other.columns:
        raise value_error(
            f"Invalid field {other.name}.parent_id in condition "
            f"('parent_id', 'in', OrderedSet({list(values)}))"
        )
    up = operator == "parent_of"
    step = (
        f'SELECT t.parent_id FROM "{other.table}" t JOIN tree ON t.id = tree.id'
        if up
        else f'SELECT t.id FROM "{other.table}" t JOIN tree ON t.parent_id = tree.id'
    )
    inside = (
        "WITH RECURSIVE tree(id) AS (SELECT value FROM json_each(?) UNION "
        f"{step}) SELECT id FROM tree WHERE id IS NOT NULL"
    )
    parameters: list[Any] = [as_json(values)]
    if field.name == "id":
        return f'"{model.table}".id IN ({inside})', parameters
    return _linked(env, model, field, inside, parameters)


def _by_name(env: Env, field: Field, operator: str, value: str) -> Sql:
    other = env.model(field.relation)
    condition = [("display_name", operator, value)]
    if "display_name" in env.behaviour(other.name).searched or "name" in other.fields:
        sql, parameters = compile_domain(env, other, condition)
        return f'SELECT "{other.table}".id FROM "{other.table}" WHERE {sql}', parameters
    return "SELECT NULL WHERE 0", []


def _split(env: Env, field: Field, operator: str, value: Any) -> tuple[bool, str, list[Any]]:
    """Whether empty is wanted, and the wanted records as a sub-query."""
    if operator in _LIKE:
        return False, *_by_name(env, field, operator, value)
    values = list(value) if isinstance(value, list | tuple) else [value]
    empty = any(v is False or v is None for v in values)
    texts = [v for v in values if isinstance(v, str)]
    numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    inside, parameters = "SELECT value FROM json_each(?)", [as_json(numbers)]
    for text in texts:
        sql, more = _by_name(env, field, "=", text)
        inside, parameters = f"{inside} UNION {sql}", parameters + more
    return empty, inside, parameters


def _many2one(env: Env, model: Model, field: Field, operator: str, value: Any) -> Sql:
    column = f'"{model.table}"."{field.name}"'
    if operator in ("<", ">", "<=", ">="):
        return f"{column} {operator} ?", [value]
    wanted = _NEGATIVE.get(operator, operator)
    empty, inside, parameters = _split(env, field, wanted, value)
    sql = f"{column} IN ({inside})"
    if empty:
        sql = f"({sql} OR {column} IS NULL)"
    if wanted != operator:
        # Without a link the record is "not in" anything, unless empty itself was named.
        sql = f"NOT COALESCE({sql}, 0)"
    return sql, parameters


def _many(env: Env, model: Model, field: Field, operator: str, value: Any) -> Sql:
    wanted = _NEGATIVE.get(operator, operator)
    empty, inside, parameters = _split(env, field, wanted, value)
    sql, parameters = _linked(env, model, field, inside, parameters)
    if empty:
        other = env.model(field.relation)
        some, more = _linked(env, model, field, f'SELECT id FROM "{other.table}"', [])
        sql, parameters = f"({sql} OR NOT {some})", parameters + more
    return (f"NOT ({sql})" if wanted != operator else sql), parameters


def _falsy(field: Field, value: Any) -> bool:
    if value is None or value is False:
        return True
    if field.type in ("char", "text", "html"):
        return bool(value == "")
    return False


def _scalar(model: Model, field: Field, operator: str, value: Any) -> Sql:
    column = f'"{model.table}"."{field.name}"'
    if field.type == "boolean":
        return _boolean(column, operator, value)
    if operator in _LIKE:
        return _like(column, operator, value)
    wanted = _NEGATIVE.get(operator, operator)
    if wanted in ("=", "in"):
        values = list(value) if isinstance(value, list | tuple) else [value]
        empty = any(_falsy(field, v) for v in values)
        if field.type in ("integer", "float", "monetary") and field.name != "id":
            # A number that was never set is 0 to Odoo.
            empty = empty or any(v == 0 for v in values)
            values = [*values, 0] if empty else values
        solid = [v for v in values if not _falsy(field, v)]
        if field.type == "integer":
            # SQLite would take the text '38' for the number; Odoo does not.
            solid = [v for v in solid if not isinstance(v, str)]
        if len(solid) == 1:
            sql, parameters = f"{column} = ?", solid
        else:
            sql, parameters = f"{column} IN (SELECT value FROM json_each(?))", [as_json(solid)]
        if empty:
            blank = " OR " + f"{column} = ''" if field.type in ("char", "text", "html") else ""
            sql = f"({sql} OR {column} IS NULL{blank})"
        if wanted != operator:
            sql = f"NOT COALESCE({sql}, 0)"
        return sql, parameters
    if field.type in ("integer", "float", "monetary") and field.name != "id":
        column = f"COALESCE({column}, 0)"
    return f"{column} {operator} ?", [value]


def _boolean(column: str, operator: str, value: Any) -> Sql:
    wanted = _NEGATIVE.get(operator, operator)
    values = {bool(v) for v in (value if isinstance(value, list | tuple) else [value])}
    if wanted != operator:
        values = {True, False} - values
    if not values:
        return "0", []
    if len(values) == 2:
        return "1", []
    return f"COALESCE({column}, 0) = ?", [int(values.pop())]


def _like(column: str, operator: str, value: Any) -> Sql:
    negative = operator.startswith("not ")
    plain = operator.removeprefix("not ")
    text = "" if value is None or value is False else str(value)
    pattern = text if plain.startswith("=") else f"%{text}%"
    function = "odoo_ilike" if plain.endswith("ilike") else "odoo_like"
    if not text:
        return ("0" if negative else "1"), []
    sql = f"{function}(?, {column})"
    return (f"NOT COALESCE({sql}, 0)" if negative else sql), [pattern]
