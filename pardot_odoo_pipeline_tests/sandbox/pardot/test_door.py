"""Who is let in, in which order the door asks, and how calls are counted."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from .conftest import refusal

PATH = "/api/v5/objects/account"


def knock(sandbox, headers, path=PATH, method="GET"):
    return requests.request(method, sandbox.url + path, headers=headers, timeout=30)


def headers_of(sandbox, **changes):
    headers = {
        "Authorization": sandbox.http.headers["Authorization"],
        "Pardot-Business-Unit-Id": sandbox.credentials["business_unit_id"],
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Authorization": None}, (401, 49)),
        ({"Authorization": "Basic abc"}, (401, 49)),
        ({"Authorization": "Bearer wrong"}, (401, 184)),
        ({"Authorization": "Pardot api_key=1, user_key=2"}, (401, 199)),
        ({"Pardot_Business_Unit_Id": None}, (400, 181)),
        ({"Pardot_Business_Unit_Id": "nonsense"}, (400, 182)),
        ({"Pardot_Business_Unit_Id": "0Uv000000000000AAA"}, (400, 201)),
        # Authorization is looked at before the business unit.
        ({"Authorization": None, "Pardot_Business_Unit_Id": None}, (401, 49)),
    ],
)
def test_headers_are_checked_in_order(pardot, changes, expected):
    assert refusal(knock(pardot, headers_of(pardot, **changes))) == expected


def test_missing_business_unit_in_the_recorded_words(pardot):
    answer = knock(pardot, headers_of(pardot, Pardot_Business_Unit_Id=None))
    assert answer.json()["message"] == (
        "A required header is missing: Pardot-Business-Unit-Id header not found on request."
    )


def test_status_of_an_unknown_business_unit_is_a_switch(living):
    living.switch(business_unit_unknown_status=403)
    headers = headers_of(living, Pardot_Business_Unit_Id="0Uv000000000000AAA")
    assert refusal(knock(living, headers)) == (403, 201)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v5/objects/unicorns?fields=id",
        "/api/prospect/version/4/do/query",
        "/api/v5/prospects?fields=id",
        "/api/v5/objects/prospects/1/2/3",
        "/",
    ],
)
def test_unknown_routes(pardot, path):
    assert refusal(knock(pardot, headers_of(pardot), path)) == (404, 198)
    assert refusal(knock(pardot, {}, path)) == (401, 49)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/v5/objects/prospects"),
        ("POST", "/api/v5/objects/users"),
        ("PATCH", "/api/v5/objects/visitor-activities/1"),
        ("DELETE", "/api/v5/objects/account"),
        ("DELETE", "/api/v5/exports/1"),
    ],
)
def test_wrong_methods(pardot, method, path):
    assert refusal(knock(pardot, headers_of(pardot), path, method)) == (405, 60)


def test_fields_are_asked_for_before_other_parameters(pardot):
    answer = pardot.get("prospects", limit="nonsense")
    assert refusal(answer) == (400, 13)
    assert answer.json()["message"] == "One or more required parameters are missing: fields"


def test_usage_header_only_on_demand(living):
    assert "x-api-usage" not in living.get("users", fields="id").headers
    living.control("PUT", "/quota", {"used": 41})
    living.http.headers["X-Return-Api-Usage"] = "1"
    try:
        assert living.get("users", fields="id").headers["x-api-usage"] == "42/100000"
    finally:
        del living.http.headers["X-Return-Api-Usage"]


def test_account_tells_the_usage(living):
    living.switch(edition="Growth")
    living.control("PUT", "/quota", {"used": 10})
    body = living.get("account", fields="apiCallsUsed,maximumDailyApiCalls,createdAt").json()
    assert body["apiCallsUsed"] == 11
    assert body["maximumDailyApiCalls"] == 25_000
    assert datetime.fromisoformat(body["createdAt"]).utcoffset() is not None


def test_daily_limit_until_the_accounts_midnight(living):
    zone = ZoneInfo("America/New_York")
    noon = datetime.now(zone).replace(hour=23, minute=30)
    living.control("PUT", "/clock", {"now": noon.isoformat()})
    living.login()
    living.switch(daily_maximum=3)
    living.control("PUT", "/quota", {"used": 2})
    assert living.get("users", fields="id").status_code == 200
    spent = living.get("users", fields="id")
    assert refusal(spent) == (429, 122)
    assert spent.json()["message"] == "Daily API rate limit met"
    assert "retry-after" not in spent.headers
    tomorrow = (noon + timedelta(hours=1)).isoformat()
    living.control("PUT", "/clock", {"now": tomorrow})
    assert living.get("users", fields="id").status_code == 200


def test_an_edition_without_calls_is_refused_at_once(living):
    living.switch(daily_maximum=-1)
    assert refusal(living.get("users", fields="id")) == (429, 122)


def test_whether_refused_calls_count_is_a_switch(living):
    living.control("PUT", "/quota", {"used": 5})
    living.get("prospects")
    assert living.control("GET", "/quota")["used"] == 6
    living.switch(failed_calls_count=False)
    living.get("prospects")
    assert living.control("GET", "/quota")["used"] == 6


def test_unauthenticated_calls_do_not_count(living):
    living.control("PUT", "/quota", {"used": 5})
    knock(living, {})
    assert living.control("GET", "/quota")["used"] == 5


def test_the_sixth_concurrent_request_is_refused(living):
    path = "/api/v5/objects/users?fields=id"
    living.fault({"delay_seconds": 1.5}, times=5, path="/api/v5/objects/users")
    headers, answers = headers_of(living), []
    threads = [
        threading.Thread(target=lambda: answers.append(knock(living, headers, path)))
        for _ in range(5)
    ]
    before = living.control("GET", "/requests")["next"]
    for thread in threads:
        thread.start()
    while living.control("GET", "/requests")["next"] < before + 5:
        pass
    assert refusal(knock(living, headers, path)) == (429, 66)
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 5
    assert knock(living, headers, path).status_code == 200
