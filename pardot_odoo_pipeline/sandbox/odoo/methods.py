"""The methods that can be called over the wire.

What lives here: the generic ones and the look-up of a model's own. What does not: binding arguments
and answering (`dispatch.py`), the models' own methods (`behaviour/`).

A method's signature is its contract: `(env, model, ...)` is called on a model, `(env, model, ids,
...)` on records; the names that follow are what JSON-2 takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_access, may
from pardot_odoo_pipeline.sandbox.odoo.behaviour import views
from pardot_odoo_pipeline.sandbox.odoo.behaviour.lookups import export_data, get_external_id
from pardot_odoo_pipeline.sandbox.odoo.orm import create as creating
from pardot_odoo_pipeline.sandbox.odoo.orm import metadata, read, search
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.grouping import read_group
from pardot_odoo_pipeline.sandbox.odoo.orm.loading import load_checked
from pardot_odoo_pipeline.sandbox.odoo.orm.unlink import unlink as remove
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write as change

__all__ = ["GENERIC", "Method"]

Row = dict[str, Any]
Method = Callable[..., Any]


def search_(
    env: Env,
    model: str,
    domain: list[Any],
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
) -> list[int]:
    """`search`."""
    check_access(env, model, "read")
    return search.search(env, model, domain, offset, limit, order)


def search_count(env: Env, model: str, domain: list[Any], limit: int | None = None) -> int:
    """`search_count`."""
    check_access(env, model, "read")
    return search.search_count(env, model, domain, limit)


def search_read(
    env: Env,
    model: str,
    domain: list[Any] | None = None,
    fields: list[str] | None = None,
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
    load: str = "_classic_read",
) -> list[Row]:
    """`search_read`."""
    check_access(env, model, "read")
    plain = load != "_classic_read"
    return read.search_read(env, model, domain, fields, offset, limit, order, plain=plain)


def read_(
    env: Env,
    model: str,
    ids: list[int],
    fields: list[str] | None = None,
    load: str = "_classic_read",
) -> list[Row]:
    """`read`."""
    check_access(env, model, "read")
    return read.read(env, model, ids, fields, plain=load != "_classic_read")


def create(env: Env, model: str, vals_list: list[Row] | Row) -> Any:
    """`create`: a dictionary gives an id, a list gives ids."""
    if isinstance(vals_list, dict):
        return creating.create(env, model, [vals_list])[0]
    return creating.create(env, model, vals_list)


def write(env: Env, model: str, ids: list[int], vals: Row) -> bool:
    """`write`."""
    return change(env, model, ids, vals)


def unlink(env: Env, model: str, ids: list[int]) -> bool:
    """`unlink`."""
    return remove(env, model, ids)


def has_access(env: Env, model: str, ids: list[int], operation: str) -> bool:
    """`has_access`."""
    return may(env, model, operation)


def check_access_rights(
    env: Env, model: str, operation: str, raise_exception: bool = True
) -> bool | None:
    """`check_access_rights`; 19 keeps the name and answers nothing."""
    if raise_exception:
        check_access(env, model, operation)
    return may(env, model, operation) if env.version < 19 else None


def action_archive(env: Env, model: str, ids: list[int]) -> None:
    """`action_archive`."""
    change(env, model, ids, {"active": False})


def action_unarchive(env: Env, model: str, ids: list[int]) -> None:
    """`action_unarchive`."""
    change(env, model, ids, {"active": True})


def toggle_active(env: Env, model: str, ids: list[int]) -> None:
    """`toggle_active`: each record by itself."""
    states = {row["id"]: row["active"] for row in read.read(env, model, ids, ["active"])}
    for wanted in (True, False):
        chosen = [i for i, active in states.items() if active is not wanted]
        if chosen:
            change(env, model, chosen, {"active": wanted})


def copy(env: Env, model: str, ids: list[int], default: Row | None = None) -> list[int]:
    """`copy`: the plain columns of each record once more."""
    m = env.model(model)
    made: list[int] = []
    skipped = {"id", "create_uid", "create_date", "write_uid", "write_date"}
    for row in env.records(model, ids).values():
        values = {n: v for n, v in row.items() if n not in skipped and v is not None}
        for name, value in values.items():
            if m.fields[name].type == "datetime":
                values[name] = value[:19]
        if "name" in values:
            values["name"] = f"{values['name']} (copy)"
        made += creating.create(env, model, [{**values, **(default or {})}])
    return made


GENERIC: dict[str, Method] = {
    "search": search_,
    "search_count": search_count,
    "search_read": search_read,
    "read": read_,
    "create": create,
    "write": write,
    "unlink": unlink,
    "fields_get": metadata.fields_get,
    "default_get": metadata.default_get,
    "name_search": metadata.name_search,
    "name_create": metadata.name_create,
    "has_access": has_access,
    "check_access_rights": check_access_rights,
    "action_archive": action_archive,
    "action_unarchive": action_unarchive,
    "copy": copy,
    "get_external_id": get_external_id,
    "export_data": export_data,
    "get_views": views.get_views,
    "load": load_checked,
    "read_group": read_group,
}
