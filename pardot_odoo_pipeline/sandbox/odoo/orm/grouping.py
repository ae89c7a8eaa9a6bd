"""Counting and summing by groups: `read_group` and `formatted_read_group`.

What lives here: the grouped query and both shapes of its answer. What does not: which records count
(`search.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_access
from pardot_odoo_pipeline.sandbox.odoo.errors import value_error
from pardot_odoo_pipeline.sandbox.odoo.fields import Field
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.read import display_names
from pardot_odoo_pipeline.sandbox.odoo.orm.search import filter_sql, page_sql
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["formatted_read_group", "read_group"]

Row = dict[str, Any]
_NUMERIC = ("integer", "float", "monetary")
_FUNCTIONS = {
    "sum": "SUM({})",
    "avg": "AVG({})",
    "max": "MAX({})",
    "min": "MIN({})",
    "count": "COUNT({})",
    "count_distinct": "COUNT(DISTINCT {})",
}
_PERIODS = {"day": 10, "month": 7, "year": 4}


@dataclass(frozen=True)
class _Key:
    """One thing to group by."""

    text: str
    field: Field
    period: str
    sql: str


def _key(model: Model, text: str) -> _Key:
    name, _, period = text.partition(":")
    field = model.fields.get(name)
    if field is None:
        raise value_error(f"Invalid field {name!r} on model {model.name!r}")
    if field.type in ("date", "datetime"):
        period = period or "month"
        if period not in _PERIODS:
            raise value_error(f"Granularity specification isn't correct: {period!r}")
        sql = f'substr("{model.table}"."{name}", 1, {_PERIODS[period]})'
    elif field.type == "many2many":
        sql = "link.other"
    elif field.has_column:
        sql = f'"{model.table}"."{name}"'
    else:
        raise value_error(f"Cannot convert {model.name}.{name} to SQL because it is not stored")
    return _Key(text, field, period, sql)


def _grouped(
    env: Env,
    model: Model,
    domain: Any,
    keys: list[_Key],
    sums: list[tuple[str, str]],
    page: tuple[int | None, int, str],
) -> list[tuple[Any, ...]]:
    where, parameters = filter_sql(env, model, domain)
    join = ""
    for key in keys:
        if key.field.type == "many2many":
            table, left, right = env.registry.link_table(model, key.field)
            join = (
                f"LEFT JOIN (SELECT {left} AS own, {right} AS other FROM {table}) link "
                f'ON link.own = "{model.table}".id'
            )
    columns = [key.sql for key in keys] + [sql for _, sql in sums] + ["COUNT(*)"]
    sql = f'SELECT {",".join(columns)} FROM "{model.table}" {join} WHERE {where}'
    if keys:
        ways = _ways(page[2])
        sql += " GROUP BY " + ",".join(key.sql for key in keys)
        sql += " ORDER BY " + ",".join(
            f"{_sorted_by(env, key)} {ways.get(key.text.partition(':')[0], 'ASC NULLS LAST')}"
            for key in keys
        )
    return env.rows(sql + page_sql(page[0], page[1]), parameters)


def _ways(order: str) -> dict[str, str]:
    told = {}
    for part in (order or "").split(","):
        words = part.split()
        if words:
            down = len(words) > 1 and words[1].lower() == "desc"
            told[words[0].partition(":")[0]] = "DESC NULLS FIRST" if down else "ASC NULLS LAST"
    return told


def _sorted_by(env: Env, key: _Key) -> str:
    if key.field.type != "many2one":
        return key.sql
    other = env.model(key.field.relation)
    first = other.order.split(",")[0].split()[0]
    column = first if first in other.columns else "id"
    return f'(SELECT o."{column}" FROM "{other.table}" o WHERE o.id = {key.sql})'


def _sum_sql(model: Model, text: str) -> tuple[str, str]:
    name, _, function = text.partition(":")
    field = model.fields.get(name)
    if field is None:
        raise value_error(f"Invalid field {name!r} on model {model.name!r}")
    if function not in _FUNCTIONS:
        raise value_error(f"Invalid aggregate method {function!r} for {text!r}")
    return text, _FUNCTIONS[function].format(f'"{model.table}"."{name}"')


def formatted_read_group(
    env: Env,
    model: str,
    domain: list[Any],
    groupby: list[str] | None = None,
    aggregates: list[str] | None = None,
    having: list[Any] | None = None,
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
) -> list[Row]:
    """Groups as 19 tells them."""
    check_access(env, model, "read")
    m = env.model(model)
    keys = [_key(m, text) for text in groupby or []]
    wanted = list(aggregates or [])
    sums = [_sum_sql(m, text) for text in wanted if text != "__count"]
    names = _Names(env)
    told = []
    for values in _grouped(env, m, domain, keys, sums, (limit, offset, order or "")):
        group: Row = {}
        extra: list[Any] = []
        for key, value in zip(keys, values, strict=False):
            group[key.text], part, _ = names.shown(key, value, formatted=True)
            extra.append(part)
        group["__extra_domain"] = _conjunction(extra) or [[1, "=", 1]]
        results = dict(zip((text for text, _ in sums), values[len(keys) :], strict=False))
        for text in wanted:
            group[text] = values[-1] if text == "__count" else _number(m, text, results[text])
        told.append(group)
    return told


def read_group(
    env: Env,
    model: str,
    domain: list[Any],
    fields: list[str],
    groupby: list[str] | str,
    offset: int = 0,
    limit: int | None = None,
    orderby: str | bool = False,
    lazy: bool = True,
) -> list[Row]:
    """Groups as 18 and, for old callers, 19 tell them."""
    check_access(env, model, "read")
    m = env.model(model)
    texts = [groupby] if isinstance(groupby, str) else list(groupby)
    used = texts[:1] if lazy else texts
    keys = [_key(m, text) for text in used]
    sums = [
        _sum_sql(m, text if ":" in text else f"{text}:sum")
        for text in fields or []
        if text != "__count" and (":" in text or _summable(m, text))
    ]
    names = _Names(env)
    told = []
    for values in _grouped(env, m, domain, keys, sums, (limit, offset, str(orderby or ""))):
        group: Row = {}
        extra: list[Any] = []
        ranges: Row = {}
        for key, value in zip(keys, values, strict=False):
            group[key.text], part, span = names.shown(key, value, formatted=False)
            extra.append(part)
            if span:
                ranges[key.text] = span
        count = f"{used[0].partition(':')[0]}_count" if lazy and used else "__count"
        group[count] = values[-1]
        for (text, _), value in zip(sums, values[len(keys) :], strict=False):
            group[text.partition(":")[0]] = _number(m, text, value)
        group["__domain"] = _conjunction([list(domain), *extra])
        if ranges:
            group["__range"] = ranges
        if lazy and len(texts) > 1:
            group["__context"] = {"group_by": texts[1:]}
        told.append(group)
    return told


def _summable(model: Model, name: str) -> bool:
    field = model.fields.get(name)
    if field is None:
        raise value_error(f"Invalid field {name!r} on model {model.name!r}")
    return field.type in _NUMERIC and field.has_column and name != "id"


def _number(model: Model, text: str, value: Any) -> Any:
    name, _, function = text.partition(":")
    if function in ("count", "count_distinct"):
        return value
    return value if value is not None else 0.0 if model.fields[name].type != "integer" else 0


def _conjunction(parts: list[Any]) -> list[Any]:
    """Domains joined; each part is a list of conditions."""
    operands = [part for part in parts if part]
    flat = [condition for part in operands for condition in part]
    total = len([c for c in flat if not isinstance(c, str)])
    written = len([c for c in flat if c in ("&", "|")])
    return ["&"] * (total - 1 - written) + flat if total > 1 else flat


class _Names:
    """Shows group values; names of links are looked up once."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._seen: dict[tuple[str, int], str] = {}

    def shown(self, key: _Key, value: Any, *, formatted: bool) -> tuple[Any, list[Any], Row | None]:
        """The value as told, the domain of the group, and the range of a period."""
        name = key.field.name
        if key.field.type in ("date", "datetime") and value is not None:
            return self._period(key, value, formatted=formatted)
        if value is None:
            if key.field.type == "many2many":
                return False, [[name, "not any", []]], None
            empty = {"integer": 0, "float": 0.0, "monetary": 0.0}.get(key.field.type, False)
            return empty, [[name, "=", empty]], None
        if key.field.relation:
            pair = (key.field.relation, value)
            if pair not in self._seen:
                self._seen[pair] = display_names(self._env, *pair[:1], [value]).get(value, "")
            return [value, self._seen[pair]], [[name, "=", value]], None
        if key.field.type == "boolean":
            return bool(value), [[name, "=", bool(value)]], None
        return value, [[name, "=", value]], None

    def _period(
        self, key: _Key, value: str, *, formatted: bool
    ) -> tuple[Any, list[Any], Row | None]:
        start = date.fromisoformat(f"{value}-01-01"[:10] if len(value) == 4 else f"{value}-01"[:10])
        if key.period == "day":
            end, label = start + timedelta(days=1), start.strftime("%d %b %Y")
        elif key.period == "month":
            end = (start + timedelta(days=32)).replace(day=1)
            label = start.strftime("%B %Y")
        else:
            end, label = start.replace(year=start.year + 1), str(start.year)
        clock = " 00:00:00" if key.field.type == "datetime" else ""
        first, last = f"{start}{clock}", f"{end}{clock}"
        name = key.field.name
        domain = [[name, ">=", first], [name, "<", last]]
        shown = [first, label] if formatted else label
        return shown, domain, {"from": first, "to": last}
