"""Dagster's pages in Chromium: lineage, launching, partitions, plots and checks of real batches.

With ``DOCS_IMAGES=1`` it also takes the pictures of docs/images again.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from pardot_odoo_pipeline.assets.catalog import CARDS
from pardot_odoo_pipeline_tests.browser.pictures import picture
from pardot_odoo_pipeline_tests.dagster_site import DagsterSite

pytestmark = pytest.mark.browser


def test_no_dialog_stands_before_the_pages(page: Page, site: DagsterSite) -> None:
    page.goto(f"{site.url}/asset-groups")
    expect(page.get_by_text("Global asset lineage")).to_be_visible()
    for group in {card.group for card in CARDS}:
        expect(page.get_by_text(group, exact=True).first).to_be_visible()
    expect(page.get_by_text("Join the Dagster community")).to_have_count(0)


def test_lineage_shows_every_asset_of_a_batch(page: Page, site: DagsterSite) -> None:
    page.set_viewport_size({"width": 1600, "height": 660})
    page.goto(f"{site.url}/assets/batch_outcome?view=lineage&lineageScope=upstream&lineageDepth=9")
    page.get_by_text("Hide navigation").click()
    page.reload()
    for card in CARDS:
        # Long names are cut in the middle: pardot_prospe…_raw
        shown = re.compile(rf"^{card.name[:6]}.*{card.name[-3:]}$")
        expect(page.get_by_text(shown).last).to_be_visible()
    picture(page, "dagster_lineage")
    page.set_viewport_size({"width": 1400, "height": 900})


def test_a_batch_opened_in_the_launchpad_becomes_a_green_partition(
    page: Page, site: DagsterSite
) -> None:
    page.goto(f"{site.url}/locations/pardot_odoo_pipeline/jobs/open_batch_job/playground")
    expect(page.get_by_text("No errors")).to_be_visible()
    page.locator(".CodeMirror").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    prospect = next(iter(site.world.population.prospects())).row["id"]
    config = f"{{ops: {{open_batch: {{config: {{kind: manual, prospect_ids: ['{prospect}']}}}}}}}}"
    page.keyboard.insert_text(config)
    expect(page.get_by_text("No errors")).to_be_visible()
    page.get_by_role("button", name="Launch Run").click()
    page.wait_for_url(re.compile("/runs/"))
    batch, run = site.done("manual", 120)

    page.goto(f"{site.url}/runs/{run.run_id}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    page.goto(f"{site.url}/assets/batch_outcome?view=partitions&partition={batch['key']}")
    expect(page.get_by_text("Materialized", exact=True)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="people_read")
    expect(row.first).to_contain_text("1")


def test_partitions_are_the_batches(page: Page, site: DagsterSite) -> None:
    largest = next(
        b for b in site.world.status()["batches"] if b["key"].startswith("interval") and b["people"]
    )
    page.goto(f"{site.url}/assets/batch_outcome?view=partitions&partition={largest['key']}")
    for batch in site.world.status()["batches"]:
        # Long keys are cut in the middle too; their end is the moment and number.
        expect(page.get_by_text(re.compile(f"{batch['key'][-12:]}$")).first).to_be_visible()
    expect(page.get_by_text("people_read")).to_be_visible()
    picture(page, "dagster_partitions")


def test_row_counts_are_plotted(page: Page, site: DagsterSite) -> None:
    page.goto(f"{site.url}/assets/batch_outcome?view=overview")
    page.get_by_text("Plots", exact=True).click()
    page.get_by_role("button", name="Events").click()
    for count in ("people_read", "created", "updated", "unchanged", "quarantined", "merged"):
        title = page.get_by_text(count, exact=True).first
        title.scroll_into_view_if_needed()
        expect(title).to_be_visible()
    page.get_by_text("people_read", exact=True).first.scroll_into_view_if_needed()
    expect(page.locator("canvas").first).to_be_attached()
    picture(page, "dagster_plots")


def test_checks_passed(page: Page, site: DagsterSite) -> None:
    for card in CARDS:
        page.goto(f"{site.url}/assets/{card.name}?view=checks")
        for check in card.checks:
            expect(page.get_by_text(check.name, exact=True).first).to_be_visible()
            expect(page.get_by_text("Passed", exact=True).first).to_be_visible()
        if card.name == "sync_plan":
            picture(page, "dagster_checks")


def test_schedules_and_sensors_are_on(page: Page, site: DagsterSite) -> None:
    page.goto(f"{site.url}/automation")
    times = ("interval", "bulk", "agreement", "maintenance", "audit", "snapshot")
    schedules = [f"{name}_schedule" for name in times]
    running = (*schedules, "inbox_sensor", "retry_sensor", "alert_sensor", "run_failure_sensor")
    for name in running:
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(len(running))
