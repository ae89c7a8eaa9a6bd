"""What an interval costs in which nothing happened, and the one right after an initial sync.

Every batch is a command in a process of its own, as after a restart: what it knows of Odoo without
asking is what the last one left on disk. Beside the people nothing is synced; what activities and
lists cost when nothing happens is told by their tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import requests

from bench.harness import save
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.settings import Home

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "10000"))
SEED = 7
INTERVAL = 900
MOST_BATCHES = 6
_RULES = "activities: {active: false}\nlists: {active: false}\n"
_WRITTEN = ("leads_created", "leads_updated", "contacts_created", "contacts_updated")


class World:
    """Both servers and the commands between them."""

    def __init__(self, home: Path, states: dict[str, dict[str, Any]]) -> None:
        rules = home / "people_only.yaml"
        rules.write_text(_RULES)
        self._states = states
        self.environment = {
            **os.environ,
            "PIPELINE_HOME": str(home),
            "PIPELINE_CONFIG": str(rules),
            "PIPELINE_CLOCK_URL": f"{states['pardot']['control_url']}/clock",
        }

    def run(self, *arguments: str) -> str:
        """A command, in a process of its own; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "pardot_odoo_pipeline.cli.main", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def batch(self) -> dict[str, Any]:
        """The next interval: its calls as the servers saw them, rows read, writes, seconds."""
        clock = f"{self._states['pardot']['control_url']}/clock"
        requests.put(clock, json={"advance_seconds": INTERVAL}, timeout=20).raise_for_status()
        for state in self._states.values():
            requests.delete(f"{state['control_url']}/requests", timeout=20).raise_for_status()
        begun = time.perf_counter()
        report = json.loads(self.run("sync", "--json").strip().splitlines()[-1])
        seconds = time.perf_counter() - begun
        pardot, odoo = self._asked("pardot"), self._asked("odoo")
        methods = Counter(entry["path"].rpartition("/")[2] for entry in odoo)
        calls = [entry for entry in pardot if entry["path"].startswith("/api/")]
        return {
            "people_read": report["prospects_read"],
            "pardot_rows_read": sum(entry["rows"] or 0 for entry in calls),
            "odoo_rows_read": sum(entry["rows"] or 0 for entry in odoo),
            "pardot_calls": len(calls),
            "odoo_calls": len(odoo),
            "odoo_methods": dict(methods.most_common()),
            "pardot_writes": sum(entry["method"] != "GET" for entry in calls),
            "odoo_records_written": sum(report[name] for name in _WRITTEN),
            "seconds_of_batch": report["seconds"],
            "seconds_with_start": round(seconds, 2),
        }

    def _asked(self, system: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self._states[system]['control_url']}/requests", timeout=60)
        answer.raise_for_status()
        return list(answer.json()["requests"])


def run() -> None:
    """Sync everybody once, then measure the batches after it until two in a row are quiet."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        with running_sandbox(home, ("pardot", "odoo"), prospects=PEOPLE, seed=SEED) as states:
            world = World(home.path, states)
            world.run("provision")
            initial = json.loads(world.run("sync", "--initial", "--yes", "--json").splitlines()[-1])
            after = [world.batch()]
            while len(after) < MOST_BATCHES and any(one["people_read"] for one in after[-2:]):
                after.append(world.batch())
    linked = initial["leads_created"] + initial["leads_updated"] + initial["merged"]
    save(
        "idle",
        {
            "people": PEOPLE,
            "linked": linked,
            "initial_seconds": initial["seconds"],
            "right_after_initial": after[0],
            "until_quiet": len(after) - 1,
            "idle": after[-1],
        },
        {"BENCH_PEOPLE": str(PEOPLE)},
    )
