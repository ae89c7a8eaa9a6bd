"""Small public methods that only look something up or set one value.

What lives here: parameters, external ids, groups of a user. What does not: records in general.
"""

from __future__ import annotations

import secrets
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_access, groups_of
from pardot_odoo_pipeline.sandbox.odoo.errors import value_error
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.read import read
from pardot_odoo_pipeline.sandbox.odoo.orm.unlink import unlink
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

__all__ = [
    "check_object_reference",
    "export_data",
    "get_external_id",
    "get_param",
    "has_group",
    "set_param",
]


def get_param(env: Env, model: str, key: str, default: Any = False) -> Any:
    """`ir.config_parameter.get_param`."""
    check_access(env, model, "read")
    return env.value("SELECT value FROM ir_config_parameter WHERE key = ?", (key,)) or default


def set_param(env: Env, model: str, key: str, value: Any) -> Any:
    """`ir.config_parameter.set_param`: the former value."""
    found = env.rows("SELECT id, value FROM ir_config_parameter WHERE key = ?", (key,))
    if value is False or value is None:
        unlink(env, model, [row[0] for row in found])
        return found[0][1] if found else False
    if found:
        write(env, model, [found[0][0]], {"value": str(value)})
        return found[0][1]
    create(env, model, [{"key": key, "value": str(value)}])
    return False


def check_object_reference(
    env: Env, model: str, module: str, xml_id: str, raise_on_access_error: bool = False
) -> list[Any]:
    """`ir.model.data.check_object_reference`: model and id behind an external id."""
    found = env.rows(
        "SELECT model, res_id FROM ir_model_data WHERE module = ? AND name = ?", (module, xml_id)
    )
    if not found:
        raise value_error(f"External ID not found in the system: {module}.{xml_id}")
    return list(found[0])


def has_group(env: Env, model: str, ids: list[int], group_ext_id: str) -> bool:
    """`res.users.has_group`."""
    user = ids[0] if ids else env.uid
    asked = env if user == env.uid else env.as_user(user)
    return group_ext_id in groups_of(asked)


def get_external_id(env: Env, model: str, ids: list[int]) -> dict[str, str]:
    """`get_external_id`: empty text for a record that has none."""
    told = dict.fromkeys(map(str, ids), "")
    for number, name in env.rows(
        "SELECT res_id, module || '.' || name FROM ir_model_data WHERE model = ? "
        "AND res_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
        (model, as_json(ids)),
    ):
        told[str(number)] = name
    return told


def export_data(
    env: Env, model: str, ids: list[int], fields_to_export: list[str]
) -> dict[str, Any]:
    """`export_data` for plain fields, `.id`, `id` and links by external or database id."""
    m = env.model(model)
    heads = [name.partition("/")[0] for name in fields_to_export]
    rows = read(env, model, ids, [n for n in heads if n in m.fields and n != "id"])
    told = []
    for row in rows:
        cells: list[Any] = []
        for column in fields_to_export:
            name, _, part = column.partition("/")
            if column == "id":
                cells.append(named(env, model, row["id"]))
            elif column == ".id":
                cells.append(str(row["id"]))
            elif part and row[name]:
                link = row[name][0]
                relation = m.fields[name].relation
                cells.append(named(env, relation, link) if part == "id" else str(link))
            else:
                value = row[name]
                cells.append(value[1] if isinstance(value, list) and value else value or "")
        told.append(cells)
    return {"datas": told}


def named(env: Env, model: str, number: int) -> str:
    """A record's external id; one is made up and kept for a record that has none."""
    found = get_external_id(env, model, [number])[str(number)]
    if found:
        return found
    name = f"{model.replace('.', '_')}_{number}_{secrets.token_hex(4)}"
    values = {"module": "__export__", "name": name, "model": model, "res_id": number}
    create(env.as_superuser(), "ir.model.data", [values])
    return f"__export__.{name}"
