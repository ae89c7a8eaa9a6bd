"""The real daemon: its sensor runs what was opened, its schedule brings edits over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import takeover
from pardot_odoo_pipeline_tests.alerts.receivers import Mailbox, text_of
from pardot_odoo_pipeline_tests.dagster_site import DagsterSite
from pardot_odoo_pipeline_tests.world import World, wait_for

pytestmark = pytest.mark.xdist_group("daemon")
EDITED = 1
_HEALTH = """
query($key: AssetKeyInput!) {
  assetOrError(assetKey: $key) {
    ... on Asset {
      assetMaterializations(limit: 1) {
        metadataEntries { label ... on IntMetadataEntry { intValue } }
      }
    }
  }
}"""
_FRESHNESS = """
query($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode { freshnessStatusInfo { freshnessStatus } }
  }
}"""
SENSORS = ("inbox_sensor", "retry_sensor")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox.open() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def site(synced_world: World, mailbox: Mailbox) -> Iterator[DagsterSite]:
    """A Dagster whose schedule has an edit to find while the tests do other things."""
    _edit(synced_world, _a_synced_prospect(synced_world, EDITED), score=778)
    rules = "sync_interval: 1\n"
    with DagsterSite.running(synced_world, rules=rules, ALERT_URLS=mailbox.url) as site:
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


def test_a_run_that_failed_is_mailed_and_so_is_that_the_next_went_well(
    site: DagsterSite, mailbox: Mailbox
) -> None:
    run = site.open_batch(kind="manual")  # names nobody
    began = "Pardot-Odoo: A run of open_batch_job failed"
    wait_for(lambda: began in mailbox.subjects, 120)
    text = text_of(mailbox.mails[mailbox.subjects.index(began)])
    assert "No prospect was named." in text
    assert f"/runs/{run}" in text
    site.open_batch(kind="manual", prospect_ids=[_a_synced_prospect(site.world, 0)])
    wait_for(lambda: began.replace(": A", ": over: A") in mailbox.subjects, 120)
    assert len(mailbox.subjects) == 2, mailbox.subjects
    assert site.world.status()["incidents"] == []
    health = site.ask(_HEALTH, key={"path": ["sync_health"]})["assetMaterializations"]
    figures = {entry["label"]: entry for entry in health[0]["metadataEntries"]}
    assert figures["links"]["intValue"] > 50
    assert figures["suspended"]["intValue"] == 0
    for asset in ("sync_health", "batch_outcome"):
        told = site.ask(_FRESHNESS, key={"path": [asset]})["freshnessStatusInfo"]
        assert told["freshnessStatus"] == "HEALTHY", asset


def _running(site: DagsterSite) -> dict[str, Any] | None:
    batch = site.batch("manual")
    return batch if batch and batch["state"] == "running" else None


def _worker_process(world: World, key: str) -> int:
    with open_ledger(world.home / "ledger.sqlite") as ledger, ledger.read() as connection:
        worker = next(b.worker_id for b in takeover.held(connection) if str(b.key) == key)
    assert worker is not None
    return int(worker.split(":")[1])
