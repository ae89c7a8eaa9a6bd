"""The form in which what was decided of a leader travels: one row of the plan.

What lives here: putting the parts together, and the disposition that they mean. What does not: the
decisions (`steps.deciding`), and the columns (`steps.plan_rows`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.people import PersonDecision, PersonView, flatten_pairs
from pardot_odoo_pipeline.steps.automation import LeadPlan
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.consent import ConsentPlan
from pardot_odoo_pipeline.steps.lifecycle import DealPlan
from pardot_odoo_pipeline.steps.plan_rows import (
    as_json,
    guard_of,
    losers_of,
    plan_row,
    rules_of,
)

__all__ = ["decided_row"]


def decided_row(
    batch: RunningBatch,
    prospect_id: str,
    view: PersonView,
    decision: PersonDecision,
    plan: LeadPlan,
    deal: DealPlan,
    consent: ConsentPlan,
) -> dict[str, Any]:
    """The row of a leader.

    Args:
        batch: The batch.
        prospect_id: The leader.
        view: What the merge was told.
        decision: What it decided.
        plan: What becomes of the lead by rule.
        deal: What Pardot is told of the deal.
        consent: What consent asks of both sides.
    """
    lead, partner = decision.lead, decision.partner
    lead_values = dict(lead.values)
    if lead.creates:
        lead_values = batch.ports.mapping.new_lead_values() | lead_values
    to_odoo = decision.writes_odoo
    to_pardot = decision.pardot.values | consent.pardot | deal.values
    lists = {"add": deal.add_to_lists, "remove": deal.remove_from_lists}
    pairs = flatten_pairs(decision.pairs) | plan.pairs | deal.pairs
    after = flatten_pairs(decision.pardot.pairs) | deal.pairs_after_pardot
    losers = [loser for _, loser in decision.losers] + [*consent.losers, *deal.losers]
    rules = rules_of(batch, decision)
    if lead.creates:
        disposition = Disposition.CREATED
    elif to_odoo or to_pardot or any(lists.values()) or consent.block is not None:
        disposition = Disposition.UPDATED
    else:
        disposition = Disposition.UNCHANGED
    return plan_row(
        prospect_id,
        disposition,
        leader=prospect_id,
        lead_id=lead.record_id,
        partner_id=partner.record_id,
        lead_values=as_json(lead_values) if to_odoo and lead.exists else None,
        lead_expected=guard_of(lead) if to_odoo else None,
        partner_values=as_json(partner.values) if to_odoo and partner.exists else None,
        partner_expected=guard_of(partner) if to_odoo else None,
        pardot_values=as_json(to_pardot) if to_pardot else None,
        pardot_pairs=as_json(after) if after else None,
        lists=as_json(lists) if any(lists.values()) else None,
        converts=True if plan.converts else None,
        block=consent.block,
        consent=as_json([consent.memory, consent.settled, consent.cause]),
        pairs=as_json(pairs),
        rules=as_json(rules) if rules else None,
        conflicts=as_json(losers_of(losers, view)) if losers else None,
    )
