"""API keys: made by their user in a web session, good for either protocol."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessDenied, OdooUserError
from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest, lead, one
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_key


@pytest.fixture(scope="module")
def keyed(seller: OdooLogin) -> OdooLogin:
    """The plain salesperson, with a key."""
    return replace(seller, api_key=make_key(seller))


def test_a_user_makes_a_key_and_gets_in_with_it(keyed: OdooLogin, sales: OdooClient) -> None:
    client = keyed.client()
    assert client.speaks_json2
    assert client.version.major == 19
    assert client.uid == sales.uid
    made = lead(client)
    assert one(client, "crm.lead", made, "create_uid")[0] == sales.uid


def test_the_key_serves_as_a_password_in_jsonrpc(odoo: OdooUnderTest, keyed: OdooLogin) -> None:
    args = [keyed.database, keyed.username, keyed.api_key, {}]
    assert odoo.raw_rpc("common", "authenticate", args)["result"] == keyed.client().uid


def test_a_key_of_someone_else_is_noticed(odoo: OdooUnderTest, keyed: OdooLogin) -> None:
    swapped = replace(keyed, api_key=odoo.admin.api_key)
    with pytest.raises(OdooAccessDenied, match="another user"):
        _ = swapped.client().version


def test_no_key_is_made_over_the_external_api(sales: OdooClient) -> None:
    wizard = sales.create("res.users.apikeys.description", [{"name": "x", "duration": "1"}])
    with pytest.raises(OdooUserError):
        sales.call("res.users.apikeys.description", "make_key", ids=wizard)
