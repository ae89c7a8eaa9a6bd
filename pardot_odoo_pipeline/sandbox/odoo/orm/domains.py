"""Domains as SQL.

What lives here: the prefix notation's parser and the boolean structure. What does not: what one
condition means (`conditions.py`), ordering and paging (`search.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import value_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["compile_domain", "is_named"]

Sql = tuple[str, list[Any]]


def compile_domain(env: Env, model: Model, domain: Any) -> Sql:
    """A domain as a WHERE expression over the model's table, with parameters.

    Raises:
        OdooError: The domain is malformed, or names what the model does not have.
    """
    # The compiler and the meaning of a condition need each other: a path is a domain within.
    from pardot_odoo_pipeline.sandbox.odoo.orm.conditions import compile_condition

    items = list(domain or [])
    stack: list[Sql] = []
    try:
        for item in reversed(items):
            if isinstance(item, str):
                if item == "!":
                    sql, parameters = stack.pop()
                    stack.append((f"NOT COALESCE({sql}, 0)", parameters))
                elif item in ("&", "|"):
                    stack.append(_join(item, stack.pop(), stack.pop()))
                else:
                    raise value_error(f"Domain() invalid item in domain: {item!r}")
            elif isinstance(item, list | tuple) and len(item) == 3:
                stack.append(compile_condition(env, model, *item))
            else:
                raise value_error(f"Domain() invalid item in domain: {item!r}")
    except IndexError:
        raise value_error(f"Domain() malformed domain {items!r}") from None
    if not stack:
        return "1", []
    result = stack.pop()
    while stack:
        result = _join("&", result, stack.pop())
    return result


def _join(operator: str, left: Sql, right: Sql) -> Sql:
    word = "AND" if operator == "&" else "OR"
    return f"({left[0]} {word} {right[0]})", left[1] + right[1]


def is_named(domain: Any, name: str) -> bool:
    """Whether a condition of the domain's own level is about that field."""
    return any(
        isinstance(item, list | tuple) and len(item) == 3 and item[0] == name
        for item in domain or []
    )
