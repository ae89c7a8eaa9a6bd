"""Signing in against the sandbox's Salesforce token endpoint."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.errors import (
    PardotAuthError,
    PardotConfigurationError,
    PardotTemporarilyUnavailable,
)
from pardot_odoo_pipeline.pardot.token_store import FileTokenStore

TOKEN_PATH = "/services/oauth2/token"


def ready_token(pardot):
    """The refresh token that counts now."""
    return SecretStr(pardot.facts["credentials"]["refresh_token"])


@pytest.fixture
def rotating(pardot):
    """Rotation on; afterwards the token that counts is remembered for the next test."""
    pardot.switch(refresh_token_rotation=True)
    issued: list[str] = []
    yield issued
    if issued:
        pardot.facts["credentials"]["refresh_token"] = issued[-1]


def test_client_credentials_are_enough(pardot, client):
    assert client.account()["company"]
    assert client.token_calls == 1
    assert client.instance_url == pardot.facts["url"]


def test_a_refresh_token_is_used_when_given(pardot):
    pardot.switch(client_credentials_allowed=False)
    with pardot.client(connection=pardot.connection(refresh_token=ready_token(pardot))) as client:
        assert client.account()
    with pardot.client() as client, pytest.raises(PardotAuthError):
        client.account()


def test_an_expired_token_is_renewed_once_and_the_call_goes_on(pardot, client):
    client.account()
    pardot.advance(hours=3)
    assert client.account()
    assert client.token_calls == 2
    assert [entry["code"] for entry in pardot.requests("/api")] == [None, 184, None]


def test_a_write_goes_on_after_a_renewal_too(pardot, client):
    client.account()
    pardot.advance(hours=3)
    made = client.create("prospects", {"email": "late@example.com"}, ("id", "email"))
    assert made["email"] == "late@example.com"


def test_many_threads_renew_one_time(pardot):
    with pardot.client(max_in_flight=4) as client:
        client.account()
        pardot.advance(hours=3)
        gate = threading.Barrier(4)

        def read(_):
            gate.wait(10)
            return client.account()

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(read, range(4)))
        assert client.token_calls == 2


def test_a_token_that_is_refused_again_and_again_ends_the_call(pardot, client):
    pardot.fault(times=10, status=401, code=184)
    with pytest.raises(PardotAuthError) as caught:
        client.account()
    assert caught.value.failure_class is FailureClass.RENEW_CREDENTIALS
    assert "pardot_api" in caught.value.fix
    assert client.token_calls == 2
    assert len(pardot.requests("/api")) == 2


def test_a_rotated_refresh_token_is_kept_for_the_next_process(pardot, rotating, tmp_path):
    store = FileTokenStore(tmp_path / "tokens")
    configured = ready_token(pardot)
    connection = pardot.connection(refresh_token=configured)
    with pardot.client(connection=connection, token_store=store) as client:
        client.account()
        first = store.load(configured.get_secret_value())
        assert first not in (None, configured.get_secret_value())
        pardot.advance(hours=3)
        client.account()  # the same process goes on with the rotated token
        second = store.load(configured.get_secret_value())
        rotating.append(second)
        assert second not in (None, first)
    with pardot.client(connection=connection, token_store=store) as client:
        assert client.account()  # another process with the old configuration does, too
        rotating.append(store.load(configured.get_secret_value()))
    with pardot.client(connection=connection) as client, pytest.raises(PardotAuthError):
        client.account()


def test_without_a_store_rotation_is_followed_within_the_process(pardot, rotating):
    configured = ready_token(pardot)
    with pardot.client(connection=pardot.connection(refresh_token=configured)) as client:
        client.account()
        pardot.advance(hours=3)
        assert client.account()
        rotating.append(client._tokens._rotated)


def test_a_token_that_cannot_be_written_is_an_error_but_not_lost_at_once(
    pardot, rotating, tmp_path, monkeypatch
):
    store = FileTokenStore(tmp_path)
    configured = ready_token(pardot)

    def disk_full(_):
        raise OSError(28, "No space left on device")

    with pardot.client(
        connection=pardot.connection(refresh_token=configured), token_store=store
    ) as client:
        with monkeypatch.context() as full:
            full.setattr("os.fsync", disk_full)
            with pytest.raises(PardotConfigurationError, match="No space left"):
                client.account()
        assert client.account()
    rotating.append(store.load(configured.get_secret_value()))


def test_a_store_from_a_backup_does_not_lock_the_door(pardot, tmp_path):
    store = FileTokenStore(tmp_path)
    configured = ready_token(pardot)
    store.save(configured.get_secret_value(), "worn out")
    with pardot.client(
        connection=pardot.connection(refresh_token=configured), token_store=store
    ) as client:
        assert client.account()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"client_secret": SecretStr("wrong")}, "invalid_client"),
        ({"refresh_token": SecretStr("wrong")}, "invalid_grant"),
    ],
)
def test_wrong_credentials_are_told_plainly_and_once(pardot, changes, code):
    with (
        pardot.client(connection=pardot.connection(**changes)) as client,
        pytest.raises(PardotAuthError) as caught,
    ):
        client.account()
    assert caught.value.code == code
    assert "PARDOT_CLIENT_SECRET" in caught.value.fix
    assert "wrong" not in str(caught.value).replace("secret is wrong", "")
    assert client.token_calls == 1
    assert client.calls == 0


def test_a_token_endpoint_that_stumbles_is_asked_again(pardot, client):
    pardot.fault(path=TOKEN_PATH, status=503, body="busy")
    pardot.fault(path=TOKEN_PATH, reset=True)
    assert client.account()
    assert client.token_calls == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<html>a proxy's page</html>"},
        {"status": 200, "body": "{}"},
        {"status": 200, "body": '{"access_token": 5}'},
        {"status": 408, "body": "<html>too slow</html>"},
    ],
    ids=["page", "nothing", "no text", "408"],
)
def test_an_answer_that_is_no_token_passes(pardot, client, answer):
    pardot.fault(path=TOKEN_PATH, times=2, **answer)
    assert client.account()
    assert client.token_calls == 3


def test_pages_in_place_of_a_token_that_stay_name_the_setting(pardot):
    pardot.fault(path=TOKEN_PATH, times=2, status=200, body="<html>sign in</html>")
    with (
        pardot.client(backoff=Backoff(attempts=2, first=0.0)) as client,
        pytest.raises(PardotTemporarilyUnavailable) as caught,
    ):
        client.account()
    assert "PARDOT_TOKEN_URL" in caught.value.fix
    assert "sign in" not in str(caught.value)


@pytest.mark.parametrize("body", ["<html>not here</html>", '{"code": 62}'], ids=["page", "json"])
def test_a_refusal_that_is_none_of_salesforces_is_of_the_setup(pardot, client, body):
    pardot.fault(path=TOKEN_PATH, status=404, body=body)
    with pytest.raises(PardotConfigurationError) as caught:
        client.account()
    assert (caught.value.code, caught.value.http_status) == ("no_token", 404)
    assert client.token_calls == 1


def test_an_address_that_is_no_token_endpoint(pardot):
    connection = pardot.connection(token_url=pardot.facts["url"] + "/nothing/here")
    with (
        pardot.client(connection=connection) as client,
        pytest.raises((PardotConfigurationError, PardotAuthError)) as caught,
    ):
        client.account()
    assert "PARDOT_TOKEN_URL" in caught.value.fix


def test_an_unreachable_token_endpoint_names_the_setting(pardot):
    connection = pardot.connection(token_url="http://127.0.0.1:9/services/oauth2/token")
    with (
        pardot.client(connection=connection, backoff=Backoff(attempts=1)) as client,
        pytest.raises(PardotTemporarilyUnavailable, match="PARDOT_TOKEN_URL"),
    ):
        client.account()


def test_secrets_are_in_no_representation(pardot):
    connection = pardot.connection(refresh_token=SecretStr("canary-refresh"))
    with pardot.client(connection=connection) as client:
        shown = repr(connection) + repr(client)
    assert "canary-refresh" not in shown
    assert pardot.facts["credentials"]["client_secret"] not in shown
