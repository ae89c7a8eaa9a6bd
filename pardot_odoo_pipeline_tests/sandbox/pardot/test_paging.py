"""Chains of pages: nothing lost, nothing twice, and their limits."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import SIZE, refusal


@pytest.mark.parametrize("field", ["id", "createdAt", "updatedAt", "lastActivityAt"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_every_row_once_and_in_order(pardot, field, direction):
    found = pardot.everything(
        "prospects",
        fields=f"id,{field}",
        deleted="all",
        limit=37,
        orderBy=f"{field} {direction}",
    )
    assert len(found) == SIZE
    assert len({p["id"] for p in found}) == SIZE

    def key(person):
        value = person[field]
        if isinstance(value, str):
            value = datetime.fromisoformat(value).timestamp()
        return (-1 if value is None else value, person["id"])

    assert found == sorted(found, key=key, reverse=direction == "DESC")


def test_opposite_directions_of_time_and_id(pardot):
    found = pardot.everything(
        "prospects", fields="id,createdAt", deleted="all", limit=41, orderBy="createdAt DESC,id ASC"
    )
    keys = [(-datetime.fromisoformat(p["createdAt"]).timestamp(), p["id"]) for p in found]
    assert len(found) == SIZE
    assert keys == sorted(keys)


def test_many_rows_of_one_second_are_not_lost(living):
    living.control("PUT", "/clock", {"frozen": True})
    made = [living.person() for _ in range(25)]
    low = living.get(f"prospects/{made[0]}", fields="createdAt").json()["createdAt"]
    window = {"createdAtAfterOrEqualTo": low, "idGreaterThanOrEqualTo": made[0]}
    for order in ("createdAt", "createdAt DESC", "updatedAt,id"):
        found = living.everything("prospects", fields="id", limit=4, orderBy=order, **window)
        assert sorted(p["id"] for p in found) == made


def test_next_page_url_is_absolute_on_the_callers_own_host(pardot):
    port = urlsplit(pardot.url).port
    address = f"http://localhost:{port}/api/v5/objects/prospects?fields=id&limit=5"
    answer = pardot.http.get(address, timeout=30)
    following = urlsplit(answer.json()["nextPageUrl"])
    assert following.netloc == f"localhost:{port}"
    assert set(parse_qs(following.query)) == {"fields", "nextPageToken"}


def test_the_token_has_the_recorded_shape(pardot):
    answer = pardot.get(
        "prospects", fields="id", limit=5, idGreaterThan=0, orderBy="id", deleted="all"
    ).json()
    facts = json.loads(base64.b64decode(answer["nextPageToken"]))
    assert set(facts) == {
        "orderBy",
        "filters",
        "limit",
        "resumeValue",
        "page",
        "recCount",
        "expireTime",
        "deleted",
    }
    assert facts["resumeValue"] == {"id": answer["values"][-1]["id"]}
    assert (facts["limit"], facts["deleted"], facts["page"]) == (5, "all", 2)


def test_a_token_gives_the_same_page_again(pardot):
    first = pardot.get("prospects", fields="id", limit=5).json()
    second = pardot.get(first["nextPageUrl"]).json()["values"]
    assert pardot.get(first["nextPageUrl"]).json()["values"] == second
    assert second[0]["id"] > first["values"][-1]["id"]


def test_other_fields_may_be_asked_for_on_page_two(pardot):
    token = pardot.get("prospects", fields="id", limit=5).json()["nextPageToken"]
    second = pardot.get("prospects", fields="email", nextPageToken=token).json()["values"]
    assert [set(value) for value in second] == [{"email"}] * 5
    assert refusal(pardot.get("prospects", nextPageToken=token)) == (400, 13)


def test_parameters_beside_a_token(living):
    first = {"fields": "id", "limit": 5, "orderBy": "updatedAt", "deleted": "all"}
    token = living.get("prospects", **first).json()["nextPageToken"]
    assert living.get("prospects", fields="id", nextPageToken=token).status_code == 200
    assert refusal(living.get("prospects", **first, nextPageToken=token)) == (400, 5)
    living.switch(page_token_extra_parameters="tolerate_equal")
    assert living.get("prospects", **first, nextPageToken=token).status_code == 200
    other = {**first, "limit": 6}
    assert refusal(living.get("prospects", **other, nextPageToken=token)) == (400, 5)


@pytest.mark.parametrize(
    "token", ["nonsense", "e30=", base64.b64encode(b"[1]").decode(), "äöü", "bnVsbA=="]
)
def test_garbage_is_no_token(pardot, token):
    assert refusal(pardot.get("prospects", fields="id", nextPageToken=token)) == (400, 211)


def test_a_token_of_another_object_is_refused(pardot):
    token = pardot.get("prospects", fields="id", limit=2, orderBy="lastActivityAt").json()
    answer = pardot.get("users", fields="id", nextPageToken=token["nextPageToken"])
    assert refusal(answer) == (400, 211)


def test_tokens_live_four_hours(living):
    living.switch(access_token_lifetime_seconds=100_000)
    living.login()
    token = living.get("prospects", fields="id", limit=5).json()["nextPageToken"]
    living.advance(4 * 3600 - 60)
    assert living.get("prospects", fields="id", nextPageToken=token).status_code == 200
    living.advance(120)
    assert refusal(living.get("prospects", fields="id", nextPageToken=token)) == (400, 210)


def test_a_full_last_page_announces_an_empty_one(living):
    ids = [living.person() for _ in range(4)]
    query = {"fields": "id", "limit": 2, "idGreaterThanOrEqualTo": ids[0]}
    pages = list(living.chain("prospects", **query))
    assert [len(page) for page in pages] == [2, 2, 0]
    living.switch(empty_last_page=False)
    assert [len(page) for page in living.chain("prospects", **query)] == [2, 2]


def test_a_chain_ends_at_its_maximum_with_a_warning(living):
    assert living.control("GET", "/switches")["page_chain_maximum"] == 100_000
    living.switch(page_chain_maximum=200)
    answer = living.get("prospects", fields="id", limit=100)
    assert "pardot-warning" not in answer.headers
    answer = living.get(answer.json()["nextPageUrl"])
    assert answer.json()["nextPageToken"] is None
    assert answer.json()["nextPageUrl"] is None
    assert len(answer.json()["values"]) == 100
    assert answer.headers["pardot-warning"] == (
        "203;Record count for nextPageToken sequence has been exceeded. No page token returned."
    )
    # A new chain from the last key goes on where the old one ended.
    last = answer.json()["values"][-1]["id"]
    assert living.get("prospects", fields="id", idGreaterThan=last).json()["values"]
