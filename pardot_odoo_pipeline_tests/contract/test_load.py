"""``load()``: records by external id, all or none, with messages instead of errors."""

from __future__ import annotations

import uuid

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooValidationError
from pardot_odoo_pipeline_tests.contract.support import (
    ALL,
    OdooUnderTest,
    address,
    lead,
    one,
    partner,
    unique,
)


def external() -> str:
    """An external id in our module that nobody else has."""
    return f"pardot.lead_{uuid.uuid4().hex[:12]}"


def data(client: OdooClient, xml_id: str) -> list[dict[str, object]]:
    module, _, name = xml_id.partition(".")
    return client.search_read(
        "ir.model.data",
        [["module", "=", module], ["name", "=", name]],
        ["model", "res_id", "noupdate", "complete_name"],
    )


def test_the_first_load_creates_and_the_second_updates(client: OdooClient) -> None:
    first, second = external(), external()
    fields = ["id", "name", "city"]
    made = client.load("crm.lead", fields, [[first, "A", "Wien"], [second, "B", ""]])
    assert made["messages"] == []
    assert len(made["ids"]) == 2
    assert made["nextrow"] == 0
    row = data(client, first)[0]
    row.pop("id")
    assert row == {
        "model": "crm.lead",
        "res_id": made["ids"][0],
        "noupdate": False,
        "complete_name": first,
    }
    again = client.load("crm.lead", fields, [[second, "B2", "Graz"], [first, "A2", ""]])
    assert again["ids"] == list(reversed(made["ids"]))
    assert one(client, "crm.lead", made["ids"][0], "name", "city") == {"name": "A2", "city": False}
    assert one(client, "crm.lead", made["ids"][1], "name", "city") == {"name": "B2", "city": "Graz"}


def test_an_external_id_without_a_module(client: OdooClient) -> None:
    name = f"x{uuid.uuid4().hex[:10]}"
    made = client.load("crm.tag", ["id", "name"], [[name, unique("tag")]])
    assert data(client, f"__import__.{name}")[0]["res_id"] == made["ids"][0]


def test_without_an_external_id_each_row_is_new(client: OdooClient) -> None:
    mark = unique()
    for _ in range(2):
        assert client.load("crm.lead", ["name"], [[mark]])["messages"] == []
    assert client.search_count("crm.lead", [["name", "=", mark]]) == 2


def test_rows_by_database_id(client: OdooClient) -> None:
    first, second = lead(client, city="x"), lead(client, city="y")
    told = client.load("crm.lead", [".id", "city"], [[first, "Wien"], [str(second), "Graz"]])
    assert told["messages"] == []
    assert told["ids"] == [first, second]
    assert one(client, "crm.lead", first, "city") == "Wien"
    gone = lead(client)
    client.unlink("crm.lead", [gone])
    refused = client.load("crm.lead", [".id", "city"], [[first, "Linz"], [gone, "Linz"]])
    assert refused["ids"] is False
    assert one(client, "crm.lead", first, "city") == "Wien"


def test_relations_by_external_id_by_database_id_and_by_name(odoo: OdooUnderTest) -> None:
    client = odoo.client
    mine = external()
    person = client.load("res.partner", ["id", "name"], [[mine.replace("lead", "partner"), "Ann"]])[
        "ids"
    ][0]
    fields = ["id", "name", "partner_id/id", "country_id/id", "stage_id/.id", "source_id"]
    source = unique("source")
    client.create("utm.source", [{"name": source}])
    stage = odoo.ref("crm.stage_lead2")
    rows = [[mine, "A", mine.replace("lead", "partner"), "base.at", str(stage), source]]
    told = client.load("crm.lead", fields, rows)
    assert told["messages"] == []
    row = one(client, "crm.lead", told["ids"][0], "partner_id", "country_id", "stage_id")
    assert row == {
        "partner_id": [person, "Ann"],
        "country_id": [odoo.ref("base.at"), "Austria"],
        "stage_id": [stage, "Qualified"],
    }
    assert one(client, "crm.lead", told["ids"][0], "source_id")[1] == source


def test_values_are_text_as_in_a_file(client: OdooClient) -> None:
    fields = ["id", "name", "type", "active", "color", "date_deadline", "user_id/.id"]
    told = client.load("crm.lead", fields, [[external(), "A", "lead", "1", "7", "2026-03-01", ""]])
    assert told["messages"] == []
    made = told["ids"][0]
    assert one(client, "crm.lead", made, "type", "active", "color", "date_deadline", "user_id") == {
        "type": "lead",
        "active": True,
        "color": 7,
        "date_deadline": "2026-03-01",
        "user_id": False,
    }
    by_label = client.load("crm.lead", ["id", "name", "type"], [[external(), "B", "Opportunity"]])
    assert by_label["messages"] == []
    assert one(client, "crm.lead", by_label["ids"][0], "type") == "opportunity"


def test_one_bad_row_undoes_all_and_every_bad_row_is_named(client: OdooClient) -> None:
    good, mark = external(), unique()
    rows = [
        [good, mark, "lead", ""],
        [external(), mark, "nonsense", ""],
        [external(), mark, "lead", "no such country"],
    ]
    told = client.load("crm.lead", ["id", "name", "type", "country_id"], rows)
    assert told["ids"] is False
    assert client.search_count("crm.lead", [["name", "=", mark]], context=ALL) == 0
    assert data(client, good) == []
    seen = {(m["rows"]["from"], m["rows"]["to"], m["type"], m["field"]) for m in told["messages"]}
    assert seen == {(1, 1, "error", "type"), (2, 2, "error", "country_id")}
    words = {m["field"]: m["message"] for m in told["messages"]}
    assert words["type"].startswith("Value 'nonsense' not found in selection field 'Type'")
    assert words["country_id"].startswith(
        "No matching record found for name 'no such country' in field 'Country'"
    )


def test_a_missing_required_value_is_a_message(client: OdooClient) -> None:
    told = client.load("crm.lead", ["id", "name"], [[external(), ""]])
    assert told["ids"] is False
    assert told["messages"][0]["type"] == "error"
    assert told["messages"][0]["rows"] == {"from": 0, "to": 0}


def test_an_external_id_of_another_model_is_refused(client: OdooClient) -> None:
    mine = external()
    client.load("res.partner", ["id", "name"], [[mine, "Ann"]])
    told = client.load("crm.lead", ["id", "name"], [[mine, "A"]])
    assert told["ids"] is False
    assert told["messages"]


def test_a_plain_salesperson_may_load(sales: OdooClient, client: OdooClient) -> None:
    mine = external()
    told = sales.load("crm.lead", ["id", "name", "type"], [[mine, "A", "lead"]])
    assert told["messages"] == []
    assert data(client, mine)[0]["res_id"] == told["ids"][0]
    again = sales.load("crm.lead", ["id", "city"], [[mine, "Wien"]])
    assert again["ids"] == told["ids"]


def test_external_ids_are_unique_and_can_be_made_by_hand(client: OdooClient) -> None:
    made = partner(client, email=address())
    name = external().partition(".")[2]
    values = {"module": "pardot", "name": name, "model": "res.partner", "res_id": made}
    client.create("ir.model.data", [values])
    told = client.load("res.partner", ["id", "city"], [[f"pardot.{name}", "Wien"]])
    assert told["ids"] == [made]
    with pytest.raises(OdooValidationError):
        client.create("ir.model.data", [values])


def test_a_gone_record_is_made_anew_under_its_external_id(client: OdooClient) -> None:
    mine = external()
    first = client.load("crm.lead", ["id", "name"], [[mine, "A"]])["ids"]
    client.unlink("crm.lead", first)
    second = client.load("crm.lead", ["id", "name"], [[mine, "B"]])["ids"]
    assert second != first
    assert data(client, mine)[0]["res_id"] == second[0]


def test_external_ids_of_records_are_told(client: OdooClient) -> None:
    mine = external()
    made = client.load("crm.lead", ["id", "name"], [[mine, "A"]])["ids"]
    assert client.call("crm.lead", "get_external_id", ids=made) in ({str(made[0]): mine}, {})
    exported = client.call("crm.lead", "export_data", ids=made, fields_to_export=["id", "name"])
    assert exported["datas"] == [[mine, "A"]]
