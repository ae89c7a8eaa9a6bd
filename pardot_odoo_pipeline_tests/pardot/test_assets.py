"""Names behind ids: in few calls, whatever the collection takes, deleted ones tolerated."""

import pytest

from pardot_odoo_pipeline.pardot.assets import ASSETS, assets_by_id
from pardot_odoo_pipeline.pardot.errors import PardotBadRequest, PardotQuotaExceeded

CAMPAIGNS = "/api/v5/objects/campaigns"


@pytest.fixture
def campaigns(client):
    page = client.query("campaigns", ("id", "name"), filters={"deleted": "all"}, order_by="id")
    assert len(page.rows) > 5
    return {row["id"]: row for row in page.rows}


def asked(pardot):
    return [entry["path"].removeprefix(CAMPAIGNS) for entry in pardot.requests(CAMPAIGNS)]


def test_ids_are_asked_for_in_one_call(pardot, client, campaigns):
    before = len(asked(pardot))
    got = assets_by_id(client, "campaignId", [*campaigns, *campaigns, 999_999])
    assert got == campaigns
    assert len(asked(pardot)) - before == 1


def test_nothing_costs_nothing(client):
    assert assets_by_id(client, "formId", []) == {}
    assert client.calls == 0


def test_collections_without_a_bin_are_not_asked_about_it(pardot, client, campaigns):
    pardot.fault(path=CAMPAIGNS, code=5)
    living = set(assets_by_id(client, "campaignId", campaigns))
    page = client.query("campaigns", ("id",))
    assert living == {row["id"] for row in page.rows}


def test_collections_that_take_no_ids_are_read_in_passing(pardot, client, campaigns):
    living = [row["id"] for row in client.query("campaigns", ("id",)).rows][:4]
    before = len(asked(pardot))
    pardot.fault(times=2, path=CAMPAIGNS, code=5)
    got = assets_by_id(client, "campaignId", [*living, 999_999])
    assert got == {n: campaigns[n] for n in living}
    assert set(asked(pardot)[before:]) == {"", "/999999"}


def test_what_is_missing_then_comes_one_by_one(pardot, client, campaigns):
    before = len(asked(pardot))
    pardot.fault(times=2, path=CAMPAIGNS, code=5)
    one, two = list(campaigns)[:2]
    got = assets_by_id(client, "campaignId", [one, two, 999_999])
    assert got == {one: campaigns[one], two: campaigns[two]}
    assert sorted(asked(pardot)[before + 2 :]) == sorted([f"/{one}", f"/{two}", "/999999"])


def test_other_refusals_are_no_reason_to_ask_otherwise(pardot, client, campaigns):
    pardot.fault(times=1, path=CAMPAIGNS, code=122)
    with pytest.raises(PardotQuotaExceeded):
        assets_by_id(client, "campaignId", campaigns)
    pardot.fault(times=100, path=CAMPAIGNS, code=180)
    with pytest.raises(PardotBadRequest):
        assets_by_id(client, "campaignId", list(campaigns)[:2])


def test_each_kind_of_asset_is_named_by_something():
    assert all(len(asset.fields) > 1 and asset.fields[0] == "id" for asset in ASSETS.values())


@pytest.mark.parametrize("field", sorted(ASSETS))
def test_every_kind_that_activities_point_to_has_names(client, field):
    asset = ASSETS[field]
    rows = client.query(asset.collection, asset.fields, order_by="id", limit=3).rows
    begun = client.calls
    got = assets_by_id(client, field, [row["id"] for row in rows])
    assert got == {row["id"]: row for row in rows}
    assert all(row.get("name") or row.get("title") or row.get("subject") for row in rows)
    if rows:
        assert client.calls - begun == 1


def test_a_deleted_asset_still_has_its_name(client):
    values = {"name": "Trade fair", "destinationUrl": "https://shop.example"}
    values["campaignId"] = client.query("campaigns", ("id",), limit=1).rows[0]["id"]
    made = client.create("custom-redirects", values, ("id",))["id"]
    client.delete("custom-redirects", made)
    assert assets_by_id(client, "customRedirectId", [made])[made]["name"] == "Trade fair"
