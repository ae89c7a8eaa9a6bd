"""Filling a new database.

What lives here: what Odoo itself brings along, and the users. What does not: the reference data as
such (`reference/`), people (`seed_population.py`).
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import GROUPS
from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create, insert
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.reference.defaults import (
    INDUSTRIES,
    MODULES,
    PARAMETERS,
    ROWS,
    VIEWS,
)
from pardot_odoo_pipeline.sandbox.odoo.reference.geography import countries, states
from pardot_odoo_pipeline.sandbox.odoo.users import add_key, set_password

__all__ = ["seed_database"]

Row = dict[str, Any]
_XML_ALIASES = {"gb": "uk"}
_USERS = (
    ("user_root", "__system__", "OdooBot", "odoobot@example.com", 0),
    ("user_admin", "admin", "Administrator", None, 1),
    ("public_user", "public", "Public user", None, 0),
    ("template_portal_user_id", "portaltemplate", "Portal User Template", None, 0),
)


def seed_database(database: Database) -> dict[str, str]:
    """Fill an empty database with what Odoo brings along.

    Returns:
        The credentials of the administrator.
    """
    credentials = {
        "database": "sandbox",
        "username": "admin",
        "api_key": secrets.token_hex(20),
        "password": secrets.token_urlsafe(12),
    }
    with database.transaction(1, {"tracking_disable": True}, sudo=True) as env:
        _geography(env)
        _reference(env)
        _people(env)
        _schema(env)
        _views(env)
        set_password(env, 2, credentials["password"])
        add_key(env, 2, credentials["api_key"])
        for key, value in credentials.items():
            env.run("INSERT INTO sandbox_stamp VALUES (?, ?)", (f"credentials.{key}", value))
    return credentials


def name_record(env: Env, full_name: str, model: str, number: int) -> None:
    """Give a record an external id."""
    name_records(env, model, [(full_name, number)])


def name_records(env: Env, model: str, pairs: Iterable[tuple[str, int]]) -> None:
    """Give records external ids, by the batch."""
    rows = []
    for full_name, number in pairs:
        module, _, name = full_name.partition(".")
        rows.append(
            {"module": module, "name": name, "model": model, "res_id": number, "noupdate": 0}
        )
    insert(env, env.model("ir.model.data"), rows)


def _fill(env: Env, model: str, items: list[tuple[str, Row]]) -> list[int]:
    m = env.model(model)
    rows = []
    for _, values in items:
        row = {k: v for k, v in values.items() if k in m.columns}
        if "active" in m.columns:
            row.setdefault("active", 1)
        rows.append(row)
    ids = insert(env, m, rows)
    named = [(name, number) for (name, _), number in zip(items, ids, strict=True) if name]
    name_records(env, model, named)
    return ids


def _geography(env: Env) -> None:
    _fill(env, "res.currency", [("base.USD", {"name": "USD", "symbol": "$", "rounding": 0.01})])
    rows = [
        (
            f"base.{_XML_ALIASES.get(code.lower(), code.lower())}",
            {"name": name, "code": code, "phone_code": calling},
        )
        for code, name, calling in countries()
    ]
    ids = _fill(env, "res.country", rows)
    by_code = {values["code"]: number for (_, values), number in zip(rows, ids, strict=True)}
    _fill(
        env,
        "res.country.state",
        [
            (
                f"base.state_{country.lower()}_{code}".replace("-", "_"),
                {"name": name, "code": code, "country_id": by_code[country]},
            )
            for country, code, name in states()
        ],
    )


def _reference(env: Env) -> None:
    for model, items in ROWS.items():
        extra: Row = {}
        if model == "mail.activity.type":
            extra = {
                "category": "default",
                "delay_unit": "days",
                "chaining_type": "suggest",
                "delay_count": 0,
            }
        _fill(env, model, [(name, {**extra, **values}) for name, values in items])
    letters = "ABCDEFGHIJKLMNOPQRSTU"
    _fill(
        env,
        "res.partner.industry",
        [
            (f"base.res_partner_industry_{letter}", {"name": name})
            for letter, name in zip(letters, INDUSTRIES, strict=True)
        ],
    )
    _fill(env, "res.lang", [("base.lang_en", _english())])
    version = f"{env.version}.0.1.0"
    _fill(
        env,
        "ir.module.module",
        [
            (f"base.module_{name}", {"name": name, "state": "installed", "latest_version": version})
            for name in MODULES
            if env.version >= 19 or name != "rpc"
        ],
    )
    for key, value in {**PARAMETERS, "database.uuid": str(uuid.uuid4())}.items():
        _fill(env, "ir.config_parameter", [("", {"key": key, "value": value})])


def _english() -> Row:
    return {
        "name": "English (US)",
        "code": "en_US",
        "iso_code": "en",
        "url_code": "en",
        "direction": "ltr",
        "date_format": "%m/%d/%Y",
        "time_format": "%H:%M:%S",
        "week_start": "7",
        "grouping": "[3,0]",
        "decimal_point": ".",
        "thousands_sep": ",",
    }


def _people(env: Env) -> None:
    create(env, "res.partner", [{"name": "My Company", "is_company": True}])
    name_record(env, "base.main_partner", "res.partner", 1)
    _fill(
        env,
        "res.company",
        [("base.main_company", {"name": "My Company", "partner_id": 1, "currency_id": 1})],
    )
    group_rows = [
        (key, {"name": name, "api_key_duration": 90.0 if key == "base.group_user" else 0.0})
        for key, (name, _) in GROUPS.items()
    ]
    groups = dict(zip(GROUPS, _fill(env, "res.groups", group_rows), strict=True))
    for key, (_, implied) in GROUPS.items():
        for other in implied:
            env.run(
                "INSERT INTO rel_res_groups_implied_ids VALUES (?, ?)", (groups[key], groups[other])
            )
    link = f"rel_res_users_{'group_ids' if env.version >= 19 else 'groups_id'}"
    for key, login, name, email, active in _USERS:
        partner = create(env, "res.partner", [{"name": name, "email": email, "active": active}])[0]
        row = {
            "login": login,
            "partner_id": partner,
            "company_id": 1,
            "active": active,
            "notification_type": "email",
        }
        number = _fill(env, "res.users", [(f"base.{key}", row)])[0]
        if login in ("admin", "__system__"):
            for group in ("base.group_system", "sales_team.group_sale_manager"):
                env.run(f"INSERT INTO {link} VALUES (?, ?)", (number, groups[group]))
    env.run("UPDATE res_partner SET partner_share = 0 WHERE id IN (1, 2, 3)")
    for name, number in (("base.partner_root", 2), ("base.partner_admin", 3)):
        name_record(env, name, "res.partner", number)


def _schema(env: Env) -> None:
    """Describe every model and field in `ir.model` and `ir.model.fields`."""
    models = [m for m in env.registry if m.name]
    rows: list[tuple[str, Row]] = [
        (
            f"base.model_{m.table}",
            {
                "name": m.label,
                "model": m.name,
                "order": m.order,
                "state": "base",
                "transient": int(m.transient),
                "is_mail_thread": int("message_ids" in m.fields),
            },
        )
        for m in models
    ]
    ids = _fill(env, "ir.model", rows)
    fields: list[tuple[str, Row]] = []
    for m, number in zip(models, ids, strict=True):
        for f in m.fields.values():
            values = {
                "name": f.name,
                "model": m.name,
                "model_id": number,
                "field_description": f.label,
                "ttype": f.type,
                "relation": f.relation or None,
                "relation_field": f.inverse if f.type == "one2many" else None,
                "required": int(f.required),
                "readonly": int(f.readonly),
                "store": int(f.store),
                "related": f.related or None,
                "size": f.size,
                "state": "base",
                "copied": 1,
                "index": 0,
            }
            fields.append((f"base.field_{m.table}__{f.name}", values))
    _fill(env, "ir.model.fields", fields)


def _views(env: Env) -> None:
    _fill(
        env,
        "ir.ui.view",
        [
            (
                full_name,
                {
                    "name": name,
                    "model": model,
                    "type": kind,
                    "priority": priority,
                    "arch_db": arch,
                    "mode": "primary",
                },
            )
            for full_name, (name, model, kind, priority, arch) in VIEWS.items()
        ],
    )
