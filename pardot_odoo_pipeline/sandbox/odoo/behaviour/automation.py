"""The records of automation rules.

What lives here: the slots of `base.automation`. What does not: what sets a rule off
(`orm/automation.py`).
"""

from __future__ import annotations

import uuid
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import user_error
from pardot_odoo_pipeline.sandbox.odoo.orm.automation import TRIGGERS, forget_rules
from pardot_odoo_pipeline.sandbox.odoo.orm.commands import apply_commands
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env

__all__ = ["AUTOMATION"]

Row = dict[str, Any]


def _defaults(env: Env) -> Row:
    return {
        "webhook_uuid": str(uuid.uuid4()),
        "record_getter": "model.env[payload.get('_model')].browse(int(payload.get('_id')))",
        "log_webhook_calls": False,
    }


def _known_trigger(row: Row) -> None:
    if row.get("trigger") and row["trigger"] not in TRIGGERS:
        raise user_error(f"The sandbox does not carry out rules of the trigger {row['trigger']}")


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    for row in rows:
        _known_trigger(row)


def _changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for number, row in changes.items():
        _known_trigger(row)
        if "trigger" in row and row["trigger"] != current[number]["trigger"]:
            # Computed from the trigger: another one empties what the call does not give.
            row.setdefault("filter_domain", None)
            row.setdefault("filter_pre_domain", None)
            apply_commands(env, env.model("base.automation"), [number], "trigger_field_ids", [[5]])


def _changed(env: Env, *_: Any) -> None:
    forget_rules(env)


AUTOMATION = Behaviour(
    defaults=_defaults,
    completing=_completing,
    created=_changed,
    changing=_changing,
    changed=_changed,
    deleting=_changed,
)
