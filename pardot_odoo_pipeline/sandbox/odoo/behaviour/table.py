"""Which model has which rules.

What lives here: the one table of behaviours. What does not: any rule.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.odoo.behaviour.actions import ACTIONS
from pardot_odoo_pipeline.sandbox.odoo.behaviour.automation import AUTOMATION
from pardot_odoo_pipeline.sandbox.odoo.behaviour.conversion import CONVERSION
from pardot_odoo_pipeline.sandbox.odoo.behaviour.custom_fields import FIELDS, SELECTIONS
from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_merge import MERGE
from pardot_odoo_pipeline.sandbox.odoo.behaviour.leads import LEADS
from pardot_odoo_pipeline.sandbox.odoo.behaviour.messages import (
    ACTIVITIES,
    ACTIVITY_TYPES,
    MESSAGES,
)
from pardot_odoo_pipeline.sandbox.odoo.behaviour.partner_merge import PARTNER_MERGE
from pardot_odoo_pipeline.sandbox.odoo.behaviour.partners import PARTNERS
from pardot_odoo_pipeline.sandbox.odoo.behaviour.small_models import SMALL
from pardot_odoo_pipeline.sandbox.odoo.behaviour.views import VIEWS
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour
from pardot_odoo_pipeline.sandbox.odoo.users import USERS

__all__ = ["BEHAVIOURS"]

BEHAVIOURS: dict[str, Behaviour] = {
    **SMALL,
    "base.automation": AUTOMATION,
    "base.partner.merge.automatic.wizard": PARTNER_MERGE,
    "crm.lead": LEADS,
    "crm.lead2opportunity.partner": CONVERSION,
    "crm.merge.opportunity": MERGE,
    "ir.actions.server": ACTIONS,
    "ir.model.fields": FIELDS,
    "ir.model.fields.selection": SELECTIONS,
    "ir.ui.view": VIEWS,
    "mail.activity": ACTIVITIES,
    "mail.activity.type": ACTIVITY_TYPES,
    "mail.message": MESSAGES,
    "res.partner": PARTNERS,
    "res.users": USERS,
}
