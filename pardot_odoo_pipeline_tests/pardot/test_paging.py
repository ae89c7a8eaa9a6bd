"""Long reads against the sandbox: tokens expire, chains end, servers tire, nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pardot_odoo_pipeline.pardot.errors import PardotTemporarilyUnavailable
from pardot_odoo_pipeline.pardot.paging import Position, iter_pages
from pardot_odoo_pipeline.pardot.stretches import row_time

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
ORDERS = ["id", "createdAt", "updatedAt", "lastActivityAt"]


def filters_for(order, **more):
    bound = {} if order == "id" else {f"{order}AfterOrEqualTo": LONG_AGO}
    return {"deleted": "all", **bound, **more}


def read(client, order="id", **options):
    options = {"filters": filters_for(order), "limit": 100, **options}
    return [
        row
        for rows in iter_pages(client, "prospects", ["email"], order_by=order, **options)
        for row in rows
    ]


def expected(client, order):
    """What a single chain gives, which the sandbox allows here by its real limit."""
    rows, token = [], None
    while True:
        options = {"page_token": token} if token else {"filters": filters_for(order)}
        options |= {} if token else {"order_by": order, "limit": 1000}
        page = client.query("prospects", ("id", "email", order), **options)
        rows += page.rows
        token = page.next_token
        if token is None:
            return rows


@pytest.mark.parametrize("order", ORDERS)
def test_one_chain_reads_everything_in_order(client, order):
    got = read(client, order)
    assert got == expected(client, order)
    assert len(got) > 500


@pytest.mark.parametrize("order", ORDERS)
def test_the_end_of_a_chain_is_not_the_end_of_the_data(pardot, client, order):
    whole = expected(client, order)
    pardot.switch(page_chain_maximum=130)
    assert read(client, order) == whole


@pytest.mark.parametrize("order", ["id", "updatedAt"])
def test_an_access_token_may_expire_in_mid_chain(pardot, client, order):
    whole = expected(client, order)
    pardot.switch(access_token_lifetime_seconds=60)
    client._tokens.renew(client._tokens.current())
    renewed = client.token_calls
    got = []
    pages = iter_pages(
        client, "prospects", ["email"], filters=filters_for(order), order_by=order, limit=200
    )
    for rows in pages:
        got += rows
        pardot.advance(minutes=2)
    assert got == whole
    assert client.token_calls > renewed + 2


@pytest.mark.parametrize("order", ORDERS)
def test_page_tokens_may_expire_while_rows_are_worked_on(pardot, client, order):
    whole = expected(client, order)
    got = []
    pages = iter_pages(
        client, "prospects", ["email"], filters=filters_for(order), order_by=order, limit=300
    )
    for rows in pages:
        got += rows
        pardot.advance(hours=5)
    assert got == whole
    assert 210 in {entry["code"] for entry in pardot.requests("/api")}


def test_a_token_that_the_server_does_not_know_any_more_restarts_the_chain(pardot, client):
    whole = expected(client, "updatedAt")
    pages = iter_pages(
        client,
        "prospects",
        ["email"],
        filters=filters_for("updatedAt"),
        order_by="updatedAt",
        limit=300,
    )
    got = next(pages)
    pardot.fault(status=400, code=211)
    for rows in pages:
        got += rows
    assert got == whole


@pytest.mark.parametrize("order", ["id", "updatedAt"])
def test_a_server_that_refuses_every_token_is_still_read_to_the_end(pardot, client, order):
    """Each chain then is one page long."""
    whole = expected(client, order)
    pardot.switch(page_token_lifetime_seconds=0)
    assert read(client, order, limit=100) == whole


@pytest.mark.parametrize("order", ["id", "updatedAt"])
def test_rows_and_pages_that_come_twice_are_given_once(client, order):
    whole = expected(client, order)

    class Repeating:
        """Gives each page twice, and each row of it."""

        def __init__(self):
            self.clock, self.again = client.clock, None

        def query(self, *arguments, **options):
            page = client.query(*arguments, **options)
            return replace(page, rows=[row for row in page.rows for _ in range(2)])

    got = [
        row
        for rows in iter_pages(
            Repeating(), "prospects", ["email"], filters=filters_for(order), order_by=order
        )
        for row in rows
    ]
    assert got == whole


def test_a_server_that_goes_round_in_circles_is_left(client):
    page = client.query("prospects", ("id",), order_by="id", limit=10)

    class Circling:
        clock = client.clock

        def query(self, *arguments, **options):
            return page

    pages = iter_pages(Circling(), "prospects", ["id"], limit=10)
    assert len(next(pages)) == 10
    with pytest.raises(PardotTemporarilyUnavailable, match="again and again"):
        list(pages)


@pytest.mark.parametrize("order", ["id", "updatedAt"])
@pytest.mark.parametrize("trouble", [{"status": 504, "html": True}, {"status": 400, "code": 214}])
def test_a_server_that_takes_too_long_is_asked_for_less(pardot, client, order, trouble):
    whole = expected(client, order)
    pages = iter_pages(
        client, "prospects", ["email"], filters=filters_for(order), order_by=order, limit=400
    )
    pardot.fault(times=3, **trouble)
    got = next(pages)
    pardot.fault(times=2, **trouble)
    for rows in pages:
        got += rows
    assert got == whole
    asked = [dict(entry["query"]) for entry in pardot.requests("/api/v5/objects/prospects")]
    assert min(int(query["limit"]) for query in asked if "limit" in query) < 400
    windows = [query for query in asked if "updatedAtBefore" in query]
    assert bool(windows) is (order == "updatedAt")


def test_other_troubles_are_sat_out_in_place(pardot, client):
    whole = expected(client, "updatedAt")
    pages = iter_pages(
        client,
        "prospects",
        ["email"],
        filters=filters_for("updatedAt"),
        order_by="updatedAt",
        limit=400,
    )
    got = next(pages)
    pardot.fault(times=1, reset=True)
    pardot.fault(times=1, status=429, code=66)
    for rows in pages:
        got += rows
    assert got == whole


def test_a_server_that_stays_down_ends_the_reading_with_its_error(pardot, client):
    pardot.fault(times=100, status=503, body="down")
    with pytest.raises(PardotTemporarilyUnavailable):
        read(client)


def test_people_of_one_second_are_told_apart_by_id(pardot, client):
    pardot.control("PUT", "/clock", {"frozen": True})
    try:
        instant = client.clock.now().replace(microsecond=0)
        made = [
            client.create("prospects", {"email": f"tie{n}@example.com"}, ("id",))["id"]
            for n in range(25)
        ]
    finally:
        pardot.control("PUT", "/clock", {"frozen": False})
    pardot.switch(page_chain_maximum=7)
    options = {"filters": {"updatedAtAfterOrEqualTo": instant}, "limit": 5}
    got = read(client, "updatedAt", **options)
    assert [row["id"] for row in got] == sorted(made)

    first = read(client, "updatedAt", stop_after=11, **options)
    place = Position(row_time(first[-1], "updatedAt"), int(first[-1]["id"]))
    rest = read(client, "updatedAt", after=place, **options)
    assert [row["id"] for row in first + rest] == sorted(made)


def test_a_limit_of_rows_is_exact(client):
    assert len(read(client, stop_after=150)) == 150
    assert len(read(client, stop_after=0)) == 0


def test_a_window_in_time_is_kept_across_chains(pardot, client):
    rows = expected(client, "updatedAt")
    times = [row_time(row, "updatedAt") for row in rows]
    low, high = times[100], times[400]
    pardot.switch(page_chain_maximum=110)
    window = {"updatedAtAfterOrEqualTo": low, "updatedAtBefore": high + timedelta(milliseconds=1)}
    got = read(client, "updatedAt", filters={"deleted": "all", **window})
    assert got == [row for row, at in zip(rows, times, strict=True) if low <= at <= high]


def test_only_the_token_goes_with_the_fields(pardot, client):
    read(client, "updatedAt")
    followed = [
        dict(entry["query"])
        for entry in pardot.requests("/api/v5/objects/prospects")
        if "nextPageToken" in dict(entry["query"])
    ]
    assert followed
    assert all(set(query) == {"fields", "nextPageToken"} for query in followed)
