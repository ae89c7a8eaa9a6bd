"""The client against a server that misbehaves: what the network can do, and what is told of it.

That it gets on with a real Odoo is the contract suite's business.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError, FailureClass
from pardot_odoo_pipeline.odoo.changes import changed_records
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessDenied,
    OdooBadValue,
    OdooConfigurationError,
    OdooError,
    OdooProtocolError,
    OdooTimeout,
    OdooUnavailable,
)
from pardot_odoo_pipeline.odoo.wire import CallRecord
from pardot_odoo_pipeline_tests.odoo.stand import KEY, Stand, data, page, send

SEARCH = "/json/2/crm.lead/search"


def fail(client: OdooClient) -> OdooError:
    with pytest.raises(OdooError) as caught:
        client.search("crm.lead", [])
    assert KEY not in repr(caught.value)
    assert caught.value.fix
    return caught.value


def test_json2_names_the_database_and_carries_the_key(stand: Stand) -> None:
    stand.is_odoo()
    stand.answers[SEARCH] = data([3, 4])
    assert stand.client().search("crm.lead", [["id", ">", 2]], limit=5) == [3, 4]
    path, headers, body = stand.asked[-1]
    assert path == SEARCH
    assert headers["x-odoo-database"] == "db"
    assert headers["authorization"] == f"bearer {KEY}"
    assert body == {"domain": [["id", ">", 2]], "limit": 5, "offset": 0, "order": None}


def test_before_19_the_key_goes_by_jsonrpc(stand: Stand) -> None:
    stand.is_odoo("18.0")
    client = stand.client()
    assert client.server_version.major == 18
    assert not client.speaks_json2
    stand.answers["/jsonrpc"] = data({"jsonrpc": "2.0", "id": 1, "result": 7})
    assert client.uid == 7
    client.create("crm.lead", [{"name": "x"}], context={"lang": "en_US"})
    args = stand.asked[-1][2]["params"]["args"]
    assert args == [
        "db",
        7,
        KEY,
        "crm.lead",
        "create",
        [[{"name": "x"}]],
        {"context": {"lang": "en_US"}},
    ]
    client.write("crm.lead", [1], {"name": "y"})
    assert stand.asked[-1][2]["params"]["args"][5:] == [[[1]], {"vals": {"name": "y"}}]


def test_a_result_that_is_left_out_is_none(stand: Stand) -> None:
    stand.is_odoo("18.0")
    client = stand.client()
    assert client.server_version.major == 18
    stand.answers["/jsonrpc"] = data({"jsonrpc": "2.0", "id": 1, "result": 7})
    assert client.uid == 7
    stand.answers["/jsonrpc"] = data({"jsonrpc": "2.0", "id": 1})
    assert client.call("crm.lead", "action_set_lost", ids=[1]) is None


@pytest.mark.parametrize("version", ["17.0", "saas~17.4", "16.0"])
def test_an_older_odoo_is_refused(stand: Stand, version: str) -> None:
    stand.is_odoo(version)
    with pytest.raises(ConfigurationError, match=f"is Odoo {version}, older than 18"):
        _ = stand.client().version


def test_a_release_between_two_is_read(stand: Stand) -> None:
    stand.is_odoo("saas~18.3")
    assert stand.client().server_version.major == 18


def test_an_odoo_without_crm_is_refused(stand: Stand) -> None:
    stand.is_odoo()
    stand.answers["/json/2/res.users/context_get"] = data({"uid": 2})
    stand.answers["/json/2/res.users/read"] = data([{"id": 2, "login": "user@example.com"}])
    stand.answers["/json/2/crm.lead/fields_get"] = data(
        {
            "name": "werkzeug.exceptions.NotFound",
            "message": "the model 'crm.lead' does not exist",
        },
        404,
    )
    with pytest.raises(ConfigurationError, match="CRM app is not installed"):
        _ = stand.client().version


def test_a_key_of_another_user_is_refused(stand: Stand) -> None:
    stand.is_odoo()
    stand.answers["/json/2/res.users/context_get"] = data({"uid": 2})
    stand.answers["/json/2/res.users/read"] = data([{"id": 2, "login": "other@example.com"}])
    with pytest.raises(OdooAccessDenied, match="another user"):
        _ = stand.client().uid


def test_without_the_rpc_module_the_version_is_asked_elsewhere(stand: Stand) -> None:
    stand.is_odoo()
    stand.answers["/web/webclient/version_info"] = stand.answers.pop("/jsonrpc")
    assert stand.client().server_version.major == 19


def redirect(to: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return page(301, Location=to)


def test_a_redirect_to_https_names_the_address_to_use(stand: Stand) -> None:
    stand.answers["/jsonrpc"] = redirect("https://127.0.0.1/jsonrpc")
    error = fail(stand.client())
    assert isinstance(error, ConfigurationError)
    assert error.fix == "Set ODOO_URL to https://127.0.0.1"
    assert len(stand.asked) == 1, "and is not followed"


def test_a_redirect_to_the_login_page(stand: Stand) -> None:
    stand.answers["/jsonrpc"] = redirect("/web/login?redirect=secret")
    error = fail(stand.client())
    assert isinstance(error, OdooConfigurationError)
    assert "login page" in error.fix
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("answer", "kind", "words", "in_doubt"),
    [
        (page(200), OdooUnavailable, "a page instead of data", False),
        (page(500), OdooUnavailable, "status 500", True),
        (page(502), OdooUnavailable, "status 502", True),
        (page(503), OdooUnavailable, "status 503", False),
        (page(504), OdooUnavailable, "status 504", True),
        (page(404), OdooConfigurationError, "no Odoo answers", False),
        (
            page(404, "<p>No database is selected and</p>"),
            OdooConfigurationError,
            "no such database",
            False,
        ),
        (page(403), OdooAccessDenied, "in front of", False),
        (page(413), OdooBadValue, "larger than", False),
        (data({"hello": 1}, 500), OdooProtocolError, "neither a result nor an error", True),
        (data("text", 500), OdooProtocolError, "neither a result nor an error", True),
    ],
)
def test_answers_that_are_not_odoos(
    stand: Stand, answer: Any, kind: type[OdooError], words: str, in_doubt: bool
) -> None:
    stand.is_odoo()
    stand.answers[SEARCH] = answer
    error = fail(stand.client())
    assert type(error) is kind
    assert words in str(error)
    assert error.in_doubt is in_doubt
    assert (error.model, error.method) == ("crm.lead", "search")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"rows": ["canary"]}, "is no list"),
        ("canary", "is no list"),
        (None, "is no list"),
        (["canary"], "a row that is no record"),
        ([{"id": 3, "name": "canary"}, {"id": 4}], "a row without name"),
        ([{"name": "canary"}], "a row without id"),
        ([{"id": "canary", "name": "canary"}], "a row whose id is no number"),
    ],
)
@pytest.mark.parametrize("version", ["18.0", "19.0"])
def test_rows_of_another_form_are_refused_where_they_arrive(
    stand: Stand, version: str, answer: Any, words: str
) -> None:
    stand.is_odoo(version)
    seen: list[CallRecord] = []
    client = OdooClient(stand.client().connection, on_call=seen.append)
    assert client.server_version
    stand.answers["/jsonrpc"] = data({"jsonrpc": "2.0", "id": 1, "result": 7})
    assert version == "19.0" or client.uid == 7
    for method in ("search_read", "read"):
        stand.answers[f"/json/2/crm.lead/{method}"] = data(answer)
        stand.answers["/jsonrpc"] = data({"jsonrpc": "2.0", "id": 1, "result": answer})
        with pytest.raises(OdooProtocolError) as caught:
            getattr(client, method)("crm.lead", [], ["name"])
        error = caught.value
        assert str(error).startswith(f"crm.lead.{method}: Odoo's answer ")
        assert words in str(error)
        assert "canary" not in repr(error)
        assert (error.code, error.in_doubt) == ("malformed_answer", False)
        assert seen[-1].error == "malformed_answer", "the audit tells it as a failure"


def test_ids_of_another_form_are_refused(stand: Stand) -> None:
    stand.is_odoo()
    for answer, words in ((["canary"], "something else than ids"), (False, "is no list")):
        stand.answers[SEARCH] = data(answer)
        error = fail(stand.client())
        assert (type(error), error.code) == (OdooProtocolError, "malformed_answer")
        assert words in str(error)
        assert "canary" not in repr(error)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"write_date": "canary"}, "a time that"), ({"write_uid": "canary"}, "whose write_uid")],
)
def test_a_version_of_another_form_is_refused(
    stand: Stand, wrong: dict[str, Any], words: str
) -> None:
    stand.is_odoo()
    row = {"id": 3, "write_date": "2026-01-31 08:15:00", "write_uid": False}
    stand.answers["/json/2/crm.lead/search_read"] = data(
        [{**row, "x_pardot_prospect_id": "7", **wrong}]
    )
    begin = datetime(2026, 1, 31, tzinfo=UTC)
    with pytest.raises(OdooProtocolError, match=words) as caught:
        list(changed_records(stand.client(), "crm.lead", begin, begin + timedelta(days=1)))
    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_json_that_breaks_off(stand: Stand) -> None:
    stand.is_odoo()
    stand.answers[SEARCH] = lambda handler: send(handler, 200, b"[1, 2", "application/json")
    error = fail(stand.client())
    assert type(error) is OdooProtocolError
    assert error.in_doubt


def test_a_connection_that_breaks_after_the_request_leaves_a_doubt(stand: Stand) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True
        handler.connection.close()

    stand.is_odoo()
    stand.answers[SEARCH] = cut
    error = fail(stand.client())
    assert type(error) is OdooUnavailable
    assert error.in_doubt
    assert error.failure_class is FailureClass.RETRY_LATER
    assert [path for path, _, _ in stand.asked].count(SEARCH) == 1, "and nothing is sent twice"


def test_an_answer_that_does_not_come_leaves_a_doubt(stand: Stand) -> None:
    release = threading.Event()
    stand.is_odoo()
    stand.answers[SEARCH] = lambda handler: (release.wait(10), data([])(handler))[1]
    try:
        error = fail(stand.client(read_timeout=0.1))
    finally:
        release.set()
    assert type(error) is OdooTimeout
    assert error.in_doubt
    assert error.code == "read_timeout"


def test_nobody_at_home_leaves_no_doubt() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = fail(Stand(f"http://127.0.0.1:{port}").client())
    assert type(error) is OdooUnavailable
    assert not error.in_doubt
    error = fail(Stand("http://no-such-host.invalid").client())
    assert type(error) is OdooUnavailable
    assert not error.in_doubt


def test_tls_towards_a_server_without_it(stand: Stand) -> None:
    error = fail(stand.client(url=stand.url.replace("http://", "https://")))
    assert type(error) is OdooConfigurationError
    assert error.code == "tls"


def test_a_bundle_that_is_not_there_is_told(stand: Stand, tmp_path: Path) -> None:
    url = stand.url.replace("http://", "https://")
    error = fail(stand.client(url=url, verify_tls=str(tmp_path / "none.pem")))
    assert isinstance(error, ConfigurationError)


def test_a_netrc_entry_does_not_replace_the_key(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    stand.is_odoo()
    stand.answers[SEARCH] = data([])
    stand.client().search("crm.lead", [])
    assert [headers.get("authorization") for _, headers, _ in stand.asked] == [
        None,
        f"bearer {KEY}",
    ]


@pytest.mark.parametrize("value", [float("nan"), object(), "\ud800"])
def test_what_cannot_be_sent_is_told_and_not_sent(stand: Stand, value: object) -> None:
    stand.is_odoo()
    client = stand.client()
    assert client.server_version
    with pytest.raises(OdooBadValue) as caught:
        client.create("crm.lead", [{"name": value}])
    assert not caught.value.in_doubt
    assert len(stand.asked) == 1


def test_calls_are_counted_and_reported_without_values(stand: Stand) -> None:
    seen: list[CallRecord] = []
    stand.is_odoo()
    stand.answers[SEARCH] = data([1])
    client = OdooClient(stand.client().connection, on_call=seen.append)
    client.search("crm.lead", [["name", "=", "canary"]])
    with pytest.raises(OdooError):
        client.read("crm.lead", [1], ["name"])
    assert client.calls == 3
    assert [(c.model, c.method, c.protocol, c.error) for c in seen] == [
        ("common", "version", "jsonrpc", None),
        ("crm.lead", "search", "json2", None),
        ("crm.lead", "read", "json2", "not_odoo"),
    ]
    assert "canary" not in repr(seen)
