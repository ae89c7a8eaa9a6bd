"""Reference data is found by name, and what is missing is made once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline_tests.contract.support import unique
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo


def test_places_and_industries_are_known(provisioned: ProvisionedOdoo) -> None:
    reference = OdooReference.load(provisioned.sales.client())
    assert reference.states["US", "CA"] == reference.states["US", "california"]
    assert reference.state_codes["US"]["california"] == "CA"
    assert reference.countries["DE"] != reference.countries["US"]
    assert reference.industries
    assert reference.stage_id
    assert reference.lead_fields["x_pardot_score"] == "integer"


def test_it_takes_eight_calls(
    provisioned: ProvisionedOdoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = provisioned.sales.client()
    assert client.version
    call, called = client.call, []

    def counted(model: str, method: str, **named: Any) -> Any:
        called.append((model, method))
        return call(model, method, **named)

    monkeypatch.setattr(client, "call", counted)
    OdooReference.load(client)
    assert len(called) == len(set(called)) == 8


def test_missing_names_are_made_once_by_a_plain_salesperson(
    provisioned: ProvisionedOdoo, admin: OdooClient
) -> None:
    reference = OdooReference.load(provisioned.sales.client())
    source, campaign = unique("source"), unique("Spring „2026“")
    made = reference.resolve_source(source), reference.resolve_campaign(campaign)
    again = OdooReference.load(provisioned.sales.client())
    assert (again.resolve_source(source), again.resolve_campaign(campaign)) == made
    assert admin.search("utm.source", [["name", "=", source]]) == [made[0]]
    assert admin.search("utm.campaign", [["title", "=", campaign]]) == [made[1]]


def test_two_workers_make_a_source_once(provisioned: ProvisionedOdoo, admin: OdooClient) -> None:
    names = [unique("source") for _ in range(20)]
    references = [OdooReference.load(provisioned.sales.client()) for _ in range(2)]
    workers = [
        threading.Thread(target=reference.ensure_sources, args=(names,)) for reference in references
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert references[0].sources == references[1].sources
    assert admin.search_count("utm.source", [["name", "in", names]]) == 20
