"""The HTTP shell, with an app that knows nothing of any product."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest
import requests

from pardot_odoo_pipeline.sandbox.control import ControlApp, Switch, Switches
from pardot_odoo_pipeline.sandbox.faults import ObservedApp
from pardot_odoo_pipeline.sandbox.http import Response, announce, json_response, serve
from pardot_odoo_pipeline.sandbox.world import WorldClock


class Echo:
    """Answers what it was asked; remembers which deliveries have ended."""

    def __init__(self):
        self.delivered = []

    def handle(self, request):
        if request.path == "/stream":
            pieces = int(dict(request.query)["pieces"])
            return Response(200, {}, self.pieces(pieces))
        if request.path == "/empty":
            return Response(204)
        answer = json_response(
            {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "header": request.headers.get("x-thing"),
                "body": request.body.decode(),
            }
        )
        answer.on_sent = lambda: self.delivered.append(request.path)
        return answer

    def pieces(self, count):
        try:
            for number in range(count):
                yield f"{number}\n".encode() * 1000
        finally:
            self.delivered.append("stream")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    clock = WorldClock(tmp_path_factory.mktemp("world") / "clock.json")
    echo = Echo()

    def envelope(code, status):
        return json_response({"wrong": code}, status or 400, code=code)

    observed = ObservedApp(echo, clock, envelope)
    control = ControlApp(observed, clock, Switches((Switch("depth", 1, "U", "None."),)))
    ready, urls = threading.Event(), []

    def tell(url, control_url):
        urls.extend([url, control_url])
        ready.set()

    threading.Thread(
        target=serve, args=(observed, control), kwargs={"on_ready": tell}, daemon=True
    ).start()
    assert ready.wait(20)
    return urls[0], urls[1], echo


def test_requests_arrive_whole(world):
    url, _, _ = world
    answer = requests.post(
        f"{url}/a%20b/c",
        params=[("x", "1"), ("x", "2 +"), ("empty", "")],
        data="größe".encode(),
        headers={"X-Thing": "yes"},
        timeout=10,
    ).json()
    assert answer == {
        "method": "POST",
        "path": "/a b/c",
        "query": [["x", "1"], ["x", "2 +"], ["empty", ""]],
        "header": "yes",
        "body": "größe",
    }


def test_large_bodies_and_streams(world):
    url, _, _ = world
    big = b"x" * 5_000_000
    assert len(requests.post(url, data=big, timeout=30).json()["body"]) == len(big)
    text = requests.get(f"{url}/stream?pieces=500", timeout=30).text
    assert text.count("\n") == 500_000
    assert text.endswith("499\n")


def test_a_stream_ends_when_nobody_listens(world):
    url, _, echo = world
    echo.delivered.clear()
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as listener:
        listener.sendall(b"GET /stream?pieces=1000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        listener.recv(1000)
    deadline = time.monotonic() + 10
    while "stream" not in echo.delivered:
        assert time.monotonic() < deadline


def test_delivery_is_told_after_every_kind_of_end(world):
    url, control, echo = world
    for number, action in enumerate(({"delay_seconds": 0.05}, {"reset": True, "after": True})):
        fault = {"match": {"path": f"/kind{number}"}, "action": action}
        requests.post(f"{control}/faults", json=fault, timeout=10).raise_for_status()
    requests.get(f"{url}/kind0", timeout=10)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/kind1", timeout=10)
    deadline = time.monotonic() + 10
    while not {"/kind0", "/kind1"} <= set(echo.delivered):
        assert time.monotonic() < deadline


def test_answers_without_body(world):
    url, _, _ = world
    answer = requests.get(f"{url}/empty", timeout=10)
    assert (answer.status_code, answer.content) == (204, b"")


def test_one_connection_answers_at_once_again_and_again(world):
    url, _, _ = world
    started = time.monotonic()
    with requests.Session() as session:
        for _ in range(100):
            session.get(url, timeout=10)
    # Forty milliseconds each would mean that small answers wait for an acknowledgement.
    assert time.monotonic() - started < 3


def test_faults_use_the_products_own_envelope(world):
    url, control, _ = world
    fault = {"match": {"contains": "needle"}, "times": 1, "action": {"code": 7}}
    requests.post(f"{control}/faults", json=fault, timeout=10).raise_for_status()
    assert requests.post(url, data="hay", timeout=10).status_code == 200
    answer = requests.post(url, data="a needle", timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"wrong": 7})


def test_the_clock_moves_over_the_control_port(world):
    _, control, _ = world
    wish = {"frozen": True, "now": "2030-01-01T00:00:00+00:00"}
    requests.put(f"{control}/clock", json=wish, timeout=10).raise_for_status()
    requests.put(f"{control}/clock", json={"advance_seconds": 60}, timeout=10)
    answer = requests.get(f"{control}/clock", timeout=10).json()
    assert answer["frozen"] is True
    requests.put(f"{control}/clock", json={"now": "2030-01-01T00:00:00Z"}, timeout=10)
    moment = requests.get(f"{control}/clock", timeout=10).json()["now"]
    assert moment == "2030-01-01T00:00:00+00:00"
    naive = requests.put(f"{control}/clock", json={"now": "2030-01-01T00:00:00"}, timeout=10)
    assert naive.status_code == 400


def test_ready_files_are_whole_and_private(tmp_path):
    path = tmp_path / "new" / "ready.json"
    announce(path, {"a": 1})
    announce(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 2}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["ready.json"]
