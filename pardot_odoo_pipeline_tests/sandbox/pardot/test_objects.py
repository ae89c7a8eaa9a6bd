"""The objects beside prospects."""

from __future__ import annotations

from datetime import datetime

import pytest

from .conftest import refusal


@pytest.mark.parametrize(
    ("collection", "fields"),
    [
        ("campaigns", "id,name,cost,isDeleted,createdAt,updatedAt,createdBy.email"),
        ("users", "id,email,firstName,lastName,role,isDeleted,createdAt"),
        ("lists", "id,name,title,isPublic,isDynamic,campaignId,createdAt"),
        ("list-memberships", "id,listId,prospectId,optedOut,createdAt,list.name,prospect.email"),
        ("visitor-activities", "id,type,typeName,prospectId,emailId,createdAt,prospect.email"),
        ("custom-fields", "id,name,fieldId,type,isRequired,createdAt"),
        ("visitors", "id,prospectId,ipAddress,pageViewCount,isIdentified,createdAt"),
        ("visits", "id,visitorId,prospectId,visitorPageViewCount,durationInSeconds,createdAt"),
        ("visitor-page-views", "id,url,title,visitorId,visitId,createdAt"),
        ("email-templates", "id,name,subject,isListEmail,campaign.name,createdAt"),
        ("list-emails", "id,name,subject,isSent,sentAt,emailTemplate.name"),
        ("landing-pages", "id,name,url,form.name,createdAt"),
        ("form-handlers", "id,name,successLocation,folder.name,createdAt"),
        ("form-handler-fields", "id,name,dataFormat,prospectApiFieldId,formHandler.name"),
        ("form-fields", "id,formId,prospectApiFieldId,label,form.name"),
        ("files", "id,name,url,size,createdAt"),
        ("custom-redirects", "id,name,destinationUrl,createdAt"),
        ("opportunities", "id,name,value,probability,stage,status,closedAt,campaign.name"),
        ("lifecycle-stages", "id,name,position,createdAt"),
        ("lifecycle-histories", "id,prospectId,previousStageId,nextStageId,secondsElapsed"),
        ("tags", "id,name,objectCount,createdAt"),
        ("tagged-objects", "id,tagId,objectType,objectId,objectName,createdAt"),
        ("dynamic-contents", "id,name,basedOn,createdAt"),
    ],
)
def test_every_collection_answers_queries_and_reads(pardot, collection, fields):
    found = pardot.everything(collection, fields=fields, limit=1000)
    assert found
    assert [record["id"] for record in found] == sorted(record["id"] for record in found)
    first = found[0]
    assert pardot.get(f"{collection}/{first['id']}", fields=fields).json() == first
    assert pardot.get(collection, fields="id", orderBy="createdAt DESC", limit=5).status_code == 200


@pytest.mark.parametrize(
    ("collection", "order"),
    [
        ("emails", "sentAt"),
        ("forms", "id"),
        ("folders", "name"),
        ("tracker-domains", "id"),
        ("layout-templates", "name"),
        ("prospect-accounts", "salesforceId"),
        ("engagement-studio-programs", "name"),
    ],
)
def test_collections_without_times_answer_too(pardot, collection, order):
    found = pardot.everything(collection, fields="id", orderBy=order, limit=7)
    assert found
    assert len({record["id"] for record in found}) == len(found)
    answer = pardot.get(collection, fields="id", updatedAtAfter="2024-01-01T00:00:00Z")
    assert refusal(answer) == (400, 5)


def test_emails_are_found_by_when_they_were_sent(pardot):
    everything = pardot.everything("emails", fields="id,sentAt", orderBy="sentAt")
    moment = everything[20]["sentAt"]
    found = pardot.everything("emails", fields="id", sentAtAfterOrEqualTo=moment)
    assert {e["id"] for e in found} == {
        e["id"]
        for e in everything
        if datetime.fromisoformat(e["sentAt"]) >= datetime.fromisoformat(moment)
    }


def test_a_list_email_has_statistics(living):
    number = living.get("list-emails", fields="id", limit=1).json()["values"][0]["id"]
    before = living.get(f"list-emails/{number}/stats").json()
    person = living.person()
    for kind in (6, 11, 11, 1):
        body = {"prospectId": person, "type": kind, "listEmailId": number}
        living.control("POST", "/activity", body)
    after = living.get(f"list-emails/{number}/stats").json()
    moved = {name: after[name] - before[name] for name in ("sent", "opens", "totalClicks")}
    assert moved == {"sent": 1, "opens": 2, "totalClicks": 1}
    assert after["uniqueOpens"] == before["uniqueOpens"] + 1
    assert refusal(living.get("list-emails/1/stats")) == (404, 109)
    few = living.get(f"list-emails/{number}/stats", fields="sent").json()
    assert few == {"sent": after["sent"]}


def test_activities_point_at_living_records(pardot):
    people = {p["id"] for p in pardot.everything("prospects", fields="id", deleted="all")}
    activities = pardot.everything("visitor-activities", fields="id,prospectId,type", limit=1000)
    assert {a["prospectId"] for a in activities} <= people
    some = activities[0]["prospectId"]
    of_one = pardot.everything("visitor-activities", fields="id", prospectId=some)
    assert {a["id"] for a in of_one} == {a["id"] for a in activities if a["prospectId"] == some}
    assert refusal(pardot.get("visitor-activities", fields="id", deleted="all")) == (400, 5)


def test_names_are_exact_filters(pardot):
    name = pardot.get("lists", fields="name", limit=1).json()["values"][0]["name"]
    found = pardot.everything("lists", fields="name", name=name)
    assert found
    assert {record["name"] for record in found} == {name}


def test_campaigns_are_made_in_salesforce(pardot):
    some = pardot.get("campaigns", fields="id", limit=1).json()["values"][0]["id"]
    assert refusal(pardot.post("campaigns", {"name": "X"})) == (400, 128)
    assert refusal(pardot.patch(f"campaigns/{some}", {"name": "X"})) == (400, 129)


def test_lists_can_be_made_changed_and_binned(living):
    made = living.post("lists", {"name": "Mine"}, fields="id,name,isDynamic,isPublic")
    assert made.status_code == 201
    record = made.json()["id"]
    assert made.json() == {"id": record, "name": "Mine", "isDynamic": False, "isPublic": False}
    assert living.patch(f"lists/{record}", {"title": "T"}, fields="title").json() == {"title": "T"}
    assert living.delete(f"lists/{record}").status_code == 204
    assert refusal(living.patch(f"lists/{record}", {"title": "U"})) == (400, 219)
    assert refusal(living.post("lists", {"title": "no name"})) == (400, 153)
    assert refusal(living.post("lists", {"name": "x", "isDynamic": True})) == (400, 180)


def test_memberships(living):
    one = living.post("lists", {"name": "Members"}, fields="id").json()["id"]
    person = living.person()
    body = {"listId": one, "prospectId": person}
    made = living.post("list-memberships", body, fields="id,listId,prospectId,optedOut")
    assert made.status_code == 201
    assert made.json() == {"id": made.json()["id"], **body, "optedOut": False}
    again = living.post("list-memberships", body, fields="id")
    assert refusal(again) == (400, 58)
    path = f"list-memberships/{made.json()['id']}"
    changed = living.patch(path, {"optedOut": True}, fields="optedOut")
    assert changed.json() == {"optedOut": True}
    assert refusal(living.patch(path, {"listId": 5})) == (400, 180)
    assert living.delete(path).status_code == 204
    assert living.everything("list-memberships", fields="id", listId=one) == []
    assert living.post("list-memberships", body, fields="id").status_code == 201
    assert refusal(living.post("list-memberships", {**body, "listId": 999999})) == (400, 55)
    assert refusal(living.post("list-memberships", {**body, "prospectId": 9})) == (400, 3)
    assert refusal(living.post("list-memberships", {"listId": one})) == (400, 153)


def test_dynamic_lists_fill_themselves(living):
    dynamic = [
        record["id"]
        for record in living.everything("lists", fields="id,isDynamic")
        if record["isDynamic"]
    ]
    assert dynamic
    body = {"listId": dynamic[0], "prospectId": living.person()}
    assert refusal(living.post("list-memberships", body)) == (400, 55)


def test_custom_fields_come_and_go(living):
    body = {"name": "Shoe size", "fieldId": "shoeSize", "type": "Text"}
    made = living.post("custom-fields", body, fields="id,fieldId")
    assert made.status_code == 201
    assert refusal(living.post("custom-fields", body)) == (400, 245)
    person = living.person(shoeSize__c="44")
    found = living.get("prospects", fields="shoeSize__c", id=person).json()["values"]
    assert found == [{"shoeSize__c": "44"}]
    assert living.delete(f"custom-fields/{made.json()['id']}").status_code == 204
    assert refusal(living.get(f"prospects/{person}", fields="shoeSize__c")) == (400, 180)
    assert refusal(living.post("custom-fields", {**body, "type": "magic"})) == (400, 154)
    # The old values do not haunt a new field of that name.
    assert living.post("custom-fields", body).status_code == 201
    assert living.get(f"prospects/{person}", fields="shoeSize__c").json() == {"shoeSize__c": None}


def test_the_account_stands_alone(pardot):
    assert pardot.get("account", fields="id,company").json()["company"]
    assert refusal(pardot.get("account/1", fields="id")) == (404, 198)
    assert refusal(pardot.get("account", fields="timezone")) == (400, 180)
