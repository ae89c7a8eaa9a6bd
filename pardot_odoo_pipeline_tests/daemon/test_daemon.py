"""The real daemon: its sensor runs what was opened, its schedule brings edits over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import takeover
from pardot_odoo_pipeline_tests.dagster_site import DagsterSite
from pardot_odoo_pipeline_tests.world import World, wait_for

pytestmark = pytest.mark.xdist_group("daemon")
EDITED = 1
SENSORS = ("inbox_sensor", "retry_sensor")


@pytest.fixture(scope="module")
def site(synced_world: World) -> Iterator[DagsterSite]:
    """A Dagster whose schedule has an edit to find while the tests do other things."""
    _edit(synced_world, _a_synced_prospect(synced_world, EDITED), score=778)
    with DagsterSite.running(synced_world, rules="sync_interval: 1\n") as site:
        yield site


def _a_synced_prospect(world: World, number: int) -> str:
    """One of those who have a lead."""
    rows = world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"]
    )
    return sorted(row["x_pardot_prospect_id"] for row in rows)[number]


def _edit(world: World, prospect: str, **values: Any) -> None:
    world.pardot.control("POST", f"/prospects/{prospect}", {"values": values})


def _lead(world: World, prospect: str) -> dict[str, Any]:
    return world.of_prospect("crm.lead", prospect, "function", "x_pardot_score")[0]


def test_the_sensor_runs_a_batch_that_was_opened_from_the_pages(site: DagsterSite) -> None:
    world = site.world
    prospect = _a_synced_prospect(world, 0)
    _edit(world, prospect, score=777)
    site.open_batch(kind="manual", prospect_ids=[prospect])
    batch, run = site.done("manual")
    # The schedule's own batch may have brought the same edit over a moment before.
    assert batch["dispositions"] in ({"updated": 1}, {"unchanged": 1})
    assert run.launched_by in SENSORS
    assert _lead(world, prospect)["x_pardot_score"] == 777


def test_the_batch_of_a_killed_worker_is_taken_over(site: DagsterSite) -> None:
    world = site.world
    prospect = _a_synced_prospect(world, 2)
    _edit(world, prospect, score=779)
    # A read that hangs keeps the worker where it can be killed.
    world.pardot.fault({"delay_seconds": 30}, path="/api/v5/objects/prospects")
    site.open_batch(kind="manual", prospect_ids=[prospect])
    hanging = wait_for(lambda: _running(site), 60)
    os.kill(_worker_process(world, hanging["key"]), signal.SIGKILL)
    world.pardot.forget()

    def done() -> dict[str, Any] | None:
        batch = next(b for b in world.status()["batches"] if b["key"] == hanging["key"])
        if batch["state"] == "abandoned":
            world.advance(90)  # past its rest; less than what makes a live worker look dead
        return batch if batch["state"] == "done" else None

    batch = wait_for(done, 120)
    assert batch["attempt"] == 2
    assert sum(batch["dispositions"].values()) == 1
    assert _lead(world, prospect)["x_pardot_score"] == 779
    assert world.twins() == []


def test_the_schedule_brings_an_edit_over(site: DagsterSite) -> None:
    world = site.world
    prospect = _a_synced_prospect(world, EDITED)
    # A tick each minute, and on a busy machine the batch before may take most of one.
    wait_for(lambda: _lead(world, prospect)["x_pardot_score"] == 778, 180)
    _, run = site.done("interval")
    assert run.job == "sync_batch_job"
    # Either may be the first to see the batch that the schedule opened.
    assert run.launched_by in ("interval_schedule", *SENSORS)


def _running(site: DagsterSite) -> dict[str, Any] | None:
    batch = site.batch("manual")
    return batch if batch and batch["state"] == "running" else None


def _worker_process(world: World, key: str) -> int:
    with open_ledger(world.home / "ledger.sqlite") as ledger, ledger.read() as connection:
        worker = next(b.worker_id for b in takeover.held(connection) if str(b.key) == key)
    assert worker is not None
    return int(worker.split(":")[1])
