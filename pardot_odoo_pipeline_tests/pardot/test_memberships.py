"""Lists and who is on them: changes, ends, and the list as a whole."""

from datetime import timedelta

import pytest

from pardot_odoo_pipeline.pardot.errors import PardotBadRecord, PardotMissingRecord
from pardot_odoo_pipeline.pardot.list_changes import add_to_list, remove_from_list
from pardot_odoo_pipeline.pardot.memberships import (
    all_lists,
    changed_memberships,
    memberships_of_list,
)
from pardot_odoo_pipeline.pardot.paging import iter_pages

MEMBERSHIPS = "/api/v5/objects/list-memberships"


@pytest.fixture
def begun(pardot, client):
    pardot.advance(days=1)
    return client.clock.now()


@pytest.fixture
def group(client):
    return client.create("lists", {"name": "Group"}, ("id",))["id"]


def people(client, name, count=3):
    return [
        client.create("prospects", {"email": f"{name}{n}@lists.example.com"}, ("id",))["id"]
        for n in range(count)
    ]


def changes(client, since, max_rows=1000):
    until = client.clock.now() + timedelta(minutes=1)
    feed = changed_memberships(client, since, until, max_rows)
    return [row for rows in feed for row in rows], feed


def members(client, group, **options):
    pages = memberships_of_list(client, group, **options)
    return [row["prospectId"] for rows in pages for row in rows]


def test_comings_and_goings_are_changes(pardot, client, begun, group):
    one, two, three = people(client, "moves")
    for person in (one, two, three):
        add_to_list(client, group, person)
    pardot.advance(seconds=5)
    remove_from_list(client, group, one)
    rows, feed = changes(client, begun)
    assert [(row["prospectId"], row["isDeleted"]) for row in rows] == [
        (two, False),
        (three, False),
        (one, True),
    ]
    assert {row["listId"] for row in rows} == {group}
    assert feed.is_complete
    some, feed = changes(client, begun, max_rows=2)
    rest, _ = changes(client, feed.reached)
    assert [row["id"] for row in [*some, *rest]] == [row["id"] for row in rows]


def test_a_list_opt_out_is_a_change(pardot, client, begun, group):
    (person,) = people(client, "optout", 1)
    add_to_list(client, group, person)
    (row,), _ = changes(client, begun)
    assert row["optedOut"] is False
    pardot.advance(seconds=5)
    client.update("list-memberships", row["id"], {"optedOut": True})
    (again,), _ = changes(client, begun)
    assert (again["id"], again["optedOut"]) == (row["id"], True)


def test_a_list_has_its_members_and_on_request_those_who_left(client, group):
    one, two, three = people(client, "whole")
    for person in (one, two, three):
        add_to_list(client, group, person)
    remove_from_list(client, group, two)
    assert members(client, group) == [one, three]
    assert members(client, group, with_ended=True) == [one, two, three]


def test_all_lists_come_deleted_and_dynamic_ones_too(pardot, client, group):
    gone = client.create("lists", {"name": "Gone"}, ("id",))["id"]
    client.delete("lists", gone)
    lists = {row["id"]: row for row in all_lists(client)}
    assert lists[gone]["isDeleted"] is True
    assert lists[group]["name"] == "Group"
    assert any(row["isDynamic"] for row in lists.values())
    assert set(lists[group]) == {"id", "name", "title", "isDynamic", "isDeleted", "updatedAt"}
    assert len(lists) == pardot.control("GET", "/counts")["lists"]


def test_changing_a_list_twice_is_once(pardot, client, group):
    (person,) = people(client, "twice", 1)
    for _ in range(2):
        add_to_list(client, group, person)
    assert members(client, group) == [person]
    for _ in range(2):
        remove_from_list(client, group, person)
    assert members(client, group) == []
    add_to_list(client, group, person)
    assert members(client, group) == [person]


def test_a_removal_made_meanwhile_is_fine(pardot, client, group):
    (person,) = people(client, "meanwhile", 1)
    add_to_list(client, group, person)
    pardot.fault(path=MEMBERSHIPS, method="DELETE", code=109, status=404)
    remove_from_list(client, group, person)
    assert members(client, group) == [person]  # the fault took the call's place


def test_nobody_comes_on_lists_that_fill_themselves_or_are_not_there(client, group):
    (person,) = people(client, "refused", 1)
    pages = iter_pages(client, "lists", ("isDynamic",))
    dynamic = next(row["id"] for rows in pages for row in rows if row["isDynamic"])
    for list_id in (dynamic, 999_999):
        with pytest.raises(PardotBadRecord):
            add_to_list(client, list_id, person)
    with pytest.raises(PardotMissingRecord):
        add_to_list(client, group, 999_999_999)
