from __future__ import annotations

import base64

import pytest
import requests


def ask(sandbox, body=None, query=None, headers=None):
    return requests.post(sandbox.token_url, data=body, params=query, headers=headers, timeout=30)


def test_refresh_token_in_the_form(pardot):
    answer = ask(pardot, pardot.grant())
    assert answer.status_code == 200
    body = answer.json()
    assert {"access_token", "instance_url", "id", "token_type", "issued_at", "signature"} <= set(
        body
    )
    assert body["token_type"] == "Bearer"
    assert body["instance_url"] == pardot.url
    assert body["issued_at"].isdigit()
    assert "expires_in" not in body
    assert "refresh_token" not in body


def test_grant_in_the_query_with_basic_credentials(pardot):
    pair = f"{pardot.credentials['client_id']}:{pardot.credentials['client_secret']}"
    query = {
        "grant_type": "refresh_token",
        "refresh_token": pardot.credentials["refresh_token"],
    }
    basic = base64.b64encode(pair.encode()).decode()
    assert ask(pardot, query=query, headers={"Authorization": f"Basic {basic}"}).ok


def test_client_credentials_can_be_refused(living):
    grant = living.grant(grant_type="client_credentials")
    assert ask(living, grant).ok
    living.switch(client_credentials_allowed=False)
    assert ask(living, grant).json()["error"] == "invalid_grant"


def test_password_grant(pardot):
    kept = pardot.control("GET", "/credentials")
    grant = pardot.grant(
        grant_type="password", username=kept["username"], password=kept["password"]
    )
    assert ask(pardot, grant).ok
    assert ask(pardot, {**grant, "password": "wrong"}).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"refresh_token": "wrong"}, "invalid_grant"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
    ],
)
def test_refusals_are_oauth_errors(pardot, changes, error):
    answer = ask(pardot, pardot.grant(**changes))
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] == error


def test_tokens_expire_by_the_worlds_clock(living):
    living.switch(access_token_lifetime_seconds=60)
    living.login()
    assert living.get("account", fields="id").status_code == 200
    living.advance(61)
    answer = living.get("account", fields="id")
    assert (answer.status_code, answer.json()["code"]) == (401, 184)
    living.login()
    assert living.get("account", fields="id").status_code == 200


def test_revoked_tokens_stop_working(living):
    living.control("DELETE", "/tokens")
    assert living.get("account", fields="id").json()["code"] == 184


def test_one_token_can_be_revoked_by_its_holder(living):
    token = living.http.headers["Authorization"].removeprefix("Bearer ")
    address = f"{living.url}/services/oauth2/revoke"
    assert requests.post(address, data={"token": token}, timeout=30).status_code == 200
    assert living.get("account", fields="id").json()["code"] == 184
    assert requests.post(address, data={"token": token}, timeout=30).status_code == 400


def test_rotation_replaces_the_refresh_token(living):
    living.switch(refresh_token_rotation=True)
    old = living.credentials["refresh_token"]
    fresh = ask(living, living.grant()).json()["refresh_token"]
    assert fresh != old
    assert ask(living, living.grant()).json()["error"] == "invalid_grant"
    living.switch(refresh_token_rotation=False)
    living.credentials["refresh_token"] = fresh
    assert ask(living, living.grant()).ok
