"""What a salesperson reads of a person's doings in a browser, and the picture for the docs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from pardot_odoo_pipeline.odoo.loader import LEAD
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline_tests.activities.history import CLICK, FORM, OPEN, RULES, History
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin
from pardot_odoo_pipeline_tests.real_odoo.test_sales_view import CHROMIUM, IMAGES
from pardot_odoo_pipeline_tests.world import World

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def told(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[History]:
    """A salesperson's connection to a provisioned Odoo."""
    provision(odoo_database.client())
    with World.running(tmp_path_factory.mktemp("activities"), 40) as world:
        history = History(world, RULES, odoo=sales_user.environment())
        history.run()
        yield history


def test_the_conversation_shows_what_happened_when(told: History, sales_user: OdooLogin) -> None:
    who = told.linked(name="Ada Byron – Analytical Engines Ltd")

    def at(**ago: float) -> str:
        return (told.now() - timedelta(**ago)).isoformat(timespec="seconds")

    for hours in (1, 2, 5):
        told.does(who, OPEN, emailId=70001, createdAt=at(days=6, hours=hours))
    told.does(
        who, CLICK, emailId=70001, details="https://shop.example/valves", createdAt=at(days=5)
    )
    for page in ("valves", "valves", "prices"):
        title = page.capitalize()
        told.does(
            who, 2, url=f"https://acme.example/{page}", title=title, createdAt=at(days=3, minutes=9)
        )
    told.does(who, FORM, formId=74001, createdAt=at(days=3))
    told.run()
    lead = told.link(who).lead_id
    assert lead is not None
    told.odoo.call(LEAD, "convert_opportunity", ids=[lead], partner=False)
    assert Path(CHROMIUM).exists() or os.environ.get("REQUIRE_BROWSER") != "1"
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Chromium: apt-get install chromium, or make test-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--lang=en-GB"]
        )
        page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page.set_default_timeout(30_000)
        page.goto(f"{sales_user.url}/web/login?db={sales_user.database}")
        page.fill("input[name=login]", sales_user.username)
        page.fill("input[name=password]", sales_user.password or "")
        page.click("form.oe_login_form button[type=submit]")
        page.wait_for_selector(".o_main_navbar")
        page.goto(f"{sales_user.url}/odoo/crm.lead/{lead}")
        messages = page.locator(".o-mail-Message", has_text="OdooBot")
        expect(messages).to_have_count(4)
        shown = messages.all_inner_texts()
        for text, words in zip(
            shown,
            (
                ("Form Completed",),
                ("Website Visited", "3 times that day", "acme.example"),
                ("Email Clicked", "https://shop.example/valves"),
                ("Email Opened", "3 times that day"),
            ),
            strict=True,
        ):
            assert all(word in text for word in words), shown
        assert shown[3].count("Spare parts") == 1, "the subject is not told twice"
        assert page.locator(".o-mail-Activity").count() == 0, "nothing is left to be done"
        page.mouse.move(720, 890)
        expect(page.locator(".o_loading_indicator")).to_have_count(0)
        if os.environ.get("DOCS_IMAGES"):
            page.screenshot(path=str(IMAGES / "odoo_history.png"))
        chromium.close()
