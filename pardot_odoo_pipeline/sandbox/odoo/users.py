"""Users: who logs in, with what, and their records.

What lives here: passwords and API keys (kept as hashes), `res.users` with its contact,
`context_get`. What does not: rights (`access.py`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import user_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json

__all__ = ["USERS", "add_key", "check_key", "check_login", "check_user", "prepare", "set_password"]

Row = dict[str, Any]
_ON_PARTNER = ("name", "email", "phone", "lang", "tz")


def prepare(connection: sqlite3.Connection) -> None:
    """Make the table of secrets."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS sandbox_secret"
        " (user_id INTEGER, kind TEXT, digest TEXT, PRIMARY KEY (user_id, kind, digest))"
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def set_password(env: Env, uid: int, password: str) -> None:
    """Give a user a password, in the place of the former one."""
    env.run("DELETE FROM sandbox_secret WHERE user_id = ? AND kind = 'password'", (uid,))
    env.run("INSERT INTO sandbox_secret VALUES (?, 'password', ?)", (uid, _digest(password)))


def add_key(env: Env, uid: int, key: str) -> None:
    """Give a user one more API key."""
    env.run("INSERT INTO sandbox_secret VALUES (?, 'key', ?)", (uid, _digest(key)))


def check_user(env: Env, uid: Any, secret: Any) -> bool:
    """Whether the secret, password or key, is that active user's."""
    return bool(
        isinstance(secret, str)
        and env.value(
            "SELECT 1 FROM sandbox_secret s JOIN res_users u ON u.id = s.user_id AND u.active = 1 "
            "WHERE s.user_id = ? AND s.digest = ?",
            (uid, _digest(secret)),
        )
    )


def check_login(env: Env, login: Any, secret: Any) -> int | None:
    """The user with that login and password or key."""
    uid: int | None = env.value("SELECT id FROM res_users WHERE login = ? AND active = 1", (login,))
    return uid if uid and check_user(env, uid, secret) else None


def check_key(env: Env, key: str) -> int | None:
    """The user to whom an API key belongs."""
    found: int | None = env.value(
        "SELECT s.user_id FROM sandbox_secret s JOIN res_users u ON u.id = s.user_id "
        "AND u.active = 1 WHERE s.kind = 'key' AND s.digest = ?",
        (_digest(key),),
    )
    return found


def _defaults(env: Env) -> Row:
    return {"company_id": 1, "notification_type": "email"}


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    from pardot_odoo_pipeline.sandbox.odoo.orm.create import create

    for row, asked in zip(rows, given, strict=True):
        if not row.get("partner_id"):
            values = {name: asked[name] for name in _ON_PARTNER if name in asked}
            values.setdefault("name", asked.get("login"))
            row["partner_id"] = create(env, "res.partner", [values])[0]


def _created(env: Env, rows: list[Row], given: list[Row]) -> None:
    field = "group_ids" if env.version >= 19 else "groups_id"
    basic = env.value(
        "SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'group_user'"
    )
    for row, asked in zip(rows, given, strict=True):
        if asked.get("password"):
            set_password(env, row["id"], asked["password"])
        if field not in asked and basic:
            env.run(
                f"INSERT OR IGNORE INTO rel_res_users_{field} VALUES (?, ?)", (row["id"], basic)
            )
    env.run(
        "UPDATE res_partner SET partner_share = 0 WHERE id IN (SELECT value FROM json_each(?))",
        (as_json(row["partner_id"] for row in rows),),
    )


def write_user(env: Env, model: str, ids: list[int], vals: Row) -> bool:
    """Write users: what lives on the contact goes there."""
    from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

    shared = {name: vals[name] for name in _ON_PARTNER if name in vals}
    if shared:
        partners = [
            row[0]
            for row in env.rows(
                "SELECT partner_id FROM res_users WHERE id IN (SELECT value FROM json_each(?))",
                (as_json(ids),),
            )
        ]
        write(env, "res.partner", partners, shared)
    for uid in ids if vals.get("password") else ():
        set_password(env, uid, vals["password"])
    own = {n: v for n, v in vals.items() if n not in _ON_PARTNER and n != "password"}
    return write(env, "res.users", ids, own)


def context_get(env: Env, model: str) -> Row:
    """The caller's own context."""
    tz = env.value(
        "SELECT p.tz FROM res_users u JOIN res_partner p ON p.id = u.partner_id WHERE u.id = ?",
        (env.uid,),
    )
    return {"lang": "en_US", "tz": tz or False, "uid": env.uid}


def _names(env: Env, ids: list[int]) -> dict[int, str]:
    return dict(
        env.rows(
            "SELECT u.id, p.name FROM res_users u JOIN res_partner p ON p.id = u.partner_id "
            "WHERE u.id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    )


def _deleting(env: Env, ids: list[int]) -> None:
    if {1, 2} & set(ids):
        raise user_error(
            "You cannot delete the admin user because it is utilized in various places (such as "
            "security configurations,...). Instead, archive it."
        )
    env.run(
        "DELETE FROM sandbox_secret WHERE user_id IN (SELECT value FROM json_each(?))",
        (as_json(ids),),
    )


USERS = Behaviour(
    defaults=_defaults,
    completing=_completing,
    created=_created,
    deleting=_deleting,
    names=_names,
    searched={"display_name": lambda env, operator, value: [("partner_id.name", operator, value)]},
)
