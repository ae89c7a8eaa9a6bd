"""API keys, as users make them in a web session.

What lives here: the wizard that asks for a key and the check of identity before it is shown. What
does not: sessions (`web.py`), what a key opens (`users.py`).
"""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import user_error
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.write import require
from pardot_odoo_pipeline.sandbox.odoo.users import add_key, check_user

__all__ = ["make_key", "run_check"]

Row = dict[str, Any]


def make_key(env: Env, model: str, ids: list[int]) -> Row:
    """`make_key`: in a web session, the question who is asking."""
    require(env, model, ids)
    if "web" not in env.notes:
        raise user_error("This method can only be accessed over HTTP")
    check = create(env.as_superuser(), "res.users.identitycheck", [{"request": str(ids[0])}])[0]
    return {
        "type": "ir.actions.act_window",
        "res_model": "res.users.identitycheck",
        "res_id": check,
        "name": "Security Control",
        "target": "new",
        "views": [[False, "form"]],
    }


def run_check(env: Env, model: str, ids: list[int]) -> Row:
    """`run_check`: with the right password, the key itself, shown this once."""
    require(env, model, ids)
    password = env.context.get("password") or env.value(
        "SELECT password FROM res_users_identitycheck WHERE id = ?", (ids[0],)
    )
    env.run("UPDATE res_users_identitycheck SET password = NULL WHERE id = ?", (ids[0],))
    if not check_user(env, env.uid, password):
        raise user_error(
            "Incorrect Password, try again or click on Forgot Password to reset your password."
        )
    key = secrets.token_hex(20)
    add_key(env, env.uid, key)
    _list_key(env, ids[0])
    return {
        "type": "ir.actions.act_window",
        "res_model": "res.users.apikeys.show",
        "name": "API Key Ready",
        "target": "new",
        "views": [[False, "form"]],
        "context": {"default_key": key},
    }


def _list_key(env: Env, check: int) -> None:
    """What the user may read of the key later: what it is called, and when it ends."""
    wizard = env.value("SELECT request FROM res_users_identitycheck WHERE id = ?", (check,))
    name, duration = env.run(
        "SELECT name, duration FROM res_users_apikeys_description WHERE id = ?", (int(wizard),)
    ).fetchone()
    days = int(duration or 0)
    # Odoo adds the days to today's date: the last one ends as it begins.
    today = datetime.combine(datetime.fromisoformat(env.now).date(), time())
    end = today + timedelta(days=days)
    ends = end.isoformat(" ", "seconds") if days > 0 else False
    row = {"name": name, "user_id": env.uid, "scope": "rpc", "expiration_date": ends}
    create(env.as_superuser(), "res.users.apikeys", [row])
