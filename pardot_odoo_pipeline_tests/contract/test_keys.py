"""API keys: made by their user in a web session, good for either protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import credentials as store
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.mapping.quota_rules import CredentialRules
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessDenied, OdooUserError
from pardot_odoo_pipeline.operations import credentials
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


def test_the_end_of_a_key_is_known_and_warned_of(keyed: OdooLogin, tmp_path: Path) -> None:
    client = keyed.client()
    own = [("user_id", "=", client.uid)]
    [made] = client.search_read("res.users.apikeys", own, ["create_date"])
    made_at = datetime.fromisoformat(made["create_date"]).replace(tzinfo=UTC)
    rules = CredentialRules(warn_days=14)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        with ledger.write() as connection:
            store.see(connection, {credentials.ODOO_KEY: ["1234"]}, now=made_at)
        credentials.ask_odoo(ledger, client)
        with ledger.read() as connection:
            [key] = store.listed(connection)
        # It is good for 30 days, and ends as the last one begins.
        midnight = made_at.replace(hour=0, minute=0, second=0, microsecond=0)
        assert key.expires_at == midnight + timedelta(days=30)
        with ledger.write() as connection:
            early = key.expires_at - timedelta(days=15)
            assert credentials.warn(connection, rules, early) == []
            [warning] = credentials.warn(connection, rules, early + timedelta(days=13))
        assert warning.cause_key == "credentials:expiry:odoo_api_key"
        assert (warning.until, warning.is_serious) == (key.expires_at, True)
        with ledger.read() as connection:
            [incident] = incidents.open_incidents(connection)
        assert "ends in 2 days" in incident.detail["title"]
        assert "ODOO_API_KEY" in incident.detail["fix"]
