"""Where the sandbox answers otherwise when it plays an Odoo 18.

No Odoo 18 is at hand to run these against: they hold what was once measured on one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooBadValue
from pardot_odoo_pipeline_tests.contract.support import (
    OdooUnderTest,
    lead,
    one,
    partner,
    running_sandbox,
)


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OdooUnderTest]:
    """The sandbox as an Odoo 18."""
    with running_sandbox(tmp_path_factory.mktemp("eighteen"), version=18) as admin:
        yield OdooUnderTest(admin, real=False)


def test_the_key_goes_by_jsonrpc(odoo: OdooUnderTest, client: OdooClient) -> None:
    assert client.connection.has_api_key
    assert client.version.major == 18
    assert not client.speaks_json2
    assert client.uid == odoo.rpc.uid


def test_there_is_no_json2(odoo: OdooUnderTest) -> None:
    answer = odoo.raw_json2("res.users", "context_get", {})
    assert not answer.headers.get("Content-Type", "").startswith("application/json")


def test_errors_carry_the_older_code(odoo: OdooUnderTest) -> None:
    error = odoo.execute_kw("crm.lead", "create", [[{"name": "x", "nofield": 1}]])["error"]
    assert error["code"] == 200
    assert error["data"]["name"] == "builtins.ValueError"


def test_fields_that_19_dropped_and_added(client: OdooClient) -> None:
    for model in ("crm.lead", "res.partner"):
        assert set(client.fields_get(model, ["mobile", "title"], ["type"])) == {"mobile", "title"}
    assert client.fields_get("crm.lead", ["won_status", "commercial_partner_id"], ["type"]) == {}
    assert set(client.fields_get("res.users", ["groups_id", "group_ids"], ["type"])) == {
        "groups_id"
    }
    assert set(client.fields_get("crm.stage", ["team_id", "team_ids"], ["type"])) == {"team_id"}
    with pytest.raises(OdooBadValue):
        lead(client, won_status="won")


def test_a_mobile_is_kept(client: OdooClient) -> None:
    person = partner(client, mobile="+43 660 1234567")
    assert one(client, "res.partner", person, "mobile") == "+43 660 1234567"


def test_write_dates_compare_to_the_microsecond(client: OdooClient) -> None:
    made = lead(client)
    stamp = one(client, "crm.lead", made, "write_date")
    later = str(datetime.fromisoformat(stamp) + timedelta(seconds=1))
    mine = ["id", "=", made]
    assert client.search("crm.lead", [mine, ["write_date", ">", stamp]]) == [made]
    assert client.search("crm.lead", [mine, ["write_date", "=", stamp]]) == []
    assert client.search("crm.lead", [mine, ["write_date", ">=", stamp]]) == [made]
    assert client.search("crm.lead", [mine, ["write_date", "<", later]]) == [made]


def test_lost_shows_in_the_probability(client: OdooClient) -> None:
    made = lead(client, type="opportunity")
    client.call("crm.lead", "action_set_lost", ids=[made])
    assert one(client, "crm.lead", made, "active", "probability") == {
        "active": False,
        "probability": 0.0,
    }
