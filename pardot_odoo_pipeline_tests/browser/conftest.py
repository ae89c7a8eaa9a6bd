"""What the tests of the pages share: a Dagster with some history, and Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from pardot_odoo_pipeline_tests.dagster_site import DagsterSite
from pardot_odoo_pipeline_tests.world import World

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--lang=en-GB"),
]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterSite]:
    """Dagster over 400 prospects after their initial sync and two batches of changes."""
    with World.running(tmp_path_factory.mktemp("pages"), 400, sides=True) as world:
        assert world.run("provision").code == 0
        world.sync_in_dagster("--initial")
        for changed in (25, 9):
            for prospect in list(world.population.prospects())[:changed]:
                values = {"jobTitle": f"Head of {changed}"}
                world.pardot.control("POST", f"/prospects/{prospect.row['id']}", {"values": values})
            world.sync_in_dagster()
            world.advance(600)
        # An hour between ticks: what happens is what the test does.
        with DagsterSite.running(world, rules="sync_interval: 60\n") as site:
            yield site


@pytest.fixture(scope="package")
def page(site: DagsterSite) -> Iterator[Page]:
    """Chromium, after the history was made: its event loop would be in the way of Dagster's own.

    And not for longer than these tests: others start a Chromium of theirs.
    """
    if not CHROMIUM.exists():
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("no Chromium")
        pytest.skip("needs Chromium: apt-get install chromium, or make test-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(30_000)
        expect.set_options(timeout=20_000)
        yield page
        browser.close()
