"""Activities in bounded stretches."""

from datetime import datetime, timedelta

import pytest

from pardot_odoo_pipeline.pardot.activities import (
    ACTIVITY_FIELDS,
    changed_activities,
)
from pardot_odoo_pipeline.pardot.paging import Position, iter_pages

PATH = "/api/v5/objects/visitor-activities"


@pytest.fixture
def begun(pardot, client):
    """A moment before which all the population's activities lie."""
    pardot.advance(days=1)
    return client.clock.now().replace(microsecond=0)


def act(pardot, prospect, **values):
    values = {"type": 4, "typeName": "Form", "formId": 1, **values, "prospectId": prospect}
    return pardot.control("POST", "/activity", values)["id"]


@pytest.fixture
def person(client):
    page = client.query("prospects", ("id",), order_by="id", limit=1)
    return page.rows[0]["id"]


def read(client, since, max_rows=1000, **options):
    until = client.clock.now() + timedelta(minutes=1)
    feed = changed_activities(client, since, until, max_rows, **options)
    return [row for rows in feed for row in rows], feed


def test_new_activities_come_oldest_first_with_all_that_is_known(pardot, client, begun, person):
    made = [act(pardot, person), act(pardot, person, type=11, typeName="Email", emailId=7)]
    rows, feed = read(client, begun)
    assert [row["id"] for row in rows] == made
    assert set(rows[0]) == set(ACTIVITY_FIELDS)
    assert (rows[0]["type"], rows[0]["formId"], rows[0]["prospectId"]) == (4, 1, person)
    assert rows[1]["emailId"] == 7
    assert feed.is_complete
    assert feed.reached == Position(feed._until)


def test_nothing_new_is_one_call(pardot, client, begun):
    rows, feed = read(client, begun)
    assert rows == []
    assert feed.is_complete
    assert len(pardot.requests(PATH)) == 1


@pytest.mark.parametrize("frozen", [True, False])
def test_stretches_meet_without_gap_or_repetition(pardot, client, begun, person, frozen):
    pardot.control("PUT", "/clock", {"frozen": frozen})
    try:
        made = [act(pardot, person) for _ in range(11)]
    finally:
        pardot.control("PUT", "/clock", {"frozen": False})
    until = client.clock.now() + timedelta(minutes=1)
    place, stretches = Position(begun), []
    while True:
        feed = changed_activities(client, place, until, 4)
        stretches.append([row["id"] for rows in feed for row in rows])
        place = feed.reached
        if feed.is_complete:
            break
        assert len(stretches) < 10
    assert [len(stretch) for stretch in stretches] == [4, 4, 3]
    assert [one for stretch in stretches for one in stretch] == made


def test_a_reader_who_stops_early_knows_where(pardot, client, begun, person):
    made = [act(pardot, person) for _ in range(5)]
    until = client.clock.now() + timedelta(minutes=1)
    feed = changed_activities(client, begun, until, 3)
    rows = next(iter(feed))
    assert feed.reached.id == rows[-1]["id"]
    assert not feed.is_complete
    rest, _ = read(client, feed.reached)
    assert [row["id"] for row in [*rows, *rest]] == made


def test_everything_comes_once_whatever_the_size(client):
    since = client.clock.now() - timedelta(days=4000)
    rows, feed = read(client, since, max_rows=1_000_000)
    everything = [
        row["id"] for page in iter_pages(client, "visitor-activities", ("id",)) for row in page
    ]
    assert len(everything) > 1000
    assert sorted(row["id"] for row in rows) == everything
    assert [row["createdAt"] for row in rows] == sorted(
        (row["createdAt"] for row in rows), key=datetime.fromisoformat
    )
    assert feed.is_complete


def test_heavy_fields_can_be_left_out_and_changes_followed(pardot, client, begun, person):
    old = act(pardot, person, createdAt=(begun - timedelta(days=3)).isoformat())
    rows, _ = read(client, begun, fields=("id", "type"), by="updatedAt")
    assert [row["id"] for row in rows] == [old]
    assert set(rows[0]) == {"id", "type", "updatedAt"}
    assert read(client, begun)[0] == []


def new_person(client, name):
    return client.create("prospects", {"email": f"{name}@web.example.com"}, ("id",))["id"]


def look(pardot, visitor, url, **who):
    pardot.control("POST", "/activity", {"visitorId": visitor, "url": url, "title": "T", **who})
    pardot.advance(minutes=1)


def test_activities_of_a_visitor_who_gets_a_name_come_again_as_changes(pardot, client, begun):
    visitor = pardot.control("POST", "/visitors", {})["id"]
    look(pardot, visitor, "https://shop.example/prices")
    (row,), feed = read(client, begun, by="updatedAt")
    assert (row["prospectId"], row["visitorId"]) == (None, visitor)
    person = new_person(client, "named")
    pardot.advance(minutes=2)
    pardot.control("POST", f"/visitors/{visitor}/identify", {"prospectId": person})
    (again,), _ = read(client, feed.reached, by="updatedAt")
    assert (again["id"], again["prospectId"]) == (row["id"], person)
    assert again["createdAt"] == row["createdAt"]
