"""Single calls against the sandbox: results, counting, limits, and every way to fail."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.errors import (
    PardotBadRecord,
    PardotBadRequest,
    PardotConfigurationError,
    PardotMissingRecord,
    PardotQuotaExceeded,
    PardotTemporarilyUnavailable,
)
from pardot_odoo_pipeline_tests.pardot.canned_server import answer, canned

FIELDS = ("id", "email", "firstName")


def test_the_life_of_a_prospect(client):
    made = client.create("prospects", {"email": "life@example.com", "firstName": "Ada"}, FIELDS)
    assert made == {"id": made["id"], "email": "life@example.com", "firstName": "Ada"}
    changed = client.update("prospects", made["id"], {"firstName": "Adele"}, FIELDS)
    assert changed["firstName"] == "Adele"
    assert client.get("prospects", made["id"], FIELDS) == changed
    client.delete("prospects", made["id"])
    with pytest.raises(PardotMissingRecord) as caught:
        client.get("prospects", made["id"], FIELDS)
    assert "recycle bin" in caught.value.cause
    upserted = client.action(
        "prospects",
        "upsertLatestByEmail",
        {
            "matchEmail": "life@example.com",
            "prospect": {"lastName": "Byron"},
            "secondaryDeletedSearch": True,
            "fields": ["id", "firstName"],
        },
    )
    assert upserted == {"id": made["id"], "firstName": "Adele"}


def test_a_query_takes_filters_of_all_kinds(client):
    page = client.query("prospects", FIELDS, order_by="id", limit=5)
    wanted = [row["id"] for row in page.rows][1:3]
    again = client.query("prospects", FIELDS, filters={"idList": wanted}, order_by="id")
    assert [row["id"] for row in again.rows] == wanted
    everybody = client.query(
        "prospects",
        ("id", "isDeleted"),
        filters={"deleted": True, "updatedAtBefore": client.clock.now()},
    )
    assert everybody.rows
    assert all(row["isDeleted"] for row in everybody.rows)


def test_the_small_collections_are_read_whole(client):
    assert {"id", "name"} <= set(client.campaigns()[0])
    assert {"fieldId", "type"} <= set(client.custom_fields()[0])
    assert client.users()[0]["email"]
    assert client.account()["maximumDailyApiCalls"] > 0


def test_calls_are_counted_and_told_and_usage_is_kept(pardot):
    told = []
    with pardot.client(on_call=told.append) as client:
        assert client.usage is None
        client.query("prospects", FIELDS, filters={"email": "canary@example.com"})
        with pytest.raises(PardotMissingRecord):
            client.get("prospects", 999_999_999, FIELDS)
        assert client.calls == len(told) == len(pardot.requests("/api")) == 2
        assert client.token_calls == 1
    assert [(call.method, call.status, call.code) for call in told] == [
        ("GET", 200, None),
        ("GET", 404, 109),
    ]
    assert client.usage.maximum == 100_000
    assert 0 < client.usage.used < 100_000
    assert "canary" not in repr(told)


def test_never_more_than_five_at_once(pardot):
    pardot.fault(times=12, path="/api/v5/objects/account", delay_seconds=0.05)
    started = threading.Barrier(12)
    with pardot.client() as client:
        client.query("campaigns", ("id",))

        def read(_):
            started.wait(10)
            return client.account()

        with ThreadPoolExecutor(12) as pool:
            assert all(pool.map(read, range(12)))
    # The sandbox refuses the sixth request in flight with code 66.
    assert {entry["code"] for entry in pardot.requests("/api")} == {None}
    assert client.calls == 13


def test_too_many_at_once_is_waited_out_by_reads_and_writes_alike(pardot, client):
    pardot.fault(times=2, status=429, code=66)
    assert client.account()
    pardot.fault(times=2, method="POST", status=429, code=66)
    made = client.create("prospects", {"email": "patient@example.com"}, FIELDS)
    assert made["id"]
    assert client.calls == 6
    found = client.query("prospects", FIELDS, filters={"email": "patient@example.com"})
    assert len(found.rows) == 1


def test_waiting_has_an_end(pardot, client):
    pardot.fault(times=100, status=429, code=66)
    with pytest.raises(PardotTemporarilyUnavailable) as caught:
        client.account()
    assert caught.value.code == 66
    assert client.calls == 4


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 503, "body": "down"},
        {"status": 504, "html": True},
        {"status": 200, "html": True},
        {"status": 500, "code": 183},
        {"status": 400, "code": 214},
        {"status": 400, "code": 62},
        {"reset": True},
    ],
    ids=["503", "504 page", "200 page", "183", "214", "62", "reset"],
)
def test_reads_go_on_after_passing_troubles(pardot, client, trouble):
    pardot.fault(times=2, **trouble)
    assert client.account()["id"]
    assert client.calls == 3


@pytest.mark.parametrize(
    ("trouble", "doubt"),
    [
        ({"status": 503, "body": "down"}, True),
        ({"status": 504, "html": True}, True),
        ({"status": 500, "code": 183}, True),
        ({"reset": True, "after": True}, True),
        ({"status": 400, "code": 62}, False),
    ],
    ids=["503", "504 page", "183", "reset", "62"],
)
def test_a_write_is_made_once_and_its_doubt_is_told(pardot, client, trouble, doubt):
    pardot.fault(times=1, method="POST", **trouble)
    with pytest.raises(PardotTemporarilyUnavailable) as caught:
        client.create("prospects", {"email": "once@example.com"}, FIELDS)
    assert caught.value.in_doubt is doubt
    assert len([e for e in pardot.requests("/api") if e["method"] == "POST"]) == 1


def test_a_lost_answer_means_the_write_may_be_there(pardot, client):
    pardot.fault(method="POST", reset=True, after=True)
    with pytest.raises(PardotTemporarilyUnavailable) as caught:
        client.create("prospects", {"email": "lost-answer@example.com"}, FIELDS)
    assert caught.value.in_doubt
    found = client.query("prospects", FIELDS, filters={"email": "lost-answer@example.com"})
    assert len(found.rows) == 1


def test_the_daily_limit_is_not_tried_again(pardot, client):
    client.account()
    pardot.switch(daily_maximum=1)
    with pytest.raises(PardotQuotaExceeded) as caught:
        client.account()
    assert caught.value.code == 122
    assert caught.value.has_quota_evidence
    assert caught.value.failure_class is FailureClass.PAUSE_UNTIL_RESET
    assert client.calls == 2


def test_a_silent_server_is_given_up(pardot):
    pardot.fault(times=10, delay_seconds=2)
    with (
        pardot.client(timeouts=(1, 0.2), backoff=Backoff(attempts=2, first=0.01)) as client,
        pytest.raises(PardotTemporarilyUnavailable) as caught,
    ):
        client.account()
    assert caught.value.took_too_long
    assert not caught.value.in_doubt


@pytest.mark.parametrize("unit", ["0Uv000000000000ZZZ", "short"])
def test_a_wrong_business_unit_is_told_plainly(pardot, unit):
    with (
        pardot.client(connection=pardot.connection(business_unit_id=unit)) as client,
        pytest.raises(PardotConfigurationError) as caught,
    ):
        client.account()
    assert caught.value.code in (201, 182)
    assert "PARDOT_BUSINESS_UNIT_ID" in caught.value.fix
    assert client.calls == 1


@pytest.mark.parametrize(
    "changes",
    [{"business_unit_id": ""}, {"business_unit_id": "0Uv\r\nX: y"}, {"api_url": "pi.pardot.com"}],
)
def test_settings_that_cannot_be_right_are_refused_before_any_call(pardot, changes):
    with pytest.raises(PardotConfigurationError, match="PARDOT_"):
        pardot.connection(**changes)


def test_an_unreachable_host_is_told_plainly_and_leaves_no_doubt(pardot):
    connection = pardot.connection(api_url="http://127.0.0.1:9")
    with (
        pardot.client(connection=connection, backoff=Backoff(attempts=2, first=0.01)) as client,
        pytest.raises(PardotTemporarilyUnavailable) as caught,
    ):
        client.create("prospects", {"email": "nowhere@example.com"})
    assert "http://127.0.0.1:9 cannot be reached" in caught.value.cause
    assert "PARDOT_API_URL" in caught.value.fix
    assert not caught.value.in_doubt
    assert client.calls == 2


def test_fields_that_do_not_exist_blame_the_request_on_reads_and_the_record_on_writes(client):
    with pytest.raises(PardotBadRequest) as caught:
        client.query("prospects", ("id", "noSuchField"))
    assert not isinstance(caught.value, PardotBadRecord)
    with pytest.raises(PardotBadRecord):
        client.create("prospects", {"email": "field@example.com", "noSuchField": 1}, FIELDS)


def test_refusals_repeat_no_personal_data(client):
    with pytest.raises(PardotBadRecord) as caught:
        client.create("prospects", {"email": "canary-not-an-address"}, FIELDS)
    assert "canary" not in str(caught.value)


def test_an_answer_without_content_is_an_empty_record(pardot, client):
    pardot.switch(unreadable_after_write=True)
    assert client.create("prospects", {"email": "unread@example.com"}, FIELDS) == {}


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"values": null}'])
def test_json_of_another_shape_is_not_taken_for_a_page(body):
    reply = answer(body, "Content-Type: application/json")
    with canned([reply]) as client, pytest.raises(PardotTemporarilyUnavailable):
        client.query("prospects", FIELDS)


def test_the_next_page_is_found_by_its_address_alone_too():
    body = b"""{"values": [], "nextPageToken": null,
        "nextPageUrl": "https://evil.example/api/v5/objects/x?fields=id&nextPageToken=a%2Bb%3D"}"""
    with canned([answer(body, "Content-Type: application/json")]) as client:
        assert client.query("prospects", FIELDS).next_token == "a+b="


def test_a_netrc_file_does_not_take_the_tokens_place(pardot, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pardot.client() as client:
        assert client.account()


def test_a_login_page_at_the_apis_address_is_a_matter_of_configuration():
    page = answer(b"<html>log in</html>", "Content-Type: text/html", status="403 Forbidden")
    with canned([page]) as client, pytest.raises(PardotConfigurationError, match="PARDOT_API_URL"):
        client.account()


def test_a_redirect_is_not_followed_with_the_token():
    elsewhere = answer(b"", "Location: http://example.com/", status="302 Found")
    with canned([elsewhere]) as client, pytest.raises(PardotConfigurationError):
        client.account()
