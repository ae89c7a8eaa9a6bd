"""What a fresh database with the CRM holds, as rows.

What lives here: stages, teams, reasons, sources and the like. What does not: countries
(`geography.py`), records of people (`seeding.py`).
"""

from __future__ import annotations

from typing import Any

__all__ = ["INDUSTRIES", "MODULES", "PARAMETERS", "ROWS", "VIEWS"]

Row = dict[str, Any]
# Model -> (external id, values); order is the order of the ids.
ROWS: dict[str, list[tuple[str, Row]]] = {
    "crm.stage": [
        ("crm.stage_lead1", {"name": "New", "sequence": 1}),
        ("crm.stage_lead2", {"name": "Qualified", "sequence": 2}),
        ("crm.stage_lead3", {"name": "Proposition", "sequence": 3}),
        ("crm.stage_lead4", {"name": "Won", "sequence": 70, "is_won": 1}),
    ],
    "crm.team": [
        (
            "sales_team.team_sales_department",
            {"name": "Sales", "sequence": 0, "use_opportunities": 1},
        ),
        ("sales_team.salesteam_website_sales", {"name": "Website", "sequence": 10}),
        ("sales_team.pos_sales_team", {"name": "Point of Sale", "sequence": 10}),
    ],
    "crm.lost.reason": [
        ("crm.lost_reason_1", {"name": "Too expensive"}),
        ("crm.lost_reason_2", {"name": "We don't have people/skills"}),
        ("crm.lost_reason_3", {"name": "Not enough stock"}),
    ],
    "utm.stage": [("utm.default_utm_stage", {"name": "New", "sequence": 10})],
    "utm.source": [
        (f"utm.utm_source_{key}", {"name": name})
        for key, name in (
            ("search_engine", "Search engine"),
            ("mailing", "Lead Recall"),
            ("newsletter", "Newsletter"),
            ("facebook", "Facebook"),
            ("twitter", "X"),
            ("linkedin", "LinkedIn"),
            ("monster", "Monster"),
            ("glassdoor", "Glassdoor"),
            ("craigslist", "Craigslist"),
            ("referral", "Referral"),
        )
    ],
    "utm.medium": [
        (f"utm.utm_medium_{key}", {"name": name})
        for key, name in (
            ("website", "Website"),
            ("phone", "Phone"),
            ("direct", "Direct"),
            ("email", "Email"),
            ("banner", "Banner"),
            ("twitter", "X"),
            ("facebook", "Facebook"),
            ("linkedin", "LinkedIn"),
            ("television", "Television"),
            ("google_adwords", "Google Adwords"),
        )
    ],
    "mail.activity.type": [
        (f"mail.mail_activity_data_{key}", {**values, "delay_from": "previous_activity"})
        for key, values in (
            ("email", {"name": "Email", "icon": "fa-envelope", "sequence": 3}),
            (
                "call",
                {
                    "name": "Call",
                    "category": "phonecall",
                    "icon": "fa-phone",
                    "sequence": 6,
                    "delay_count": 2,
                },
            ),
            (
                "meeting",
                {"name": "Meeting", "category": "meeting", "icon": "fa-users", "sequence": 9},
            ),
            ("todo", {"name": "To-Do", "icon": "fa-check", "sequence": 2, "delay_count": 5}),
            (
                "upload_document",
                {
                    "name": "Document",
                    "category": "upload_file",
                    "icon": "fa-upload",
                    "sequence": 25,
                    "delay_count": 5,
                },
            ),
            ("warning", {"name": "Exception", "icon": "fa-warning", "sequence": 99}),
        )
    ],
    "mail.message.subtype": [
        ("mail.mt_comment", {"name": "Discussions", "default": 1, "sequence": 0}),
        ("mail.mt_note", {"name": "Note", "internal": 1, "sequence": 100}),
        ("mail.mt_activities", {"name": "Activities", "internal": 1, "sequence": 90}),
        *(
            (f"crm.mt_lead_{key}", {"name": name, "res_model": "crm.lead", "sequence": 1})
            for key, name in (
                ("create", "Opportunity Created"),
                ("stage", "Stage Changed"),
                ("won", "Opportunity Won"),
                ("lost", "Opportunity Lost"),
                ("restored", "Opportunity Restored"),
            )
        ),
    ],
}

INDUSTRIES = (
    *("Agriculture", "Mining", "Manufacturing", "Energy supply", "Water supply"),
    *("Construction", "Wholesale/Retail", "Transportation/Logistics"),
    *("Food/Hospitality", "IT/Communication", "Finance/Insurance", "Real Estate"),
    *("Scientific", "Administrative/Utilities", "Public Administration", "Education"),
    *("Health/Social", "Entertainment", "Other Services", "Households"),
    *("Extraterritorial",),
)

MODULES = (
    *("base", "base_automation", "base_setup", "bus", "calendar", "contacts", "crm"),
    *("crm_iap_enrich", "crm_iap_mine", "crm_sms", "digest", "iap", "iap_crm"),
    *("iap_mail", "link_tracker", "mail", "mass_mailing", "mass_mailing_crm"),
    *("partner_autocomplete", "phone_validation", "portal", "privacy_lookup"),
    *("resource", "rpc", "sales_team", "sms", "snailmail", "utm", "web"),
)

PARAMETERS = {"web.base.url": "http://localhost", "base.login_cooldown_after": "10"}

# External id -> (name, model, kind, priority, a skeleton with the anchors that others extend).
VIEWS: dict[str, tuple[str, str, str, int, str]] = {
    "crm.crm_lead_view_form": (
        "crm.lead.form",
        "crm.lead",
        "form",
        16,
        "<form><header/><sheet><group><field name='name'/><field name='email_from'/>"
        "<field name='phone'/><field name='user_id'/><field name='tag_ids'/></group>"
        "<notebook><page name='internal_notes'><field name='description'/></page></notebook>"
        "</sheet><chatter/></form>",
    ),
    "crm.crm_case_tree_view_leads": (
        "crm.lead.list.lead",
        "crm.lead",
        "list",
        10,
        "<list><field name='name'/><field name='email_from'/><field name='phone'/></list>",
    ),
    "crm.crm_case_tree_view_oppor": (
        "crm.lead.list.opportunity",
        "crm.lead",
        "list",
        1,
        "<list><field name='name'/><field name='email_from'/><field name='phone'/></list>",
    ),
    "crm.view_crm_case_leads_filter": (
        "crm.lead.search.lead",
        "crm.lead",
        "search",
        16,
        "<search><field name='name'/><filter name='salesperson'/><group></group></search>",
    ),
    "crm.view_crm_case_opportunities_filter": (
        "crm.lead.search.opportunity",
        "crm.lead",
        "search",
        15,
        "<search><field name='name'/><filter name='salesperson'/><group></group></search>",
    ),
    "crm.crm_case_kanban_view_leads": (
        "crm.lead.kanban.lead",
        "crm.lead",
        "kanban",
        1,
        "<kanban><templates><t t-name='card'><field name='tag_ids'/></t></templates></kanban>",
    ),
    "crm.view_crm_lead_kanban": (
        "crm.lead.kanban",
        "crm.lead",
        "kanban",
        100,
        "<kanban><templates><t t-name='card'><field name='tag_ids'/></t></templates></kanban>",
    ),
    "base.view_partner_form": (
        "res.partner.form",
        "res.partner",
        "form",
        1,
        "<form><sheet><group><field name='name'/><field name='email'/><field name='phone'/>"
        "<field name='category_id'/></group><notebook/></sheet><chatter/></form>",
    ),
    "base.view_partner_tree": (
        "res.partner.list",
        "res.partner",
        "list",
        8,
        "<list><field name='complete_name'/><field name='email'/><field name='phone'/></list>",
    ),
    "base.view_res_partner_filter": (
        "res.partner.select",
        "res.partner",
        "search",
        16,
        "<search><field name='name'/><filter name='inactive'/></search>",
    ),
}
