"""Exports: states, windows, files, expiry."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import refusal

YEAR = {"createdAfter": "2024-03-01T00:00:00Z", "createdBefore": "2025-03-01T00:00:00Z"}


def order(fields=("id", "email"), name="filter_by_created_at", arguments=None, **more):
    procedure = {"name": name, "arguments": YEAR if arguments is None else arguments}
    return {"object": "Prospect", "fields": list(fields), "procedure": procedure, **more}


def rows_of(sandbox, job):
    found = []
    for address in job["resultRefs"]:
        answer = sandbox.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/csv")
        found.extend(csv.DictReader(io.StringIO(answer.content.decode())))
    return found


def test_an_export_holds_what_a_query_finds(living):
    fields = "id,email,firstName,company,campaign.name,score,optedOut,createdAt,lastActivityAt"
    job = living.export(order(fields.split(","), arguments={**YEAR, "deleted": "all"}))
    assert job["status"] == "Complete"
    assert job["isExpired"] is False
    assert all(ref.startswith(f"{living.url}/api/v5/exports/") for ref in job["resultRefs"])
    rows = {int(row["id"]): row for row in rows_of(living, job)}
    queried = living.everything(
        "prospects",
        fields=fields,
        deleted="all",
        limit=1000,
        createdAtAfterOrEqualTo=YEAR["createdAfter"],
        createdAtBeforeOrEqualTo=YEAR["createdBefore"],
    )
    assert queried
    assert set(rows) == {record["id"] for record in queried}
    for record in queried:
        row = rows[record["id"]]
        assert list(row) == fields.split(",")
        assert row["email"] == (record["email"] or "")
        assert row["firstName"] == (record["firstName"] or "")
        assert row["optedOut"] == ("true" if record["optedOut"] else "false")
        assert row["createdAt"] == record["createdAt"]
        assert row["lastActivityAt"] == (record["lastActivityAt"] or "")
        assert row["campaign.name"] == ((record["campaign"] or {}).get("name") or "")


def test_states_follow_the_clock_and_the_queue(living):
    living.control("PUT", "/clock", {"frozen": True})
    living.switch(export_waiting_seconds=100.0, export_base_seconds=200.0)

    def status(number):
        answer = living.get(f"/api/v5/exports/{number}", fields="status,resultRefs").json()
        assert (answer["resultRefs"] is not None) == (answer["status"] == "Complete")
        return answer["status"]

    made = living.post("/api/v5/exports", order(), fields="id,status").json()
    second = living.post("/api/v5/exports", order(), fields="id").json()["id"]
    first = made["id"]
    assert made["status"] == "Waiting"
    assert refusal(living.get(f"/api/v5/exports/{first}/results/1")) == (400, 178)
    living.advance(150)
    assert (status(first), status(second)) == ("Processing", "Waiting")
    living.advance(200)
    # One after the other: the second begins when the first has ended.
    assert living.finished(first)["status"] == "Complete"
    assert status(second) == "Processing"
    living.advance(200)
    assert living.finished(second)["status"] == "Complete"


def test_more_rows_take_longer(living):
    living.control("PUT", "/clock", {"frozen": True})
    living.switch(export_rows_per_second=1.0)
    number = living.post("/api/v5/exports", order(), fields="id").json()["id"]
    living.advance(60)
    path = f"/api/v5/exports/{number}"
    assert living.get(path, fields="status").json() == {"status": "Processing"}
    living.advance(600)
    assert living.finished(number)["status"] == "Complete"


def test_polls_count_as_calls(living):
    living.control("PUT", "/quota", {"used": 0})
    number = living.post("/api/v5/exports", order(), fields="id").json()["id"]
    for _ in range(3):
        living.get(f"/api/v5/exports/{number}", fields="status")
    assert living.control("GET", "/quota")["used"] == 4


def test_results_are_those_of_the_export_not_of_the_download(living):
    person = living.person(city="Before")
    now = datetime.now(UTC)
    window = {"createdAfter": (now - timedelta(hours=1)).isoformat()}
    job = living.export(order(["id", "city"], arguments=window))
    living.patch(f"prospects/{person}", {"city": "After"})
    cities = {int(row["id"]): row["city"] for row in rows_of(living, job)}
    assert cities[person] == "Before"


def test_files_are_cut_by_size(living):
    assert refusal(living.post("/api/v5/exports", order(maxFileSizeBytes=9_999_999))) == (400, 231)
    too_big = order(maxFileSizeBytes=200_000_001)
    assert refusal(living.post("/api/v5/exports", too_big)) == (400, 232)
    whole = rows_of(living, living.export(order()))
    living.switch(export_minimum_file_bytes=1)
    job = living.export(order(maxFileSizeBytes=2_000))
    assert len(job["resultRefs"]) > 1
    for address in job["resultRefs"]:
        assert len(living.get(address).content) <= 2_000
    assert rows_of(living, job) == whole


def test_forms_of_values(living):
    person = living.person(city='Wörgl, "Tirol"\nÖsterreich')
    window = {"createdAfter": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    body = order(
        ["id", "city", "createdAt", "optedOut", "website"],
        arguments=window,
        legacyDateFormat=True,
        includeByteOrderMark=True,
    )
    living.switch(export_booleans="1_0")
    job = living.export(body)
    content = living.get(job["resultRefs"][0]).content
    assert content.startswith(b"\xef\xbb\xbfid,city,")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    row = next(row for row in rows if int(row["id"]) == person)
    assert row["city"] == 'Wörgl, "Tirol"\nÖsterreich'
    assert row["website"] == ""
    assert row["optedOut"] == "0"
    assert len(row["createdAt"]) == len("2026-01-01 00:00:00")
    datetime.strptime(row["createdAt"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def test_an_export_returns_multi_value_fields(living):
    body = {"name": "Hobbies", "fieldId": "hobbies", "type": "multi-select"}
    living.post("custom-fields", body)
    person = living.person(hobbies__c=["chess", "sailing"])
    window = {"createdAfter": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    job = living.export(order(["id", "hobbies__c"], arguments=window))
    rows = {int(row["id"]): row["hobbies__c"] for row in rows_of(living, job)}
    assert rows[person] == "chess;sailing"


def test_an_empty_export_is_a_header(living):
    window = {"createdAfter": "2001-01-01T00:00:00Z", "createdBefore": "2001-02-01T00:00:00Z"}
    job = living.export(order(arguments=window))
    assert [living.get(ref).content for ref in job["resultRefs"]] == [b"id,email\n"]


@pytest.mark.parametrize("bounds", ["inclusive", "exclusive"])
def test_whether_bounds_belong_to_the_window(living, bounds):
    living.control("PUT", "/clock", {"frozen": True})
    living.advance(5)
    person = living.person()
    stamp = living.get(f"prospects/{person}", fields="updatedAt").json()["updatedAt"]
    living.switch(export_bounds=bounds)
    window = {"updatedAfter": stamp, "updatedBefore": stamp}
    job = living.export(order(name="filter_by_updated_at", arguments=window))
    assert len(rows_of(living, job)) == (1 if bounds == "inclusive" else 0)


def test_other_objects_can_be_exported(living):
    body = order(["id", "listId", "prospectId"], arguments={**YEAR, "deleted": "all"})
    job = living.export({**body, "object": "listMembership"})
    expected = living.everything(
        "list-memberships",
        fields="id",
        limit=1000,
        deleted="all",
        createdAtAfterOrEqualTo=YEAR["createdAfter"],
        createdAtBeforeOrEqualTo=YEAR["createdBefore"],
    )
    assert expected
    assert {int(row["id"]) for row in rows_of(living, job)} == {r["id"] for r in expected}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fields": []}, 153),
        ({"fields": ["id", "unicorn"]}, 180),
        ({"fields": [f"f{n}" for n in range(151)]}, 154),
        ({"procedure": {"name": "filter_by_magic", "arguments": YEAR}}, 174),
        ({"procedure": {"name": "filter_by_created_at", "arguments": {"updatedAfter": "x"}}}, 175),
        ({"procedure": {"name": "filter_by_created_at", "arguments": {}}}, 176),
        (
            {
                "procedure": {
                    "name": "filter_by_created_at",
                    "arguments": {"createdAfter": "2024-01-01"},
                }
            },
            177,
        ),
        (
            {
                "procedure": {
                    "name": "filter_by_created_at",
                    "arguments": {
                        "createdAfter": "2024-01-01T00:00:00Z",
                        "createdBefore": "2025-01-01T00:00:01Z",
                    },
                }
            },
            177,
        ),
        (
            {"procedure": {"name": "filter_by_created_at", "arguments": {**YEAR, "deleted": "x"}}},
            177,
        ),
        ({"object": "Unicorn"}, 154),
        ({"colour": "red"}, 154),
    ],
)
def test_refused_orders(living, changes, expected):
    answer = living.post("/api/v5/exports", {**order(), **changes}, fields="id")
    assert refusal(answer) == (400, expected)


def test_naming_the_object_can_be_required(living):
    body = order()
    del body["object"]
    assert living.post("/api/v5/exports", body).status_code == 201
    living.switch(export_object_member="required")
    assert refusal(living.post("/api/v5/exports", body)) == (400, 153)


def test_results_expire_after_seven_days(living):
    living.switch(access_token_lifetime_seconds=10**9)
    living.login()
    job = living.export(order())
    living.advance(7 * 86_400 - 60)
    assert living.get(job["resultRefs"][0]).status_code == 200
    living.advance(120)
    found = living.get(f"/api/v5/exports/{job['id']}", fields="isExpired,resultRefs").json()
    assert found == {"isExpired": True, "resultRefs": None}
    assert refusal(living.get(job["resultRefs"][0])) == (400, 178)


def test_failed_exports(living):
    living.switch(export_fails=True)
    job = living.export(order())
    assert (job["status"], job["resultRefs"]) == ("Failed", None)
    assert refusal(living.get(f"/api/v5/exports/{job['id']}/results/1")) == (400, 178)


def test_jobs_can_be_listed_and_missing_ones_are_missing(living):
    job = living.export(order())
    listed = living.get("/api/v5/exports", fields="id,status").json()["values"]
    assert {"id": job["id"], "status": "Complete"} in listed
    assert refusal(living.get("/api/v5/exports/999999", fields="id")) == (404, 109)
    assert refusal(living.get(f"/api/v5/exports/{job['id']}")) == (400, 13)
    assert refusal(living.get(f"/api/v5/exports/{job['id']}/results/9")) == (404, 109)


def test_an_export_takes_time_by_default(living):
    defaults = living.control("GET", "/switches")
    living.switch(export_waiting_seconds=0.2, export_base_seconds=0.3)
    assert defaults["export_rows_per_second"] > 0
    started = time.monotonic()
    living.export(order())
    assert time.monotonic() - started >= 0.5
