"""What a plain salesperson sees of Pardot in a browser, and the pictures of it in the docs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import LEAD, PersonWrite, choose_loader
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline_tests.odoo.people import CONTEXT, Prospect, apply
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"

# Name, company, town, country, score, grade, rank, last activity.
PEOPLE = [
    ("Ada Byron", "Analytical Engines Ltd", "London", "GB", 412, "a_plus", 13, "11-22 16:40:00"),
    ("Karl Zeisig", "Optik Zeisig GmbH & Co. KG", "Jena", "DE", 268, "a", 12, "11-22 09:05:00"),
    ("Mónica Ferrer", "Aceites del Sur S.A.", "Sevilla", "ES", 231, "b_plus", 10, "11-21 18:22:00"),
    ("Léa Marchand", "Atelier Marchand SARL", "Lyon", "FR", 187, "a_minus", 11, "11-20 07:51:00"),
    ("Bartosz Wilk", "Wilk Logistyka Sp. z o.o.", "Gdynia", "PL", 140, "b", 9, "11-18 13:30:00"),
    ("Ingrid Solberg", "Fjordkraft Verft AS", "Bergen", "NO", 96, "b_minus", 8, "11-15 10:00:00"),
    ("Tom Okafor", "Harbour Tools Ltd", "Bristol", "GB", 74, "c_plus", 7, "11-09 15:17:00"),
    ("Chiara Conti", "Conti Ceramiche S.r.l.", "Faenza", "IT", 51, "c", 6, "10-30 08:44:00"),
    ("Jan de Wit", "De Wit Kassen B.V.", "Delft", "NL", 22, "d_plus", 4, "09-12 11:09:00"),
    ("Noor Haddad", "", "Wien", "AT", 5, "f", 1, "06-03 19:58:00"),
]

# What the form of the first one shows besides; the number is one that is never given out.
DETAILS = {
    "function": "Head of Research",
    "phone": "+44 20 7946 0958",
    "street": "12 St James's Square",
    "zip": "W1J 0",
    "website": "https://analytical.example",
}


@pytest.fixture(scope="module")
def filled(odoo_database: OdooLogin, sales_user: OdooLogin) -> OdooLogin:
    """The salesperson of an Odoo with leads from Pardot and one that somebody typed in."""
    admin = odoo_database.client()
    admin.create(LEAD, [{"name": "Typed in before", "type": "lead", "user_id": False}])
    provision(admin)
    apply(choose_loader(sales_user.client()), *_people(admin))
    admin.create(LEAD, [{"name": "Typed in after", "type": "lead", "user_id": False}])
    return sales_user


def _people(admin: OdooClient) -> list[PersonWrite]:
    rows = admin.search_read("res.country", [], ["code"], context=CONTEXT)
    countries = {row["code"]: row["id"] for row in rows}
    wishes = []
    for number, (name, company, city, country, score, grade, rank, last) in enumerate(PEOPLE):
        person = Prospect(6_410_000 + number)
        both = {
            "email": f"{name.split()[0].lower()}@example.com",
            "city": city,
            "country_id": countries[country],
            "phone": False,
            "x_pardot_score": score,
            "x_pardot_last_activity_at": f"2026-{last}",
        }
        if number == 0:
            both |= DETAILS
        partner = person.partner(**both, name=name)
        own = {**both, "email_from": both.pop("email"), "contact_name": name}
        del own["email"]
        title = f"{name} – {company}" if company else name
        lead = person.lead(
            **own,
            name=title,
            partner_name=company,
            x_pardot_grade=grade,
            x_pardot_grade_rank=rank,
        )
        wishes.append(PersonWrite(name, partner, lead))
    return wishes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        assert os.environ.get("REQUIRE_BROWSER") != "1", "Chromium is required and not there"
        pytest.skip("needs Chromium: apt-get install chromium, or make test-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--lang=en-GB"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def page(browser: Browser, filled: OdooLogin) -> Iterator[Page]:
    """The web client, with the salesperson logged in."""
    context = browser.new_context(viewport={"width": 1440, "height": 860}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{filled.url}/web/login?db={filled.database}")
    page.fill("input[name=login]", filled.username)
    page.fill("input[name=password]", filled.password or "")
    page.click("form.oe_login_form button[type=submit]")
    page.wait_for_selector(".o_main_navbar")
    yield page
    context.close()


def _open(page: Page, filled: OdooLogin, kind: str) -> None:
    page.goto(f"{filled.url}/odoo/action-crm.crm_lead_all_leads?view_type={kind}")
    page.wait_for_selector(f".o_{kind}_view")


def _cells(page: Page, field: str) -> list[str]:
    return [text.strip() for text in page.locator(f"td[name={field}]").all_inner_texts()]


def test_the_list_sorts_by_score(page: Page, filled: OdooLogin) -> None:
    _open(page, filled, "list")
    header = page.locator("th[data-name=x_pardot_score]")
    top = page.locator("td[name=x_pardot_score]").first
    header.click()
    expect(top).to_have_text("0")
    header.click()
    expect(top).to_have_text(str(PEOPLE[0][4]))
    scores = [int(text) for text in _cells(page, "x_pardot_score")]
    # The leads that nobody scored are last, not above the hottest.
    assert scores == [*(person[4] for person in PEOPLE), 0, 0]
    assert _cells(page, "x_pardot_grade")[:3] == ["A+", "A", "B+"]
    assert all(_cells(page, "x_pardot_last_activity_at")[: len(PEOPLE)])
    _picture(page, "odoo_lead_list.png")


def test_the_form_shows_where_the_person_stands(page: Page, filled: OdooLogin) -> None:
    _open(page, filled, "list")
    page.locator("td[name=name]", has_text="Ada Byron").first.click()
    page.wait_for_selector(".o_form_view")
    for field, text in (
        ("x_pardot_score", "412"),
        ("x_pardot_grade", "A+"),
        ("x_pardot_prospect_id", "6410000"),
    ):
        expect(page.locator(f".o_form_view div[name={field}]")).to_contain_text(text)
    expect(page.locator(".o_form_view div[name=x_pardot_last_activity_at]")).not_to_be_empty()
    # The conversation beside it comes later.
    expect(page.locator(".o-mail-Chatter-sendMessage")).to_be_enabled()
    expect(page.locator(".o-mail-Chatter .fa-spin")).to_have_count(0)
    _picture(page, "odoo_lead_form.png")


def test_a_lead_of_nobodys_looks_as_it_did_before(page: Page, filled: OdooLogin) -> None:
    _open(page, filled, "list")
    page.locator("td[name=name]", has_text="Typed in after").first.click()
    page.wait_for_selector(".o_form_view")
    expect(page.locator(".o_form_view div[name=x_pardot_score]")).to_have_count(0)


def test_the_cards_show_score_and_grade(page: Page, filled: OdooLogin) -> None:
    _open(page, filled, "kanban")
    card = page.locator(".o_kanban_record", has_text="Ada Byron")
    expect(card).to_contain_text("Score 412")
    expect(card).to_contain_text("Grade A+")
    typed = page.locator(".o_kanban_record", has_text="Typed in after")
    expect(typed).to_have_count(1)
    expect(typed).not_to_contain_text("Score")


def test_hot_leads_are_one_click_away(page: Page, filled: OdooLogin) -> None:
    _open(page, filled, "list")
    page.locator(".o_searchview_dropdown_toggler").click()
    page.locator(".o_filter_menu .o_menu_item", has_text="Hot").click()
    hot = [person for person in PEOPLE if person[4] >= 100]
    expect(page.locator("td[name=x_pardot_score]")).to_have_count(len(hot))
    page.get_by_role("menuitemcheckbox", name="Pardot Grade").click()
    groups = page.locator(".o_group_header")
    expect(groups).to_have_count(len({person[5] for person in hot}))


def _picture(page: Page, name: str) -> None:
    """Wait until all is there, and keep what is seen for the docs if ``DOCS_IMAGES`` is set."""
    page.mouse.move(720, 850)
    expect(page.locator(".o_loading_indicator")).to_have_count(0)
    if os.environ.get("DOCS_IMAGES"):
        page.screenshot(path=str(IMAGES / name))
