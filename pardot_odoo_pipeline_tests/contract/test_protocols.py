"""Login, version and the shape of answers, on both protocols."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest, lead, unique

RPC_ERROR_KEYS = {"name", "message", "arguments", "context", "debug"}


def test_the_version_is_told_without_a_login(odoo: OdooUnderTest) -> None:
    told = odoo.raw_rpc("common", "version", [])
    assert told["jsonrpc"] == "2.0"
    assert told["id"] == 42
    assert told["result"]["server_version"].startswith("19.0")
    assert told["result"]["server_version_info"][:3] == [19, 0, 0]
    assert told["result"]["server_serie"] == "19.0"
    assert told["result"]["protocol_version"] == 1


def test_login_by_password_and_by_key(odoo: OdooUnderTest) -> None:
    admin = odoo.admin
    for secret in (admin.password, admin.api_key):
        args = [admin.database, admin.username, secret, {}]
        assert odoo.raw_rpc("common", "authenticate", args)["result"] == odoo.rpc.uid
    assert odoo.raw_rpc("common", "login", args[:3])["result"] == odoo.rpc.uid
    assert odoo.client.uid == odoo.rpc.uid
    assert odoo.client.speaks_json2
    assert not odoo.rpc.speaks_json2


@pytest.mark.parametrize(("who", "secret"), [("admin", "no"), ("nobody@example.com", "no")])
def test_a_wrong_login_is_false_and_no_error(odoo: OdooUnderTest, who: str, secret: str) -> None:
    name = odoo.admin.username if who == "admin" else who
    args = [odoo.admin.database, name, secret, {}]
    assert odoo.raw_rpc("common", "authenticate", args)["result"] is False


def test_a_wrong_secret_in_a_call_is_access_denied(odoo: OdooUnderTest) -> None:
    args = [odoo.admin.database, odoo.rpc.uid, "no", "res.users", "context_get", [], {}]
    error = odoo.raw_rpc("object", "execute_kw", args)["error"]
    assert error["message"] == "Odoo Server Error"
    assert set(error["data"]) == RPC_ERROR_KEYS
    assert error["data"]["name"] == "odoo.exceptions.AccessDenied"
    assert error["data"]["message"] == "Access Denied"


def test_a_wrong_key_is_unauthorized(odoo: OdooUnderTest) -> None:
    answer = odoo.raw_json2("res.users", "context_get", {}, key="0" * 40)
    assert answer.status_code == 401
    assert answer.json()["name"] == "werkzeug.exceptions.Unauthorized"
    assert answer.json()["message"] == "Invalid apikey"
    assert set(answer.json()) == RPC_ERROR_KEYS


def test_an_unknown_database(odoo: OdooUnderTest) -> None:
    args = ["no_such_db", "admin", "admin", {}]
    data = odoo.raw_rpc("common", "authenticate", args)["error"]["data"]
    assert data["name"] == "psycopg2.OperationalError"
    assert 'database "no_such_db" does not exist' in data["message"]
    answer = odoo.raw_json2("res.users", "context_get", {}, **{"X-Odoo-Database": "no_such_db"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "No database is selected" in answer.text


def test_json2_answers_with_the_bare_result(odoo: OdooUnderTest) -> None:
    answer = odoo.raw_json2("res.users", "context_get", {})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["uid"] == odoo.rpc.uid
    assert {"lang", "tz", "uid"} <= set(answer.json())


def test_json2_refuses_what_is_not_json(odoo: OdooUnderTest) -> None:
    answer = odoo.raw_json2("res.users", "context_get", b"{bad")
    assert answer.status_code == 400
    assert answer.json()["name"] == "werkzeug.exceptions.BadRequest"
    assert answer.json()["message"].startswith("could not parse the body as json: ")


def test_json2_wants_named_arguments_that_fit(odoo: OdooUnderTest) -> None:
    for method, body, message in (
        ("search", {"domain": [], "bogus": 1}, "got an unexpected keyword argument 'bogus'"),
        ("search", {}, "missing a required argument: 'domain'"),
        ("search", {"domain": [], "ids": [1]}, "cannot call res.partner.search with ids"),
        ("write", {"ids": [1]}, "missing a required argument: 'vals'"),
    ):
        answer = odoo.raw_json2("res.partner", method, body)
        assert answer.status_code == 422
        assert answer.json()["name"] == "werkzeug.exceptions.UnprocessableEntity"
        assert answer.json()["message"] == message


def test_json2_does_not_know_a_model_or_a_method(odoo: OdooUnderTest) -> None:
    answer = odoo.raw_json2("no.model", "search", {"domain": []})
    assert (answer.status_code, answer.json()["name"]) == (404, "werkzeug.exceptions.NotFound")
    assert answer.json()["message"] == "the model 'no.model' does not exist"
    answer = odoo.raw_json2("res.partner", "no_method", {})
    assert (answer.status_code, answer.json()["name"]) == (404, "werkzeug.exceptions.NotFound")
    assert answer.json()["message"] == "The method 'res.partner.no_method' does not exist"


def test_jsonrpc_does_not_know_a_model_or_a_method(odoo: OdooUnderTest) -> None:
    data = odoo.execute_kw("no.model", "search", [[]])["error"]["data"]
    assert data["name"] == "odoo.exceptions.UserError"
    assert data["message"] == "Object no.model doesn't exist"
    data = odoo.execute_kw("res.partner", "no_method", [])["error"]["data"]
    assert data["name"] == "builtins.AttributeError"
    assert data["message"] == "The method 'res.partner.no_method' does not exist"
    data = odoo.execute_kw("res.partner", "search", [[]], {"bogus": 1})["error"]["data"]
    assert data["name"] == "builtins.TypeError"


def test_private_methods_are_closed(odoo: OdooUnderTest) -> None:
    sentence = "Private methods (such as 'res.partner._write') cannot be called remotely."
    data = odoo.execute_kw("res.partner", "_write", [[1], {}])["error"]["data"]
    assert (data["name"], data["message"]) == ("odoo.exceptions.AccessError", sentence)
    answer = odoo.raw_json2("res.partner", "_write", {"ids": [1], "vals": {}})
    assert answer.status_code == 403
    assert answer.json()["name"] == "odoo.exceptions.AccessError"
    assert answer.json()["message"] == sentence


def test_both_protocols_do_the_same(odoo: OdooUnderTest) -> None:
    seen = []
    for client in (odoo.client, odoo.rpc):
        name = unique()
        made = client.create("crm.lead", [{"name": name, "type": "lead"}])
        assert client.write("crm.lead", made, {"city": "Wien"}) is True
        found = client.search("crm.lead", [["name", "=", name]], limit=5, order="id desc")
        assert found == made
        row = client.search_read("crm.lead", [["id", "in", made]], ["city", "stage_id", "user_id"])
        counted = client.search_count("crm.lead", [["name", "=", name]])
        lost = client.call("crm.lead", "action_set_lost", ids=made)
        gone = client.unlink("crm.lead", made)
        empty = client.read("crm.lead", made, ["name"])
        row[0].pop("id")
        seen.append((row, counted, lost, gone, empty))
    assert seen[0] == seen[1]


def test_create_of_one_and_of_a_list(odoo: OdooUnderTest) -> None:
    values = {"name": unique(), "type": "lead"}
    assert isinstance(odoo.execute_kw("crm.lead", "create", [values])["result"], int)
    assert isinstance(odoo.execute_kw("crm.lead", "create", [[values]])["result"], list)
    assert isinstance(odoo.client.call("crm.lead", "create", vals_list=[values]), list)
    assert odoo.client.create("crm.lead", []) == []


def test_a_result_of_none_is_left_out_in_jsonrpc(odoo: OdooUnderTest) -> None:
    made = lead(odoo.client)
    told = odoo.execute_kw("crm.lead", "action_unarchive", [[made]])
    assert "error" not in told
    assert told.get("result") in (None, True)
