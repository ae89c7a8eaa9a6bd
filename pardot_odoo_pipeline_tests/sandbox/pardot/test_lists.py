"""Lists and their members: by hand, by themselves, and coming back."""

from __future__ import annotations

import pytest
import requests

from .conftest import refusal


@pytest.fixture
def dynamic(living):
    return next(
        r["id"] for r in living.everything("lists", fields="id,isDynamic") if r["isDynamic"]
    )


def of(sandbox, prospect, **parameters):
    fields = "id,listId,isDeleted,optedOut,createdAt,updatedAt"
    return sandbox.everything("list-memberships", fields=fields, prospectId=prospect, **parameters)


def test_the_life_of_a_membership(living):
    living.control("PUT", "/clock", {"frozen": True})
    number = living.post("lists", {"name": "Club"}, fields="id").json()["id"]
    person = living.person()
    body = {"listId": number, "prospectId": person, "optedOut": True}
    made = living.post("list-memberships", body, fields="id,optedOut").json()
    assert made["optedOut"] is True
    (first,) = of(living, person)
    living.advance(100)
    path = f"list-memberships/{made['id']}"
    changed = living.patch(path, {"optedOut": False}, fields="optedOut,updatedAt").json()
    assert changed["optedOut"] is False
    assert changed["updatedAt"] > first["updatedAt"]
    assert refusal(living.patch(path, {"listId": 1})) == (400, 180)
    living.advance(100)
    assert living.delete(path).status_code == 204
    assert of(living, person) == []
    (gone,) = of(living, person, deleted="true")
    assert gone["updatedAt"] > changed["updatedAt"]
    assert refusal(living.patch(path, {"optedOut": True})) == (400, 219)


@pytest.mark.parametrize("manner", ["same", "new"])
def test_coming_back_to_a_list(living, manner):
    living.switch(membership_returns_as=manner)
    number = living.post("lists", {"name": "Club"}, fields="id").json()["id"]
    person = living.person()
    body = {"listId": number, "prospectId": person}
    first = living.post("list-memberships", body, fields="id").json()["id"]
    living.delete(f"list-memberships/{first}")
    again = living.post("list-memberships", body, fields="id,isDeleted").json()
    assert (again["id"] == first) == (manner == "same")
    assert again["isDeleted"] is False
    assert [m["id"] for m in of(living, person)] == [again["id"]]
    assert refusal(living.post("list-memberships", body)) == (400, 58)


def test_only_the_product_fills_a_dynamic_list(living, dynamic):
    living.control("PUT", "/clock", {"frozen": True})
    person = living.person()
    body = {"listId": dynamic, "prospectId": person}
    assert refusal(living.post("list-memberships", body)) == (400, 55)
    living.control("POST", f"/lists/{dynamic}/members", {"add": [person]})
    (member,) = of(living, person)
    assert refusal(living.delete(f"list-memberships/{member['id']}")) == (400, 55)
    living.advance(60)
    living.control("POST", f"/lists/{dynamic}/members", {"remove": [person]})
    (gone,) = of(living, person, deleted="all")
    assert gone["isDeleted"] is True
    assert gone["updatedAt"] > member["updatedAt"]
    living.advance(60)
    living.control("POST", f"/lists/{dynamic}/members", {"add": [person]})
    (back,) = of(living, person)
    assert back["id"] == member["id"]
    assert back["updatedAt"] > gone["updatedAt"]
    with pytest.raises(requests.HTTPError, match="404"):
        living.control("POST", f"/lists/{dynamic}/members", {"add": [5]})


def test_a_list_can_be_renamed_deleted_and_restored(living):
    living.control("PUT", "/clock", {"frozen": True})
    number = living.post("lists", {"name": "Before"}, fields="id").json()["id"]
    person = living.person()
    living.post("list-memberships", {"listId": number, "prospectId": person})
    living.advance(60)
    renamed = living.patch(f"lists/{number}", {"name": "After"}, fields="name,createdAt,updatedAt")
    assert renamed.json()["name"] == "After"
    assert renamed.json()["updatedAt"] > renamed.json()["createdAt"]
    assert refusal(living.patch(f"lists/{number}", {"isDynamic": True})) == (400, 180)
    living.delete(f"lists/{number}")
    assert living.everything("lists", fields="id", id=number) == []
    assert living.everything("lists", fields="id", id=number, deleted="true") == [{"id": number}]
    body = {"listId": number, "prospectId": living.person()}
    assert refusal(living.post("list-memberships", body)) == (400, 55)
    living.control("POST", f"/objects/lists/{number}", {"values": {"isDeleted": False}})
    assert living.get(f"lists/{number}", fields="name").json() == {"name": "After"}
    assert len(of(living, person)) == 1
