"""Holds both sides after an initial sync against the population's ground truth, field by field."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.connection import PardotConnection
from pardot_odoo_pipeline.pardot.paging import iter_pages
from pardot_odoo_pipeline.sandbox.population import GroundTruth, Outcome, Population

EVERYONE = {"active_test": False, "lang": "en_US"}
SHARED = {
    "email_key": "x_pardot_email_key",
    "job_title": "function",
    "phone": "phone",
    "street": "street",
    "street2": "street2",
    "city": "city",
    "zip": "zip",
    "country": "country_id",
    "state": "state_id",
    "website": "website",
    "score": "x_pardot_score",
    "last_activity_at": "x_pardot_last_activity_at",
}
LEAD = {
    **SHARED,
    "email": "email_from",
    "full_name": "contact_name",
    "company": "partner_name",
    "industry": "x_pardot_industry",
    "grade": "x_pardot_grade",
    "grade_rank": "x_pardot_grade_rank",
    "source": "source_id",
    "campaign": "campaign_id",
    "comments": "description",
    "lead_title": "name",
}
PARTNER = {
    **SHARED,
    "email": "email",
    "full_name": "name",
    "company": "company_name",
    "industry": "industry_id",
}
GRADES = ["a_plus", "a", "a_minus", "b_plus", "b", "b_minus", "c_plus", "c", "c_minus"]
GRADES += ["d_plus", "d", "d_minus", "f"]
PROSPECT = ("email", "firstName", "lastName", "jobTitle", "company", "phone", "addressOne")
PROSPECT += ("addressTwo", "city", "zip", "state", "country", "website", "industry", "source")
PROSPECT += ("comments", "score", "grade", "isDeleted")
LETTERS = [f"{letter}{sign}" for letter in "ABCD" for sign in ("+", "", "-")] + ["F"]


def differences(client: OdooClient, truth: GroundTruth) -> Iterator[str]:
    """What in Odoo is not as the truth says; nothing when all is right."""
    names = _Names(client)
    leads = _by_prospect(client, "crm.lead", [*LEAD.values(), "partner_id", "type"])
    partners = _by_prospect(client, "res.partner", list(PARTNER.values()))
    for person in truth:
        who = person.prospect_id
        if person.disposition not in (Outcome.CREATED, Outcome.UPDATED):
            for model, found in (("crm.lead", leads), ("res.partner", partners)):
                if who in found:
                    yield f"{who}: {person.disposition}, yet it has a {model}"
            continue
        for model, found, fields, expected in (
            ("crm.lead", leads, LEAD, person.lead),
            ("res.partner", partners, PARTNER, person.partner),
        ):
            rows = found.get(who, [])
            if len(rows) != 1:
                yield f"{who}: {len(rows)} of {model}"
                continue
            for column, field in fields.items():
                wanted, got = expected[column], names.plain(field, rows[0][field])
                if column in ("email", "website", "comments", "phone"):
                    wanted, got = _loose(column, wanted), _loose(column, got)
                if column == "last_activity_at" and wanted is not None:
                    wanted = wanted.strftime("%Y-%m-%d %H:%M:%S")
                if (wanted or None) != (got or None):
                    yield f"{who}: {model}.{field} is {got!r}, not {wanted!r}"
        lead, partner = leads.get(who, [{}])[0], partners.get(who, [{}])[0]
        if lead and partner and (lead["partner_id"] or [None])[0] != partner["id"]:
            yield f"{who}: lead and contact are not linked"


def pardot_differences(state: Mapping[str, Any], population: Population) -> Iterator[str]:
    """What in Pardot is neither as it was planted nor as Odoo has it; nothing when all is right.

    Args:
        state: What the sandbox's server published.
        population: Whom it was filled with.
    """
    shown = {
        str(row["id"]): row
        for page in iter_pages(
            pardot_client(state), "prospects", ["id", *PROSPECT], filters={"deleted": "all"}
        )
        for row in page
    }
    for planted, person in zip(population.prospects(), population.truth(), strict=True):
        who = person.prospect_id
        expected = {**planted.row, **person.prospect}
        if (row := shown.pop(who, None)) is None:
            yield f"{who}: is gone from Pardot"
            continue
        for name in PROSPECT:
            if row[name] != expected[name]:
                yield f"{who}: {name} is {row[name]!r}, not {expected[name]!r}"
    yield from (f"{who}: was never planted" for who in shown)


def pardot_client(state: Mapping[str, Any]) -> PardotClient:
    """A client of that sandbox, beside the pipeline's own."""
    own = state["credentials"]
    return PardotClient(
        PardotConnection(
            api_url=state["url"],
            token_url=state["token_url"],
            client_id=own["client_id"],
            client_secret=SecretStr(own["client_secret"]),
            refresh_token=None,
            business_unit_id=own["business_unit_id"],
        )
    )


def _by_prospect(
    client: OdooClient, model: str, fields: list[str]
) -> dict[str, list[dict[str, Any]]]:
    domain = [("x_pardot_prospect_id", "!=", False)]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in client.search_read(
        model, domain, ["x_pardot_prospect_id", *fields], context=EVERYONE
    ):
        found.setdefault(row["x_pardot_prospect_id"], []).append(row)
    return found


def _loose(column: str, value: Any) -> Any:
    """What Odoo is free to change: white space, the case of addresses, html around text."""
    if not value:
        return None
    if column == "email":
        return unicodedata.normalize("NFC", value.strip().lower())
    if column == "website":
        return re.sub(r"^https?://", "", value).rstrip("/")
    if column == "comments":
        text = re.sub(r"<br\s*/?>|</p>\s*<p>", "\n", value)
        return html.unescape(re.sub(r"<[^>]+>", "", text) if "<p>" in value else value).split()
    return value


class _Names:
    """Turns ids back into the codes and names that people use."""

    def __init__(self, client: OdooClient) -> None:
        self._tables = {
            "country_id": _table(client, "res.country", "code"),
            "state_id": _table(client, "res.country.state", "code"),
            "industry_id": _table(client, "res.partner.industry", "name"),
            "source_id": _table(client, "utm.source", "name"),
            "campaign_id": _table(client, "utm.campaign", "title"),
        }

    def plain(self, field: str, value: Any) -> Any:
        if field in self._tables:
            return self._tables[field][value[0]] if value else None
        if field == "x_pardot_grade":
            return LETTERS[GRADES.index(value)] if value else None
        return value if value is not False else None


def _table(client: OdooClient, model: str, name: str) -> dict[int, str]:
    rows = client.search_read(model, [], [name], context=EVERYONE)
    return {row["id"]: row[name] for row in rows}
