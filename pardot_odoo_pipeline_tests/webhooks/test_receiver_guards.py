"""The checks of one source, without a socket: the signatures are the library's."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from pardot_odoo_pipeline.mapping.webhook_rules import Authentication, SourceRule
from pardot_odoo_pipeline.webhooks.guards import Bucket, Guard, Proof, client_address
from pardot_odoo_pipeline.webhooks.secrets import signing_key
from pardot_odoo_pipeline_tests.webhooks.receiver_process import BEARER, TOKEN, signing_secret

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
OLD, NEW = signing_secret(), signing_secret()


def guard(how: Authentication, *secrets: str, **rule: Any) -> Guard:
    made = SourceRule.model_validate({"system": "pardot", "authentication": how, **rule})
    return Guard("flow", made, secrets)


def signed(
    body: str = '{"a": "é"}', at: datetime = NOW, secret: str = NEW, **changes: Any
) -> Proof:
    headers = {
        b"webhook-id": b"msg_1",
        b"webhook-timestamp": str(int(at.timestamp())).encode(),
        b"webhook-signature": Webhook(secret).sign("msg_1", at, body).encode(),
    }
    headers |= changes.pop("headers", {})
    shown = {"system": "pardot", "token": None, "body": body.encode(), "address": None, **changes}
    return Proof(headers=headers, **shown)


BY_SIGNATURE = guard(Authentication.SIGNATURE, NEW, OLD)


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_what_the_library_signs_passes(body: str) -> None:
    assert BY_SIGNATURE.objection(signed(body), NOW) is None


@given(st.data())
def test_one_changed_byte_fails(data: st.DataObject) -> None:
    proof = signed()
    place = data.draw(st.integers(0, len(proof.body) - 1))
    changed = bytearray(proof.body)
    changed[place] ^= data.draw(st.integers(1, 255))
    forged = Proof("pardot", None, proof.headers, bytes(changed), None)
    assert BY_SIGNATURE.objection(forged, NOW) == "signature"


@pytest.mark.parametrize("secret", [OLD, NEW], ids=["old", "new"])
def test_every_active_key_counts(secret: str) -> None:
    assert BY_SIGNATURE.objection(signed(secret=secret), NOW) is None
    alone = guard(Authentication.SIGNATURE, NEW)
    assert (alone.objection(signed(secret=secret), NOW) is None) is (secret == NEW)


def test_of_several_signatures_one_suffices() -> None:
    good = signed().headers[b"webhook-signature"]
    other = Webhook(signing_secret()).sign("msg_1", NOW, "x").encode()
    for header in (other + b" " + good, good + b" " + other, b"v1a,AAAA v1,%%% " + good):
        assert BY_SIGNATURE.objection(signed(headers={b"webhook-signature": header}), NOW) is None
    many = (other + b" ") * 100 + good
    assert BY_SIGNATURE.objection(signed(headers={b"webhook-signature": many}), NOW) == "signature"


@pytest.mark.parametrize(
    "header", [b"", b"v1", b"v1,", b"v1,A", b"v2,AAAA", b",", b" ", b"v1,\xff\xff"]
)
def test_what_is_no_signature_fails(header: bytes) -> None:
    proof = signed(headers={b"webhook-signature": header})
    assert BY_SIGNATURE.objection(proof, NOW) == "signature"


@pytest.mark.parametrize("name", [b"webhook-id", b"webhook-timestamp"])
def test_the_other_headers_are_signed_too(name: bytes) -> None:
    assert BY_SIGNATURE.objection(signed(headers={name: b"1772442001"}), NOW) == "signature"
    assert BY_SIGNATURE.objection(signed(headers={name: b""}), NOW) == "signature"


@given(st.integers(-1000, 1000))
def test_the_window_is_five_minutes_to_both_sides(seconds: int) -> None:
    objection = BY_SIGNATURE.objection(signed(at=NOW + timedelta(seconds=seconds)), NOW)
    assert objection == (None if abs(seconds) <= 300 else "expired")


def test_a_time_that_is_none_is_not_in_the_window() -> None:
    for text in ("soon", "-1", "1772442000.5", "9" * 30):
        # Signed well, as only who knows the key can.
        data = f"msg_1.{text}.x".encode()
        signature = base64.b64encode(hmac.digest(signing_key(NEW), data, "sha256"))
        proof = signed(
            "x",
            headers={
                b"webhook-timestamp": text.encode(),
                b"webhook-signature": b"v1," + signature,
            },
        )
        assert BY_SIGNATURE.objection(proof, NOW) == "expired"


def test_a_signature_does_not_help_at_another_systems_address_or_with_a_token() -> None:
    assert BY_SIGNATURE.objection(signed(system="odoo"), NOW) == "unknown_source"
    assert BY_SIGNATURE.objection(signed(token=""), NOW) == "signature"


def proof(**changes: Any) -> Proof:
    values = {"system": "pardot", "token": None, "headers": {}, "body": b"", "address": None}
    return Proof(**{**values, **changes})


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        (f"Bearer {BEARER}", True),
        (f"bearer  {BEARER} ", True),
        (f"Basic {BEARER}", False),
        (BEARER, False),
        (f"Bearer {BEARER}x", False),
        (f"Bearer {BEARER[:-1]}", False),
        ("Bearer", False),
        ("Bearer \xff", False),
        ("", False),
    ],
)
def test_a_bearer_must_be_the_secret(header: str, passes: bool) -> None:
    checked = guard(Authentication.BEARER, "another-secret-of-forty-characters-01234", BEARER)
    shown = proof(headers={b"authorization": header.encode("latin-1")})
    assert (checked.objection(shown, NOW) is None) is passes


@pytest.mark.parametrize(
    ("token", "passes"),
    [(TOKEN, True), (TOKEN + "/", False), (TOKEN[:-1], False), ("", False), (None, False)],
)
def test_a_path_token_must_be_the_secret(token: str | None, passes: bool) -> None:
    assert (guard(Authentication.TOKEN, TOKEN).objection(proof(token=token), NOW) is None) is passes


def test_a_source_without_a_secret_is_closed() -> None:
    for how in Authentication:
        shown = proof(token="", headers={b"authorization": b"Bearer "})
        assert guard(how).objection(shown, NOW) is not None


@pytest.mark.parametrize(
    ("address", "passes"),
    [
        ("203.0.113.9", True),
        ("203.0.114.1", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("::ffff:203.0.113.9", True),
        ("unix:", False),
        (None, False),
    ],
)
def test_the_address_must_be_allowed(address: str | None, passes: bool) -> None:
    checked = guard(Authentication.TOKEN, TOKEN, allow=["203.0.113.0/24", "2001:db8::/32"])
    objection = checked.objection(proof(token=TOKEN, address=address), NOW)
    assert objection == (None if passes else "address")


TRUSTED = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", b"198.51.100.1", "203.0.113.9"),  # not a proxy of ours: not believed
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", b"6.6.6.6, 198.51.100.1", "198.51.100.1"),  # the left ones are the client's
        ("10.0.0.1", b"198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("::1", b"[2001:db8::7]:443,10.9.9.9", "2001:db8::7"),
        ("10.0.0.1", b"198.51.100.1:5555", "198.51.100.1"),
        ("::ffff:10.0.0.1", b"198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", b"198.51.100.1, garbage", None),
        ("10.0.0.1", b"198.51.100.1,", None),
        (None, b"198.51.100.1", None),
    ],
)
def test_a_trusted_proxy_tells_the_address(
    peer: str | None, forwarded: bytes, address: str | None
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == address


def test_without_trusted_proxies_nothing_is_believed() -> None:
    assert client_address("127.0.0.1", b"203.0.113.9", []) == "127.0.0.1"


@given(st.integers(1, 50), st.lists(st.floats(0, 0.5), max_size=200))
def test_a_bucket_gives_its_rate_and_one_seconds_worth_at_once(
    rate: int, pauses: list[float]
) -> None:
    bucket, moment, given_out = Bucket(rate), 1000.0, 0
    for pause in pauses:
        moment += pause
        given_out += bucket.take(moment)
    assert given_out <= rate + (moment - 1000) * rate + 1e-6
    if len(pauses) <= rate:
        assert given_out == len(pauses)
