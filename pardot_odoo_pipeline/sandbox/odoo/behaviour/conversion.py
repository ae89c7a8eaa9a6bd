"""Turning leads into deals through the wizard.

What lives here: `crm.lead2opportunity.partner` and the contact that it makes of a lead. What does
not: the conversion itself (`lead_actions.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_actions import allocate, convert_leads
from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_merge import merge_opportunity
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env
from pardot_odoo_pipeline.sandbox.odoo.orm.read import read
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

__all__ = ["CONVERSION", "apply_conversion", "partner_of_lead"]

Row = dict[str, Any]
_SHARED = ("website", "street", "street2", "city", "zip", "state_id", "country_id")


def _defaults(env: Env) -> Row:
    lead = env.context.get("active_id")
    values: Row = {"name": "convert", "action": "create", "lead_id": lead, "force_assignment": True}
    for row in env.records("crm.lead", [lead] if lead else []).values():
        if row["partner_id"]:
            values["action"] = "exist"
        if row["user_id"]:
            values |= {"user_id": row["user_id"], "team_id": row["team_id"]}
    return values


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    """The contact is looked for where an existing one is wanted and none is named."""
    leads = env.records("crm.lead", {row["lead_id"] for row in rows if row.get("lead_id")})
    for row, asked in zip(rows, given, strict=True):
        lead = leads.get(row.get("lead_id") or 0)
        if "partner_id" not in asked and row.get("action") == "exist" and lead:
            row["partner_id"] = lead["partner_id"] or env.value(
                "SELECT id FROM res_partner WHERE email_normalized = ? AND active = 1 ORDER BY id",
                (lead["email_normalized"],),
            )


def partner_of_lead(env: Env, lead: Row) -> int | None:
    """The contact made of a lead's own words: a person, within a company where one is named."""
    shared = {name: lead[name] for name in _SHARED if lead[name]}
    company = None
    if lead["partner_name"]:
        values = {**shared, "name": lead["partner_name"], "is_company": True}
        if not lead["contact_name"]:
            values |= {"email": lead["email_from"], "phone": lead["phone"]}
        company = create(env, "res.partner", [values])[0]
    if not lead["contact_name"] and company:
        return company
    name = lead["contact_name"] or lead["email_normalized"] or lead["name"]
    values = {
        **shared,
        "name": name,
        "email": lead["email_from"],
        "phone": lead["phone"],
        "function": lead["function"],
        "parent_id": company,
        "comment": lead["description"],
    }
    return create(env, "res.partner", [values])[0]


def apply_conversion(env: Env, model: str, ids: list[int]) -> Row:
    """`action_apply`: convert, or merge into the chosen ones."""
    wizard = read(env, model, ids, plain=True)[0]
    leads = list(env.context.get("active_ids") or [wizard["lead_id"]])
    if wizard["name"] == "merge":
        kept = merge_opportunity(env, "crm.lead", wizard["duplicated_lead_ids"])
        return _opened(kept if isinstance(kept, int) else kept[0])
    records = env.records("crm.lead", leads)
    named = wizard["partner_id"] if wizard["action"] != "nothing" else None
    for number, lead in records.items():
        partner = named or lead["partner_id"]
        if not partner and wizard["action"] == "create":
            partner = partner_of_lead(env, lead)
        if partner and partner != lead["partner_id"]:
            write(env, "crm.lead", [number], {"partner_id": partner})
        convert_leads(env, "crm.lead", {number: partner})
    forced = wizard["force_assignment"]
    given = [number for number in leads if forced or not records[number]["user_id"]]
    allocate(env, "crm.lead", given, [wizard["user_id"]], wizard["team_id"])
    return _opened(leads[0])


def _opened(lead: int) -> Row:
    return {
        "type": "ir.actions.act_window",
        "res_model": "crm.lead",
        "res_id": lead,
        "view_mode": "form",
        "views": [[False, "form"]],
    }


CONVERSION = Behaviour(defaults=_defaults, completing=_completing)
