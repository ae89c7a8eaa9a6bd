"""Imports: states, matching, blank cells, the recycle bin, lists, errors, limits."""

from __future__ import annotations

import csv
import io
import os
import time
from itertools import count

import pytest
import requests

from .conftest import Sandbox, refusal

UPSERT = {"operation": "Upsert", "object": "Prospect"}
_numbers = count(1)


@pytest.fixture
def living(living):
    living.switch(import_waiting_seconds=0.0, import_base_seconds=0.0)
    return living


def address():
    return f"imported-{os.getpid()}-{next(_numbers)}@example.com"


def opened(sandbox, **body):
    answer = sandbox.post("/api/v5/imports", {**UPSERT, **body}, fields="id,status,batchesRef")
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "Open"
    return answer.json()


def upload(sandbox, job, text, name="file"):
    data = text if isinstance(text, bytes) else text.encode()
    return sandbox.http.post(
        job["batchesRef"], files={name: ("batch.csv", data, "text/csv")}, timeout=30
    )


def submit(sandbox, job):
    return sandbox.patch(
        f"/api/v5/imports/{job['id']}", {"status": "Ready"}, fields="id,status,batchesRef"
    )


def ended(sandbox, job):
    fields = "status,createdCount,updatedCount,errorCount,errorRef"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = sandbox.get(f"/api/v5/imports/{job['id']}", fields=fields).json()
        if found["status"] in ("Complete", "Failed", "Canceled"):
            return found
        time.sleep(0.01)
    raise AssertionError(f"import {job['id']} did not end")


def run(sandbox, rows, **body):
    """Import rows (of dictionaries) and return how it ended."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    job = opened(sandbox, **body)
    assert upload(sandbox, job, buffer.getvalue()).status_code == 204
    assert submit(sandbox, job).json()["status"] == "Ready"
    return {**ended(sandbox, job), "id": job["id"]}


def counts(job):
    return job["createdCount"], job["updatedCount"], job["errorCount"]


def errors_of(sandbox, job):
    answer = sandbox.get(job["errorRef"])
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def prospect(sandbox, number, fields):
    return sandbox.get(f"prospects/{number}", fields=fields).json()


def found_by(sandbox, email, fields="id"):
    return sandbox.everything("prospects", fields=fields, email=email)


def test_rows_create_and_update(living):
    one, new = living.person(city="Ulm", firstName="Old"), address()
    job = run(
        living,
        [
            {"matchId": one, "email": "", "city": "Bern", "score": 40, "optedOut": "true"},
            {"matchId": "", "email": new, "city": "Köln", "score": "", "optedOut": "false"},
        ],
    )
    assert (job["status"], counts(job), job["errorRef"]) == ("Complete", (1, 1, 0), None)
    expected = {"city": "Bern", "score": 40, "optedOut": True, "firstName": "Old"}
    assert prospect(living, one, "city,score,optedOut,firstName") == expected
    assert found_by(living, new, "city,score") == [{"city": "Köln", "score": 0}]


def test_matching_by_email_takes_the_latest_active(living):
    email = address()
    quiet, active = living.person(email=email), living.person(email=email)
    living.control("POST", "/activity", {"prospectId": active, "type": 2})
    assert counts(run(living, [{"matchEmail": email.upper(), "city": "Rom"}])) == (0, 1, 0)
    assert prospect(living, active, "city") == {"city": "Rom"}
    assert prospect(living, quiet, "city") == {"city": None}
    unknown = address()
    assert counts(run(living, [{"matchEmail": unknown, "city": "Rom"}])) == (1, 0, 0)
    assert found_by(living, unknown, "city") == [{"city": "Rom"}]


def test_matching_by_salesforce_id(living):
    one = living.person(salesforceId="00Q000000000042AAA")
    job = run(living, [{"matchSalesforceId": "00Q000000000042AAA", "city": "Turin"}])
    assert counts(job) == (0, 1, 0)
    assert prospect(living, one, "city") == {"city": "Turin"}


def test_no_match_is_an_error_unless_rows_may_create(living):
    email = address()
    job = run(living, [{"matchEmail": email, "city": "Rom"}], createOnNoMatch=False)
    assert counts(job) == (0, 0, 1)
    (failed,) = errors_of(living, job)
    assert failed["matchEmail"] == email
    assert failed["error"]
    assert found_by(living, email) == []


@pytest.mark.parametrize(
    ("option", "default", "expected"),
    [
        ({}, True, {"city": None, "firstName": "New"}),
        ({}, False, {"city": "Ulm", "firstName": "New"}),
        ({"field": "city", "nullOverwrite": False}, True, {"city": "Ulm", "firstName": "New"}),
        ({"field": "city", "nullOverwrite": True}, False, {"city": None, "firstName": "New"}),
        ({"field": "firstName", "overwrite": False}, True, {"city": None, "firstName": "Old"}),
    ],
)
def test_what_cells_overwrite(living, option, default, expected):
    living.switch(import_null_overwrite=default)
    one = living.person(city="Ulm", firstName="Old")
    row = {"matchId": one, "city": "", "firstName": "New"}
    assert counts(run(living, [row], fields=[option] if option else [])) == (0, 1, 0)
    assert prospect(living, one, "city,firstName") == expected


def test_a_blank_score_is_none_at_all(living):
    one = living.person(score=40)
    run(living, [{"matchId": one, "score": "", "optedOut": ""}])
    assert prospect(living, one, "score,optedOut") == {"score": 0, "optedOut": False}


def test_overwrite_false_still_fills_what_is_empty(living):
    one = living.person()
    run(
        living,
        [{"matchId": one, "city": "Ulm"}],
        fields=[{"field": "city", "overwrite": False}],
    )
    assert prospect(living, one, "city") == {"city": "Ulm"}


def test_the_recycle_bin_is_left_alone_unless_asked(living):
    one = living.person(city="Ulm")
    living.delete(f"prospects/{one}")
    row = {"matchId": one, "city": "Bern"}
    job = run(living, [row])
    assert (counts(job), job["errorRef"]) == ((0, 0, 0), None)
    assert living.get(f"prospects/{one}", fields="id").status_code == 404
    living.switch(import_bin_rows="error")
    assert counts(run(living, [row])) == (0, 0, 1)
    assert counts(run(living, [row], restoreDeleted=True)) == (0, 1, 0)
    assert prospect(living, one, "city,isDeleted") == {"city": "Bern", "isDeleted": False}


def test_lists(living):
    def members(number):
        return {
            m["prospectId"]
            for m in living.everything("list-memberships", fields="prospectId", listId=number)
        }

    lists = [living.post("lists", {"name": f"L{n}"}, fields="id").json()["id"] for n in range(21)]
    one, two = living.person(), living.person()
    stamp = prospect(living, one, "updatedAt")
    living.post("list-memberships", {"listId": lists[1], "prospectId": one})
    dynamic = next(
        r["id"] for r in living.everything("lists", fields="id,isDynamic") if r["isDynamic"]
    )
    job = run(
        living,
        [
            {"matchId": one, "addToList": f"{lists[0]};{lists[2]}", "removeFromList": lists[1]},
            {"matchId": two, "addToList": dynamic, "removeFromList": ""},
            {"matchId": two, "addToList": ";".join(map(str, lists)), "removeFromList": ""},
            {"matchId": two, "addToList": "999999", "removeFromList": ""},
        ],
    )
    assert counts(job) == (0, 1, 3)
    assert [members(number) for number in lists[:3]] == [{one}, set(), {one}]
    # Changing lists alone is no change of the prospect.
    assert prospect(living, one, "updatedAt") == stamp
    assert len(errors_of(living, job)) == 3


def test_bad_rows_do_not_hold_up_good_ones(living):
    good = address()
    job = run(
        living,
        [
            {"matchId": "", "email": "not an address", "score": 1, "campaignId": ""},
            {"matchId": "", "email": good, "score": 2, "campaignId": ""},
            {"matchId": "", "email": address(), "score": "many", "campaignId": ""},
            {"matchId": "", "email": address(), "score": 3, "campaignId": 99},
            {"matchId": "", "email": "", "score": 3, "campaignId": ""},
        ],
    )
    assert counts(job) == (1, 0, 4)
    assert len(found_by(living, good)) == 1
    failed = errors_of(living, job)
    assert [row["score"] for row in failed] == ["1", "many", "3", "3"]
    assert "Invalid prospect email address" in failed[0]["error"]
    assert "Invalid campaign ID" in failed[2]["error"]


def test_a_row_is_taken_whole_or_not_at_all(living):
    one = living.person(city="Ulm")
    job = run(living, [{"matchId": one, "city": "Bern", "addToList": "999999"}])
    assert counts(job) == (0, 0, 1)
    assert prospect(living, one, "city") == {"city": "Ulm"}


def test_two_match_columns_are_an_error_of_every_row(living):
    row = {"matchId": living.person(), "matchEmail": "", "city": "Rom"}
    assert counts(run(living, [row, row])) == (0, 0, 2)


def test_an_owner_can_be_given_but_not_taken_away(living):
    user = living.everything("users", fields="id")[0]["id"]
    one = living.person()
    run(living, [{"matchId": one, "userId": user}])
    expected = {"userId": user, "assignedTo": {"id": user}}
    assert prospect(living, one, "userId,assignedTo.id") == expected
    run(living, [{"matchId": one, "userId": ""}])
    assert prospect(living, one, "userId,assignedTo.id") == expected


def test_states_follow_the_clock_and_the_queue(living):
    living.control("PUT", "/clock", {"frozen": True})
    living.switch(import_waiting_seconds=100.0, import_base_seconds=200.0)
    one = living.person(city="Ulm")
    jobs = []
    for city in ("Bern", "Rom"):
        job = opened(living)
        upload(living, job, f"matchId,city\n{one},{city}\n")
        assert submit(living, job).json() == {
            "id": job["id"],
            "status": "Ready",
            "batchesRef": None,
        }
        jobs.append(job)

    def states():
        found = [
            living.get(f"/api/v5/imports/{job['id']}", fields="status,createdCount").json()
            for job in jobs
        ]
        assert all((f["createdCount"] is None) == (f["status"] != "Complete") for f in found)
        return [f["status"] for f in found]

    assert states() == ["Waiting", "Waiting"]
    assert prospect(living, one, "city") == {"city": "Ulm"}
    living.advance(150)
    assert states() == ["Processing", "Waiting"]
    living.advance(150 - 1)
    assert states() == ["Processing", "Waiting"]
    living.advance(2)
    assert ended(living, jobs[0])["updatedCount"] == 1
    assert states() == ["Complete", "Processing"]
    living.advance(200)
    assert ended(living, jobs[1])["updatedCount"] == 1
    assert states() == ["Complete", "Complete"]
    assert prospect(living, one, "city") == {"city": "Rom"}


def test_every_request_is_a_call(living):
    living.control("PUT", "/quota", {"used": 0})
    job = opened(living)
    upload(living, job, f"matchEmail\n{address()}\n")
    submit(living, job)
    living.get(f"/api/v5/imports/{job['id']}", fields="status")
    assert living.control("GET", "/quota")["used"] == 4


def test_many_batches_are_one_import(living):
    job = opened(living)
    emails = [address() for _ in range(700)]
    for start in (0, 350):
        upload(living, job, "matchEmail\n" + "\n".join(emails[start : start + 350]))
    submit(living, job)
    assert counts(ended(living, job)) == (700, 0, 0)
    assert all(found_by(living, email) for email in (emails[0], emails[349], emails[-1]))


def test_one_request_can_carry_the_whole_import(living):
    email = address()
    answer = living.http.post(
        f"{living.url}/api/v5/imports?fields=id,status",
        data={"input": '{"operation": "Upsert", "object": "Prospect", "status": "Ready"}'},
        files={"file": ("people.csv", f"matchEmail,city\n{email},Rom\n")},
        timeout=30,
    )
    assert (answer.status_code, answer.json()["status"]) == (201, "Ready")
    assert counts(ended(living, answer.json())) == (1, 0, 0)
    assert found_by(living, email, "city") == [{"city": "Rom"}]


def test_custom_fields_of_every_form(living):
    one = living.person()
    job = run(
        living,
        [
            {
                "matchId": one,
                "budgetAmount__c": "12.5",
                "renewalDate__c": "2027-02-28",
                "newsletterTopics__c": "News;Jobs",
                "referralCode__c": 'with "quotes", commas\nand lines',
            }
        ],
    )
    assert counts(job) == (0, 1, 0)
    fields = "budgetAmount__c,renewalDate__c,newsletterTopics__c,referralCode__c"
    assert prospect(living, one, fields) == {
        "budgetAmount__c": 12.5,
        "renewalDate__c": "2027-02-28",
        "newsletterTopics__c": ["News", "Jobs"],
        "referralCode__c": 'with "quotes", commas\nand lines',
    }
    job = run(living, [{"matchId": one, "budgetAmount__c": "nan", "renewalDate__c": "soon"}])
    assert counts(job) == (0, 0, 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", 162),
        (b"\xff\xfe\x00", 159),
        ('matchId,city\n1,"open', 159),
        ("matchId,unicorn\n", 130),
        ("matchId,updatedAt\n", 130),
        ("matchId,city,city\n", 130),
        ("city\nRom\n", 197),
        ("matchId,firstName\n1,A\n", 227),
    ],
)
def test_refused_files(living, content, code):
    job = opened(living, fields=[{"field": "city", "overwrite": True}])
    assert refusal(upload(living, job, content)) == (400, code)
    assert refusal(submit(living, job)) == (400, 156)


def test_batches_have_one_header(living):
    job = opened(living)
    upload(living, job, "matchId,city\n")
    assert refusal(upload(living, job, "matchId,country\n")) == (400, 226)
    living.switch(import_header_mismatch_code=130)
    assert refusal(upload(living, job, "city,matchId\n")) == (400, 130)


def test_limits_of_batches(living):
    job = opened(living)
    for _ in range(10):
        assert upload(living, job, "matchId\n").status_code == 204
    assert refusal(upload(living, job, "matchId\n")) == (400, 160)
    living.switch(import_batch_maximum_bytes=20)
    assert refusal(upload(living, opened(living), "matchId\n" + "1\n" * 7)) == (400, 158)
    living.switch(import_daily_batches=10)
    assert refusal(upload(living, opened(living), "matchId\n")) == (400, 164)
    two = {"one": ("1.csv", b"matchId\n"), "two": ("2.csv", b"matchId\n")}
    answer = living.http.post(opened(living)["batchesRef"], files=two, timeout=30)
    assert refusal(answer) == (400, 163)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "Upsert"}, 153),
        ({"operation": "Delete", "object": "Prospect"}, 154),
        ({"operation": "Upsert", "object": "List"}, 154),
        ({**UPSERT, "colour": 1}, 154),
        ({**UPSERT, "createOnNoMatch": "yes"}, 50),
        ({**UPSERT, "fields": ["city"]}, 165),
        ({**UPSERT, "fields": [{"field": "city", "overwrite": 1}]}, 165),
        ({**UPSERT, "state": "Open"}, 228),
        ({**UPSERT, "status": "Ready"}, 156),
    ],
)
def test_refused_orders(living, body, code):
    assert refusal(living.post("/api/v5/imports", body)) == (400, code)


def test_what_the_state_does_not_allow(living):
    job = opened(living)
    path = f"/api/v5/imports/{job['id']}"
    assert refusal(living.get(f"{path}/errors")) == (400, 161)
    upload(living, job, "matchId\n")
    submit(living, job)
    assert refusal(upload(living, job, "matchId\n")) == (400, 155)
    assert refusal(submit(living, job)) == (400, 155)
    ended(living, job)
    assert refusal(living.post(f"{path}/do/cancel")) == (400, 161)
    assert refusal(living.get("/api/v5/imports/999999", fields="id")) == (404, 109)
    assert refusal(living.get(path)) == (400, 13)
    assert refusal(living.get(path, fields="id,unicorn")) == (400, 180)


def test_a_canceled_import_does_nothing(living):
    living.switch(import_waiting_seconds=1000.0)
    email = address()
    job = opened(living)
    upload(living, job, f"matchEmail\n{email}\n")
    submit(living, job)
    answer = living.post(f"/api/v5/imports/{job['id']}/do/cancel", fields="status")
    assert answer.json() == {"status": "Canceled"}
    living.advance(2000)
    assert found_by(living, email) == []


def test_failed_imports_change_nothing(living):
    living.switch(import_fails=True)
    email = address()
    job = run(living, [{"matchEmail": email}])
    assert (job["status"], counts(job)) == ("Failed", (0, 0, 0))
    assert found_by(living, email) == []


def test_open_imports_and_results_expire(living):
    living.switch(access_token_lifetime_seconds=10**9)
    living.login()
    waiting = opened(living)
    job = run(living, [{"matchEmail": "nobody"}])
    assert len(errors_of(living, job)) == 1
    living.advance(86_400 + 60)
    found = living.get(f"/api/v5/imports/{waiting['id']}", fields="status,isExpired").json()
    assert found == {"status": "Open", "isExpired": True}
    assert refusal(upload(living, waiting, "matchId\n")) == (400, 161)
    living.advance(6 * 86_400)
    assert refusal(living.get(job["errorRef"])) == (400, 161)


def test_imports_can_be_listed(living):
    numbers = [opened(living)["id"] for _ in range(3)]
    found = living.everything("/api/v5/imports", fields="id", limit=2)
    assert [record["id"] for record in found][-3:] == numbers
    assert refusal(living.get("/api/v5/imports", fields="id", origin="me")) == (400, 188)
    living.control("PUT", "/clock", {"frozen": True})
    living.advance(100)
    late = opened(living)["id"]
    stamp = living.get(f"/api/v5/imports/{late}", fields="updatedAt").json()["updatedAt"]
    window = {"updatedAtAfterOrEqualTo": stamp, "orderBy": "updatedAt DESC"}
    found = living.everything("/api/v5/imports", fields="id", **window)
    assert late in [record["id"] for record in found]
    assert not {record["id"] for record in found} & set(numbers)
    assert refusal(living.get("/api/v5/imports", fields="id", limit=1001)) == (400, 23)
    assert refusal(living.get("/api/v5/imports", fields="id", nextPageToken="x")) == (400, 211)


def test_the_address_of_errors_has_two_names(living):
    path = f"/api/v5/imports/{run(living, [{'matchEmail': 'nobody'}])['id']}"
    found = living.get(path, fields="errorRef,errorsRef").json()
    assert found["errorRef"] == found["errorsRef"]
    living.switch(import_error_field="errorsRef", import_refs="relative")
    assert refusal(living.get(path, fields="errorRef")) == (400, 180)
    assert living.get(path, fields="errorsRef").json() == {"errorsRef": f"{path}/errors"}


def test_an_import_goes_on_after_a_restart(tmp_path):
    first = Sandbox(tmp_path, size=20)
    first.switch(import_waiting_seconds=3600.0)
    email = address()
    job = opened(first)
    upload(first, job, f"matchEmail,city\n{email},Rom\n")
    submit(first, job)
    assert first.stop() == 0
    second = Sandbox(tmp_path, size=20)
    try:
        assert found_by(second, email) == []
        second.advance(3700)
        assert counts(ended(second, job)) == (1, 0, 0)
        assert found_by(second, email, "city") == [{"city": "Rom"}]
    finally:
        second.stop()


def test_a_thousand_rows_take_no_minute(living):
    rows = [{"matchEmail": address(), "city": "Rom", "addToList": ""} for _ in range(3000)]
    assert counts(run(living, rows)) == (3000, 0, 0)
    assert requests.get(f"{living.control_url}/healthz", timeout=5).json() == {"ok": True}
