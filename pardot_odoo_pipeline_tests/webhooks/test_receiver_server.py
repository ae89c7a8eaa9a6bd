"""The receiver as a process: where it listens, what it says when it cannot, other ASGI servers."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from pardot_odoo_pipeline.cli.processes import free_port, read_state
from pardot_odoo_pipeline.webhooks.asgi import WebhookApp
from pardot_odoo_pipeline_tests.webhooks.receiver_process import Receiver
from pardot_odoo_pipeline_tests.webhooks.turned_clock import TurnedClock
from pardot_odoo_pipeline_tests.world import wait_for

EVENT = {"eventType": "page_viewed", "prospectId": 5}


def test_it_tells_where_it_listens_and_takes_that_back(tmp_path: Path) -> None:
    with Receiver.running(tmp_path / "home") as receiver:
        state = receiver.home / "webhooks.json"
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
        assert receiver.process is not None
        assert read_state(state, receiver.process.pid) == {
            "pid": receiver.process.pid,
            "url": receiver.url,
        }
        assert receiver.end() == 0
        assert not state.exists()
        assert receiver.log == ""


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        receiver = Receiver.prepared(tmp_path / "home", env={"WEBHOOK_PORT": str(port)})
        receiver.launch()
        assert receiver.process is not None
        assert receiver.process.wait(20) == 2
    assert f"port {port}" in receiver.log
    assert "WEBHOOK_PORT" in receiver.log
    assert "Traceback" not in receiver.log
    assert not (receiver.home / "webhooks.json").exists()


def test_a_wrong_rule_is_told_in_one_sentence(tmp_path: Path) -> None:
    receiver = Receiver.prepared(tmp_path / "home", rules="webhooks: {sources: {x: {}}}\n")
    receiver.launch()
    assert receiver.process is not None
    assert receiver.process.wait(20) == 2
    assert "rules.yaml:1" in receiver.log
    assert "Traceback" not in receiver.log


def test_any_asgi_server_runs_it(tmp_path: Path) -> None:
    port = free_port()
    receiver = Receiver.prepared(tmp_path / "home")
    receiver.command = (
        *("-m", "uvicorn", "pardot_odoo_pipeline.webhooks.asgi:app", "--port", str(port)),
        *("--http", "h11", "--loop", "asyncio", "--no-proxy-headers", "--no-access-log"),
    )
    receiver.given_url = f"http://127.0.0.1:{port}"
    receiver.launch()
    try:

        def ready() -> bool:
            try:
                return receiver.get("/readyz").status_code == 200
            except requests.ConnectionError:
                return False

        wait_for(ready)
        assert receiver.post({**EVENT, "eventId": "elsewhere"}).status == 202
        assert receiver.event_ids() == {"elsewhere"}
        assert receiver.post(b"[" + b" " * 300_000 + b"]").status == 413
        assert receiver.post_as(b"{}", {}).status == 401
        assert "pardot_odoo_webhook_requests_total" in receiver.get("/metrics").text
        receiver.end()
    finally:
        receiver.kill()


def test_importing_it_opens_nothing(tmp_path: Path) -> None:
    code = "import pardot_odoo_pipeline.webhooks.asgi as a, os; print(a.app, os.listdir())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "", "PIPELINE_CONFIG": "/nowhere", "LEDGER_URL": "nonsense"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.rstrip().endswith("[]")


def test_times_are_judged_by_the_clock_that_all_processes_share(tmp_path: Path) -> None:
    with (
        TurnedClock.running(timedelta(days=40)) as clock,
        Receiver.running(tmp_path / "home", env={"PIPELINE_CLOCK_URL": clock.url}) as receiver,
    ):
        assert receiver.post(EVENT).status == 401
        assert receiver.post(EVENT, at=clock.now()).status == 202
        # A sender that turns the clock and then sends meets the new time.
        for _ in range(5):
            clock.turn(timedelta(hours=1))
            assert receiver.post(EVENT, at=clock.now()).status == 202
        [*_, last] = receiver.events()
        assert abs(last["received_at"] - clock.now()) < timedelta(minutes=1)
        clock.fail()
        answer = receiver.post(EVENT, at=clock.now())
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert json.loads(answer.body)["error"] == "unavailable"


def test_a_receiver_that_is_not_open_tells_senders_to_come_again() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/webhooks/pardot/flow", "headers": []}
    asyncio.run(WebhookApp()(scope, receive, send))
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"5") in sent[0]["headers"]
