"""Turning leads into opportunities, as Odoo itself does.

What lives here: that call, for many leads. What does not: who is to be converted
(``merge/automation.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.person_writes import LEAD

__all__ = ["convert"]

_AT_A_TIME = 200
_WIZARD = "crm.lead2opportunity.partner"


def convert(client: OdooClient, lead_ids: Sequence[int]) -> None:
    """Make opportunities of leads, as the button in Odoo does; others are left as they are.

    Through the wizard, because ``convert_opportunity`` takes the contact off where it is called
    over RPC, which cannot name one. The wizard gives each lead the contact that it has, and touches
    salesperson and team only where told to force an assignment.

    Args:
        client: Calls Odoo.
        lead_ids: Which; those that are deals, or archived, are passed over.

    Raises:
        OdooError: Odoo refuses or does not answer; calling again is harmless.
    """
    domain = [("id", "in", sorted(set(lead_ids))), ("type", "=", "lead"), ("active", "=", True)]
    ids = client.search(LEAD, domain, order="id") if lead_ids else []
    for start in range(0, len(ids), _AT_A_TIME):
        some = ids[start : start + _AT_A_TIME]
        context = {"active_model": LEAD, "active_id": some[0], "active_ids": some}
        wizard = client.create(
            _WIZARD,
            [
                {
                    "lead_id": some[0],
                    "name": "convert",
                    "action": "exist",
                    "partner_id": False,
                    "user_id": False,
                    "team_id": False,
                    "force_assignment": False,
                }
            ],
            context=context,
        )
        client.call(_WIZARD, "action_apply", ids=wizard, context=context)
