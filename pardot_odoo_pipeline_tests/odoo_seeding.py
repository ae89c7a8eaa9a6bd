"""Puts the population's Odoo records into an Odoo over its API, as its users would have."""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.sandbox.population import Population


def seed_odoo(client: OdooClient, population: Population) -> int:
    """Create every record of ``odoo_seed``; returns how many."""
    countries = {row["code"]: row["id"] for row in client.search_read("res.country", [], ["code"])}
    states = {
        (row["country_id"][0], row["code"]): row["id"]
        for row in client.search_read("res.country.state", [], ["code", "country_id"])
    }
    made: dict[str, int] = {}
    for record in population.odoo_seed():
        values: dict[str, Any] = dict(record["values"])
        country = countries.get(values.pop("country_code", None))
        state = values.pop("state_code", None)
        if country:
            values["country_id"] = country
            if state:
                values["state_id"] = states[country, state]
        if "partner_id" in values:
            values["partner_id"] = made[values["partner_id"]["ref"]]
        if record["model"] == "crm.lead":
            values["user_id"] = False
        made[record["ref"]] = client.create(record["model"], [values])[0]
    return len(made)
