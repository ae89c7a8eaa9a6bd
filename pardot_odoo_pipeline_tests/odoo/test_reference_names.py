"""What mapped fields choose from: found by name, by id, made where the rules want it."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.mapping.lookups import OdooField, Relation
from pardot_odoo_pipeline.mapping.rules_file import default_rules, load_rules
from pardot_odoo_pipeline.mapping.schema_check import schema_problems
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping
from pardot_odoo_pipeline_tests.contract.support import unique
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo

MEDIUM = Relation("utm.medium", "name")


@pytest.fixture
def reference(provisioned: ProvisionedOdoo) -> OdooReference:
    return OdooReference.load(provisioned.sales.client())


def test_fields_tell_what_a_schema_check_needs(reference: OdooReference) -> None:
    lead = reference.fields["crm.lead"]
    assert lead["country_id"] == OdooField("many2one", "res.country")
    assert lead["create_date"].is_read_only
    assert lead["name"].is_required
    assert lead["x_pardot_prospect_id"].size == 32
    assert lead["x_pardot_grade"].selection[:2] == (("a_plus", "A+"), ("a", "A"))
    assert reference.state_names[reference.states["US", "CA"]] == "California"


def test_the_default_rules_fit_a_provisioned_odoo(reference: OdooReference) -> None:
    mapping = OdooMapping.of(default_rules(), reference)
    assert schema_problems(default_rules(), mapping.lookups) == []


def test_names_are_learnt_and_unknown_ones_stay_unknown(
    reference: OdooReference, admin: OdooClient
) -> None:
    name, nowhere = unique("Fair"), unique("Nowhere")
    [made] = admin.create("utm.medium", [{"name": name}])
    reference.learn({MEDIUM: {name, nowhere}})
    assert reference.relations[MEDIUM] == {name: made}
    assert admin.search_count("utm.medium", [("name", "=", nowhere)]) == 0


def test_records_are_learnt_by_their_ids(reference: OdooReference, admin: OdooClient) -> None:
    name = unique("Booth")
    [made] = admin.create("utm.medium", [{"name": name}])
    reference.learn_ids({MEDIUM: {made}})
    assert reference.relations[MEDIUM] == {name: made}


def test_missing_records_are_made_once(reference: OdooReference, admin: OdooClient) -> None:
    name, source = unique("Stand"), unique("source")
    needs = {MEDIUM: {name}, Relation("utm.source", "name"): {source}}
    reference.ensure(needs)
    made = reference.relations[MEDIUM][name], reference.sources[source]
    reference.ensure(needs)
    assert admin.search("utm.medium", [("name", "=", name)]) == [made[0]]
    assert admin.search("utm.source", [("name", "=", source)]) == [made[1]]


def test_a_mapping_knows_the_records_that_its_rules_name(
    provisioned: ProvisionedOdoo, admin: OdooClient, tmp_path
) -> None:
    [medium] = admin.create("utm.medium", [{"name": unique("Trade fair")}])
    [told] = admin.read("utm.medium", [medium], ["name"])
    path = tmp_path / "rules.yaml"
    path.write_text(
        "fields:\n  channel__c: {lead: medium_id, transform: picklist}\n"
        "  assignedTo.email: {lead: user_id}\n",
        encoding="utf-8",
    )
    client = provisioned.sales.client()
    mapping = OdooMapping.of(load_rules(path), OdooReference.load(client))
    row = {"channel__c": told["name"].upper(), "assignedTo.email": client.connection.username}
    lead = mapping.desired(row)["crm.lead"]
    assert lead["medium_id"] == medium
    [user] = admin.read("res.users", [client.uid], ["email"])
    mine = mapping.desired({"assignedTo.email": user["email"]})["crm.lead"]
    assert mine["user_id"] == client.uid
    told_back = mapping.to_pardot("crm.lead/medium_id", medium, {})
    assert told_back == {"channel__c": told["name"]}
