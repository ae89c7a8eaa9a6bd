"""What a plain "Sales / User: All Documents" user may do."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessError, OdooError
from pardot_odoo_pipeline_tests.contract.support import (
    OdooUnderTest,
    address,
    lead,
    one,
    partner,
    unique,
)
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin


def test_leads_and_contacts_are_made_and_changed(sales: OdooClient, client: OdooClient) -> None:
    mail = address()
    person = partner(sales, email=mail)
    made = lead(sales, partner_id=person, email_from=mail, tag_ids=[[0, 0, {"name": unique()}]])
    sales.write("crm.lead", [made], {"city": "Wien", "stage_id": sales.search("crm.stage", [])[0]})
    assert one(client, "crm.lead", made, "city", "write_uid")["write_uid"][0] == sales.uid
    assert sales.call("crm.lead", "action_set_lost", ids=[made]) in (None, True)


def test_everybodys_leads_are_seen(sales: OdooClient, client: OdooClient) -> None:
    mine = client.create("crm.lead", [{"name": unique(), "type": "lead", "user_id": client.uid}])
    assert sales.search("crm.lead", [["id", "in", mine]]) == mine
    sales.write("crm.lead", mine, {"city": "Graz"})
    assert one(client, "crm.lead", mine[0], "city") == "Graz"


@pytest.mark.parametrize(
    ("model", "method", "named"),
    [
        ("ir.model", "search", {"domain": []}),
        ("ir.model.fields", "search_read", {"domain": [], "fields": ["name"], "limit": 1}),
        ("ir.model.data", "search", {"domain": [["module", "=", "pardot"]]}),
        ("ir.config_parameter", "search", {"domain": []}),
        ("ir.config_parameter", "get_param", {"key": "database.uuid"}),
        ("ir.config_parameter", "set_param", {"key": "x", "value": "y"}),
        ("res.users", "create", {"vals_list": [{"name": "x", "login": "x"}]}),
        ("crm.stage", "create", {"vals_list": [{"name": "x"}]}),
        ("mail.activity.type", "create", {"vals_list": [{"name": "x"}]}),
        ("ir.actions.server", "create", {"vals_list": [{"name": "x", "state": "code"}]}),
        ("ir.actions.server", "search", {"domain": []}),
        ("ir.actions.server", "search_read", {"domain": [], "fields": ["name"]}),
        ("ir.ui.view", "search", {"domain": []}),
        ("base.automation", "search", {"domain": []}),
        ("mail.blacklist", "search", {"domain": []}),
        ("mail.tracking.value", "search", {"domain": []}),
        ("mail.activity.type", "write", {"ids": [1], "vals": {"name": "x"}}),
    ],
)
def test_what_is_closed_is_an_access_error(
    sales: OdooClient, model: str, method: str, named: dict[str, Any]
) -> None:
    with pytest.raises(OdooAccessError) as caught:
        sales.call(model, method, **named)
    assert caught.value.code == "odoo.exceptions.AccessError"


def test_nothing_is_deleted(sales: OdooClient) -> None:
    made, person = lead(sales), partner(sales)
    for model, record in (("crm.lead", made), ("res.partner", person)):
        with pytest.raises(OdooAccessError, match=f"delete {model}"):
            sales.unlink(model, [record])
        assert sales.search_count(model, [["id", "=", record]]) == 1


def test_the_words_name_the_groups(odoo: OdooUnderTest, sales: OdooClient) -> None:
    made = lead(sales)
    password = sales.connection.secret
    args = [odoo.admin.database, sales.uid, password, "crm.lead", "unlink", [[made]], {}]
    data = odoo.raw_rpc("object", "execute_kw", args)["error"]["data"]
    assert data["message"].startswith(
        "You are not allowed to delete 'Lead' (crm.lead) records.\n\n"
        "This operation is allowed for the following groups:\n"
    )
    assert "Administrator" in data["message"]


def test_what_is_open_to_read(sales: OdooClient) -> None:
    for model in (
        "crm.stage",
        "crm.team",
        "crm.tag",
        "crm.lost.reason",
        "res.country",
        "res.country.state",
        "res.partner.industry",
        "res.partner.category",
        "res.users",
        "utm.source",
        "utm.campaign",
        "utm.medium",
        "mail.activity.type",
        "ir.default",
        "ir.module.module",
        "res.groups",
    ):
        sales.search(model, [], limit=1)


def test_sources_and_campaigns(sales: OdooClient) -> None:
    made = sales.create("utm.source", [{"name": unique("source")}])
    assert lead(sales, source_id=made[0])
    made = sales.create("utm.campaign", [{"title": unique("campaign")}])
    assert lead(sales, campaign_id=made[0])


def test_several_rows_with_one_forbidden_one_fail_together(
    odoo: OdooUnderTest, client: OdooClient
) -> None:
    """A user who may change only their own leads loses the whole call to one of another's."""
    own, internal = odoo.ref("sales_team.group_sale_salesman"), odoo.ref("base.group_user")
    login, password = unique("own").replace(" ", "."), "another-long-password"
    values = {"name": "Own Only", "login": login, "email": f"{login}@example.com"}
    values |= {"password": password, "group_ids": [[6, 0, [internal, own]]]}
    client.create("res.users", [values], context={"no_reset_password": True})
    only_own = OdooLogin(odoo.admin.url, odoo.admin.database, login, password, None).client()
    free = lead(client)
    others = client.create("crm.lead", [{"name": unique(), "type": "lead", "user_id": client.uid}])
    both = [free, others[0]]
    assert only_own.search("crm.lead", [["id", "in", both]]) == [free]
    for act in (
        lambda: only_own.write("crm.lead", both, {"city": "Wien"}),
        lambda: only_own.read("crm.lead", both, ["city"]),
    ):
        with pytest.raises(OdooError) as caught:
            act()
        assert caught.value.code == "odoo.exceptions.AccessError"
    assert one(client, "crm.lead", free, "city") is False
    only_own.write("crm.lead", [free], {"city": "Wien"})
    assert one(client, "crm.lead", free, "city") == "Wien"


def test_the_leads_feature_is_a_group_that_everybody_may_get(
    odoo: OdooUnderTest, client: OdooClient, sales: OdooClient
) -> None:
    """What the box "Leads" in CRM's settings does, as far as people see it."""
    everybody, shown = odoo.ref("base.group_user"), odoo.ref("crm.group_use_lead")

    def seen() -> tuple[bool, str]:
        named = {"ids": [sales.uid], "group_ext_id": "crm.group_use_lead"}
        made = sales.create("crm.lead", [{"name": unique()}])[0]
        return sales.call("res.users", "has_group", **named), one(client, "crm.lead", made, "type")

    def switch(code: int) -> bool:
        client.write("res.groups", [everybody], {"implied_ids": [[code, shown, 0]]})
        return shown in one(client, "res.groups", everybody, "implied_ids")

    was_on = shown in one(client, "res.groups", everybody, "implied_ids")
    try:
        assert switch(3) is False
        assert seen() == (False, "opportunity")
        assert switch(4) is True
        assert seen() == (True, "lead")
    finally:
        switch(4 if was_on else 3)
    assert seen()[0] is was_on


def test_a_salesperson_may_not_change_what_groups_imply(
    odoo: OdooUnderTest, sales: OdooClient
) -> None:
    change = {"implied_ids": [[4, odoo.ref("crm.group_use_lead"), 0]]}
    with pytest.raises(OdooAccessError):
        sales.write("res.groups", [odoo.ref("base.group_user")], change)
