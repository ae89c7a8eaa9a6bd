"""Inherited views, loaded under external ids."""

from __future__ import annotations

import uuid

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooError
from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest

COLUMNS = ["id", "name", "model", "mode", "inherit_id/id", "arch_base", "priority"]
PARENTS = {
    "crm.crm_lead_view_form": "//notebook",
    "crm.crm_case_tree_view_leads": "//field[@name='email_from']",
    "crm.crm_case_tree_view_oppor": "//field[@name='email_from']",
    "crm.view_crm_case_leads_filter": "//filter[@name='salesperson']",
    "crm.view_crm_case_opportunities_filter": "//filter[@name='salesperson']",
    "crm.crm_case_kanban_view_leads": "//t[@t-name='card']//field[@name='tag_ids']",
    "crm.view_crm_lead_kanban": "//t[@t-name='card']//field[@name='tag_ids']",
}


def row(parent: str, anchor: str, inner: str = '<field name="referred"/>') -> list[object]:
    """A row that adds something before an anchor."""
    arch = f'<data><xpath expr="{anchor}" position="before">{inner}</xpath></data>'
    name = f"pardot.view_{uuid.uuid4().hex[:10]}"
    return [name, name, "crm.lead", "extension", parent, arch, 99]


@pytest.mark.parametrize("parent", PARENTS)
def test_the_parents_and_their_anchors_are_there(client: OdooClient, parent: str) -> None:
    inner = "<filter name='t' string='T' domain='[]'/>" if parent.endswith("_filter") else None
    values = row(parent, PARENTS[parent], inner) if inner else row(parent, PARENTS[parent])
    told = client.load("ir.ui.view", COLUMNS, [values])
    assert told["messages"] == []
    made = client.read("ir.ui.view", told["ids"], ["model", "mode", "type", "inherit_id", "active"])
    assert (made[0]["model"], made[0]["mode"], made[0]["active"]) == ("crm.lead", "extension", True)
    assert made[0]["inherit_id"]
    assert made[0]["type"] in ("form", "list", "search", "kanban")
    client.unlink("ir.ui.view", told["ids"])


def test_loading_again_changes_the_same_view(client: OdooClient) -> None:
    values = row("crm.crm_lead_view_form", "//notebook")
    first = client.load("ir.ui.view", COLUMNS, [values])
    second = client.load("ir.ui.view", COLUMNS, [values])
    assert first["ids"] == second["ids"]
    assert client.read("ir.ui.view", first["ids"], ["arch_base"])[0]["arch_base"] == values[5]
    client.unlink("ir.ui.view", first["ids"])


def test_what_does_not_fit_is_refused(client: OdooClient) -> None:
    for values in (
        row("crm.crm_lead_view_form", "//notebook", "<field name='no_such_field'/>"),
        row("crm.crm_lead_view_form", "//no_such_element"),
        row("crm.no_such_view", "//notebook"),
    ):
        told = client.load("ir.ui.view", COLUMNS, [values])
        assert told["ids"] is False
        assert told["messages"][0]["type"] == "error"


def test_the_view_shows_the_added_field(odoo: OdooUnderTest) -> None:
    client = odoo.client
    values = row("crm.crm_case_tree_view_leads", PARENTS["crm.crm_case_tree_view_leads"])
    values[5] = str(values[5]).replace('"referred"', '"message_bounce"')
    made = client.load("ir.ui.view", COLUMNS, [values])["ids"]
    parent = odoo.ref("crm.crm_case_tree_view_leads")
    told = client.call("crm.lead", "get_views", views=[[parent, "list"]])
    assert 'name="message_bounce"' in told["views"]["list"]["arch"]
    client.unlink("ir.ui.view", made)
    told = client.call("crm.lead", "get_views", views=[[parent, "list"]])
    assert 'name="message_bounce"' not in told["views"]["list"]["arch"]


def test_a_plain_salesperson_changes_no_views(sales: OdooClient) -> None:
    values = row("crm.crm_lead_view_form", "//notebook")
    try:
        told = sales.load("ir.ui.view", COLUMNS, [values])
    except OdooError as error:
        assert error.code == "odoo.exceptions.AccessError"  # noqa: PT017
    else:
        assert told["ids"] is False
        assert told["messages"]
