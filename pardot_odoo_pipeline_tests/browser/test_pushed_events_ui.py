"""A pushed event in Dagster's pages: who started its run, its partition, its lineage, its speed.

With ``DOCS_IMAGES=1`` it also takes the pictures of docs/images again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from playwright.sync_api import Page, expect

from pardot_odoo_pipeline.assets.catalog import CARDS
from pardot_odoo_pipeline.cli.processes import Child
from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.pushed_events import HOT, EventType, PushedEvent, System
from pardot_odoo_pipeline.recording import WARM_TAG
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.browser.pictures import picture
from pardot_odoo_pipeline_tests.cli import environment
from pardot_odoo_pipeline_tests.dagster_site import DagsterSite, Run
from pardot_odoo_pipeline_tests.world import wait_for

pytestmark = pytest.mark.browser

SPEED = ("event_to_lead_p50", "event_to_lead_p95", "event_to_lead_p99")


def push(site: DagsterSite, number: int) -> str:
    """Somebody submits a form, and the receiver takes the event; whose it is."""
    world = site.world
    who = list(world.population.prospects())[number].row["id"]
    world.edit(who, jobTitle=f"Submitted form {number}")
    clock = Settings(_env_file=None, pipeline_clock_url=world.environment["PIPELINE_CLOCK_URL"])
    now = clock.clock().now()
    event = PushedEvent(
        "salesforce",
        f"form-{number}",
        System.PARDOT,
        EventType.FORM_SUBMITTED,
        now,
        occurred_at=now,
        priority=HOT,
        prospect_id=who,
    )
    with open_ledger(world.home / "ledger.sqlite") as ledger, ledger.write() as connection:
        assert inbox.store(connection, [event]) == 1
    return who


def brought(site: DagsterSite, number: int) -> tuple[dict[str, Any], Run]:
    """Push an event; its batch and run, when both are over."""
    before = site.batch("webhook")
    push(site, number)
    wait_for(lambda: site.batch("webhook") != before, 60)
    return site.done("webhook")


@pytest.fixture(scope="module")
def taken(site: DagsterSite) -> tuple[dict[str, Any], Run]:
    """Two events, one after the other; the batch and the run of the second."""
    brought(site, 40)
    return brought(site, 41)


def test_the_run_was_started_by_the_sensor(
    page: Page, site: DagsterSite, taken: tuple[dict[str, Any], Run]
) -> None:
    batch, run = taken
    assert batch["key"].startswith("webhook-")
    assert run.launched_by == "inbox_sensor"
    page.goto(f"{site.url}/runs/{run.run_id}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    expect(page.get_by_text("Launched by inbox_sensor")).to_be_visible()
    expect(page.get_by_text(batch["key"]).first).to_be_visible()


def test_its_batch_is_a_partition_with_lineage_and_speed(
    page: Page, site: DagsterSite, taken: tuple[dict[str, Any], Run]
) -> None:
    _shown(page, site, *taken)


def test_its_speed_is_plotted(
    page: Page, site: DagsterSite, taken: tuple[dict[str, Any], Run]
) -> None:
    _plots(page, site)


@pytest.fixture
def warm_worker(site: DagsterSite) -> Iterator[Child]:
    """A warm worker on the same home, from when it takes events."""
    home = site.world.home
    settings = {
        **site.world.environment,
        "PIPELINE_CONFIG": str(home / "rules.yaml"),
        "DAGSTER_HOME": str(home / "dagster"),
    }
    with mock.patch.dict(os.environ, environment(home, settings), clear=True):
        worker = Child(
            "The warm worker", "pardot_odoo_pipeline.worker", [], home / "logs" / "worker.log"
        )
    try:
        worker.wait_until(lambda: site.world.status()["workers"]["warm"], 60)
        yield worker
    finally:
        worker.end()


def test_what_a_warm_worker_takes_is_shown_like_any_other_run(
    page: Page, site: DagsterSite, warm_worker: Child
) -> None:
    batch, run = brought(site, 42)
    assert f":{warm_worker.pid}:" in run.tags[WARM_TAG]
    page.goto(f"{site.url}/runs/{run.run_id}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    expect(page.get_by_text(batch["key"]).first).to_be_visible()
    _shown(page, site, batch, run)
    _plots(page, site)
    picture(page, "dagster_speed")
    sources = {source["name"]: source for source in site.world.status()["sources"]}
    assert sources["salesforce"]["seconds"]["event_to_lead"]["events"] == 3


def _shown(page: Page, site: DagsterSite, batch: dict[str, Any], run: Run) -> None:
    """Every asset of the lineage has the partition, of that run; its outcome tells the speed."""
    for card in CARDS:
        page.goto(f"{site.url}/assets/{card.name}?view=partitions&partition={batch['key']}")
        expect(page.get_by_text("Materialized", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name=run.run_id[:8])).to_be_visible()
    page.goto(f"{site.url}/assets/batch_outcome?view=partitions&partition={batch['key']}")
    for name in SPEED:
        row = page.get_by_role("row").filter(has_text=name)
        expect(row.first).to_contain_text(re.compile(r"\d\.\d"))


def _plots(page: Page, site: DagsterSite) -> None:
    """Only what is a number in every batch has a plot."""
    page.goto(f"{site.url}/assets/batch_outcome?view=overview")
    page.get_by_text("Plots", exact=True).click()
    page.get_by_role("button", name="Events").click()
    for name in SPEED:
        title = page.get_by_text(name, exact=True).first
        title.scroll_into_view_if_needed()
        expect(title).to_be_visible()
    page.get_by_text(SPEED[0], exact=True).first.scroll_into_view_if_needed()
    expect(page.locator("canvas").first).to_be_attached()
