"""Contacts and companies.

What lives here: the slots of `res.partner`. What does not: merging contacts (`partner_merge.py`),
the lead's side of the exchange (`lead_partner.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_fields import country_codes
from pardot_odoo_pipeline.sandbox.odoo.behaviour.lead_partner import shared_values
from pardot_odoo_pipeline.sandbox.odoo.behaviour.tracking import log_creation
from pardot_odoo_pipeline.sandbox.odoo.errors import user_error, validation_error
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write_rows
from pardot_odoo_pipeline.sandbox.odoo.text import clean_website, normalize_email, sanitize_phone

__all__ = ["PARTNERS", "name_create"]

Row = dict[str, Any]
_ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")
_NAMING = {"name", "parent_id", "company_name", "is_company", "type"}


def _defaults(env: Env) -> Row:
    return {"type": "contact", "lang": "en_US", "is_company": False}


def _derive(env: Env, old: Row, row: Row) -> None:
    if "email" in row:
        row["email_normalized"] = normalize_email(row["email"])
    if "phone" in row or "country_id" in row:
        phone = row["phone"] if "phone" in row else old.get("phone")
        country = row["country_id"] if "country_id" in row else old.get("country_id")
        row["phone_sanitized"] = sanitize_phone(phone, country_codes(env).get(country or 0))[0]
    if row.get("website"):
        row["website"] = clean_website(row["website"])


def _name(row: Row, parent: Row | None) -> None:
    """Complete name and commercial entity, from the row's own and its parent's values."""
    person = not row.get("is_company")
    company = (parent["commercial_company_name"] or parent["name"]) if parent else None
    company = company or row.get("company_name")
    name = row.get("name") or ""
    if not name and row.get("type") in ("invoice", "delivery", "other"):
        name = {"invoice": "Invoice", "delivery": "Delivery", "other": "Other"}[row["type"]]
    row["complete_name"] = f"{company}, {name}" if person and company else name
    row["commercial_company_name"] = row.get("name") if row.get("is_company") else company
    if row.get("is_company") or parent is None:
        row["commercial_partner_id"] = row.get("id")
    else:
        row["commercial_partner_id"] = parent["commercial_partner_id"] or parent["id"]


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    parents = env.records("res.partner", {r["parent_id"] for r in rows if r.get("parent_id")})
    for row, asked in zip(rows, given, strict=True):
        if not row.get("name") and row.get("type", "contact") == "contact":
            raise validation_error("Contacts require a name")
        parent = parents.get(row.get("parent_id") or 0)
        if parent is not None and not row.get("is_company"):
            if row["type"] == "contact" and not any(asked.get(name) for name in _ADDRESS):
                row.update({name: parent[name] for name in _ADDRESS})
            row.setdefault("vat", parent["vat"])
        row["partner_share"] = 1
        _derive(env, {}, row)
        _name(row, parent)


def _created(env: Env, rows: list[Row], given: list[Row]) -> None:
    alone = [row["id"] for row in rows if row["commercial_partner_id"] is None]
    env.run(
        "UPDATE res_partner SET commercial_partner_id = id "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (as_json(alone),),
    )
    log_creation(env, "res.partner", [row["id"] for row in rows])


def _changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    naming = [n for n, row in changes.items() if row.keys() & _NAMING]
    parents: dict[int, Row] = {}
    if naming:
        asked = (changes[n].get("parent_id", current[n]["parent_id"]) for n in naming)
        parents = env.records("res.partner", {number for number in asked if number})
    for number, row in changes.items():
        old = current[number]
        _derive(env, old, row)
        if row.keys() & _NAMING:
            whole = {**old, **row}
            if not whole["name"] and whole["type"] in ("contact", None):
                raise validation_error("Contacts require a name")
            if whole["parent_id"]:
                _refuse_loop(env, number, whole["parent_id"])
            _name(whole, parents.get(whole["parent_id"] or 0))
            for name in ("complete_name", "commercial_company_name", "commercial_partner_id"):
                row[name] = whole[name]


def _refuse_loop(env: Env, number: int, parent: int | None) -> None:
    while parent:
        if parent == number:
            raise user_error("Recursion Detected.")
        parent = env.value("SELECT parent_id FROM res_partner WHERE id = ?", (parent,))


def _changed(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    moved = [n for n, row in changes.items() if "email" in row or "phone" in row]
    if moved:
        _to_leads(env, moved, changes)
    down: dict[int, Row] = {}
    for number, row in changes.items():
        inherited = {n: row[n] for n in _ADDRESS if n in row and row[n] != current[number][n]}
        renamed = any(n in row and row[n] != current[number][n] for n in ("name", "complete_name"))
        if not inherited and not renamed:
            continue
        for child, kind in env.rows(
            "SELECT id, type FROM res_partner WHERE parent_id = ? AND COALESCE(is_company, 0) = 0",
            (number,),
        ):
            change = dict(inherited) if kind == "contact" else {}
            if renamed:
                change["parent_id"] = number
            if change:
                down[child] = change
    write_rows(env, "res.partner", down)


def _to_leads(env: Env, partners: list[int], changes: dict[int, Row]) -> None:
    updates: dict[int, Row] = {}
    for lead, partner, email, phone in env.rows(
        "SELECT id, partner_id, email_from, phone FROM crm_lead "
        "WHERE partner_id IN (SELECT value FROM json_each(?))",
        (as_json(partners),),
    ):
        new = shared_values({"email_from": email, "phone": phone}, changes[partner])
        if new:
            updates[lead] = new
    write_rows(env, "crm.lead", updates)


def _names(env: Env, ids: list[int]) -> dict[int, str]:
    return {
        number: complete or f"res.partner,{number}"
        for number, complete in env.rows(
            "SELECT id, complete_name FROM res_partner "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    }


def name_create(env: Env, model: str, name: str) -> list[Any]:
    """`name_create`: "Ada <ada@x.example>" gives a name and an address."""
    normal = normalize_email(name)
    shown = name.partition("<")[0].strip().strip('"') if normal else name
    number = create(env, model, [{"name": shown or normal, "email": normal}])[0]
    return [number, _names(env, [number])[number]]


def _company_type(env: Env, ids: list[int]) -> dict[int, Any]:
    return {
        number: "company" if company else "person"
        for number, company in env.rows(
            "SELECT id, is_company FROM res_partner WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    }


def _formatted(env: Env, ids: list[int]) -> dict[int, Any]:
    return {
        number: f'"{name}" <{normal or "@" + email}>' if email else False
        for number, name, email, normal in env.rows(
            "SELECT id, name, email, email_normalized FROM res_partner "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    }


def _blacklisted(env: Env, ids: list[int]) -> dict[int, Any]:
    found = env.rows(
        "SELECT p.id FROM res_partner p JOIN mail_blacklist b ON b.email = p.email_normalized "
        "AND b.active = 1 WHERE p.id IN (SELECT value FROM json_each(?))",
        (as_json(ids),),
    )
    return {row[0]: True for row in found}


def _deal_count(env: Env, ids: list[int]) -> dict[int, Any]:
    return dict(
        env.rows(
            "SELECT partner_id, COUNT(*) FROM crm_lead WHERE active = 1 "
            "AND partner_id IN (SELECT value FROM json_each(?)) GROUP BY partner_id",
            (as_json(ids),),
        )
    )


def _search_name(env: Env, operator: str, value: Any) -> list[Any]:
    fields = ("complete_name", "email", "ref", "vat")
    if operator in ("=", "!=", "in", "not in") or "not" in operator:
        return [("complete_name", operator, value)]
    return ["|"] * (len(fields) - 1) + [(name, operator, value) for name in fields]


def _search_blacklisted(env: Env, operator: str, value: Any) -> list[Any]:
    mails = [row[0] for row in env.rows("SELECT email FROM mail_blacklist WHERE active = 1")]
    positive = bool(value) == (operator in ("=", "in"))
    return [("email_normalized", "in" if positive else "not in", mails)]


PARTNERS = Behaviour(
    defaults=_defaults,
    completing=_completing,
    created=_created,
    changing=_changing,
    changed=_changed,
    computed={
        "company_type": _company_type,
        "email_formatted": _formatted,
        "is_blacklisted": _blacklisted,
        "opportunity_count": _deal_count,
    },
    written={"company_type": lambda env, value: {"is_company": value == "company"}},
    searched={"display_name": _search_name, "is_blacklisted": _search_blacklisted},
    names=_names,
)
