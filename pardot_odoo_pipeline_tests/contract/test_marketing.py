"""Sources, campaigns, tags, categories and parameters."""

from __future__ import annotations

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline_tests.contract.support import lead, one, partner, unique


def test_a_source_of_a_taken_name_gets_a_number(client: OdooClient) -> None:
    name = unique("Webinar")
    first, second = client.create("utm.source", [{"name": name}, {"name": name}])
    assert one(client, "utm.source", first, "name") == name
    assert one(client, "utm.source", second, "name") == f"{name} [2]"
    record = lead(client, source_id=first)
    assert one(client, "crm.lead", record, "source_id") == [first, name]


def test_a_campaign_has_a_title_and_a_unique_name(client: OdooClient) -> None:
    title = unique("Spring")
    made = client.create("utm.campaign", [{"title": title}, {"title": title}])
    rows = client.read("utm.campaign", made, ["name", "title", "user_id", "stage_id", "active"])
    assert [row["title"] for row in rows] == [title, title]
    assert [row["name"] for row in rows] == [title, f"{title} [2]"]
    assert rows[0]["user_id"][0] == client.uid
    assert rows[0]["stage_id"]
    assert rows[0]["active"] is True
    by_name = client.create("utm.campaign", [{"name": unique("By name")}])[0]
    row = one(client, "utm.campaign", by_name, "name", "title")
    assert row["title"] == row["name"]
    record = lead(client, campaign_id=made[0])
    assert one(client, "crm.lead", record, "campaign_id") == [made[0], title]


def test_mediums_are_there(client: OdooClient) -> None:
    names = {row["name"] for row in client.search_read("utm.medium", [], ["name"])}
    assert {"Email", "Phone", "Website"} <= names


def test_categories_form_a_tree(client: OdooClient) -> None:
    parent = client.create("res.partner.category", [{"name": unique("Lists")}])[0]
    child = client.create("res.partner.category", [{"name": "News", "parent_id": parent}])[0]
    row = one(client, "res.partner.category", child, "parent_id", "display_name")
    shown = one(client, "res.partner.category", parent, "name")
    assert row == {"parent_id": [parent, shown], "display_name": f"{shown} / News"}
    person = partner(client, category_id=[[6, 0, [child]]])
    assert one(client, "res.partner", person, "category_id") == [child]


def test_parameters_are_kept_as_text(client: OdooClient) -> None:
    key = unique("pardot_odoo_pipeline.test").replace(" ", ".")

    def get() -> object:
        return client.call("ir.config_parameter", "get_param", key=key)

    assert get() is False
    client.call("ir.config_parameter", "set_param", key=key, value="one")
    assert get() == "one"
    client.call("ir.config_parameter", "set_param", key=key, value=2)
    assert get() == "2"
    rows = client.search_read("ir.config_parameter", [["key", "=", key]], ["value"])
    assert [row["value"] for row in rows] == ["2"]
    client.call("ir.config_parameter", "set_param", key=key, value=False)
    assert get() is False
    assert client.search("ir.config_parameter", [["key", "=", key]]) == []
    assert client.call("ir.config_parameter", "get_param", key=key, default="x") == "x"


def test_the_database_has_an_identity(client: OdooClient) -> None:
    told = client.call("ir.config_parameter", "get_param", key="database.uuid")
    assert len(told) == 36
