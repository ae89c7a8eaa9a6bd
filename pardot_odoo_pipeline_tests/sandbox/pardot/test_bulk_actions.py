"""Bulk actions and external activities."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest

from .conftest import refusal

PATH = "/api/v5/bulk-actions"
EXTERNAL = "/api/v5/external-activities"


@pytest.fixture
def living(living):
    living.switch(import_waiting_seconds=0.0, import_base_seconds=0.0)
    return living


def ordered(sandbox, action, ids, **body):
    text = "id\n" + "\n".join(map(str, ids))
    return sandbox.http.post(
        f"{sandbox.url}{PATH}?fields=id,status,count",
        data={"input": json.dumps({"object": "Prospect", "action": action, **body})},
        files={"file": ("ids.csv", text)},
        timeout=30,
    )


def ended(sandbox, number):
    fields = "status,count,processedCount,percentComplete,errorCount,errorsRef"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = sandbox.get(f"{PATH}/{number}", fields=fields).json()
        if found["status"] in ("Complete", "Cancelled"):
            return found
    raise AssertionError("the bulk action did not end")


def test_many_prospects_go_to_the_bin_and_then_for_good(living):
    people = [living.person() for _ in range(3)]
    made = ordered(living, "delete", people)
    assert made.status_code == 201
    job = ended(living, made.json()["id"])
    assert (job["count"], job["processedCount"], job["percentComplete"]) == (3, 3, 100)
    assert (job["errorCount"], job["errorsRef"]) == (0, None)
    in_bin = {"fields": "id", "deleted": "true", "idList": ",".join(map(str, people))}
    assert len(living.everything("prospects", **in_bin)) == 3
    stays = living.person()
    job = ended(living, ordered(living, "permanentDelete", [*people, stays]).json()["id"])
    assert (job["status"], job["errorCount"]) == ("Complete", 1)
    failed = csv.DictReader(io.StringIO(living.get(job["errorsRef"]).text))
    assert [row["id"] for row in failed] == [str(stays)]
    assert living.everything("prospects", **in_bin) == []
    assert living.get(f"prospects/{stays}", fields="id").status_code == 200


def test_a_bulk_action_can_be_paused_and_cancelled(living):
    living.control("PUT", "/clock", {"frozen": True})
    living.switch(import_waiting_seconds=100.0)
    person = living.person()
    number = ordered(living, "delete", [person]).json()["id"]
    path = f"{PATH}/{number}"

    def change(status):
        return living.patch(path, {"status": status}, fields="status")

    assert change("Paused").json() == {"status": "Paused"}
    living.advance(1000)
    assert living.get(path, fields="status").json() == {"status": "Paused"}
    assert living.get(f"prospects/{person}", fields="id").status_code == 200
    assert change("Ready").json() == {"status": "Waiting"}
    assert change("Cancelled").json() == {"status": "Cancelled"}
    assert refusal(change("Ready")) == (400, 161)
    living.advance(1000)
    assert living.get(f"prospects/{person}", fields="id").status_code == 200


def test_refused_bulk_actions(living):
    assert refusal(ordered(living, "dance", [1])) == (400, 205)
    assert refusal(ordered(living, "delete", [])) == (400, 162)
    assert refusal(ordered(living, "delete", ["x", "y"])) == (400, 159)
    assert refusal(ordered(living, "delete", [1], colour="red")) == (400, 154)
    assert refusal(ordered(living, "delete", range(1, 100_002))) == (400, 63)
    assert refusal(living.get(f"{PATH}/999999", fields="id")) == (404, 109)
    assert refusal(living.get(PATH)) == (400, 13)


def test_external_activities_are_kept_for_the_latest_holder_of_the_address(living):
    email = "external@example.com"
    quiet, active = living.person(email=email), living.person(email=email)
    living.control("POST", "/activity", {"prospectId": quiet, "type": 2})
    body = {
        "extension": "Odoo",
        "type": "InvoicePaid",
        "email": email,
        "value": "INV/0042",
        "activityDate": "2026-05-01T10:00:00+02:00",
    }
    made = living.post(EXTERNAL, body, fields="id,extension,type,value,prospectId,activityDate")
    assert made.status_code == 201
    record = made.json()
    assert record["prospectId"] == quiet != active
    assert (record["extension"], record["type"], record["value"]) == (
        "Odoo",
        "InvoicePaid",
        "INV/0042",
    )
    assert made.headers["location"] == f"{living.url}{EXTERNAL}/{record['id']}"
    assert living.get(made.headers["location"], fields="type").json() == {"type": "InvoicePaid"}
    listed = living.everything(EXTERNAL, fields="id", createdAtAfter="2026-01-01T00:00:00Z")
    assert {"id": record["id"]} in listed
    assert refusal(living.post(EXTERNAL, {**body, "email": "no@example.com"})) == (400, 4)
    assert refusal(living.post(EXTERNAL, {"email": email})) == (400, 153)
    assert refusal(living.get("external-activities", fields="id")) == (404, 198)
    living.switch(external_activity_types="Odoo.OrderConfirmed Odoo.OrderLost")
    assert refusal(living.post(EXTERNAL, body)) == (400, 154)
    known = {**body, "type": "OrderLost"}
    assert living.post(EXTERNAL, known, fields="id").status_code == 201
