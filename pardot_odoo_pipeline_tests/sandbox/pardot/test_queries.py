"""Field selection, filters, order and the recycle bin of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from .conftest import SIZE, refusal


def moment(text):
    return datetime.fromisoformat(text)


def iso(value):
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def people(pardot):
    """Every prospect, the recycle bin included, in the order of ids."""
    fields = "id,email,isDeleted,createdAt,updatedAt,lastActivityAt,userId"
    return pardot.everything("prospects", fields=fields, limit=1000, deleted="all")


def test_envelope_and_fields(pardot, people):
    body = pardot.get("prospects", fields="id,email", limit=3).json()
    assert set(body) == {"nextPageToken", "nextPageUrl", "values"}
    assert [set(value) for value in body["values"]] == [{"id", "email"}] * 3
    assert len(people) == SIZE


def test_default_and_maximum_limit(pardot):
    assert len(pardot.get("prospects", fields="id").json()["values"]) == 200
    assert refusal(pardot.get("prospects", fields="id", limit=1001)) == (400, 23)
    assert refusal(pardot.get("prospects", fields="id", limit=0)) == (400, 23)


def test_relations_by_dots(pardot):
    fields = "id,campaignId,campaign.id,campaign.name,campaign.createdBy.id"
    values = pardot.get("prospects", fields=fields, limit=50).json()["values"]
    campaigns = {
        campaign["id"]: campaign["name"]
        for campaign in pardot.everything("campaigns", fields="id,name", deleted="all")
    }
    seen = 0
    for value in values:
        if value["campaignId"] is None:
            assert value["campaign"] is None
            continue
        seen += 1
        assert value["campaign"]["id"] == value["campaignId"]
        assert value["campaign"]["name"] == campaigns[value["campaignId"]]
        assert "createdBy" in value["campaign"]
    assert seen


def test_custom_fields_have_a_suffix_and_arrays_only_come_singly(pardot):
    definitions = pardot.everything("custom-fields", fields="fieldId,type")
    plain = next(d for d in definitions if d["type"] == "text")
    several = next(d for d in definitions if d["type"] == "multi-select")
    first = pardot.get("prospects", fields=f"id,{plain['fieldId']}__c", limit=1).json()["values"][0]
    assert f"{plain['fieldId']}__c" in first
    assert refusal(pardot.get("prospects", fields=plain["fieldId"])) == (400, 180)
    wanted = f"{several['fieldId']}__c"
    assert refusal(pardot.get("prospects", fields=f"id,{wanted}")) == (400, 224)
    single = pardot.get(f"prospects/{first['id']}", fields=wanted)
    assert single.status_code == 200
    assert single.json()[wanted] is None or isinstance(single.json()[wanted], list)


@pytest.mark.parametrize(
    "fields", ["unicorn", "id,campaign.unicorn", "campaign", "a.b.c.d", "valuesPrefill"]
)
def test_unknown_fields(pardot, fields):
    answer = pardot.get("prospects", fields=fields)
    assert refusal(answer) == (400, 180)
    assert fields.split(",")[-1] in answer.json()["message"]


@pytest.mark.parametrize("field", ["createdAt", "updatedAt", "lastActivityAt"])
def test_all_four_bounds(pardot, people, field):
    known = sorted(moment(p[field]) for p in people if p[field])
    pivot = known[len(known) // 2]
    for form, holds in {
        "After": lambda t: t > pivot,
        "AfterOrEqualTo": lambda t: t >= pivot,
        "Before": lambda t: t < pivot,
        "BeforeOrEqualTo": lambda t: t <= pivot,
    }.items():
        found = pardot.everything(
            "prospects", fields="id", deleted="all", limit=1000, **{field + form: iso(pivot)}
        )
        expected = {p["id"] for p in people if p[field] and holds(moment(p[field]))}
        assert {p["id"] for p in found} == expected


def test_bounds_by_id_and_list(pardot, people):
    ids = [p["id"] for p in people]
    low, high = ids[10], ids[40]
    found = pardot.everything(
        "prospects", fields="id", deleted="all", idGreaterThan=low, idLessThanOrEqualTo=high
    )
    assert [p["id"] for p in found] == ids[11:41]
    listed = f"{ids[3]},{ids[1]},{ids[2]}"
    found = pardot.everything("prospects", fields="id", deleted="all", idList=listed)
    assert [p["id"] for p in found] == ids[1:4]


def test_email_finds_every_holder_whatever_the_case(pardot, people):
    address = next(p["email"] for p in people if p["email"] and "@" in p["email"])
    found = pardot.everything("prospects", fields="id,email", email=address.upper(), deleted="all")
    expected = {p["id"] for p in people if (p["email"] or "").lower() == address.lower()}
    assert {p["id"] for p in found} == expected


def test_recycle_bin(pardot, people):
    def ids(**choice):
        return {p["id"] for p in pardot.everything("prospects", fields="id", limit=1000, **choice)}

    binned = {p["id"] for p in people if p["isDeleted"]}
    assert binned
    assert ids(deleted="true") == binned
    assert ids() == ids(deleted="false") == {p["id"] for p in people} - binned
    assert refusal(pardot.get("prospects", fields="id", deleted="maybe")) == (400, 27)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"orderBy": "email"}, (400, 19)),
        ({"orderBy": "id SIDEWAYS"}, (400, 20)),
        ({"orderBy": "id,createdAt,updatedAt"}, (400, 133)),
        ({"orderBy": "id ASC DESC"}, (400, 134)),
        ({"orderBy": "createdAt,updatedAt"}, (400, 135)),
        ({"createdAtAfter": "yesterday"}, (400, 7)),
        ({"createdAtAfter": "2026-01-01T00:00:00"}, (400, 7)),
        ({"idGreaterThan": "x"}, (400, 16)),
        ({"idGreaterThan": "9", "idLessThan": "3"}, (400, 17)),
        (
            {"createdAtAfter": "2026-01-02T00:00:00Z", "createdAtBefore": "2026-01-01T00:00:00Z"},
            (400, 8),
        ),
        ({"idList": ",".join(map(str, range(1001)))}, (400, 63)),
        ({"offset": 2001}, (400, 21)),
        ({"colour": "red"}, (400, 5)),
        (
            {"id": 1, "email": "a@example.com", "userId": 1, "salesforceId": "x"},
            (400, 209),
        ),
    ],
)
def test_refused_parameters(pardot, parameters, expected):
    assert refusal(pardot.get("prospects", fields="id", **parameters)) == expected


def test_two_bounds_on_one_field_are_one_filter(pardot):
    answer = pardot.get(
        "prospects",
        fields="id",
        createdAtAfter="2020-01-01T00:00:00Z",
        createdAtBefore="2030-01-01T00:00:00+05:00",
        updatedAtAfter="2020-01-01T00:00:00Z",
        idGreaterThan=0,
    )
    assert answer.status_code == 200


def test_a_plus_that_was_not_encoded_spoils_a_moment(pardot):
    address = f"{pardot.url}/api/v5/objects/prospects?fields=id&createdAtAfter="
    assert refusal(pardot.get(f"{address}2026-01-01T00:00:00+05:00")) == (400, 7)
    assert pardot.get(f"{address}2026-01-01T00:00:00%2B05:00").status_code == 200


def test_times_carry_the_accounts_offset_through_daylight_saving(pardot, people):
    offsets = set()
    for person in people:
        created = moment(person["createdAt"])
        offsets.add(created.utcoffset() // timedelta(hours=1))
    assert offsets == {-5, -4}


def test_the_zone_is_a_switch(living):
    record = living.person()
    before = moment(living.get(f"prospects/{record}", fields="createdAt").json()["createdAt"])
    living.switch(time_zone="Asia/Kolkata")
    text = living.get(f"prospects/{record}", fields="createdAt").json()["createdAt"]
    assert text.endswith("+05:30")
    assert moment(text) == before


def test_single_reads(pardot, people):
    alive = next(p for p in people if not p["isDeleted"])
    binned = next(p for p in people if p["isDeleted"])
    assert pardot.get(f"prospects/{alive['id']}", fields="id,email").json() == {
        "id": alive["id"],
        "email": alive["email"],
    }
    gone = pardot.get(f"prospects/{binned['id']}", fields="id")
    assert refusal(gone) == (404, 109)
    assert gone.headers["pardot-warning"] == "201;Record In Recycle Bin"
    missing = pardot.get("prospects/999999999", fields="id")
    assert refusal(missing) == (404, 109)
    assert "pardot-warning" not in missing.headers
    assert refusal(pardot.get(f"prospects/{alive['id']}")) == (400, 13)


def test_conditional_reads(pardot, people):
    alive = next(p for p in people if not p["isDeleted"])
    path = f"{pardot.url}/api/v5/objects/prospects/{alive['id']}"
    stamp = pardot.get(path, fields="id").headers["last-modified"]

    def since(value):
        headers = {"If-Modified-Since": value}
        return pardot.http.get(path, params={"fields": "id"}, headers=headers, timeout=30)

    assert since(stamp).status_code == 304
    assert since(stamp).content == b""
    assert since("Mon, 01 Jan 2001 00:00:00 GMT").status_code == 200
