"""Prospects by their ids."""

import pytest

from pardot_odoo_pipeline.pardot.errors import PardotBadRequest
from pardot_odoo_pipeline.pardot.lookups import prospects_by_id, rows_by_id
from pardot_odoo_pipeline.pardot.paging import iter_pages

PATH = "/api/v5/objects/prospects"


def read(client, ids, **options):
    return [
        row["id"] for rows in prospects_by_id(client, ["email"], ids, **options) for row in rows
    ]


@pytest.fixture
def everybody(client):
    pages = iter_pages(client, "prospects", ["isDeleted"], filters={"deleted": "all"})
    return [row["id"] for rows in pages for row in rows]


def test_everybody_who_is_there_comes_once_deleted_people_too(pardot, client, everybody):
    before = len(pardot.requests(PATH))
    got = read(client, [*everybody, *everybody[:10], 999_999_999])
    assert got == everybody
    assert len(pardot.requests(PATH)) - before == len(everybody) // 400 + 1


def test_nobody_costs_nothing(client):
    assert read(client, []) == []
    assert client.calls == 0


def test_fewer_ids_are_named_when_the_api_finds_them_too_many(pardot, client, everybody):
    pardot.switch(id_list_maximum=60)
    assert read(client, everybody[:300]) == everybody[:300]


def test_addresses_of_calls_stay_short(pardot, client):
    with_long_ids = range(900_000_000, 900_000_500)
    assert read(client, with_long_ids) == []


def test_an_api_that_takes_no_ids_at_all_ends_it(pardot, client, everybody):
    pardot.fault(times=20, path=PATH, status=400, code=63)
    with pytest.raises(PardotBadRequest):
        read(client, everybody[:4])


def test_who_is_not_there_any_more_is_told(pardot, client, everybody):
    gone, binned, there = (
        client.create("prospects", {"email": f"{name}@lookups.example.com"}, ("id",))["id"]
        for name in ("gone", "binned", "there")
    )
    pardot.control("DELETE", f"/prospects/{gone}")
    client.delete("prospects", binned)
    named = prospects_by_id(client, ["isDeleted"], [gone, binned, there, 999_999_999], ids_a_call=2)
    assert named.missing == {gone, binned, there, 999_999_999}
    assert [row["isDeleted"] for rows in named for row in rows] == [True, False]
    assert named.missing == {gone, 999_999_999}


def test_records_of_collections_without_a_bin_come_by_id_too(client):
    activities = client.query("visitor-activities", ("id",), order_by="id", limit=3).rows
    ids = [row["id"] for row in activities]
    pages = rows_by_id(client, "visitor-activities", ["type"], ids, with_deleted=False)
    assert [row["id"] for rows in pages for row in rows] == ids
