"""A Pardot sandbox in its own process, spoken to over its socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

SIZE = 600
_numbers = count(1)


def launch(home: Path, *arguments: str, size: int = SIZE, seed: int = 7) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pardot_odoo_pipeline.sandbox.pardot", "--home", str(home)]
    command += ["--port", "0", "--control-port", "0", "--prospects", str(size)]
    return subprocess.Popen(
        [*command, "--seed", str(seed), *arguments], stderr=subprocess.PIPE, text=True
    )


class Sandbox:
    """A running server and a client that knows nothing but HTTP."""

    def __init__(self, home: Path, *arguments: str, **population: int) -> None:
        self.home = home
        self.process = launch(home, *arguments, **population)
        ready = home / "sandbox" / "pardot.json"
        deadline = time.monotonic() + 60
        while not ready.exists() or json.loads(ready.read_text())["pid"] != self.process.pid:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.process.communicate()[1])
            time.sleep(0.02)
        self.ready_mode = ready.stat().st_mode & 0o777
        facts = json.loads(ready.read_text())
        self.url, self.token_url = facts["url"], facts["token_url"]
        self.control_url, self.credentials = facts["control_url"], facts["credentials"]
        self.http = requests.Session()
        self.login()

    def login(self) -> None:
        answer = requests.post(self.token_url, data=self.grant(), timeout=30)
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        self.http.headers["Pardot-Business-Unit-Id"] = self.credentials["business_unit_id"]

    def grant(self, **changes: str) -> dict[str, str]:
        names = ("client_id", "client_secret", "refresh_token")
        kept = {name: self.credentials[name] for name in names}
        return {"grant_type": "refresh_token", **kept, **changes}

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.http.get(self._address(path), params=parameters, timeout=30)

    def post(self, path: str, body: Any = None, **parameters: Any) -> requests.Response:
        return self.http.post(self._address(path), json=body, params=parameters, timeout=30)

    def patch(self, path: str, body: Any, **parameters: Any) -> requests.Response:
        return self.http.patch(self._address(path), json=body, params=parameters, timeout=30)

    def delete(self, path: str) -> requests.Response:
        return self.http.delete(self._address(path), timeout=30)

    def _address(self, path: str) -> str:
        if path.startswith("http"):
            return path
        return self.url + (path if path.startswith("/") else f"/api/v5/objects/{path}")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.control_url + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def switch(self, **values: Any) -> None:
        self.control("PATCH", "/switches", values)

    def fault(self, action: dict[str, Any], times: int = 1, **match: str) -> None:
        self.control("POST", "/faults", {"match": match, "times": times, "action": action})

    def advance(self, seconds: float) -> None:
        self.control("PUT", "/clock", {"advance_seconds": seconds})

    def chain(self, path: str, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
        answer = self.get(path, **parameters)
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            yield page["values"]
            if page["nextPageUrl"] is None:
                return
            answer = self.get(page["nextPageUrl"])

    def everything(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        return [record for page in self.chain(path, **parameters) for record in page]

    def person(self, **values: Any) -> int:
        """A new prospect with an address of its own."""
        body = {"email": f"made-{os.getpid()}-{next(_numbers)}@example.com", **values}
        answer = self.post("prospects", body, fields="id")
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def export(self, body: dict[str, Any], **parameters: str) -> dict[str, Any]:
        """Order an export and wait until it has ended."""
        made = self.post("/api/v5/exports", body, fields="id,status", **parameters)
        assert made.status_code == 201, made.text
        return self.finished(made.json()["id"])

    def finished(self, number: int) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            job = self.get(
                f"/api/v5/exports/{number}", fields="id,status,isExpired,resultRefs"
            ).json()
            if job["status"] in ("Complete", "Failed"):
                return job
            time.sleep(0.02)
        raise AssertionError(f"export {number} did not end")

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        return self.process.returncode


def refusal(answer: requests.Response) -> tuple[int, int]:
    """Status and code of an error answer, its envelope checked."""
    body = answer.json()
    assert set(body) == {"code", "message"}
    assert isinstance(body["message"], str)
    return answer.status_code, body["code"]


@pytest.fixture(scope="session")
def pardot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One server that nobody changes."""
    sandbox = Sandbox(tmp_path_factory.mktemp("pardot"))
    sandbox.switch(concurrent_maximum=1000)
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def _living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("living"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def living(_living: Sandbox) -> Iterator[Sandbox]:
    """A server to change; switches, faults, clock and quota are put back afterwards."""
    before = _living.control("GET", "/switches")
    _living.switch(export_waiting_seconds=0.0, export_base_seconds=0.05)
    yield _living
    _living.switch(**before)
    _living.control("DELETE", "/faults")
    clock = _living.home / "sandbox" / "clock.json"
    clock.unlink(missing_ok=True)
    _living.control("PUT", "/quota", {"used": 0})
    _living.login()
