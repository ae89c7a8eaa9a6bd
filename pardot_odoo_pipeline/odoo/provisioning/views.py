"""What a salesperson sees of Pardot in Odoo's own screens.

What lives here: extensions of CRM's form, lists, searches and cards. Their anchors exist in 18
and 19 alike, and they use nothing that either has dropped (`tree`, `attrs`, `kanban-box`). What
does not: putting them into Odoo (`provision`).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HOT_SCORE", "VIEWS", "ViewSpec"]

HOT_SCORE = 100
"""From this score on a lead is hot: what most Pardot accounts take for ready to be called."""


@dataclass(frozen=True)
class ViewSpec:
    """One extension of a view of CRM's."""

    external_name: str
    name: str
    parent: str
    arch: str


# Hidden while the lead is not synchronised, so that such leads look as they did before.
_FORM = """<data>
  <xpath expr="//notebook" position="before">
    <group string="Pardot" name="pardot" invisible="not x_pardot_prospect_id">
      <group>
        <field name="x_pardot_score" string="Score" readonly="1"/>
        <field name="x_pardot_grade" string="Grade" readonly="1"/>
      </group>
      <group>
        <field name="x_pardot_last_activity_at" string="Last Activity" readonly="1"/>
        <field name="x_pardot_prospect_id" string="Prospect ID" readonly="1"/>
      </group>
    </group>
  </xpath>
</data>"""

_LIST = """<data>
  <xpath expr="//field[@name='email_from']" position="after">
    <field name="x_pardot_score" string="Score" optional="show" readonly="1"/>
    <field name="x_pardot_grade" string="Grade" optional="show" readonly="1"/>
    <field name="x_pardot_grade_rank" string="Grade Rank" optional="hide" readonly="1"/>
    <field name="x_pardot_last_activity_at" string="Last Activity" optional="show" readonly="1"/>
  </xpath>
</data>"""

_SEARCH = f"""<data>
  <xpath expr="//filter[@name='salesperson']" position="before">
    <filter string="Pardot Grade" name="pardot_grade" context="{{'group_by': 'x_pardot_grade'}}"/>
  </xpath>
  <xpath expr="//search" position="inside">
    <field name="x_pardot_prospect_id" string="Pardot Prospect ID" operator="="/>
    <separator/>
    <filter string="Hot" name="pardot_hot" domain="[('x_pardot_score', '&gt;=', {HOT_SCORE})]"
            help="Pardot score of {HOT_SCORE} or more"/>
    <filter string="From Pardot" name="pardot_synced"
            domain="[('x_pardot_prospect_id', '!=', False)]"/>
  </xpath>
</data>"""

_CARD = """<data>
  <xpath expr="//t[@t-name='card']//field[@name='tag_ids']" position="before">
    <div name="pardot" class="text-muted small" invisible="not x_pardot_prospect_id">
      <field name="x_pardot_prospect_id" invisible="1"/>
      <span>Score <field name="x_pardot_score"/></span>
      <span invisible="not x_pardot_grade" class="ms-2">Grade <field name="x_pardot_grade"/></span>
      <div invisible="not x_pardot_last_activity_at">Active <field
          name="x_pardot_last_activity_at"/></div>
    </div>
  </xpath>
</data>"""

VIEWS: tuple[ViewSpec, ...] = (
    ViewSpec("view_lead_form", "pardot.lead.form", "crm.crm_lead_view_form", _FORM),
    ViewSpec("view_lead_list", "pardot.lead.list", "crm.crm_case_tree_view_leads", _LIST),
    ViewSpec(
        "view_opportunity_list",
        "pardot.opportunity.list",
        "crm.crm_case_tree_view_oppor",
        _LIST,
    ),
    ViewSpec("view_lead_search", "pardot.lead.search", "crm.view_crm_case_leads_filter", _SEARCH),
    ViewSpec(
        "view_opportunity_search",
        "pardot.opportunity.search",
        "crm.view_crm_case_opportunities_filter",
        _SEARCH,
    ),
    ViewSpec("view_lead_kanban", "pardot.lead.kanban", "crm.view_crm_lead_kanban", _CARD),
    ViewSpec(
        "view_opportunity_kanban",
        "pardot.opportunity.kanban",
        "crm.crm_case_kanban_view_leads",
        _CARD,
    ),
)
