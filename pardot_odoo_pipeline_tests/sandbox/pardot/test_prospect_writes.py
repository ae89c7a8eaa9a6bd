"""Creating, changing, deleting prospects, and the two operations by e-mail."""

from __future__ import annotations

from datetime import datetime

import pytest
import requests

from .conftest import refusal


def moment(text):
    return datetime.fromisoformat(text)


def test_create_answers_with_location_and_the_fields_asked_for(living):
    answer = living.post(
        "prospects",
        {"email": "new.person@example.com", "firstName": "Grete", "score": 12},
        fields="id,firstName,score,isDeleted",
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body == {"id": body["id"], "firstName": "Grete", "score": 12, "isDeleted": False}
    assert answer.headers["location"] == f"{living.url}/api/v5/objects/prospects/{body['id']}"
    assert living.get(answer.headers["location"], fields="firstName").json() == {
        "firstName": "Grete"
    }


def test_who_comes_without_campaign_gets_the_oldest(living):
    campaigns = living.everything("campaigns", fields="id,createdAt", limit=1000)
    oldest = min(campaigns, key=lambda c: (moment(c["createdAt"]), c["id"]))
    record = living.person()
    assert living.get(f"prospects/{record}", fields="campaignId").json() == {
        "campaignId": oldest["id"]
    }


def test_create_without_fields(living):
    answer = living.post("prospects", {"email": "plain@example.com"})
    assert (answer.status_code, set(answer.json())) == (201, {"id"})
    living.switch(create_without_fields="nothing")
    answer = living.post("prospects", {"email": "plain2@example.com"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "location" in answer.headers


def test_writes_that_may_not_be_read_back(living):
    living.switch(unreadable_after_write=True)
    assert living.post("prospects", {"email": "x@example.com"}, fields="id").status_code == 204


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"firstName": "Nobody"}, (400, 153)),
        ({"email": "no at sign"}, (400, 4)),
        ({"email": f"{'a' * 65}@example.com"}, (400, 4)),
        ({"email": "a@b.c"}, (400, 4)),
        ({"email": "a@example.com", "unicorn": 1}, (400, 180)),
        ({"email": "a@example.com", "createdAt": "2026-01-01T00:00:00Z"}, (400, 180)),
        ({"email": "a@example.com", "grade": "A"}, (400, 180)),
        ({"email": "a@example.com", "score": "many"}, (400, 29)),
        ({"email": "a@example.com", "isDoNotEmail": "yes"}, (400, 50)),
        ({"email": "a@example.com", "campaignId": 1}, (400, 38)),
        ({"email": "a@example.com", "userId": 1}, (400, 10)),
    ],
)
def test_refused_bodies(living, body, expected):
    before = living.control("GET", "/counts")["prospects"]
    assert refusal(living.post("prospects", body, fields="id")) == expected
    assert living.control("GET", "/counts")["prospects"] == before


def test_bodies_that_are_no_json_objects(living):
    url = f"{living.url}/api/v5/objects/prospects"
    json_type = {"Content-Type": "application/json"}
    assert refusal(living.http.post(url, timeout=30)) == (400, 152)
    for data in (b"{", b"[]", b'"x"'):
        answer = living.http.post(url, data=data, headers=json_type, timeout=30)
        assert refusal(answer) == (400, 150)
    answer = living.http.post(url, data={"email": "a@example.com"}, timeout=30)
    assert refusal(answer) == (400, 151)


def test_an_unknown_answer_field_is_refused_before_anything_is_written(living):
    before = living.control("GET", "/counts")["prospects"]
    answer = living.post("prospects", {"email": "a@example.com"}, fields="id,unicorn")
    assert refusal(answer) == (400, 180)
    assert living.control("GET", "/counts")["prospects"] == before


def test_update_changes_what_is_given_and_moves_updated_at(living):
    record = living.person(firstName="Old", lastName="Kept")
    fields = "firstName,lastName,createdAt,updatedAt"
    before = living.get(f"prospects/{record}", fields=fields).json()
    living.advance(10)
    after = living.patch(f"prospects/{record}", {"firstName": "New"}, fields=fields)
    assert after.status_code == 200
    after = after.json()
    assert (after["firstName"], after["lastName"]) == ("New", "Kept")
    assert after["createdAt"] == before["createdAt"]
    assert moment(after["updatedAt"]) > moment(before["updatedAt"])
    quiet = living.patch(f"prospects/{record}", {"firstName": "Newer"})
    assert (quiet.status_code, quiet.content) == (204, b"")


def test_null_and_empty_text_clear_a_field(living):
    record = living.person(firstName="A", city="B", optedOut=True)
    body = {"firstName": None, "city": "", "optedOut": None}
    answer = living.patch(f"prospects/{record}", body, fields="firstName,city,optedOut")
    assert answer.json() == {"firstName": None, "city": None, "optedOut": False}


def test_whether_an_unchanged_update_moves_updated_at_is_a_switch(living):
    record = living.person(firstName="Same")

    def touched(seconds):
        living.advance(seconds)
        answer = living.patch(f"prospects/{record}", {"firstName": "Same"}, fields="updatedAt")
        return answer.json()["updatedAt"]

    first = touched(5)
    living.switch(unchanged_update_bumps=False)
    assert touched(5) == first
    living.switch(unchanged_update_bumps=True)
    assert touched(5) != first


def test_custom_values(living):
    kinds = {
        "number": (" 12.5", 12.5, "many", 56),
        "date": ("2026-02-28", "2026-02-28", "2026-02-30", 57),
        "text": ("plain", "plain", {"a": 1}, 154),
        "multi-select": (["a", "b"], ["a", "b"], [1], 154),
    }
    record = living.person()
    for number, (kind, (given, kept, wrong, code)) in enumerate(kinds.items()):
        name = f"valueCheck{number}"
        body = {"name": name, "fieldId": name, "type": kind}
        assert living.post("custom-fields", body, fields="id").status_code == 201
        path = f"prospects/{record}"
        assert living.get(path, fields=f"{name}__c").json() == {f"{name}__c": None}
        answer = living.patch(path, {f"{name}__c": given}, fields=f"{name}__c")
        assert answer.json() == {f"{name}__c": kept}
        assert refusal(living.patch(path, {f"{name}__c": wrong})) == (400, code)


def test_delete_moves_to_the_recycle_bin(living):
    record = living.person()
    assert living.delete(f"prospects/{record}").status_code == 204
    assert refusal(living.get(f"prospects/{record}", fields="id")) == (404, 109)
    found = living.get("prospects", fields="id,isDeleted", id=record, deleted="true").json()
    assert found["values"] == [{"id": record, "isDeleted": True}]
    again = living.delete(f"prospects/{record}")
    assert refusal(again) == (404, 109)
    assert again.headers["pardot-warning"] == "201;Record In Recycle Bin"
    assert refusal(living.patch(f"prospects/{record}", {"city": "X"})) == (400, 219)
    assert refusal(living.delete("prospects/999999999")) == (404, 109)


def test_shared_addresses_are_a_switch(living):
    twice = {"email": "Twice@example.com"}
    assert living.post("prospects", twice).status_code == 201
    assert living.post("prospects", twice).status_code == 201
    found = living.get("prospects", fields="id", email="twice@example.com").json()["values"]
    assert len(found) == 2
    living.switch(shared_email_allowed=False)
    assert refusal(living.post("prospects", twice)) == (400, 9)
    living.switch(duplicate_email_code=54)
    assert refusal(living.post("prospects", twice)) == (400, 54)


def upsert(living, **body):
    return living.post("prospects/do/upsertLatestByEmail", body)


def test_upsert_creates_then_updates(living):
    body = {
        "matchEmail": "upsert@example.com",
        "prospect": {"firstName": "One"},
        "fields": ["id", "firstName", "email"],
    }
    made = upsert(living, **body)
    assert made.status_code == 201
    assert made.json()["email"] == "upsert@example.com"
    body["prospect"] = {"firstName": "Two", "email": "moved@example.com"}
    changed = upsert(living, **body)
    assert (changed.status_code, changed.json()["id"]) == (200, made.json()["id"])
    assert (changed.json()["firstName"], changed.json()["email"]) == ("Two", "moved@example.com")


def test_upsert_takes_the_prospect_with_the_latest_activity(living):
    email = "many@example.com"
    ids = [living.person(email=email) for _ in range(3)]
    living.control("POST", "/activity", {"prospectId": ids[1], "type": 11, "typeName": "Email"})
    living.advance(60)
    living.patch(f"prospects/{ids[0]}", {"city": "Later"})
    taken = {"matchEmail": email, "prospect": {"city": "X"}, "fields": ["id"]}
    assert upsert(living, **taken).json()["id"] == ids[1]
    living.advance(60)
    living.patch(f"prospects/{ids[2]}", {"city": "Latest"})
    living.switch(latest_match="update")
    assert upsert(living, **taken).json()["id"] == ids[2]


def test_upsert_and_the_recycle_bin(living):
    email = "binned@example.com"
    record = living.person(email=email)
    living.delete(f"prospects/{record}")
    body = {"matchEmail": email, "prospect": {"city": "Back"}, "fields": ["id", "isDeleted"]}
    revived = upsert(living, **body, secondaryDeletedSearch=True)
    assert (revived.status_code, revived.json()) == (200, {"id": record, "isDeleted": False})
    living.delete(f"prospects/{record}")
    fresh = upsert(living, **body)
    assert fresh.status_code == 201
    assert fresh.json()["id"] != record


def test_upsert_refusals(living):
    assert refusal(upsert(living, matchEmail="a@example.com")) == (400, 207)
    assert refusal(upsert(living, prospect={})) == (400, 4)
    assert refusal(upsert(living, prospect={"email": "a@example.com"}, x=1)) == (400, 208)
    assert refusal(living.post("prospects/do/dance", {"a": 1})) == (400, 205)
    assert refusal(living.get("prospects/do/upsertLatestByEmail")) == (405, 60)


@pytest.mark.parametrize("member", ["email", "matchEmail"])
def test_undelete(living, member):
    email = f"undelete-{member}@example.com"
    record = living.person(email=email)
    living.delete(f"prospects/{record}")
    answer = living.post("prospects/do/undelete", {member: email, "fields": ["id", "isDeleted"]})
    assert (answer.status_code, answer.json()) == (200, {"id": record, "isDeleted": False})
    assert refusal(living.post("prospects/do/undelete", {member: email})) == (404, 109)


def test_a_person_edits_past_the_api(living):
    record = living.person()
    users = [u["id"] for u in living.everything("users", fields="id", orderBy="id")]
    living.advance(30)
    edit = {"values": {"grade": "B+", "score": 88, "jobTitle": "Chief"}, "actor": users[-1]}
    living.control("POST", f"/prospects/{record}", edit)
    fields = "grade,score,jobTitle,updatedById,createdAt,updatedAt"
    found = living.get(f"prospects/{record}", fields=fields).json()
    assert (found["grade"], found["score"], found["jobTitle"]) == ("B+", 88, "Chief")
    assert found["updatedById"] == users[-1]
    assert moment(found["updatedAt"]) > moment(found["createdAt"])


def test_an_activity_moves_last_activity_and_by_choice_updated_at(living):
    record = living.person()
    fields = "lastActivityAt,updatedAt"
    before = living.get(f"prospects/{record}", fields=fields).json()
    assert before["lastActivityAt"] is None
    living.advance(30)
    living.control("POST", "/activity", {"prospectId": record, "type": 11, "typeName": "Email"})
    after = living.get(f"prospects/{record}", fields=fields).json()
    assert after["lastActivityAt"] is not None
    assert after["updatedAt"] == before["updatedAt"]
    living.switch(activity_bumps_updated_at=True)
    living.control("POST", "/activity", {"prospectId": record, "type": 11, "typeName": "Email"})
    assert (
        living.get(f"prospects/{record}", fields=fields).json()["updatedAt"]
        != (before["updatedAt"])
    )
    found = living.everything("visitor-activities", fields="type,typeName", prospectId=record)
    assert found == [{"type": 11, "typeName": "Email"}] * 2


def test_erased_for_good_leaves_no_trace(living):
    record = living.person()
    living.control("DELETE", f"/prospects/{record}")
    assert living.everything("prospects", fields="id", id=record, deleted="all") == []
    assert living.person() > record
    with pytest.raises(requests.HTTPError, match="404"):
        living.control("DELETE", f"/prospects/{record}")


def test_reads_may_lag_behind_writes(living):
    living.control("PUT", "/clock", {"frozen": True})
    living.switch(read_lag_seconds=60)
    old = living.get("prospects", fields="id", orderBy="id DESC", limit=1).json()["values"][0]
    record = living.person()
    latest = {"fields": "id", "orderBy": "id DESC", "limit": 1}
    assert living.get("prospects", **latest).json()["values"] == [old]
    assert refusal(living.get(f"prospects/{record}", fields="id")) == (404, 109)
    living.advance(59)
    assert living.get("prospects", **latest).json()["values"] == [old]
    living.advance(1)
    assert living.get("prospects", **latest).json()["values"] == [{"id": record}]


READ_ONLY = (
    "id grade assignedToId salesforceAccountId salesforceCampaignId salesforceContactId "
    "salesforceLeadId salesforceUrl salesforceLastSync doNotSell isDeleted isEmailHardBounced "
    "emailBouncedAt emailBouncedReason firstActivityAt lastActivityAt firstAssignedAt convertedAt "
    "convertedFromObjectName convertedFromObjectType recentInteraction campaignParameter "
    "mediumParameter sourceParameter termParameter contentParameter firstReferrerQuery "
    "firstReferrerType firstReferrerUrl lifecycleStageId createdAt updatedAt createdById "
    "updatedById password"
)


@pytest.mark.parametrize("name", READ_ONLY.split())
def test_read_only_fields_cannot_be_written(living, name):
    record = living.person()
    before = living.get(f"prospects/{record}", fields=f"{name},updatedAt").json()
    assert refusal(living.patch(f"prospects/{record}", {"city": "X", name: None})) == (400, 180)
    assert living.get(f"prospects/{record}", fields=f"{name},updatedAt").json() == before


def test_consent_and_assignment_are_written_and_answered(living):
    living.control("PUT", "/clock", {"frozen": True})
    user = living.everything("users", fields="id")[2]["id"]
    account = living.everything("prospect-accounts", fields="id")[0]["id"]
    record = living.person()
    before = living.get(f"prospects/{record}", fields="updatedAt").json()["updatedAt"]
    living.advance(5)
    body = {
        "optedOut": True,
        "isDoNotEmail": True,
        "isDoNotCall": True,
        "userId": user,
        "prospectAccountId": account,
        "score": 77,
    }
    fields = f"{','.join(body)},assignedTo.id,updatedAt"
    answer = living.patch(f"prospects/{record}", body, fields=fields).json()
    assert answer.pop("updatedAt") > before
    assert answer == {**body, "assignedTo": {"id": user}}
    assert refusal(living.patch(f"prospects/{record}", {"userId": 5})) == (400, 10)
    assert refusal(living.patch(f"prospects/{record}", {"prospectAccountId": 5})) == (400, 61)
    assert refusal(living.patch(f"prospects/{record}", {"optedOut": "yes"})) == (400, 50)


def test_both_names_of_the_owner_assign(living):
    user, other = living.everything("users", fields="id,salesforceId")[1:3]
    record = living.person(salesforceOwnerId=user["salesforceId"])
    fields = "userId,salesforceOwnerId,assignedTo.id"

    def owner(of):
        number = of and of["id"]
        return {
            "userId": number,
            "salesforceOwnerId": of and of["salesforceId"],
            "assignedTo": of and {"id": number},
        }

    assert living.get(f"prospects/{record}", fields=fields).json() == owner(user)
    path = f"prospects/{record}"
    assert living.patch(path, {"userId": other["id"]}, fields=fields).json() == owner(other)
    assert refusal(living.patch(path, {"salesforceOwnerId": "005nobody"})) == (400, 10)
    assert living.patch(path, {"userId": None}, fields=fields).json() == owner(None)


def test_several_values_are_written_and_read_one_by_one(living):
    record = living.person()
    body = {
        "contactChannels__c": ["E-mail", "Post"],
        "newsletterTopics__c": ["News"],
        "eventAnswers__c": ["Yes", "Not yet"],
    }
    answer = living.patch(f"prospects/{record}", body, fields=",".join(body))
    assert answer.json() == body
    assert living.get(f"prospects/{record}", fields=",".join(body)).json() == body
    for name in body:
        assert refusal(living.get("prospects", fields=f"id,{name}")) == (400, 224)
    cleared = living.patch(f"prospects/{record}", dict.fromkeys(body), fields=",".join(body))
    assert cleared.json() == dict.fromkeys(body)
