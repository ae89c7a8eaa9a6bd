"""A real Dagster over a world: webserver, daemon and code server, and what its API says."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import requests

from pardot_odoo_pipeline.cli.processes import Child, free_port
from pardot_odoo_pipeline_tests.cli import environment
from pardot_odoo_pipeline_tests.world import World, wait_for

ROOT = Path(__file__).parents[1]
LOCATION = {
    "repositoryLocationName": "pardot_odoo_pipeline",
    "repositoryName": "__repository__",
}
_LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}"""
_RUNS = """
query($filter: RunsFilter!) {
  runsOrError(filter: $filter) {
    ... on Runs { results { runId jobName status tags { key value } } }
  }
}"""


@dataclass(frozen=True)
class Run:
    """A run as the pages show it."""

    run_id: str
    job: str
    status: str
    tags: Mapping[str, str]

    @property
    def launched_by(self) -> str | None:
        return self.tags.get("dagster/sensor_name") or self.tags.get("dagster/schedule_name")


class DagsterSite:
    """A running Dagster.

    Args:
        url: Of its webserver.
        world: What it works on.
    """

    def __init__(self, url: str, world: World) -> None:
        self.url = url
        self.world = world

    @classmethod
    @contextlib.contextmanager
    def running(cls, world: World, rules: str = "", **env: str) -> Iterator[DagsterSite]:
        """Start `dagster dev` in the project's folder, as the documentation says."""
        port = free_port()
        config = world.home / "rules.yaml"
        config.write_text(rules or "active: true\n")
        home = world.home / "dagster"
        home.mkdir(exist_ok=True)
        (home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
        settings = {"PIPELINE_CONFIG": str(config), "DAGSTER_HOME": str(home), **env}
        with mock.patch.dict(
            os.environ, environment(world.home, {**world.environment, **settings}), clear=True
        ):
            child = Child(
                "Dagster",
                "dagster",
                ["dev", "-w", str(ROOT / "workspace.yaml"), "-p", str(port)],
                world.home / "logs" / "dagster.log",
            )
        site = cls(f"http://127.0.0.1:{port}", world)
        try:
            child.wait_until(site._is_ready, 120)
            yield site
        finally:
            child.end()

    def ask(self, query: str, **variables: Any) -> Any:
        """The answer of the API that the pages use."""
        answer = requests.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=30
        )
        answer.raise_for_status()
        assert "errors" not in answer.json(), answer.text
        return next(iter(answer.json()["data"].values()))

    def open_batch(self, **config: Any) -> str:
        """Launch the job as the launchpad does, and return the run's id."""
        params = {
            "selector": {**LOCATION, "jobName": "open_batch_job"},
            "runConfigData": {"ops": {"open_batch": {"config": config}}},
        }
        launched = self.ask(_LAUNCH, params=params)
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return launched["run"]["runId"]

    def runs(self, **tags: str) -> list[Run]:
        """Runs that carry all these tags, the newest first."""
        wanted = [{"key": f"dagster/{name}", "value": value} for name, value in tags.items()]
        return [
            Run(
                row["runId"],
                row["jobName"],
                row["status"],
                {tag["key"]: tag["value"] for tag in row["tags"]},
            )
            for row in self.ask(_RUNS, filter={"tags": wanted})["results"]
        ]

    def batch(self, kind: str) -> dict[str, Any] | None:
        """The newest batch of a kind, as `status` shows it."""
        found = [row for row in self.world.status()["batches"] if row["key"].startswith(kind)]
        return found[0] if found else None

    def done(self, kind: str, seconds: float = 60) -> tuple[dict[str, Any], Run]:
        """Wait for the newest batch of a kind to be done; it, and its last run."""

        def seen() -> tuple[dict[str, Any], Run] | None:
            batch = self.batch(kind)
            if batch is None or batch["state"] != "done":
                return None
            runs = self.runs(partition=batch["key"])
            return (batch, runs[0]) if runs and runs[0].status == "SUCCESS" else None

        return wait_for(seen, seconds)

    def _is_ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return "results" in str(self.ask(_RUNS, filter={}))
        return False
