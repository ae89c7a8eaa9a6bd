"""Bad input over a real socket: the right status, nothing stored, nothing told."""

from __future__ import annotations

import json
import resource
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from pardot_odoo_pipeline_tests.webhooks.receiver_process import (
    BEARER,
    PATH,
    TOKEN,
    Answer,
    Receiver,
    Wire,
    signing_secret,
)
from pardot_odoo_pipeline_tests.world import wait_for

EVENT = {"eventType": "form_submitted", "prospectId": 5}
BODY = json.dumps(EVENT).encode()
DEEP = json.dumps({**EVENT, "x": json.loads("[" * 30 + "]" * 30)}).encode()
FLOW = "/webhooks/pardot/flow"
SECONDS = 10  # what a head and a body may take


@pytest.fixture(autouse=True)
def nothing_stored(receiver: Receiver) -> Iterator[None]:
    """None of what is sent here may become work."""
    before = receiver.event_ids()
    yield
    assert receiver.event_ids() == before


def over_the_wire(receiver: Receiver, *parts: bytes) -> Answer | None:
    with Wire(receiver.url) as wire:
        for part in parts:
            try:
                wire.send(part)
            except ConnectionError:
                break
        return wire.answer()


def unauthorised(receiver: Receiver) -> list[tuple[str, Answer]]:
    """Every way of not being a source: what was wrong, and the answer."""
    now = datetime.now(UTC)
    signed = receiver.signed(BODY)
    json_only = {"content-type": "application/json"}
    tries: dict[str, tuple[bytes, dict[str, str], str]] = {
        "forged": (BODY, receiver.signed(BODY, secret=signing_secret()), PATH),
        "changed body": (BODY.replace(b"5", b"6"), signed, PATH),
        "another id": (BODY, {**signed, "webhook-id": "msg_other"}, PATH),
        "no signature": (BODY, json_only, PATH),
        "expired": (BODY, receiver.signed(BODY, at=now - timedelta(seconds=330)), PATH),
        "of the future": (BODY, receiver.signed(BODY, at=now + timedelta(seconds=330)), PATH),
        "signed, broken": (b"{", {**signed, "webhook-signature": "v1,AAAA"}, PATH),
        "unknown source": (BODY, signed, "/webhooks/pardot/nobody"),
        "another system": (BODY, signed, "/webhooks/odoo/salesforce"),
        "no source": (BODY, signed, "/webhooks/pardot"),
        "longer path": (BODY, signed, f"{PATH}/more"),
        "wrong bearer": (
            BODY,
            {"authorization": "Bearer " + BEARER[::-1]},
            FLOW,
        ),
        "no bearer": (BODY, json_only, FLOW),
        "wrong token": (BODY, json_only, f"/webhooks/odoo/odoo/{TOKEN[::-1]}"),
        "no token": (BODY, json_only, "/webhooks/odoo/odoo"),
        "token elsewhere": (BODY, json_only, f"/webhooks/pardot/flow/{TOKEN}"),
        "not UTF-8": (b"\xff", {**json_only}, PATH),
        "not UTF-8, unknown": (b"\xff", {**json_only}, "/webhooks/pardot/nobody"),
        "deep, unknown": (b"[" * 9999, {**json_only}, "/webhooks/pardot/nobody"),
    }
    return [
        (what, receiver.post_as(body, headers, path=path))
        for what, (body, headers, path) in tries.items()
    ]


def test_who_does_not_prove_who_he_is_learns_nothing(receiver: Receiver) -> None:
    answers = unauthorised(receiver)
    assert {what: answer.status for what, answer in answers} == {what: 401 for what, _ in answers}
    # To the byte: not even whether there is such a source.
    assert len({(answer.body, tuple(sorted(answer.headers.items()))) for _, answer in answers}) == 1


def test_a_replayed_request_has_no_second_effect(receiver: Receiver) -> None:
    headers = receiver.signed(BODY, message_id="msg_replayed")
    first = receiver.post_as(BODY, headers)
    again = receiver.post_as(BODY, headers)
    assert first.document["accepted"] + again.document["accepted"] <= 1
    assert again.document == {"accepted": 0, "duplicates": 1}


@pytest.fixture(autouse=True, scope="module")
def replayed_once(receiver: Receiver) -> None:
    """The first sight of the message that is replayed above is no attack."""
    receiver.post(EVENT, message_id="msg_replayed")


def test_a_future_event_is_refused(receiver: Receiver) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    answer = receiver.post({**EVENT, "occurredAt": ahead})
    assert answer.status == 422
    assert "future" in answer.document["cause"]


@pytest.mark.parametrize("lie", [None, "10", "400000"])
def test_an_oversized_body_is_refused_whatever_its_length_says(
    receiver: Receiver, lie: str | None
) -> None:
    body = b"[" + b" " * 300_000 + b"]"
    if lie is None:
        chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        headers = {**receiver.signed(body), "transfer-encoding": "chunked"}
        answer = over_the_wire(receiver, receiver.head(headers), chunk)
    else:
        headers = {**receiver.signed(body), "content-length": lie}
        answer = over_the_wire(receiver, receiver.head(headers), body + b" " * 99_998)
    assert answer is not None
    # With the short lie, only the part that it tells is the body, and that was never signed; what
    # follows is no request.
    assert answer.status in ((400, 401) if lie == "10" else (413,))


def test_an_endless_body_is_cut_off(receiver: Receiver) -> None:
    headers = {**receiver.signed(BODY), "transfer-encoding": "chunked"}
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with Wire(receiver.url) as wire:
        wire.send(receiver.head(headers))
        sent = 0
        try:
            while sent < 400:
                wire.send(chunk)
                sent += 1
        except ConnectionError:
            pass
    assert sent < 400  # 25 MiB


def test_who_asks_before_sending_too_much_is_told_at_once(receiver: Receiver) -> None:
    headers = {**receiver.signed(BODY), "content-length": "999999", "expect": "100-continue"}
    answer = over_the_wire(receiver, receiver.head(headers))
    assert answer is not None
    assert answer.status == 413


def test_too_many_events_are_refused(receiver: Receiver) -> None:
    answer = receiver.post([EVENT] * 501)
    assert answer.status == 413
    assert "501" in answer.document["cause"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"eventType": "caf\xe9", "prospectId": 5}', "application/json", 400),
        (BODY.decode().encode("utf-16"), "application/json", 400),
        (BODY, "application/json; charset=latin-1", 415),
        (BODY, "text/plain", 415),
        (BODY, "application/xml", 415),
        (b"eventType=x&prospectId=%FF", "application/x-www-form-urlencoded", 400),
        (b"not json", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 200 + b"]" * 200, "application/json", 400),
        (b"[" * 90_000 + b"]" * 90_000, "application/json", 400),
        (
            json.dumps({**EVENT, "x": json.loads("[" * 30 + "]" * 30)}).encode(),
            "application/json",
            400,
        ),
    ],
)
def test_what_a_source_sends_in_a_wrong_form_is_told(
    receiver: Receiver, body: bytes, content_type: str, status: int
) -> None:
    headers = {"authorization": f"Bearer {BEARER}", "content-type": content_type}
    answer = receiver.post_as(body, headers, path=FLOW)
    assert answer.status == status
    assert answer.document["cause"]
    assert answer.document["fix"]


def test_a_compressed_body_is_refused(receiver: Receiver) -> None:
    headers = {"authorization": f"Bearer {BEARER}", "content-encoding": "gzip"}
    assert receiver.post_as(b"\x1f\x8b", headers, path=FLOW).status == 415


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_who_asks_for_another_protocol_is_told(receiver: Receiver, protocol: str) -> None:
    asking = {"connection": "Upgrade", "upgrade": protocol, "content-length": str(len(BODY))}
    answer = over_the_wire(receiver, receiver.head({**receiver.signed(BODY), **asking}) + BODY)
    assert answer is not None
    assert (answer.status, answer.document["error"]) == (400, "upgrade")


def test_a_truncated_body_is_told_when_the_sender_ends(receiver: Receiver) -> None:
    headers = {**receiver.signed(BODY), "content-length": str(len(BODY) + 10)}
    with Wire(receiver.url) as wire:
        wire.send(receiver.head(headers) + BODY)
        wire.end_sending()
        answer = wire.answer()
        assert wire.is_closed()
    assert answer is not None
    assert answer.status == 400
    assert answer.document["error"] == "truncated"


def test_too_large_headers_are_refused(receiver: Receiver) -> None:
    for extra in ({"x-large": "a" * 20_000}, {f"x-{n}": "a" for n in range(100)}):
        headers = {**receiver.signed(BODY), **extra, "content-length": str(len(BODY))}
        answer = over_the_wire(receiver, receiver.head(headers) + BODY)
        assert answer is not None
        assert answer.status == 431


def test_an_endless_head_is_cut_off(receiver: Receiver) -> None:
    with Wire(receiver.url) as wire:
        wire.send(b"POST / HTTP/1.1\r\n")
        sent = 0
        try:
            while sent < 20_000:
                wire.send(b"x-filler: " + b"a" * 1000 + b"\r\n")
                sent += 1
        except ConnectionError:
            pass
    assert sent < 20_000  # 20 MB


@pytest.mark.parametrize("name", ["webhook-signature", "content-type", "webhook-id"])
def test_a_header_that_comes_twice_is_refused(receiver: Receiver, name: str) -> None:
    headers = {**receiver.signed(BODY), "content-length": str(len(BODY))}
    head = receiver.head(headers)[:-2] + f"{name}: x\r\n\r\n".encode()
    answer = over_the_wire(receiver, head + BODY)
    assert answer is not None
    assert answer.status == 400


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS on a plain port
        b"POST /webhooks/pardot/salesforce HTTP/9.9\r\n\r\n",
        b"POST /webhooks/pardot/\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /webhooks/a HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /webhooks/a HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /webhooks/a HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"GET\r\n\r\n",
    ],
)
def test_what_is_not_http_ends_the_connection(receiver: Receiver, raw: bytes) -> None:
    with Wire(receiver.url) as wire:
        wire.send(raw)
        answer = wire.answer()
        assert answer is None or answer.status == 400
        assert wire.is_closed()
    assert receiver.get("/healthz").status_code == 200


def test_slow_senders_are_cut_off_and_keep_nobody_out(receiver: Receiver) -> None:
    headers = {**receiver.signed(BODY), "content-length": str(len(BODY))}
    whole = receiver.head(headers) + BODY
    cut = len(receiver.head(headers))

    def drip(first: bytes, rest: bytes) -> tuple[Answer | None, float]:
        """Send the rest one byte at a time, until the other end has had enough."""
        with Wire(receiver.url) as wire:
            begun = time.monotonic()
            wire.send(first)
            over = threading.Event()
            found: list[Answer | None] = []

            def listen() -> None:
                found.append(wire.answer())
                over.set()

            listener = threading.Thread(target=listen)
            listener.start()
            for place in range(len(rest)):
                try:
                    wire.send(rest[place : place + 1])
                except ConnectionError:
                    break
                if over.wait(0.25):
                    break
            listener.join(25)
            return found[0], time.monotonic() - begun

    def after_an_answer(rest: bytes) -> tuple[Answer | None, float]:
        """The same, as the second request of a kept connection."""
        with Wire(receiver.url) as wire:
            wire.send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            wire.answer()
            begun = time.monotonic()
            wire.send(rest)
            return wire.answer(), time.monotonic() - begun

    slow: list[Any] = [
        lambda: drip(b"", whole),
        lambda: drip(whole[:cut], whole[cut:-1]),
        lambda: drip(b"\r\n", b"\r\n" * 50),
        lambda: drip(whole[:-1], b""),
        lambda: after_an_answer(b"POST "),
        lambda: after_an_answer(b"\r\n"),
    ]
    with ThreadPoolExecutor(len(slow)) as pool:
        running = [pool.submit(one) for one in slow]
        # Meanwhile everybody else is served.
        for _ in range(5):
            assert receiver.get("/healthz").elapsed.total_seconds() < 2
        answers = [one.result(40) for one in running]
    for answer, seconds in answers:
        assert answer is not None
        assert answer.status == 408
        assert SECONDS - 1 < seconds < SECONDS + 5


def test_open_connections_are_bounded_and_end(tmp_path: Path) -> None:
    """The test holds many sockets itself: so many files must be allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4_096, hard), hard))
    wires = []
    try:
        with Receiver.running(tmp_path / "home") as crowded:
            wires = [Wire(crowded.url) for _ in range(600)]
            for wire in wires:
                wire.send(b"POST " + PATH.encode())
            assert crowded.post_as(BODY, {}).status == 401
            wires += [Wire(crowded.url) for _ in range(500)]
            last = wires[-1].answer()
            assert last is not None
            assert (last.status, last.headers["retry-after"]) == (503, "5")
            for wire in wires:
                wire.close()

            def served() -> bool:
                with suppress(requests.ConnectionError):
                    return crowded.post_as(BODY, {}).status == 401
                return False

            wait_for(served)
    finally:
        for wire in wires:
            wire.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nothing_that_was_sent_is_logged_or_measured(receiver: Receiver) -> None:
    canary = f"canary{secrets.token_hex(8)}"
    address = f"{canary}@example.com"
    bad: list[Any] = [
        {"eventType": canary, "prospectId": canary},
        {"eventType": "x", "email": f"{canary} at example"},
        {"eventType": "x", "prospectId": 5, "occurredAt": canary},
        {"eventType": address, "prospectId": 5},
        [{"eventType": "x", "email": address, "score": canary}],
    ]
    answers = [receiver.post(one, message_id=canary) for one in bad]
    answers += [receiver.post_as(canary.encode(), {"x": canary}, path=f"/webhooks/x/{canary}")]
    answers += [receiver.post_as(b"{}", {}, path=f"/webhooks/odoo/odoo/{canary}")]
    assert {answer.status for answer in answers} == {401, 422}
    with Wire(receiver.url) as wire:
        wire.send(f"POST /{canary}\x00 HTTP/1.1\r\n\r\n".encode())
        answers += [found] if (found := wire.answer()) else []
    page = receiver.get("/metrics").text
    told = b"".join(answer.body for answer in answers).decode()
    for text in (page, told, receiver.log):
        for secret in (canary, receiver.secret, BEARER, TOKEN):
            assert secret not in text
