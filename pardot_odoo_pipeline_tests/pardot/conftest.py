"""One Pardot sandbox for the tests of the client, in its own process, behind real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from pardot_odoo_pipeline.clock import RemoteClock
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.connection import PardotConnection

PROSPECTS = 1_000


class HastyClock(RemoteClock):
    """The world's clock, in which nobody waits for long."""

    def sleep(self, seconds: float) -> None:
        """Give the server a moment."""
        super().sleep(min(seconds, 0.03))


@dataclass
class Sandbox:
    """The running sandbox and its control port."""

    facts: dict
    begun: int = 0

    def connection(self, **changes) -> PardotConnection:
        """How to reach it; ``changes`` for what a test wants wrong."""
        credentials = self.facts["credentials"]
        values = {
            "api_url": self.facts["url"],
            "token_url": self.facts["token_url"],
            "client_id": credentials["client_id"],
            "client_secret": SecretStr(credentials["client_secret"]),
            "refresh_token": None,
            "business_unit_id": credentials["business_unit_id"],
        }
        return PardotConnection(**{**values, **changes})

    def client(self, *, connection: PardotConnection | None = None, **options) -> PardotClient:
        """A client in its world, quick to try again."""
        options = {"clock": self.clock, "backoff": Backoff(attempts=4, first=0.02), **options}
        return PardotClient(connection or self.connection(), **options)

    @property
    def clock(self) -> HastyClock:
        """The world's clock."""
        return HastyClock(f"{self.facts['control_url']}/clock")

    def control(self, method: str, path: str, value=None, **params):
        """Ask the control port."""
        answer = requests.request(
            method, self.facts["control_url"] + path, json=value, params=params, timeout=10
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def switch(self, **values) -> None:
        """Set switches until the end of the test."""
        self.control("PATCH", "/switches", values)

    def fault(self, *, times: int = 1, path: str = "/api", method: str | None = None, **action):
        """Let the next matching requests go wrong."""
        match = {"path": path} | ({"method": method} if method else {})
        self.control("POST", "/faults", {"match": match, "times": times, "action": action})

    def advance(self, **time_units) -> None:
        """Let the world's time pass."""
        seconds = timedelta(**time_units).total_seconds()
        self.control("PUT", "/clock", {"advance_seconds": seconds})

    def requests(self, path: str = "/api") -> list[dict]:
        """What the server was asked in this test, under that path."""
        log = self.control("GET", "/requests", since=self.begun)["requests"]
        return [entry for entry in log if entry["path"].startswith(path)]


def start_sandbox(home: Path, *options: str) -> tuple[subprocess.Popen, dict]:
    """Start a sandbox process and wait until it says where it is."""
    command = [sys.executable, "-m", "pardot_odoo_pipeline.sandbox.pardot", "--home", str(home)]
    command += ["--port", "0", "--control-port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    ready = home / "sandbox" / "pardot.json"
    deadline = time.monotonic() + 60
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(process.communicate()[1].decode())
        time.sleep(0.02)
    return process, json.loads(ready.read_text())


@pytest.fixture(scope="session")
def pardot_server(tmp_path_factory) -> Iterator[dict]:
    home = tmp_path_factory.mktemp("pardot")
    process, facts = start_sandbox(home, "--prospects", str(PROSPECTS), "--seed", "11")
    yield facts
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture(scope="session")
def switch_defaults(pardot_server) -> dict:
    return Sandbox(pardot_server).control("GET", "/switches")


@pytest.fixture
def pardot(pardot_server, switch_defaults) -> Iterator[Sandbox]:
    """The sandbox with default switches, no faults, and a fresh view of its request log."""
    sandbox = Sandbox(pardot_server)
    sandbox.control("DELETE", "/faults")
    sandbox.control("PATCH", "/switches", switch_defaults)
    sandbox.begun = sandbox.control("GET", "/requests")["next"]
    yield sandbox
    sandbox.control("DELETE", "/faults")
    sandbox.control("PATCH", "/switches", switch_defaults)


@pytest.fixture
def client(pardot) -> Iterator[PardotClient]:
    with pardot.client() as client:
        yield client
