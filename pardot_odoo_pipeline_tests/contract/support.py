"""What the contract tests share: the Odoo under test, raw requests, names never used twice.

The tests may find any records in the database, the sandbox's population or a user's own, and other
tests' too. They look only at what they made, by names from ``unique``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin

ALL = {"active_test": False}
"""The context in which archived records are found."""

QUIET = {"tracking_disable": True}


@dataclass(frozen=True)
class OdooUnderTest:
    """An Odoo, real or not, with its administrator."""

    admin: OdooLogin
    real: bool

    @cached_property
    def client(self) -> OdooClient:
        """The administrator's client, over JSON-2."""
        return self.admin.client()

    @cached_property
    def rpc(self) -> OdooClient:
        """The administrator's client, over JSON-RPC with the password."""
        return self.admin.client(with_key=False)

    def raw_json2(
        self, model: str, method: str, body: Any, *, key: str | None = None, **headers: str
    ) -> requests.Response:
        """A JSON-2 request as it is on the wire."""
        return requests.post(
            f"{self.admin.url}/json/2/{model}/{method}",
            data=body if isinstance(body, bytes) else json.dumps(body),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"bearer {key or self.admin.api_key}",
                "X-Odoo-Database": self.admin.database,
                **headers,
            },
            timeout=60,
            allow_redirects=False,
        )

    def raw_rpc(self, service: str, method: str, args: list[Any]) -> dict[str, Any]:
        """A JSON-RPC request as it is on the wire."""
        params = {"service": service, "method": method, "args": args}
        answer = requests.post(
            f"{self.admin.url}/jsonrpc",
            json={"jsonrpc": "2.0", "method": "call", "id": 42, "params": params},
            timeout=60,
        )
        assert answer.status_code == 200
        return answer.json()

    def execute_kw(
        self, model: str, method: str, args: list[Any], kwargs: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """``execute_kw`` with the administrator's password."""
        login = [self.admin.database, self.rpc.uid, self.admin.password]
        return self.raw_rpc(
            "object", "execute_kw", [*login, model, method, args, dict(kwargs or {})]
        )

    def ref(self, xml_id: str) -> int:
        """The database id behind an external id."""
        module, _, name = xml_id.partition(".")
        domain = [["module", "=", module], ["name", "=", name]]
        return int(self.client.search_read("ir.model.data", domain, ["res_id"])[0]["res_id"])


def unique(text: str = "t") -> str:
    """That text with something behind it that no other test has."""
    return f"{text} {uuid.uuid4().hex[:10]}"


def address() -> str:
    """An e-mail address that nobody else has."""
    return f"p{uuid.uuid4().hex[:10]}@example.com"


def lead(client: OdooClient, **values: Any) -> int:
    """A new lead, quietly."""
    made = {"name": unique("lead"), "type": "lead", "user_id": False, **values}
    return client.create("crm.lead", [made], context=QUIET)[0]


def partner(client: OdooClient, **values: Any) -> int:
    """A new contact."""
    return client.create("res.partner", [{"name": unique("partner"), **values}], context=QUIET)[0]


def one(client: OdooClient, model: str, record_id: int, *fields: str) -> Any:
    """A record's values; a bare value where one field is asked for."""
    row = client.read(model, [record_id], list(fields))[0]
    return row[fields[0]] if len(fields) == 1 else {name: row[name] for name in fields}


@contextmanager
def running_sandbox(home: Path, *, version: int = 19) -> Iterator[OdooLogin]:
    """The Odoo sandbox as its own process, and its administrator."""
    words = ["--home", str(home), "--port", "0", "--control-port", "0", "--seed", "7"]
    words += ["--prospects", "40", "--version", str(version)]
    log = (home / "odoo.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "pardot_odoo_pipeline.sandbox.odoo", *words],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={k: v for k, v in os.environ.items() if not k.startswith("ODOO_")},
    )
    ready = home / "sandbox" / "odoo.json"
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, f"the sandbox ended:\n{(home / 'odoo.log').read_text()}"
            assert time.monotonic() < deadline, "the sandbox did not get ready"
            time.sleep(0.05)
        told = json.loads(ready.read_text())
        credentials = told["credentials"]
        yield OdooLogin(
            told["url"],
            credentials["database"],
            credentials["username"],
            credentials["password"],
            credentials["api_key"],
        )
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()
