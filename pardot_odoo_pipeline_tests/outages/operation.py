"""The pipeline at work over simulated hours: sensors, schedule and runs, all in this process.

What the daemon does is done here in the same order by the same functions; only nobody starts a
process for a run, and time passes when the test says so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self
from unittest import mock

import dagster as dg

from pardot_odoo_pipeline import assembly, launching, opening
from pardot_odoo_pipeline.batches import BatchKey
from pardot_odoo_pipeline.clock import RemoteClock
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, circuits, incidents, retries
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.ledger.store.circuits import Circuit
from pardot_odoo_pipeline.ledger.store.incidents import Incident
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sensors import ATTEMPT_TAG, inbox_sensor, retry_sensor
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.agreement import LEAD, PARTNER
from pardot_odoo_pipeline_tests.world import EVERYONE, World

INTERVAL = 15.0

_load_rules_once = cache(load_rules)
_ask_clock = RemoteClock.now


class Operation:
    """One installation and its daemon.

    Args:
        world: What it keeps in agreement.
        ledger: Its ledger.
        instance: Its Dagster.
        warm: Whether one process does all runs, until one of them fails; else each has its own.
    """

    def __init__(
        self, world: World, ledger: Ledger, instance: dg.DagsterInstance, *, warm: bool = False
    ) -> None:
        self.world = world
        self.ledger = ledger
        self.failures: list[PipelineError] = []
        self.env: dict[str, str] = {}
        self.instance = instance
        self._warm = warm
        self._pipeline = PipelineResource()
        self._opened_with: dict[str, str] = {}
        self._minutes = 0.0
        self._ahead = timedelta()
        self._clock = RemoteClock(world.environment["PIPELINE_CLOCK_URL"])

    @classmethod
    @contextlib.contextmanager
    def running(
        cls, home: Path, prospects: int, *, like: Path | None = None, warm: bool = False
    ) -> Iterator[Self]:
        """A synced world, and the daemon that works on it from now on.

        Args:
            home: Where it lives.
            prospects: Size of the population.
            like: The home of another one, whose present state this one begins with.
            warm: See the class.
        """
        if like is not None:
            copy_home(like, home)
        with World.running(home, prospects) as world:
            if like is None:
                world.begin()
            (home / "ticks").mkdir()
            with (
                open_ledger(home / "ledger.sqlite") as ledger,
                dg.DagsterInstance.local_temp(str(home / "ticks")) as instance,
            ):
                operation = cls(world, ledger, instance, warm=warm)
                yield operation
                operation._pipeline.close()

    def pass_time(
        self, minutes: float, *, step: float | None = None, intervals: bool = True
    ) -> None:
        """Let minutes pass, and the daemon do what it does once in each step.

        Args:
            minutes: How many.
            step: Of how many each; all at once where that is not said.
            intervals: Whether the schedule opens its batches.
        """
        step = step or minutes
        with self.around():
            limit = self._minutes + minutes
            while self._minutes < limit:
                before, self._minutes = self._minutes, min(self._minutes + step, limit)
                self._advance(self._minutes - before)
                if intervals and self._minutes // INTERVAL > before // INTERVAL:
                    opening.open_interval(self.ledger, self._clock.now())
                self.tick()

    def open_interval(self, *, after: float) -> None:
        """One interval out of turn, so many minutes from now."""
        with self.around():
            self._minutes += after
            self._advance(after)
            opening.open_interval(self.ledger, self._clock.now())
            self.tick()

    def tick(self) -> None:
        """What the sensors do at one moment."""
        for sensor in (retry_sensor, inbox_sensor):
            while True:
                result = sensor(
                    dg.build_sensor_context(instance=self.instance), pipeline=PipelineResource()
                )
                requests = result.run_requests if isinstance(result, dg.SensorResult) else None
                if not requests:
                    break
                for request in requests:
                    self._run(str(request.partition_key), int(request.tags[ATTEMPT_TAG]))

    def _run(self, key: str, attempt: int) -> None:
        if self._opened_with != self.env:
            self._pipeline.close()
            self._opened_with = dict(self.env)
        try:
            for step in self._pipeline.steps(key, attempt=attempt, run_id=f"{key}:{attempt}"):
                assert all(check.passed for check in step.checks), (step.asset, step.checks)
        except PipelineError as failure:
            self.failures.append(failure)
            request = RunRequest(BatchKey.parse(key), attempt)
            launching.give_back(self.ledger, request, self._clock.now())
            self._pipeline.close()
        if not self._warm:
            self._pipeline.close()

    def _advance(self, minutes: float) -> None:
        self.world.advance(60 * minutes)
        self._set_watch()

    def _set_watch(self) -> None:
        self._ahead = _ask_clock(self._clock) - datetime.now(UTC)

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """The environment of this installation; within a call nobody waits.

        What would be most of the work is done once: reading settings and rules, and asking what
        time it is, which is told by a watch that is set whenever time passes.
        """
        env = cli.environment(self.world.home, {**self.world.environment, **self.env})
        self._set_watch()
        with mock.patch.dict(os.environ, env, clear=True), contextlib.chdir(self.world.home):
            settings = Settings()
            with (
                mock.patch.object(RemoteClock, "sleep", return_value=None),
                mock.patch.object(
                    RemoteClock, "now", side_effect=lambda: datetime.now(UTC) + self._ahead
                ),
                mock.patch.object(assembly, "load_rules", _load_rules_once),
                mock.patch.object(PipelineResource, "settings", return_value=settings),
            ):
                yield

    def end_process(self) -> None:
        """Whatever runs next opens its connections anew."""
        self._pipeline.close()

    def now(self) -> datetime:
        """The world's time."""
        return self._clock.now()

    # What the operator sees

    def open_incidents(self) -> list[Incident]:
        with self.ledger.read() as connection:
            return list(incidents.open_incidents(connection))

    def past_incidents(self, cause_key: str) -> list[Incident]:
        """Every incident of a cause, open or not."""
        with self.ledger.read() as connection:
            return [i for i in incidents.recent(connection, 500) if i.cause_key == cause_key]

    def circuits(self) -> list[Circuit]:
        with self.ledger.read() as connection:
            return circuits.standing(connection)

    def retries(self) -> dict[str, int]:
        with self.ledger.read() as connection:
            return {state.value: n for state, n in retries.count(connection).items()}

    def faults(self) -> list[str]:
        """Batches that were blamed for something."""
        with self.ledger.read() as connection:
            return [f"{b.key}: {b.faults}" for b in batches.recent(connection, 1000) if b.faults]

    def unfinished(self) -> list[str]:
        with self.ledger.read() as connection:
            found = batches.recent(connection, 1000)
        return [f"{b.key}: {b.state}" for b in found if b.state.value != "done"]


def copy_home(source: Path, target: Path) -> None:
    """Copy an installation with both of its sandboxes while they run."""
    living = shutil.ignore_patterns("*.sqlite*", "pardot.json", "odoo.json", "ticks", "dagster")
    shutil.copytree(source, target, ignore=living, dirs_exist_ok=True)
    for path in sorted(source.rglob("*.sqlite")):
        with (
            contextlib.closing(sqlite3.connect(path)) as database,
            contextlib.closing(sqlite3.connect(target / path.relative_to(source))) as copied,
        ):
            database.backup(copied)


def end_state(world: World, without: Collection[str] = ()) -> dict[str, Mapping[str, Any]]:
    """What both systems show of everybody, without ids and times of writing.

    Args:
        world: Where.
        without: Prospects that are left out.
    """
    shown: dict[str, Mapping[str, Any]] = {}
    for model, fields in (("crm.lead", LEAD), ("res.partner", PARTNER)):
        names = sorted({*fields.values(), "active", "x_pardot_prospect_id"})
        rows = world.client.search_read(
            model, [("x_pardot_prospect_id", "!=", False)], names, context=EVERYONE
        )
        for row in rows:
            if row["x_pardot_prospect_id"] in without:
                continue
            who = f"{model} of {row['x_pardot_prospect_id']}"
            assert who not in shown, f"twice: {who}"
            shown[who] = {
                name: value[1] if isinstance(value, list) and len(value) == 2 else value
                for name, value in row.items()
                if name != "id"
            }
    for person in world.population.prospects():
        who = str(person.row["id"])
        if who in without:
            continue
        row = world.pardot.control("GET", f"/objects/prospects/{who}")
        shown[f"prospect {who}"] = {k: row[k] for k in ("jobTitle", "phone", "score", "isDeleted")}
    return shown
