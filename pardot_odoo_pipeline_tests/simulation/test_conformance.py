"""Dagster's runs and the seam itself do the same: the same calls on the wire, the same ledger.

Each story is told twice from the same moment, once by `run_batch` alone and once by runs of the
project's own jobs on an instance with its storage on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pytest
from dagster_shared.utils.warnings import disable_dagster_warnings

from pardot_odoo_pipeline.batch_jobs import BatchJobs, as_error
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.simulation.faults import ODOO_HOST, PARDOT_HOST
from pardot_odoo_pipeline_tests.simulation.history import Event, History
from pardot_odoo_pipeline_tests.simulation.process import Process
from pardot_odoo_pipeline_tests.simulation.site import Templates
from pardot_odoo_pipeline_tests.simulation.world import Runner, World


def acts(*names: str) -> tuple[Event, ...]:
    """People do these things, one after the other, before an interval."""
    done = [Event(float(n), "people", n, {"act": name}) for n, name in enumerate(names, start=1)]
    return (*done, Event(70.0, "interval", 50))


def fails(host: str, kind: str, **narrow: Any) -> tuple[Event, ...]:
    """An interval meets a fault, and another one follows."""
    how = {"host": host, "kind": kind, **narrow}
    begin = acts("edit_in_pardot", "edit_contact")[:-1]
    fault = Event(60.0, "fault", 49, how)
    return (*begin, fault, Event(70.0, "interval", 50), Event(1_200.0, "tick", 51))


STORIES: dict[str, History] = {
    name: History(number, restless=0.0, events=events)
    for number, (name, events) in enumerate(
        {
            "nothing": acts(),
            "an edit in Pardot": acts("edit_in_pardot"),
            "an edit of a contact": acts("edit_contact"),
            "an edit of a lead": acts("edit_lead"),
            "the same field on both sides": acts("quarrel", "quarrel"),
            "into the recycle bin and out": acts("bin", "take_out", "bin"),
            "prospects merged": acts("merge_prospects"),
            "deleted for good": acts("delete_for_good"),
            "archived in Odoo": acts("archive_or_restore"),
            "deleted in Odoo": acts("unlink"),
            "contacts merged": acts("merge_contacts"),
            "another address": acts("other_address", "other_address"),
            "a flag in Pardot": acts("flag_in_pardot", "flag_in_pardot"),
            "a block in Odoo": acts("block_in_odoo", "no_calls_in_odoo"),
            "a new prospect": acts("new_prospect"),
            "named people": (*acts("edit_in_pardot")[:-1], Event(70.0, "named", 50)),
            "a range": (*acts("edit_in_pardot")[:-1], Event(70.0, "range", 50, {"seconds": 5000})),
            "a pushed event": (
                *acts("edit_in_pardot")[:-1],
                Event(60.0, "push", 50),
                Event(70.0, "tick", 51),
            ),
            "Odoo answers with a page": fails(ODOO_HOST, "503", times=9),
            "an answer of Odoo's gets lost": fails(ODOO_HOST, "cut after", contains="pardot_apply"),
            "an answer of Pardot's gets lost": fails(PARDOT_HOST, "cut after", method="PATCH"),
        }.items()
    )
} | {"everybody for the first time": History(99, "planted", restless=0.0, events=acts()[:0])}


class _Current(PipelineResource):
    """The hands of whichever process runs now."""

    process: Process

    def settings(self) -> Settings:
        return self.process.world.settings

    def ports(self) -> Ports:
        return self.process.pipeline.ports()

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        yield self.process.ledger


class Daemon:
    """Dagster: the project's definitions, and an instance on disk."""

    def __init__(self, instance: dg.DagsterInstance, settings: Settings) -> None:
        self._settings = settings
        self._pipeline = _Current()
        self._jobs = BatchJobs(settings, instance, self._pipeline)

    def run(self, process: Process, key: str, request: RunRequest | None) -> None:
        """A run of Dagster's for that attempt."""
        assert request is not None
        self._pipeline.process = process
        self._settings.__dict__["_clock"] = process.world.clock
        result = self._jobs.launch(request)
        if not result.success:
            raise as_error(result, "batch")


@pytest.fixture(scope="module")
def daemon(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Dagster over whatever world there is."""
    site = templates.copy("synced")
    site.systems.close()
    folder = tmp_path_factory.mktemp("dagster")
    with (
        disable_dagster_warnings(),
        dg.DagsterInstance.local_temp(str(folder), {"telemetry": {"enabled": False}}) as instance,
    ):
        yield Daemon(instance, site.settings())


def told(templates: Templates, story: History, runner: Runner | None) -> tuple[list[str], Any]:
    """The calls on the wire, and the ledger in the end."""
    world = World(templates, story)
    wire: list[str] = []
    try:
        if runner is not None:
            world.runner = runner

        def note(process: Process, what: str) -> None:
            if not what.startswith(("ledger:", "write ", "wrote ")):
                wire.append(what)

        world.on_point = note
        world.unfold()
        assert not world.wrong, world.wrong
        return wire, _ledger(world)
    finally:
        world.close()


def _ledger(world: World) -> dict[str, list[str]]:
    """Every table, without the ids of runs."""
    tables: dict[str, list[str]] = {}
    with world.site.ledger.read() as connection:
        run = connection.exec_driver_sql
        names = run("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        for (name,) in names:
            rows = run(f'SELECT * FROM "{name}" ORDER BY rowid').mappings()
            tables[name] = [
                str({key: value for key, value in row.items() if key != "dagster_run_id"})
                for row in rows
            ]
    return tables


@pytest.mark.parametrize("name", STORIES)
def test_both_ways_are_one(name: str, templates: Templates, daemon: Daemon) -> None:
    straight, ledger = told(templates, STORIES[name], None)
    through, same = told(templates, STORIES[name], daemon.run)
    assert through == straight
    assert same == ledger
    assert straight
