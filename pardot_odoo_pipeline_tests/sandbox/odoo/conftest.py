"""A sandbox process for each module, and a wire to talk to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

__all__ = ["Wire", "running"]


class Refused(Exception):
    """An error that the server answered."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["data"]["message"])
        self.name = error["data"]["name"]
        self.message = error["data"]["message"]


@dataclass
class Wire:
    """A running sandbox, spoken to as plainly as possible."""

    facts: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def login(self) -> dict[str, str]:
        """What the ready file tells about logging in."""
        credentials: dict[str, str] = self.facts["credentials"]
        return credentials

    def rpc(self, service: str, method: str, *args: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "params": {"service": service, "method": method}}
        body["params"]["args"] = list(args)
        answer = requests.post(f"{self.facts['url']}/jsonrpc", json=body, timeout=30).json()
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("result")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        login = (self.login["database"], 2, self.login["password"])
        return self.rpc("object", "execute_kw", *login, model, method, list(args), kwargs)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method, f"{self.facts['control_url']}{path}", json=body, timeout=10
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


def command(home: Path, *options: str) -> list[str]:
    base = [sys.executable, "-m", "pardot_odoo_pipeline.sandbox.odoo", "--home", str(home)]
    return [*base, "--seed", "7", "--prospects", "0", *options]


@contextlib.contextmanager
def running(home: Path, *options: str) -> Iterator[Wire]:
    """A sandbox of that home, ended with SIGTERM."""
    ready = home / "sandbox" / "odoo.json"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(command(home, *options), stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "the sandbox does not get ready"
            time.sleep(0.02)
        yield Wire(json.loads(ready.read_text(encoding="utf-8")), process)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=20)


@pytest.fixture(scope="module", params=["19"])
def wire(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wire]:
    """A sandbox answering as 19, or as the parameter says."""
    with running(tmp_path_factory.mktemp("odoo"), "--version", request.param) as started:
        yield started
