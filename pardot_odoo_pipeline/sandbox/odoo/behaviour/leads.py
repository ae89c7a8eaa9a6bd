"""Leads: their place in the record operations.

What lives here: the slots of `crm.lead`. What does not: the rules behind them (`lead_fields.py`,
`lead_partner.py`, `lead_actions.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import groups_of
from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_fields import derive
from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_partner import (
    fill_from_partner,
    partner_pushes,
)
from pardot_odoo_pipeline.sandbox.odoo.behaviour.tracking import log_creation, log_lead_changes
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write_rows

__all__ = ["LEADS"]

Row = dict[str, Any]


def _defaults(env: Env) -> Row:
    return {
        "type": "lead" if "crm.group_use_lead" in groups_of(env) else "opportunity",
        "user_id": env.uid,
        "priority": "0",
        "expected_revenue": 0.0,
        "color": 0,
    }


def _first_stage(env: Env) -> int | None:
    if "first_stage" not in env.cache:
        env.cache["first_stage"] = env.value("SELECT id FROM crm_stage ORDER BY sequence, name, id")
    found: int | None = env.cache["first_stage"]
    return found


def _user_team(env: Env) -> tuple[int | None, int | None]:
    if "team" not in env.cache:
        env.cache["team"] = tuple(
            env.rows(
                "SELECT id, company_id FROM crm_team WHERE active = 1 ORDER BY sequence, id LIMIT 1"
            )[:1]
        )
    teams = env.cache["team"]
    return (teams[0][0], teams[0][1] or 1) if teams else (None, None)


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    partners = env.records("res.partner", {r["partner_id"] for r in rows if r.get("partner_id")})
    for row, asked in zip(rows, given, strict=True):
        partner = partners.get(row.get("partner_id") or 0)
        if partner is not None:
            fill_from_partner(env, {}, row, partner, asked)
        if "stage_id" not in row:
            row["stage_id"] = _first_stage(env)
        if row.get("user_id"):
            team, company = _user_team(env)
            row.setdefault("team_id", team)
            row.setdefault("company_id", company)
        for name in ("email_from", "phone"):
            row.setdefault(name, None)
        derive(env, None, row, partner["country_id"] if partner else None)


def _created(env: Env, rows: list[Row], given: list[Row]) -> None:
    linked = [row for row in rows if row.get("partner_id")]
    if linked:
        _push(env, {row["id"]: row for row in linked}, {row["id"]: row for row in linked})
    log_creation(env, "crm.lead", [row["id"] for row in rows])


def _changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    wanted = {row["partner_id"] for row in changes.values() if row.get("partner_id")}
    partners = env.records("res.partner", wanted) if wanted else {}
    for number, row in changes.items():
        old = current[number]
        if "partner_id" in row and row["partner_id"] != old["partner_id"]:
            partner = partners.get(row["partner_id"] or 0)
            fill_from_partner(env, old, row, partner, frozenset(row) - {"partner_id"})
        if row.get("user_id") and "team_id" not in row and not old["team_id"]:
            row["team_id"] = _user_team(env)[0]
        derive(env, old, row)


def _changed(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    linked: dict[int, Row] = {}
    for number, row in changes.items():
        partner = row["partner_id"] if "partner_id" in row else current[number]["partner_id"]
        if partner and ("email_from" in row or "phone" in row):
            linked[number] = {**current[number], **row}
    if linked:
        _push(env, linked, changes)
    log_lead_changes(env, current, changes)


def _push(env: Env, leads: dict[int, Row], changes: dict[int, Row]) -> None:
    partners = env.records("res.partner", {lead["partner_id"] for lead in leads.values()})
    pushes: dict[int, Row] = {}
    for number, lead in leads.items():
        partner = partners[lead["partner_id"]]
        new = partner_pushes(lead, partner, changes[number])
        if new:
            partner.update(new)
            pushes.setdefault(lead["partner_id"], {}).update(new)
    write_rows(env, "res.partner", pushes)


def _blacklisted(env: Env, ids: list[int]) -> dict[int, Any]:
    return dict.fromkeys(
        (
            row[0]
            for row in env.rows(
                "SELECT l.id FROM crm_lead l JOIN mail_blacklist b ON b.email = l.email_normalized "
                "AND b.active = 1 WHERE l.id IN (SELECT value FROM json_each(?))",
                (as_json(ids),),
            )
        ),
        True,
    )


def _company_of(env: Env, ids: list[int]) -> dict[int, Any]:
    from pardot_odoo_pipeline.sandbox.odoo.orm.read import display_names

    pairs = env.rows(
        "SELECT l.id, p.commercial_partner_id FROM crm_lead l JOIN res_partner p ON "
        "p.id = l.partner_id AND p.commercial_partner_id != p.id "
        "WHERE l.id IN (SELECT value FROM json_each(?))",
        (as_json(ids),),
    )
    names = display_names(env, "res.partner", [p for _, p in pairs])
    return {lead: [partner, names[partner]] for lead, partner in pairs}


def _automated(env: Env, ids: list[int]) -> dict[int, Any]:
    return {
        number: round(p or 0.0, 2) == round(a or 0.0, 2)
        for number, p, a in env.rows(
            "SELECT id, probability, automated_probability FROM crm_lead "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    }


def _search_blacklisted(env: Env, operator: str, value: Any) -> list[Any]:
    mails = [row[0] for row in env.rows("SELECT email FROM mail_blacklist WHERE active = 1")]
    positive = bool(value) == (operator in ("=", "in"))
    return [("email_normalized", "in" if positive else "not in", mails)]


LEADS = Behaviour(
    defaults=_defaults,
    completing=_completing,
    created=_created,
    changing=_changing,
    changed=_changed,
    computed={
        "is_blacklisted": _blacklisted,
        "commercial_partner_id": _company_of,
        "is_automated_probability": _automated,
    },
    searched={"is_blacklisted": _search_blacklisted},
)
