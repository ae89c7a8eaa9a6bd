"""What a salesperson sees of Pardot in Odoo's own screens.

What lives here: extensions of CRM's form, lists, searches and cards, and of the contact's form.
Their anchors exist in 18 and 19 alike, and they use nothing that either has dropped (`tree`,
`attrs`, `kanban-box`). What does not: putting them into Odoo (`provision`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pardot_odoo_pipeline.odoo.person_writes import LEAD, PARTNER

__all__ = ["HOT_SCORE", "VIEWS", "ViewSpec"]

HOT_SCORE = 100
"""From this score on a lead is hot: what most Pardot accounts take for ready to be called."""


@dataclass(frozen=True)
class ViewSpec:
    """One extension of a view of Odoo's."""

    external_name: str
    name: str
    parent: str
    arch: str
    model: str = LEAD


# Consent is shown where there is something to heed. Only "Do Not Call" is anybody's to change.
_SHARED = """      <group string="Engagement" name="pardot_engagement">
        <field name="x_pardot_form_submissions" string="Form Submissions" readonly="1"/>
        <field name="x_pardot_email_opens" string="Email Opens" readonly="1"/>
        <field name="x_pardot_email_clicks" string="Email Clicks" readonly="1"/>
        <field name="x_pardot_page_views" string="Page Views" readonly="1"/>
        <field name="x_pardot_activities_30d" string="Activities, 30 Days" readonly="1"/>
        <field name="x_pardot_trend_30d" string="Trend, 30 Days" readonly="1"/>
      </group>
      <group string="Consent" name="pardot_consent">
        <field name="x_pardot_opted_out" string="Opted Out" readonly="1"
               invisible="not x_pardot_opted_out"/>
        <field name="x_pardot_do_not_email" string="Do Not Email" readonly="1"
               invisible="not x_pardot_do_not_email"/>
        <field name="x_pardot_hard_bounced" string="Hard Bounce" readonly="1"
               invisible="not x_pardot_hard_bounced"/>
        <field name="x_pardot_do_not_call" string="Do Not Call"/>
      </group>"""

# Hidden while the lead is not synchronised, so that such leads look as they did before.
_FORM = f"""<data>
  <xpath expr="//notebook" position="before">
    <group string="Pardot" name="pardot" invisible="not x_pardot_prospect_id">
      <group>
        <field name="x_pardot_score" string="Score" readonly="1"/>
        <field name="x_pardot_grade" string="Grade" readonly="1"/>
      </group>
      <group>
        <field name="x_pardot_last_activity_at" string="Last Activity" readonly="1"/>
        <field name="x_pardot_prospect_id" string="Prospect ID" readonly="1"/>
        <field name="x_pardot_state" string="In Pardot" readonly="1"
               invisible="x_pardot_state in (False, 'active')"/>
        <field name="x_pardot_review" string="Needs Review"/>
      </group>
{_SHARED}
    </group>
  </xpath>
</data>"""

_CONTACT_FORM = f"""<data>
  <xpath expr="//notebook" position="before">
    <group string="Pardot" name="pardot" invisible="not x_pardot_prospect_id">
      <group>
        <field name="x_pardot_score" string="Score" readonly="1"/>
        <field name="x_pardot_last_activity_at" string="Last Activity" readonly="1"/>
      </group>
      <group>
        <field name="x_pardot_prospect_id" string="Prospect ID" readonly="1"/>
        <field name="x_pardot_state" string="In Pardot" readonly="1"
               invisible="x_pardot_state in (False, 'active')"/>
      </group>
{_SHARED}
    </group>
  </xpath>
</data>"""

_LIST = """<data>
  <xpath expr="//field[@name='email_from']" position="after">
    <field name="x_pardot_score" string="Score" optional="show" readonly="1"/>
    <field name="x_pardot_grade" string="Grade" optional="show" readonly="1"/>
    <field name="x_pardot_grade_rank" string="Grade Rank" optional="hide" readonly="1"/>
    <field name="x_pardot_last_activity_at" string="Last Activity" optional="show" readonly="1"/>
    <field name="x_pardot_form_submissions" string="Forms" optional="hide" readonly="1"/>
    <field name="x_pardot_email_opens" string="Opens" optional="hide" readonly="1"/>
    <field name="x_pardot_email_clicks" string="Clicks" optional="hide" readonly="1"/>
    <field name="x_pardot_page_views" string="Page Views" optional="hide" readonly="1"/>
    <field name="x_pardot_activities_30d" string="Active 30 d" optional="hide" readonly="1"/>
    <field name="x_pardot_trend_30d" string="Trend 30 d" optional="hide" readonly="1"/>
    <field name="x_pardot_opted_out" string="Opted Out" optional="hide" readonly="1"/>
    <field name="x_pardot_do_not_call" string="Do Not Call" optional="hide" readonly="1"/>
    <field name="x_pardot_review" string="Needs Review" optional="hide"/>
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
    <filter string="Needs Review" name="pardot_review" domain="[('x_pardot_review', '=', True)]"/>
    <filter string="Qualified by Pardot" name="pardot_qualified"
            domain="[('x_pardot_qualified', '=', True)]"/>
    <filter string="No Marketing E-mail" name="pardot_no_email"
            domain="['|', '|', ('x_pardot_opted_out', '=', True),
                     ('x_pardot_do_not_email', '=', True), ('x_pardot_hard_bounced', '=', True)]"/>
    <filter string="Deleted in Pardot" name="pardot_deleted"
            domain="[('x_pardot_state', 'in', ('recycle_bin', 'deleted'))]"/>
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
    ViewSpec(
        "view_contact_form", "pardot.contact.form", "base.view_partner_form", _CONTACT_FORM, PARTNER
    ),
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
