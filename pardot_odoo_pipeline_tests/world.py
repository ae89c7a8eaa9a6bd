"""A world for tests: both sandbox servers over one home, commands, and what each side saw."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from pydantic import SecretStr

from pardot_odoo_pipeline.cli import main as entry
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline.settings import Home
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.engine_runs import sync_here

SEED = 7
EVERYONE = {"active_test": False}
PEOPLE_ONLY = "activities: {active: false}\nlists: {active: false}\n"
AT_ONCE = {
    f"{job}_{time}_seconds": 0.0 for job in ("export", "import") for time in ("waiting", "base")
}
"""Switches of a Pardot whose jobs take no time."""
WRITES = ("create", "write", "unlink", "load", "run")
"""Methods of Odoo that change something; ``run`` is how a server action is started."""


@contextlib.contextmanager
def _installed(home: Path, env: Mapping[str, str] | None) -> Iterator[None]:
    """In this process, what a process of that installation would find."""
    with (
        mock.patch.dict(os.environ, cli.environment(home, env), clear=True),
        contextlib.chdir(home),
        warnings.catch_warnings(),
    ):
        yield


def run_here(home: Path, *arguments: str, env: Mapping[str, str] | None = None) -> cli.Finished:
    """Run a command to its end in this process, which spares the imports of another one."""
    out, err = io.StringIO(), io.StringIO()
    with (
        _installed(home, env),
        mock.patch.object(sys, "argv", ["pardot-odoo", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            entry.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return cli.Finished(code, out.getvalue(), err.getvalue())


def refused(done: cli.Finished, *words: str, code: int | None = None) -> None:
    """Hold a failed command to the one message: cause, fix, exit code, and no traceback."""
    assert done.code != 0, done.stdout
    if code is not None:
        assert done.code == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert [line for line in lines if line.startswith("error: ")], done.stderr
    assert lines[-1].startswith("  fix: "), done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in " ".join(lines[-2:]), done.stderr


@dataclass(frozen=True)
class Side:
    """One sandbox server, seen through its control port."""

    state: Mapping[str, Any]

    @property
    def url(self) -> str:
        return str(self.state["url"])

    @property
    def credentials(self) -> Mapping[str, str]:
        return self.state["credentials"]

    def control(self, method: str, path: str, value: Any = None, **params: Any) -> Any:
        answer = requests.request(
            method, self.state["control_url"] + path, json=value, params=params, timeout=20
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def fault(self, action: Mapping[str, Any], times: int = 1, **match: str) -> None:
        """Let the next matching requests go wrong."""
        self.control("POST", "/faults", {"match": match, "times": times, "action": dict(action)})

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The requests since the log was cleared."""
        return self.control("GET", "/requests")["requests"]

    def forget(self) -> None:
        """Clear the log and the faults."""
        self.control("DELETE", "/requests")
        self.control("DELETE", "/faults")


class World:
    """Both servers, one home, and one clock.

    Args:
        home: ``PIPELINE_HOME``.
        states: What each server published.
        prospects: Size of the population.
        sides: Whether activities and lists are synced with the people.
    """

    def __init__(
        self, home: Path, states: Mapping[str, Any], prospects: int, *, sides: bool = False
    ) -> None:
        self.home = home
        self.prospects = prospects
        self._rules = home / "people_only.yaml"
        self._rules.write_text("" if sides else PEOPLE_ONLY)
        self.pardot, self.odoo = Side(states["pardot"]), Side(states["odoo"])

    @classmethod
    @contextlib.contextmanager
    def running(
        cls, home: Path, prospects: int, *, sides: bool = False, **options: Any
    ) -> Iterator[World]:
        """Start the servers over a home, new or not."""
        print(f"population: seed {SEED}, {prospects} prospects")  # noqa: T201 - to repeat it
        with running_sandbox(
            Home(home).create(), ("pardot", "odoo"), prospects=prospects, seed=SEED, **options
        ) as states:
            world = cls(home, states, prospects, sides=sides)
            world.pardot.control("PATCH", "/switches", AT_ONCE)
            yield world

    @property
    def environment(self) -> dict[str, str]:
        """The world's clock and rules; else nothing is configured, which means the sandbox."""
        return {
            "PIPELINE_CLOCK_URL": f"{self.pardot.state['control_url']}/clock",
            "PIPELINE_CONFIG": str(self._rules),
        }

    @property
    def configured(self) -> dict[str, str]:
        """The two servers as if they were somebody's own systems."""
        own, odoo = self.pardot.credentials, self.odoo.credentials
        return {
            "PARDOT_API_URL": self.pardot.url,
            "PARDOT_TOKEN_URL": self.pardot.state["token_url"],
            "PARDOT_CLIENT_ID": own["client_id"],
            "PARDOT_CLIENT_SECRET": own["client_secret"],
            "PARDOT_BUSINESS_UNIT_ID": own["business_unit_id"],
            "ODOO_URL": self.odoo.url,
            "ODOO_DATABASE": odoo["database"],
            "ODOO_USERNAME": odoo["username"],
            "ODOO_API_KEY": odoo["api_key"],
        }

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> cli.Finished:
        """Run a command in this process."""
        return run_here(self.home, *arguments, env={**self.environment, **(env or {})})

    def sync(self, *arguments: str, **env: str) -> dict[str, Any]:
        """Run a sync that must succeed, without Dagster, and return its account."""
        with _installed(self.home, {**self.environment, **env}):
            return sync_here(arguments)

    def sync_in_dagster(self, *arguments: str, **env: str) -> dict[str, Any]:
        """The same as the command does it: each batch is a run of Dagster."""
        done = self.run("sync", *arguments, "--json", env=env)
        assert done.code == 0, done.stderr
        return done.report

    def status(self) -> dict[str, Any]:
        """What ``status --json`` says."""
        done = self.run("status", "--json")
        assert done.code == 0, done.stderr
        return done.report

    def begin(self) -> dict[str, Any]:
        """Provision Odoo and run the initial sync."""
        assert self.run("provision").code == 0
        return self.sync("--initial")

    def forget(self) -> None:
        """Clear both request logs and all faults."""
        self.pardot.forget()
        self.odoo.forget()

    def advance(self, seconds: float) -> None:
        """Let the world's time pass."""
        self.pardot.control("PUT", "/clock", {"advance_seconds": seconds})

    def edit(self, prospect_id: str, **values: Any) -> None:
        """What a person changes in Pardot's own pages."""
        self.pardot.control("POST", f"/prospects/{prospect_id}", {"values": values})

    def new_prospect(self, **values: Any) -> str:
        """Create a prospect as another program would, over the API; returns its id."""
        own = self.pardot.credentials
        token = requests.post(
            self.pardot.state["token_url"],
            data={
                "grant_type": "client_credentials",
                "client_id": own["client_id"],
                "client_secret": own["client_secret"],
            },
            timeout=10,
        ).json()["access_token"]
        made = requests.post(
            f"{self.pardot.url}/api/v5/objects/prospects",
            json=values,
            params={"fields": "id"},
            headers={
                "Authorization": f"Bearer {token}",
                "Pardot-Business-Unit-Id": own["business_unit_id"],
            },
            timeout=10,
        )
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    @cached_property
    def client(self) -> OdooClient:
        """The administrator of that Odoo, who is not the pipeline."""
        return self.odoo_client(self.odoo.credentials["username"], self.odoo.credentials["api_key"])

    def odoo_client(self, username: str, api_key: str) -> OdooClient:
        """Somebody's client."""
        return OdooClient(
            OdooConnection(
                url=self.odoo.url,
                database=self.odoo.credentials["database"],
                username=username,
                api_key=SecretStr(api_key),
            )
        )

    @cached_property
    def population(self) -> Population:
        """Whom this world was made of."""
        return Population(SEED, self.prospects)

    def of_prospect(self, model: str, prospect_id: str, *fields: str) -> list[dict[str, Any]]:
        """The records of a prospect."""
        domain = [("x_pardot_prospect_id", "=", prospect_id)]
        return self.client.search_read(model, domain, list(fields), context=EVERYONE)

    def twins(self) -> list[str]:
        """Prospects with two leads or two contacts; nobody when all is right."""
        found: list[str] = []
        for model in ("crm.lead", "res.partner"):
            domain = [("x_pardot_prospect_id", "!=", False)]
            rows = self.client.search_read(
                model, domain, ["x_pardot_prospect_id"], context=EVERYONE
            )
            ids = [row["x_pardot_prospect_id"] for row in rows]
            found += [f"{model} {one}" for one in set(ids) if ids.count(one) > 1]
        return found


def writes(side: Side) -> list[str]:
    """The requests that changed something in Odoo."""
    return [entry["path"] for entry in side.asked if entry["path"].rpartition("/")[2] in WRITES]


def api_calls(side: Side) -> list[dict[str, Any]]:
    """The requests to Pardot's API, sign-in left out."""
    return [entry for entry in side.asked if entry["path"].startswith("/api/")]


def wait_for(seen: Callable[[], Any], seconds: float = 60) -> Any:
    """Poll until something true is seen."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if answer := seen():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"not seen within {seconds} seconds")
