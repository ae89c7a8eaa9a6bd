"""The exchange between a lead and its contact.

What lives here: which values a lead takes from its contact, and which it pushes back. What does
not: what follows from a value within the lead (`lead_fields.py`).

E-mail and phone live on both and follow each other in both directions; everything else flows once,
from the contact to the lead, when the contact is set.
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.text import normalize_email

__all__ = ["fill_from_partner", "partner_pushes", "shared_values"]

Row = dict[str, Any]
_ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")
_KEPT_WHEN_EMPTY = ("function", "website", "title", "mobile")
_SHARED = (("email_from", "email"), ("phone", "phone"))


def fill_from_partner(env: Env, old: Row, row: Row, partner: Row | None, given: Any) -> None:
    """Fill a lead's fields from the contact that it has just got.

    Args:
        env: The call.
        old: The lead's present values, empty while it is created.
        row: Its new columns; values are added.
        partner: The contact; None when the link was taken away.
        given: The names that the call itself sets: they stay, and an address stays whole.
    """
    if partner is None:
        for name in ("contact_name", "partner_name"):
            if name not in given:
                row[name] = None
        return
    if not partner["is_company"] and "contact_name" not in given:
        row["contact_name"] = partner["name"] or old.get("contact_name")
    if "partner_name" not in given:
        company = _company_name(env, partner)
        if company:
            row["partner_name"] = company
    for name in _KEPT_WHEN_EMPTY:
        if name not in given and name in partner and partner[name]:
            row[name] = partner[name]
    if not any(name in given for name in _ADDRESS) and any(partner[name] for name in _ADDRESS):
        for name in _ADDRESS:
            row[name] = partner[name]
    if "lang_id" not in given and partner.get("lang"):
        row["lang_id"] = _language(env, partner["lang"])
    for own, theirs in _SHARED:
        if own not in given and partner[theirs] and _differ(old.get(own), partner[theirs], own):
            row[own] = partner[theirs]


def _language(env: Env, code: str) -> int | None:
    key = ("lang", code)
    if key not in env.cache:
        env.cache[key] = env.value("SELECT id FROM res_lang WHERE code = ?", (code,))
    found: int | None = env.cache[key]
    return found


def _company_name(env: Env, partner: Row) -> str | None:
    if partner["parent_id"]:
        name: str | None = env.value(
            "SELECT name FROM res_partner WHERE id = ?", (partner["parent_id"],)
        )
        return name
    if partner["is_company"]:
        return str(partner["name"])
    return partner["company_name"] or None


def _differ(mine: str | None, theirs: str | None, name: str) -> bool:
    if mine == theirs:
        return False
    if name == "email_from":
        return (normalize_email(mine) or mine or None) != (
            normalize_email(theirs) or theirs or None
        )
    return True


def partner_pushes(lead: Row, partner: Row, changed: Any) -> Row:
    """What a lead's changed e-mail and phone make of its contact; empty values are not pushed."""
    return {
        theirs: lead[own]
        for own, theirs in _SHARED
        if own in changed and lead.get(own) and _differ(lead[own], partner[theirs], own)
    }


def shared_values(lead: Row, partner_changes: Row) -> Row:
    """What a contact's changed e-mail and phone make of its lead; empty values do not travel."""
    return {
        own: partner_changes[theirs]
        for own, theirs in _SHARED
        if partner_changes.get(theirs) and _differ(lead[own], partner_changes[theirs], own)
    }
