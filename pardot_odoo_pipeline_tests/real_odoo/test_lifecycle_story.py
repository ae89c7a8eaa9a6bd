"""One person from form to deal on a real Odoo: scored, given away, converted, won or lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline_tests.both_sides import LEAD, BothSides, beside_real_odoo
from pardot_odoo_pipeline_tests.lifecycle.desk import CUSTOM_FIELDS, PardotSide
from pardot_odoo_pipeline_tests.lifecycle.test_story import NEW, QUALIFIED, WON
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user

RULES = """
stages:
  fields:
    stage: dealStage__c
    status: dealStatus__c
    expected_revenue: dealRevenue__c
    lost_reason: dealReason__c
    owner: dealOwner__c
  lists: {{New: "Nurture: getting started", Qualified: Trade fair 2025}}
  won_list: Trade fair 2024
automation:
  assignment:
    - name: hot
      when: {{score: {{min: 500}}}}
      user: {seller}
"""
WIZARD = "crm.lead2opportunity.partner"


@dataclass
class Deals:
    """Both sides, the salesperson, and Pardot's own view of deals."""

    both: BothSides
    seller: OdooLogin
    pardot: PardotSide

    @property
    def api(self) -> PardotClient:
        return self.pardot.client

    def convert(self, who: str) -> None:
        """What the salesperson does with the button on the lead and its form."""
        client = self.seller.client()
        lead = self.both.lead(who)["id"]
        context = {"active_model": LEAD, "active_id": lead, "active_ids": [lead]}
        made = client.create(WIZARD, [{"name": "convert"}], context=context)
        client.call(WIZARD, "action_apply", ids=made, context=context)

    def shows(self, who: str, *names: str) -> list[Any]:
        row = self.api.get("prospects", int(who), names)
        return [row[name] for name in names]

    def lists(self, who: str) -> set[int]:
        return self.pardot.lists_of(int(who)) & {NEW, QUALIFIED, WON}

    def hot(self, address: str, name: str) -> str:
        """A new person who becomes the salesperson's lead by what they do."""
        both = self.both
        who = both.person(address, firstName=name, lastName="Story", score=10)
        both.sync()
        lead = both.lead(who)
        assert (lead["type"], lead["user_id"]) == ("lead", False)
        assert both.contact(who)["id"] == lead["partner_id"]
        both.in_pardot(who, score=600)
        both.sync()
        lead = both.lead(who)
        [owner] = self.seller.client().read("res.users", [lead["user_id"]], ["login"])
        assert (lead["x_pardot_score"], owner["login"]) == (600, self.seller.username)
        return who


@pytest.fixture(scope="module")
def deals(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deals]:
    seller = make_sales_user(odoo_database, "sally", with_key=False)
    home = tmp_path_factory.mktemp("deals")
    with beside_real_odoo(home, odoo_database, sales_user) as both:
        pardot = PardotSide(both.world.pardot.state)
        for name, kind in CUSTOM_FIELDS.items():
            values = {"name": name, "fieldId": name, "type": kind}
            pardot.client.create("custom-fields", values, ("id",))
        both.rules(RULES.format(seller=seller.username))
        yield Deals(both, seller, pardot)


def test_from_form_to_won(deals: Deals) -> None:
    both = deals.both
    who = deals.hot("bob.story", "Bob")
    contact = both.contact(who)["id"]
    deals.convert(who)
    lead = both.lead(who)
    assert (lead["type"], lead["partner_id"]) == ("opportunity", contact)
    both.sync()
    facts = deals.shows(who, "dealStage__c", "dealStatus__c", "dealOwner__c")
    assert facts == ["New", "Open", f"{deals.seller.username}@example.com"]
    assert deals.lists(who) == {NEW}
    both.quiet()

    client = deals.seller.client()
    [qualified] = client.search("crm.stage", [("name", "=", "Qualified")])
    client.write(LEAD, [lead["id"]], {"stage_id": qualified, "expected_revenue": 5000})
    both.sync()
    assert deals.shows(who, "dealStage__c", "dealRevenue__c") == ["Qualified", 5000]
    assert deals.lists(who) == {QUALIFIED}

    client.call(LEAD, "action_set_won", ids=[lead["id"]])
    both.sync()
    assert deals.shows(who, "dealStage__c", "dealStatus__c") == ["Won", "Won"]
    assert deals.lists(who) == {WON}
    both.quiet()


def test_a_lost_deal_is_told_and_stays(deals: Deals) -> None:
    both = deals.both
    who = deals.hot("eve.story", "Eve")
    deals.convert(who)
    both.sync()
    assert deals.lists(who) == {NEW}
    client, lead = deals.seller.client(), both.lead(who)["id"]
    [reason] = client.search("crm.lost.reason", [("name", "=", "Too expensive")])
    client.call(LEAD, "action_set_lost", ids=[lead], lost_reason_id=reason)
    both.sync()
    assert deals.shows(who, "dealStatus__c", "dealReason__c") == ["Lost", "Too expensive"]
    assert deals.lists(who) == set()
    both.in_pardot(who, score=960)
    both.sync()
    shown = both.lead(who)
    assert (shown["id"], shown["active"], shown["probability"]) == (lead, False, 0)
    both.quiet()


def test_leads_that_a_salesperson_merges_are_one_deal(deals: Deals) -> None:
    both = deals.both
    people = [both.person(f"merge.story{n}", lastName=f"Merge {n}") for n in range(2)]
    both.sync()
    leads = {who: both.lead(who)["id"] for who in people}
    both.odoo.call(LEAD, "merge_opportunity", ids=list(leads.values()))
    [left] = both.odoo.search(LEAD, [["id", "in", list(leads.values())]])
    lost = next(who for who, lead in leads.items() if lead != left)
    before = both.odoo.search_count(LEAD, [])
    both.in_pardot(lost, jobTitle="Without a lead")
    both.sync()
    both.retry(1.1)
    assert both.odoo.search_count(LEAD, []) == before, "not made again"
    assert both.contact(lost)["function"] == "Without a lead"
    assert both.waiting() == {}
    both.quiet()
