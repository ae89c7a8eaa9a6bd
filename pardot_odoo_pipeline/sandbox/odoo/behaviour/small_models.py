"""Models with a rule or two: sources, campaigns, stages, categories, external ids and the like.

What lives here: their slots. What does not: models that have a module of their own.
"""

from __future__ import annotations

import re
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import user_error, validation_error
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.text import normalize_email

__all__ = ["SMALL", "create_blacklisted"]

Row = dict[str, Any]
_NUMBERED = re.compile(r" \[\d+\]$")


def _unique_names(env: Env, model: str, rows: list[Row]) -> None:
    """Number names that are taken: "News", "News [2]"."""
    table = env.model(model).table
    taken = {row[0] for row in env.rows(f'SELECT name FROM "{table}"')}
    for row in rows:
        base = _NUMBERED.sub("", row.get("name") or "")
        name, number = row.get("name"), 1
        while name in taken:
            number += 1
            name = f"{base} [{number}]"
        row["name"] = name
        taken.add(name)


def _numbered(model: str) -> Behaviour:
    return Behaviour(completing=lambda env, rows, given: _unique_names(env, model, rows))


def _campaign_completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    for row in rows:
        row["title"] = row.get("title") or row.get("name")
        row["name"] = row.get("name") or row.get("title")
        row["stage_id"] = row.get("stage_id") or env.value("SELECT id FROM utm_stage ORDER BY id")
    _unique_names(env, "utm.campaign", rows)


def _campaign_changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for number, row in changes.items():
        if "title" in row and "name" not in row and row["title"] != current[number]["title"]:
            new = {"name": row["title"]}
            _unique_names(env, "utm.campaign", [new])
            row["name"] = new["name"]


def _by_column(table: str, sql: str) -> Any:
    def names(env: Env, ids: list[int]) -> dict[int, str]:
        return dict(
            env.rows(
                f"SELECT t.id, {sql} FROM {table} t WHERE t.id IN (SELECT value FROM json_each(?))",
                (as_json(ids),),
            )
        )

    return names


def _category_names(env: Env, ids: list[int]) -> dict[int, str]:
    all_rows = {
        number: (name, parent)
        for number, name, parent in env.rows("SELECT id, name, parent_id FROM res_partner_category")
    }
    told = {}
    for number in ids:
        names: list[str] = []
        at: int | None = number
        while at in all_rows:
            name, at = all_rows[at]
            names.insert(0, name)
        told[number] = " / ".join(names)
    return told


def _category_changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for number, row in changes.items():
        at = row.get("parent_id")
        while at:
            if at == number:
                raise user_error("Recursion Detected.")
            at = env.value("SELECT parent_id FROM res_partner_category WHERE id = ?", (at,))


def _data_checked(env: Env, rows: list[Row], given: list[Row]) -> None:
    for row in rows:
        if " " in (row.get("name") or ""):
            raise validation_error("External IDs cannot contain spaces")
        row["module"] = row.get("module") or ""


def _data_complete(env: Env, ids: list[int]) -> dict[int, Any]:
    return dict(
        env.rows(
            "SELECT id, module || '.' || name FROM ir_model_data "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    )


def _blacklist_completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    for row in rows:
        normal = normalize_email(row.get("email"))
        if normal is None:
            raise user_error(f'Invalid email address "{row.get("email")}"')
        row["email"] = normal


def create_blacklisted(env: Env, model: str, vals_list: Any) -> Any:
    """`mail.blacklist.create`: an address that is there already is answered with its entry."""
    values = [vals_list] if isinstance(vals_list, dict) else vals_list
    ids = []
    for one in values:
        normal = normalize_email(one.get("email"))
        found = env.value("SELECT id FROM mail_blacklist WHERE email = ?", (normal,))
        ids.append(found or create(env, model, [one])[0])
    return ids[0] if isinstance(vals_list, dict) else ids


def _stage_changed(env: Env, *_: Any) -> None:
    env.cache.pop("won", None)
    env.cache.pop("first_stage", None)


SMALL: dict[str, Behaviour] = {
    "utm.source": _numbered("utm.source"),
    "utm.medium": _numbered("utm.medium"),
    "utm.campaign": Behaviour(
        defaults=lambda env: {"user_id": env.uid},
        completing=_campaign_completing,
        changing=_campaign_changing,
        names=_by_column("utm_campaign", "t.title"),
        searched={"display_name": lambda env, operator, value: [("title", operator, value)]},
    ),
    "crm.stage": Behaviour(
        defaults=lambda env: {"sequence": 1}, created=_stage_changed, changed=_stage_changed
    ),
    "crm.team": Behaviour(
        defaults=lambda env: {"use_opportunities": True, "company_id": 1, "sequence": 10}
    ),
    "crm.tag": Behaviour(defaults=lambda env: {"color": 1}),
    "res.partner.category": Behaviour(changing=_category_changing, names=_category_names),
    "res.country.state": Behaviour(
        names=_by_column(
            "res_country_state",
            "t.name || ' (' || (SELECT c.code FROM res_country c WHERE c.id = t.country_id) || ')'",
        ),
    ),
    "ir.model.data": Behaviour(
        completing=_data_checked,
        computed={"complete_name": _data_complete},
        names=_by_column("ir_model_data", "t.module || '.' || t.name"),
    ),
    "ir.config_parameter": Behaviour(names=_by_column("ir_config_parameter", "t.key")),
    "mail.blacklist": Behaviour(
        completing=_blacklist_completing, names=_by_column("mail_blacklist", "t.email")
    ),
}
