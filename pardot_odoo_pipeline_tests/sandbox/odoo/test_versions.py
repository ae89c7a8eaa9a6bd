"""Where 18 and 19 answer differently."""

from __future__ import annotations

import pytest
import requests

from pardot_odoo_pipeline_tests.sandbox.odoo.conftest import Wire

BOTH = pytest.mark.parametrize("wire", ["18", "19"], indirect=True)
MOMENT = "2031-01-02T03:04:05.600000+00:00"
SECOND = "2031-01-02 03:04:05"


@BOTH
def test_write_dates_compare_exactly_on_18_and_by_seconds_on_19(wire: Wire) -> None:
    exact = wire.rpc("common", "version")["server_version"] == "18.0"
    wire.control("PUT", "/clock", {"frozen": True})
    wire.control("PUT", "/clock", {"now": MOMENT})
    made = wire.call("crm.lead", "create", {"name": "m"})

    def holds(operator: str, value: str) -> bool:
        domain = [("id", "=", made), ("write_date", operator, value)]
        return bool(wire.call("crm.lead", "search", domain))

    assert holds("=", SECOND) is not exact
    assert holds(">", SECOND) is exact
    assert holds("<=", SECOND) is not exact
    assert holds(">=", SECOND)
    assert holds("<", "2031-01-02 03:04:06")
    assert holds("=", f"{SECOND}.600000")


@BOTH
def test_json2_is_there_only_on_19(wire: Wire) -> None:
    answer = requests.post(
        f"{wire.facts['url']}/json/2/crm.stage/search",
        json={"domain": []},
        headers={"Authorization": f"bearer {wire.login['api_key']}"},
        timeout=10,
    )
    assert answer.status_code == 200
    is_json = answer.headers["content-type"].startswith("application/json")
    assert is_json is (wire.rpc("common", "version")["server_version"] == "19.0")


@BOTH
def test_fields_of_the_version(wire: Wire) -> None:
    fields = wire.call("crm.lead", "fields_get", ["mobile", "title", "won_status"], ["type"])
    old = wire.rpc("common", "version")["server_version"] == "18.0"
    assert set(fields) == ({"mobile", "title"} if old else {"won_status"})
    users = wire.call("res.users", "fields_get", ["group_ids", "groups_id"], ["type"])
    assert set(users) == ({"groups_id"} if old else {"group_ids"})
