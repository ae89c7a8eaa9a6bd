"""What does a pushed event wait for: the run before the batch, or the batch before the run?

One prospect's event, one process with everything open, both sandboxes, Dagster on SQLite.
`run_first` executes the job as any caller does; `batch_ahead` is the warm worker's way; `no_run` is
the batch without Dagster, which nobody can beat.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import dagster as dg

from bench.harness import alternate, save
from pardot_odoo_pipeline.ahead import PipelineAhead
from pardot_odoo_pipeline.batch_jobs import BatchJobs
from pardot_odoo_pipeline.event_batches import open_event_batches
from pardot_odoo_pipeline.ledger.desks import inbox_events as t
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.local_runs import place_dagster_home
from pardot_odoo_pipeline.pushed_events import HOT, EventType, PushedEvent, System
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.cli import environment
from pardot_odoo_pipeline_tests.world import World

ROUNDS = 15
PROSPECTS = 200
_HEAD_START = 1.0


class _Path:
    """The three ways, over one world."""

    def __init__(self, world: World, instance: dg.DagsterInstance) -> None:
        self._world = world
        self._instance = instance
        self._pipeline = PipelineAhead()
        self._jobs = BatchJobs(Settings(), instance, self._pipeline)
        self._number = 0
        self._present = ""
        rows = world.client.search_read(
            "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"]
        )
        self._people = sorted(row["x_pardot_prospect_id"] for row in rows)

    def run_first(self, _: int) -> Mapping[str, float]:
        request, begun = self._taken()
        run_id = str(uuid4())
        self._jobs.launch(request, run_id=run_id)
        return {**self._figures(request, begun), "events": len(self._instance.all_logs(run_id))}

    def batch_ahead(self, _: int) -> Mapping[str, float]:
        request, begun = self._taken()
        run_id = str(uuid4())
        self._pipeline.begin(request, run_id).wait(_HEAD_START)
        self._jobs.launch(request, run_id=run_id)
        return {**self._figures(request, begun), "events": len(self._instance.all_logs(run_id))}

    def no_run(self, _: int) -> Mapping[str, float]:
        request, begun = self._taken()
        for _step in run_batch(str(request.key), self._pipeline.ports(), attempt=request.attempt):
            pass
        return {**self._figures(request, begun), "events": 0.0}

    def _taken(self) -> tuple[RunRequest, datetime]:
        """An event is received, and its batch opened."""
        ports = self._pipeline.ports()
        self._number += 1
        person = self._people[self._number % len(self._people)]
        self._world.edit(person, score=1_000 + self._number)
        received = datetime.now(UTC)
        event = PushedEvent(
            source="salesforce",
            event_id=str(self._number),
            system=System.PARDOT,
            type=EventType.SCORE_CHANGED,
            received_at=received,
            occurred_at=received,
            priority=HOT,
            prospect_id=person,
        )
        with ports.ledger.write() as connection:
            inbox.store(connection, [event])
        [key] = open_event_batches(
            ports.ledger, ports.rules, received, hot=True, take=ports.worker.id
        )
        self._present = event.event_id
        return RunRequest(key, 1, priority=HOT), received

    def _figures(self, request: RunRequest, received: datetime) -> dict[str, float]:
        seconds = (datetime.now(UTC) - received).total_seconds()
        with self._pipeline.ports().ledger.read() as connection:
            row = connection.execute(
                t.select().where(t.c.event_id == self._present, t.c.batch_key == str(request.key))
            ).one()
        return {
            "seconds_to_commit": (row.committed_at - received).total_seconds(),
            "seconds": seconds,
        }


@contextlib.contextmanager
def _world(home: Path) -> Iterator[World]:
    with World.running(home, PROSPECTS) as world:
        world.begin()
        variables = environment(home, world.environment)
        del variables["PIPELINE_CLOCK_URL"]
        os.environ.clear()
        os.environ.update(variables)
        yield world


def run() -> None:
    """Measure the three in alternating runs."""
    before, where = dict(os.environ), Path.cwd()
    with tempfile.TemporaryDirectory() as folder, _world(Path(folder)) as world:
        os.chdir(folder)
        try:
            place_dagster_home(Settings())
            with dg.DagsterInstance.get() as instance:
                path = _Path(world, instance)
                figures = alternate(
                    {
                        "run_first": path.run_first,
                        "batch_ahead": path.batch_ahead,
                        "no_run": path.no_run,
                    },
                    ROUNDS,
                    warm_up=2,
                )
        finally:
            os.chdir(where)
            os.environ.clear()
            os.environ.update(before)
    first, ahead = figures["run_first"], figures["batch_ahead"]
    ratio = first["seconds_to_commit"]["median"] / ahead["seconds_to_commit"]["median"]
    save(
        "warm_path",
        {
            "rounds": ROUNDS,
            "load_average": round(os.getloadavg()[0], 1),
            "figures": figures,
            "run_first_over_batch_ahead": round(ratio, 2),
        },
    )
