"""Who changed since: bounded, without gaps, deleted people included."""

from datetime import timedelta

import pytest

from pardot_odoo_pipeline.pardot.changes import changed_prospects
from pardot_odoo_pipeline.pardot.paging import Position

FIELDS = ("id", "email", "isDeleted")


@pytest.fixture
def begun(pardot, client):
    """A moment before which all the population's changes lie."""
    pardot.advance(days=1)
    return client.clock.now()


def make(client, *names):
    return [
        client.create("prospects", {"email": f"{name}@example.com"}, ("id",))["id"]
        for name in names
    ]


def read(client, **options):
    options.setdefault("until", client.clock.now() + timedelta(minutes=1))
    feed = changed_prospects(client, FIELDS, **options)
    return [row["id"] for rows in feed for row in rows], feed


def test_changed_created_and_deleted_people_come_once(pardot, client, begun):
    made = make(client, "one", "two", "three")
    client.delete("prospects", made[0])
    client.update("prospects", made[1], {"firstName": "Ada"})
    got, feed = read(client, updated_since=begun, activity_since=begun)
    assert sorted(got) == sorted(made)
    assert feed.is_complete
    assert feed.updated_to == feed.activity_to == Position(feed._until)


def test_nothing_new_is_two_calls(pardot, client, begun):
    got, feed = read(client, updated_since=begun, activity_since=begun)
    assert got == []
    assert feed.is_complete
    assert len(pardot.requests("/api")) == 2


def test_a_full_batch_says_where_the_next_one_begins(pardot, client, begun):
    made = make(client, *"abcdefgh")
    until = client.clock.now() + timedelta(minutes=1)
    place, batches = begun, []
    while True:
        got, feed = read(client, updated_since=place, until=until, max_people=3)
        batches.append(got)
        place = feed.updated_to
        if feed.is_complete:
            break
        assert len(batches) < 10
    assert [person for batch in batches for person in batch] == made
    assert all(len(batch) <= 3 for batch in batches)


def test_a_second_with_more_people_than_a_batch_is_no_obstacle(pardot, client, begun):
    pardot.control("PUT", "/clock", {"frozen": True})
    try:
        made = make(client, *(f"crowd{n}" for n in range(20)))
    finally:
        pardot.control("PUT", "/clock", {"frozen": False})
    until = client.clock.now() + timedelta(minutes=1)
    place, got = begun, []
    while True:
        some, feed = read(client, updated_since=place, until=until, max_people=6)
        got += some
        place = feed.updated_to
        if feed.is_complete:
            break
        assert len(got) < 100
    assert got == made


def test_activity_alone_is_a_change_too(pardot, client, begun):
    active = client.query(
        "prospects",
        ("id", "lastActivityAt", "updatedAt"),
        filters={"lastActivityAtAfter": begun - timedelta(days=4000)},
        order_by="lastActivityAt DESC",
        limit=1,
    ).rows[0]
    since = begun - timedelta(days=4000)
    got, _ = read(client, activity_since=since)
    assert active["id"] in got
    nobody, _ = read(client, activity_since=begun)
    assert nobody == []


def test_the_batch_limit_counts_people_of_both_readings(pardot, client, begun):
    since = begun - timedelta(days=4000)
    got, feed = read(client, updated_since=since, activity_since=since, max_people=50)
    assert len(got) == len(set(got)) == 50
    assert not feed.is_complete
    assert feed.activity_to == Position(since)


def test_a_person_who_changes_between_two_readings_comes_again(pardot, client, begun):
    one, two = make(client, "again1", "again2")
    until = client.clock.now() + timedelta(minutes=1)
    feed = changed_prospects(client, FIELDS, updated_since=begun, until=until, max_people=1)
    assert [row["id"] for page in feed for row in page] == [one]
    pardot.advance(seconds=5)
    client.update("prospects", one, {"firstName": "New"})
    rest = changed_prospects(client, FIELDS, updated_since=feed.updated_to, until=until)
    assert [row["id"] for page in rest for row in page] == [two, one]
