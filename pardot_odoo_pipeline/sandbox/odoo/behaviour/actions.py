"""Server actions.

What lives here: keeping them, listing them, and running the actions that the server knows
natively. What does not: what those do (`apply_action.py`, `consent_action.py`).

Code that arrives in an action is stored and read back, never run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import groups_of
from pardot_odoo_pipeline.sandbox.odoo.behaviour.apply_action import run_apply
from pardot_odoo_pipeline.sandbox.odoo.behaviour.consent_action import run_consent
from pardot_odoo_pipeline.sandbox.odoo.errors import access_error, user_error, validation_error
from pardot_odoo_pipeline.sandbox.odoo.orm.automation import queue_webhook
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.write import require

__all__ = ["ACTIONS", "get_bindings", "run_actions"]

Row = dict[str, Any]
# How the name of an action begins, the key of its payload, and what carries it out.
_NATIVE: Mapping[str, tuple[str, Callable[[Env, Row], Row]]] = {
    "Pardot: apply people, protocol ": ("pardot_apply", run_apply),
    "Pardot: set consent, protocol ": ("pardot_consent", run_consent),
}


def _defaults(env: Env) -> Row:
    return {
        "state": "code",
        "type": "ir.actions.server",
        "usage": "ir_actions_server",
        "binding_type": "action",
        "binding_view_types": "list,form",
        "sequence": 5,
    }


def _check_code(code: str | None) -> None:
    if not code:
        return
    try:
        tree = ast.parse(code.strip())
    except SyntaxError as wrong:
        raise validation_error(
            f"SyntaxError : {wrong.msg} at line {wrong.lineno}\n{wrong.text}", constraint=False
        ) from None
    if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree)):
        raise validation_error(
            f"forbidden opcode(s) in {code.strip()!r}: IMPORT_NAME", constraint=False
        )


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    for row in rows:
        _check_code(row.get("code"))


def _changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for row in changes.values():
        _check_code(row.get("code"))


def _model_names(env: Env, ids: list[int]) -> dict[int, Any]:
    return dict(
        env.rows(
            "SELECT a.id, m.model FROM ir_actions_server a JOIN ir_model m ON m.id = a.model_id "
            "WHERE a.id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    )


def _group_table(env: Env) -> str:
    field = "group_ids" if env.version >= 19 else "groups_id"
    return f"rel_ir_actions_server_{field}"


def _allowed(env: Env, action: int) -> bool:
    groups = [
        row[0]
        for row in env.rows(
            "SELECT d.module || '.' || d.name FROM ir_model_data d "
            f"JOIN {_group_table(env)} l ON l.right_id = d.res_id "
            "WHERE d.model = 'res.groups' AND l.left_id = ?",
            (action,),
        )
    ]
    return not groups or bool(groups_of(env) & set(groups))


def _run_webhook(env: Env, action: Row) -> None:
    number = env.context.get("active_id")
    if number:
        [model] = _model_names(env, [action["id"]]).values()
        queue_webhook(env, action, model, number)


def run_actions(env: Env, model: str, ids: list[int]) -> Any:
    """`ir.actions.server.run`: the result of the last one."""
    require(env, "ir.actions.server", ids)
    result: Any = False
    for number, row in env.records("ir.actions.server", ids).items():
        if not _allowed(env, number):
            raise access_error("You don't have enough access rights to run this action.")
        if row["state"] == "webhook":
            _run_webhook(env, row)
            continue
        known = [
            native for start, native in _NATIVE.items() if (row["name"] or "").startswith(start)
        ]
        if not known:
            raise user_error(f"The sandbox does not run the code of the action {row['name']!r}")
        [(key, run)] = known
        payload = env.context.get(key)
        if not payload:
            raise user_error(
                "This action serves the Pardot synchronisation; there is nothing to run by hand."
            )
        slim = {k: v for k, v in env.context.items() if k != key}
        result = run(env.with_exactly(slim), payload)
    return result


def get_bindings(env: Env, model: str, model_name: str) -> dict[str, list[Row]]:
    """`ir.actions.actions.get_bindings`: what the caller may start on a model's records."""
    found = env.rows(
        "SELECT a.id, a.name, a.binding_view_types, a.sequence FROM ir_actions_server a "
        "JOIN ir_model m ON m.id = a.binding_model_id "
        "WHERE m.model = ? AND a.binding_type = 'action' ORDER BY a.sequence, a.id",
        (model_name,),
    )
    told = [
        {"id": number, "name": name, "binding_view_types": kinds, "sequence": sequence}
        for number, name, kinds, sequence in found
        if _allowed(env, number)
    ]
    return {"action": told} if told else {}


ACTIONS = Behaviour(
    defaults=_defaults,
    completing=_completing,
    changing=_changing,
    computed={"model_name": _model_names},
)
