"""Which model has which methods of its own.

What lives here: the one table of them; `*` stands for any model. What does not: any method.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.odoo import methods, users
from pardot_odoo_pipeline.sandbox.odoo.behaviour import (
    actions,
    api_keys,
    conversion,
    custom_fields,
    lead_actions,
    lead_merge,
    lookups,
    messages,
    partner_merge,
    partners,
    small_models,
)
from pardot_odoo_pipeline.sandbox.odoo.methods import Method

__all__ = ["OWN"]

OWN: dict[tuple[str, str], Method] = {
    ("*", "toggle_active"): methods.toggle_active,
    ("base.partner.merge.automatic.wizard", "action_merge"): partner_merge.action_merge,
    ("crm.lead", "toggle_active"): lead_actions.toggle_active,
    ("crm.lead", "action_unarchive"): lead_actions.action_unarchive,
    ("crm.lead", "action_set_won"): lead_actions.action_set_won,
    ("crm.lead", "action_set_lost"): lead_actions.action_set_lost,
    ("crm.lead", "convert_opportunity"): lead_actions.convert_opportunity,
    ("crm.lead", "merge_opportunity"): lead_merge.merge_opportunity,
    ("crm.lead2opportunity.partner", "action_apply"): conversion.apply_conversion,
    ("crm.merge.opportunity", "action_merge"): lead_merge.merge_wizard,
    ("ir.actions.server", "run"): actions.run_actions,
    ("ir.actions.actions", "get_bindings"): actions.get_bindings,
    ("ir.config_parameter", "get_param"): lookups.get_param,
    ("ir.config_parameter", "set_param"): lookups.set_param,
    ("ir.default", "set"): custom_fields.set_default,
    ("ir.model.data", "check_object_reference"): lookups.check_object_reference,
    ("mail.activity", "action_done"): messages.action_done,
    ("mail.activity", "action_feedback"): messages.action_feedback,
    ("mail.blacklist", "create"): small_models.create_blacklisted,
    ("res.partner", "name_create"): partners.name_create,
    ("res.users", "context_get"): users.context_get,
    ("res.users", "has_group"): lookups.has_group,
    ("res.users", "write"): users.write_user,
    ("res.users.apikeys.description", "make_key"): api_keys.make_key,
    ("res.users.identitycheck", "run_check"): api_keys.run_check,
    **{
        (model, name): method
        for model in ("crm.lead", "res.partner")
        for name, method in (
            ("activity_schedule", messages.activity_schedule),
            ("message_post", messages.message_post),
        )
    },
}
