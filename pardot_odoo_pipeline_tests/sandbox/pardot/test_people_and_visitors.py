"""Merges, permanent deletion, activities, visitors and their identification."""

from __future__ import annotations

import pytest
import requests

from .conftest import Sandbox, refusal


def prospect(sandbox, number, fields):
    return sandbox.get(f"prospects/{number}", fields=fields).json()


def activities(sandbox, **filters):
    fields = "id,type,typeName,details,prospectId,visitorId,visitorPageViewId,createdAt"
    return sandbox.everything("visitor-activities", fields=fields, **filters)


def test_a_merge_leaves_one(living):
    living.control("PUT", "/clock", {"frozen": True})
    winner = living.person(city="Ulm", score=10)
    loser = living.person(city="Bern", jobTitle="CTO", score=5, optedOut=True)
    stamp = prospect(living, winner, "updatedAt")["updatedAt"]
    lists = [living.post("lists", {"name": n}, fields="id").json()["id"] for n in "ab"]
    for number, person in ((lists[0], winner), (lists[0], loser), (lists[1], loser)):
        living.post("list-memberships", {"listId": number, "prospectId": person})
    living.control("POST", "/activity", {"prospectId": loser, "url": "https://x.example/a"})
    living.advance(60)
    living.control("POST", f"/prospects/{winner}/merge", {"losers": [loser]})
    fields = "city,jobTitle,score,optedOut,updatedAt,lastActivityAt"
    merged = prospect(living, winner, fields)
    assert (merged["city"], merged["jobTitle"], merged["score"]) == ("Ulm", "CTO", 16)
    assert merged["optedOut"] is True
    assert merged["updatedAt"] > stamp
    assert merged["lastActivityAt"] is not None
    assert living.get(f"prospects/{loser}", fields="id").status_code == 404
    gone = living.everything("prospects", fields="id,updatedAt", id=loser, deleted="true")
    assert gone == [{"id": loser, "updatedAt": merged["updatedAt"]}]
    assert [a["prospectId"] for a in activities(living, prospectId=winner)] == [winner]
    assert activities(living, prospectId=loser) == []
    visitors = living.everything("visitors", fields="prospectId", prospectId=winner)
    assert visitors == [{"prospectId": winner}]
    mine = living.everything("list-memberships", fields="listId", prospectId=winner)
    assert sorted(m["listId"] for m in mine) == lists
    assert living.everything("list-memberships", fields="id", prospectId=loser) == []
    with pytest.raises(requests.HTTPError, match="404"):
        living.control("POST", f"/prospects/{winner}/merge", {"losers": [loser]})


def test_the_permanently_deleted_leave_no_trace(living):
    person = living.person(email="gone-for-good@example.com")
    number = living.post("lists", {"name": "Any"}, fields="id").json()["id"]
    living.post("list-memberships", {"listId": number, "prospectId": person})
    living.control("POST", "/activity", {"prospectId": person, "url": "https://x.example/a"})
    visitor = living.everything("visitors", fields="id", prospectId=person)[0]["id"]
    living.delete(f"prospects/{person}")
    living.control("DELETE", f"/prospects/{person}")
    assert living.everything("prospects", fields="id", id=person, deleted="all") == []
    assert activities(living, prospectId=person) == []
    everything = living.everything("list-memberships", fields="id", listId=number, deleted="all")
    assert everything == []
    assert living.get(f"visitors/{visitor}", fields="id").status_code == 404
    views = living.everything("visitor-page-views", fields="id", visitorId=visitor)
    assert views == []
    undelete = {"email": "gone-for-good@example.com"}
    assert refusal(living.post("prospects/do/undelete", undelete)) == (404, 109)


def test_what_is_planted_later_does_not_bring_the_erased_back(tmp_path):
    sandbox = Sandbox(tmp_path, size=60)
    try:
        people = sandbox.everything("prospects", fields="id,lastActivityAt")
        gone = [p["id"] for p in people if p["lastActivityAt"]][:5]
        for person in gone:
            sandbox.control("DELETE", f"/prospects/{person}")
        for collection in ("visitor-activities", "list-memberships", "visits", "visitors"):
            found = sandbox.everything(collection, fields="prospectId", limit=1000)
            assert found
            assert not {record["prospectId"] for record in found} & set(gone)
        visitors = {v["id"] for v in sandbox.everything("visitors", fields="id", limit=1000)}
        views = sandbox.everything("visitor-page-views", fields="visitorId", limit=1000)
        assert {view["visitorId"] for view in views} <= visitors
    finally:
        sandbox.stop()


def test_what_a_relation_leads_to_is_planted_for_it(tmp_path):
    sandbox = Sandbox(tmp_path, size=60)
    try:
        found = sandbox.everything("visitor-activities", fields="visitorPageView.url,type")
        views = [act["visitorPageView"] for act in found if act["visitorPageView"] is not None]
        assert views
        assert all(view["url"].startswith("https://") for view in views)
    finally:
        sandbox.stop()


def test_an_activity_moves_its_prospect(living):
    living.control("PUT", "/clock", {"frozen": True})
    person = living.person(score=7)
    fields = "score,lastActivityAt,firstActivityAt,updatedAt"
    before = prospect(living, person, fields)
    assert before["lastActivityAt"] is None
    living.advance(60)
    living.control("POST", "/activity", {"prospectId": person, "type": 1, "emailId": 70001})
    first = prospect(living, person, fields)
    assert first["score"] == 57
    assert first["lastActivityAt"] == first["firstActivityAt"] > before["updatedAt"]
    assert first["updatedAt"] == before["updatedAt"]
    living.switch(activity_bumps_updated_at=True)
    living.advance(60)
    living.control(
        "POST", "/activity", {"prospectId": person, "type": 4, "formId": 74001, "points": 3}
    )
    second = prospect(living, person, fields)
    assert second["score"] == 60
    assert second["firstActivityAt"] == first["firstActivityAt"]
    assert second["lastActivityAt"] == second["updatedAt"] > first["lastActivityAt"]
    kinds = [(a["type"], a["typeName"]) for a in activities(living, prospectId=person)]
    assert kinds == [(1, "Email Tracker"), (4, "Form")]


def test_a_sent_email_is_not_the_prospects_doing(living):
    person = living.person()
    living.control("POST", "/activity", {"prospectId": person, "type": 6, "emailId": 70001})
    expected = {"lastActivityAt": None, "firstActivityAt": None}
    assert prospect(living, person, "lastActivityAt,firstActivityAt") == expected


def test_page_views_of_one_stay_are_one_visit(living):
    living.control("PUT", "/clock", {"frozen": True})
    person = living.person()
    page = {"prospectId": person, "url": "https://x.example/prices", "title": "Prices"}
    added = living.control("POST", "/activity", page)
    view = living.get(
        f"visitor-page-views/{added['visitorPageViewId']}", fields="url,title,visitorId,visitId"
    ).json()
    assert (view["url"], view["title"]) == (page["url"], page["title"])
    living.advance(600)
    living.control("POST", "/activity", page)
    living.advance(3600)
    living.control("POST", "/activity", page)
    fields = "id,visitorPageViewCount,durationInSeconds,prospectId"
    visits = living.everything("visits", fields=fields, visitorId=view["visitorId"])
    assert [v["visitorPageViewCount"] for v in visits] == [2, 1]
    assert [v["durationInSeconds"] for v in visits] == [600, 0]
    assert {v["prospectId"] for v in visits} == {person}
    found = activities(living, prospectId=person)
    assert {(a["type"], a["typeName"], a["details"]) for a in found} == {
        (2, "Page View", page["url"])
    }
    assert {a["visitorId"] for a in found} == {view["visitorId"]}


@pytest.mark.parametrize("through_the_api", [True, False])
def test_identifying_a_visitor_brings_what_the_visitor_did(living, through_the_api):
    living.control("PUT", "/clock", {"frozen": True})
    visitor = living.control("POST", "/visitors", {})["id"]
    for _ in range(3):
        living.control("POST", "/activity", {"visitorId": visitor, "url": "https://x.example/"})
    assert [a["prospectId"] for a in activities(living, visitorId=visitor)] == [None] * 3
    stamp = living.get(f"visitors/{visitor}", fields="updatedAt").json()["updatedAt"]
    living.advance(3600)
    person = living.person()
    if through_the_api:
        answer = living.post(f"visitors/{visitor}/do/assignToProspect", {"prospectId": person})
        assert answer.status_code == 204
    else:
        living.control("POST", f"/visitors/{visitor}/identify", {"prospectId": person})
    assert [a["prospectId"] for a in activities(living, visitorId=visitor)] == [person] * 3
    visits = living.everything("visits", fields="prospectId", visitorId=visitor)
    assert visits == [{"prospectId": person}]
    found = living.get(f"visitors/{visitor}", fields="prospectId,updatedAt").json()
    assert found["prospectId"] == person
    assert found["updatedAt"] > stamp
    moved = prospect(living, person, "score,lastActivityAt,createdAt")
    assert moved["score"] == 3
    assert moved["lastActivityAt"] < moved["createdAt"]
    path = f"visitors/{visitor}/do/assignToProspect"
    assert refusal(living.post(path, {"prospectId": 5})) == (400, 3)
    assert refusal(living.post(path, {})) == (400, 207)
    assert refusal(living.post(f"visitors/{visitor}/do/dance", {})) == (400, 205)


def test_planted_visitors_have_done_what_activities_say(pardot):
    people = {p["id"] for p in pardot.everything("prospects", fields="id", deleted="all")}
    visitors = {
        v["id"]: v
        for v in pardot.everything("visitors", fields="id,prospectId,pageViewCount", limit=1000)
    }
    assert {v["prospectId"] for v in visitors.values()} <= people | {None}
    assert None in {v["prospectId"] for v in visitors.values()}
    visits = {v["id"]: v for v in pardot.everything("visits", fields="id,visitorId", limit=1000)}
    views = pardot.everything(
        "visitor-page-views", fields="id,url,title,visitorId,visitId", limit=1000
    )
    counted = dict.fromkeys(visitors, 0)
    for view in views:
        assert view["url"].startswith("https://")
        assert view["title"]
        assert visits[view["visitId"]]["visitorId"] == view["visitorId"]
        counted[view["visitorId"]] += 1
    assert counted == {number: v["pageViewCount"] for number, v in visitors.items()}
    ids = {view["id"] for view in views}
    for act in activities(pardot, type=2, limit=1000):
        if act["visitorPageViewId"] is not None:
            assert act["visitorPageViewId"] in ids
        assert act["visitorId"] in visitors


def test_visitors_are_found_by_whether_somebody_knows_them(pardot):
    for word, known in (("true", True), ("false", False)):
        found = pardot.everything("visitors", fields="prospectId", isIdentified=word, limit=1000)
        assert found
        assert all((visitor["prospectId"] is not None) == known for visitor in found)
    assert refusal(pardot.get("visitors", fields="id", isIdentified="maybe")) == (400, 50)


def test_any_record_can_be_made_changed_and_removed_from_outside(living):
    body = {"values": {"name": "Big deal", "value": 12.5, "status": "open", "probability": 40}}
    number = living.control("POST", "/objects/opportunities", body)["id"]
    fields = "name,value,status,createdAt"
    made = living.get(f"opportunities/{number}", fields=fields).json()
    assert (made["name"], made["value"], made["status"]) == ("Big deal", 12.5, "open")
    assert made["createdAt"]
    living.control("POST", f"/objects/opportunities/{number}", {"values": {"status": "won"}})
    found = living.get(f"opportunities/{number}", fields="status").json()
    assert found == {"status": "won"}
    living.control("DELETE", f"/objects/opportunities/{number}")
    assert refusal(living.get(f"opportunities/{number}", fields="id")) == (404, 109)
    with pytest.raises(requests.HTTPError, match="404"):
        living.control("POST", "/objects/unicorns", body)
    with pytest.raises(requests.HTTPError, match="400"):
        living.control("POST", "/objects/opportunities", {"values": {"colour": 1}})


def test_a_mass_update_is_one_moment(living):
    people = [living.person() for _ in range(5)]
    body = {"ids": [*people, 5], "values": {"city": "Aarhus", "grade": "A"}}
    assert living.control("POST", "/prospects", body) == {"edited": 5}
    found = [prospect(living, one, "city,grade,updatedAt") for one in people]
    assert {(one["city"], one["grade"]) for one in found} == {("Aarhus", "A")}
    assert len({one["updatedAt"] for one in found}) == 1


def test_the_control_port_shows_what_is_there_now(living):
    person = living.person(city="Ulm")
    living.control("PUT", "/quota", {"used": 0})
    living.delete(f"prospects/{person}")
    living.switch(read_lag_seconds=60.0)
    found = living.control("GET", f"/objects/prospects/{person}")
    assert (found["city"], found["isDeleted"], found["newsletterTopics__c"]) == ("Ulm", True, None)
    assert living.control("GET", "/quota")["used"] == 1
    with pytest.raises(requests.HTTPError, match="404"):
        living.control("GET", "/objects/prospects/5")


def test_tags_come_and_go(living):
    tag = living.post("tags", {"name": "VIP"}, fields="id,objectCount").json()
    person = living.person()
    path = f"prospects/{person}/do"
    for _ in range(2):
        assert living.post(f"{path}/addTag", {"tagId": tag["id"]}).status_code == 204
    fields = "objectType,objectId,tag.name"
    tagged = living.everything("tagged-objects", fields=fields, tagId=tag["id"])
    assert tagged == [{"objectType": "Prospect", "objectId": person, "tag": {"name": "VIP"}}]
    assert living.get(f"tags/{tag['id']}", fields="objectCount").json() == {"objectCount": 1}
    assert living.post(f"{path}/removeTag", {"tagId": tag["id"]}).status_code == 204
    assert living.everything("tagged-objects", fields="id", tagId=tag["id"]) == []
    assert refusal(living.post(f"{path}/addTag", {"tagId": 999999})) == (400, 242)
    living.post(f"{path}/addTag", {"tagId": tag["id"]})
    living.delete(f"tags/{tag['id']}")
    assert living.everything("tagged-objects", fields="id", objectId=person) == []
    assert refusal(living.post(f"{path}/addTag", {"name": "VIP"})) == (400, 208)
