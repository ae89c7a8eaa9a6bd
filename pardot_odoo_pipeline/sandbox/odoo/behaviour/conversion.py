"""Turning leads into deals through the wizard.

What lives here: `crm.lead2opportunity.partner` and the contact that it makes of a lead. What does
not: `convert_opportunity` itself (`lead_actions.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_actions import convert_opportunity
from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_merge import merge_opportunity
from pardot_odoo_pipeline.sandbox.odoo.errors import user_error
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env
from pardot_odoo_pipeline.sandbox.odoo.orm.read import read
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

__all__ = ["CONVERSION", "apply_conversion", "partner_of_lead"]

Row = dict[str, Any]
_SHARED = ("website", "street", "street2", "city", "zip", "state_id", "country_id")


def _defaults(env: Env) -> Row:
    lead = env.context.get("active_id")
    linked = lead and env.value("SELECT partner_id FROM crm_lead WHERE id = ?", (lead,))
    return {"name": "convert", "action": "exist" if linked else "create", "lead_id": lead}


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
    for number, lead in env.records("crm.lead", leads).items():
        partner: Any = False
        if wizard["action"] == "exist":
            partner = wizard["partner_id"]
            if not partner:
                raise user_error("Choose a customer to link.")
        elif wizard["action"] == "create" and not lead["partner_id"]:
            partner = partner_of_lead(env, lead)
        if partner:
            write(env, "crm.lead", [number], {"partner_id": partner})
        owners = [wizard["user_id"]] if wizard["user_id"] else False
        convert_opportunity(env, "crm.lead", [number], False, owners, wizard["team_id"])
    return _opened(leads[0])


def _opened(lead: int) -> Row:
    return {
        "type": "ir.actions.act_window",
        "res_model": "crm.lead",
        "res_id": lead,
        "view_mode": "form",
        "views": [[False, "form"]],
    }


CONVERSION = Behaviour(defaults=_defaults)
